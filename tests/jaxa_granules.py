"""Simulated granules of JAXA's level 1R and level 3, as the layout tables describe genuine ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from mcca_ml.arrays import AnyArray, Booleans, Datetime64, Float32, Float64, UInt16
from mcca_ml.formats import jaxa
from mcca_ml.formats.smap import SIMULATED, Look
from mcca_ml.sensors import Sensor
from mcca_ml.simulate.files.hdf5 import new_file

_PLATFORM_WORDS = {"AMSR2": ("AMSR2", "GCOM-W1"), "AMSRE": ("AMSR-E", "AQUA")}
_NO_PLACE = np.float32(-999.0)
_NO_TIME = -999.0
_NO_MINUTES = np.int16(-32768)
_VERSION = "0000000"
_TB_SCALE = 0.01  # [K] per count
_ANGLE_SCALE = 0.01  # [degree] per count
_PREFIXES = {"AMSR2": "GW1AM2", "AMSRE": "PM1AME"}  # that of AMSR-E is not verified


@dataclass(frozen=True)
class Scans:
    """A half orbit of footprints; arrays (scan, pixel) but for the time."""

    time: Datetime64
    """UTC of each scan; NaT is none."""
    lat: Float32
    """[degree]."""
    lon: Float32
    """[degree], -180 to 180."""
    incidence_deg: Float32
    """[degree]."""
    tb: Mapping[str, Float32]
    """By channel [K]; NaN is none."""
    has_rfi: Booleans
    """Whether the provider saw interference at 6.9 GHz, V."""


@dataclass(frozen=True)
class DayMap:
    """A day of one node on the latitude-longitude grid; arrays (row, column), row 0 in the north.

    Column 0 begins at 0 E.
    """

    minutes: Float32
    """Since 00:00 UTC of the nominal day, whole [minute]; NaN is none."""
    tb: Mapping[str, Float32]
    """By channel, of one frequency [K]; NaN is none."""


def tai93(time: Datetime64) -> Float64:
    """Seconds since 1993-01-01 UTC with each leap second counted [s]; -999 for NaT.

    >>> tai93(np.array(["2017-01-01T00:00:00", "2016-12-31T23:59:59"], "M8[ns]")).tolist()
    [757382410.0, 757382408.0]
    """
    leaps = np.searchsorted(np.array(jaxa.LEAP_DAYS, "M8[ns]"), time, side="right")
    passed = (time - np.datetime64(jaxa.TAI93_EPOCH, "ns")) / np.timedelta64(1, "s")
    return np.where(np.isnat(time), _NO_TIME, passed + leaps)


def _counts(tb: Float32) -> UInt16:
    """Brightness temperature as stored."""
    missing = np.isnan(tb)
    scaled = np.rint(np.where(missing, 0, tb) / np.float32(_TB_SCALE))
    return np.where(missing, jaxa.MISSING_COUNTS[-1], scaled).astype(np.uint16)


def _put(
    h5: h5py.File,
    name: str,
    values: AnyArray,
    *,
    scale: float | None = None,
    unit: str = "",
) -> None:
    """Write a dataset with the attributes that JAXA's have."""
    found = h5.create_dataset(name, data=values, compression="gzip", compression_opts=2)
    if scale is not None:
        found.attrs[jaxa.SCALE] = np.array([scale], np.float32)
    if unit:
        found.attrs[jaxa.UNIT] = np.bytes_(unit)


def _describe(h5: h5py.File, sensor: Sensor, product: str, more: Mapping[str, str]) -> None:
    """Write the attributes of the root group, and that the file is simulated."""
    sensor_name, platform = _PLATFORM_WORDS[sensor.name]
    h5.attrs[SIMULATED] = "true"
    h5.attrs["title"] = f"SIMULATED by MCCA-ML in the layout of {product}; not an observation"
    attributes = {
        "ProductName": f"{sensor_name}-{product}",
        "SensorShortName": sensor_name,
        "PlatformShortName": platform,
        **more,
    }
    for name, value in attributes.items():
        h5.attrs[name] = np.array([value.encode()])


def _fine(values: Float32) -> Float32:
    """Positions of 89 GHz: those of the low-frequency footprints and, between them, means."""
    ahead = np.concatenate([values[:, 1:], values[:, -1:]], axis=1)
    return np.stack([values, (values + ahead) / 2], axis=-1).reshape(values.shape[0], -1)


def write_l1r(
    path: Path, sensor: Sensor, scans: Scans, look: Look, *, resolution: str = "res10"
) -> None:
    """Write a simulated granule of level 1R.

    Only what is read is written: brightness temperature at one resolution, place, time, incidence,
    interference.

    Args:
        path: file to write.
        sensor: AMSR2 or AMSR-E.
        scans: what was seen.
        look: am (descending) or pm (ascending).
        resolution: common footprint of the channels.

    Raises:
        OutputError: it cannot be written.
    """
    node = {"am": "Descending", "pm": "Ascending"}[look]
    more = {jaxa.DIRECTION: node, jaxa.OVERLAP: "0", jaxa.GRANULE_ID: path.stem}
    with new_file(path) as h5:
        _describe(h5, sensor, "L1R", more)
        for channel, tb in scans.tb.items():
            name = jaxa.l1r_field(channel, resolution)
            _put(h5, name, _counts(tb), scale=_TB_SCALE, unit="K")
        for name, values in ((jaxa.LATITUDE, scans.lat), (jaxa.LONGITUDE, scans.lon)):
            known = np.where(np.isnan(values), _NO_PLACE, values)
            _put(h5, name, _fine(known).astype(np.float32), unit="deg")
        _put(h5, jaxa.SCAN_TIME, tai93(scans.time), unit="s")
        degrees = np.where(np.isnan(scans.incidence_deg), -1, scans.incidence_deg)
        counts = np.rint(degrees / _ANGLE_SCALE).astype(np.int16)
        _put(h5, jaxa.INCIDENCE, counts, scale=_ANGLE_SCALE, unit="deg")
        # One of the two pixels of a footprint carries the bits, as may be in genuine ones.
        bits = np.where(scans.has_rfi, jaxa.RFI << jaxa.RFI_SHIFTS[0], 0).astype(np.uint8)
        both = np.stack([np.zeros_like(bits), bits], axis=-1).reshape(bits.shape[0], -1)
        _put(h5, jaxa.PIXEL_QUALITY, both)


def l3_name(sensor: Sensor, day: str, look: Look, channel: str, rows: int) -> str:
    """Name of a granule of level 3, without `.h5`.

    Args:
        sensor: AMSR2 or AMSR-E.
        day: YYYY-MM-DD.
        look: am or pm.
        channel: one of the frequency.
        rows: of the grid, 720 or 1800.
    """
    node = {look: node for node, look in jaxa.LOOK_OF_NODE.items()}[look]
    size = "L" if rows == min(jaxa.L3_SHAPES)[0] else "H"
    band = jaxa.TB_CHANNELS[channel][1]
    stamp = day.replace("-", "")
    return f"{_PREFIXES[sensor.name]}_{stamp}_01D_EQM{node}_L3SG{band}{size}A{_VERSION}"


def write_l3(folder: Path, sensor: Sensor, day: str, look: Look, found: DayMap) -> Path:
    """Write a simulated granule of level 3: one frequency of one day and node.

    Args:
        folder: that exists.
        sensor: AMSR2 or AMSR-E.
        day: nominal UTC day, YYYY-MM-DD.
        look: am (descending) or pm (ascending).
        found: what was seen.

    Returns:
        The file, named as the provider would.

    Raises:
        OutputError: it cannot be written.
    """
    name = l3_name(sensor, day, look, next(iter(found.tb)), found.minutes.shape[0])
    path = folder / f"{name}.h5"
    with new_file(path) as h5:
        _describe(h5, sensor, "L3", {jaxa.GRANULE_ID: name})
        for channel, tb in found.tb.items():
            target = jaxa.L3_TB[jaxa.TB_CHANNELS[channel][2]]
            _put(h5, target, _counts(tb), scale=_TB_SCALE, unit="K")
        known = np.where(np.isnan(found.minutes), _NO_MINUTES, found.minutes)
        _put(h5, jaxa.L3_TIME, known.astype(np.int16), unit="minute")
    return path
