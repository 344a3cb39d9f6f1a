"""JAXA level 1R, AMSR2 and AMSR-E in AMSR2 format -> SWATH_TB, one swath of one footprint."""

from pathlib import Path

import h5py
import numpy as np
import xarray as xr

from mcca_ml.arrays import Booleans, Float32
from mcca_ml.errors import GranuleError
from mcca_ml.flags import Quality
from mcca_ml.formats import jaxa
from mcca_ml.read.granule import (
    check_placed,
    dataset,
    file_name,
    number_array,
    open_hdf5,
    shorten,
    simulated_attribute,
    swath,
    text,
)
from mcca_ml.read.jaxa import (
    angle,
    brightness_temperature,
    check_swath,
    identify_sensor,
    tai93_to_utc,
)
from mcca_ml.sensors import AMSR2, Sensor


def is_l1r(h5: h5py.File) -> bool:
    """Return True for files with brightness temperatures named as in level 1R."""
    prefixes = tuple(f"Brightness Temperature ({name}," for name in jaxa.RESOLUTIONS)
    return any(str(name).startswith(prefixes) for name in h5)


def _resolution(h5: h5py.File, sensor: Sensor) -> str:
    """Return the common footprint for which all channels are present.

    Raises:
        GranuleError: there is none.
    """
    for resolution in jaxa.RESOLUTIONS:
        wanted = [jaxa.l1r_field(channel.name, resolution) for channel in sensor.channels]
        if all(name in h5 for name in wanted):
            return resolution
    first = [jaxa.l1r_field(channel.name, jaxa.RESOLUTIONS[0]) for channel in sensor.channels]
    missing = [name for name in first if name not in h5]
    raise GranuleError(
        f"{file_name(h5)}: no dataset {missing[0]!r}, found {shorten(h5)}; expected all "
        f"channels at {' or '.join(jaxa.RESOLUTIONS)}: give a complete granule of level 1R"
    )


def _places(h5: h5py.File, shape: tuple[int, int]) -> tuple[Float32, Float32]:
    """Read latitude and longitude of the footprints [degree]; NaN if not on the Earth."""
    fine = (shape[0], jaxa.PER_FOOTPRINT * shape[1])
    lat = number_array(h5, jaxa.LATITUDE, fine)[:, :: jaxa.PER_FOOTPRINT].astype(np.float32)
    lon = number_array(h5, jaxa.LONGITUDE, fine)[:, :: jaxa.PER_FOOTPRINT].astype(np.float32)
    is_place = (np.abs(lat) <= 90) & (lon >= -180) & (lon <= 360)
    nothing = np.float32(np.nan)
    east = np.where(lon > 180, lon - np.float32(360), lon)
    return np.where(is_place, lat, nothing), np.where(is_place, east, nothing)


def _is_rfi(h5: h5py.File, shape: tuple[int, int]) -> Booleans:
    """Return True where the provider flags interference at 6.9 or 7.3 GHz in a footprint."""
    raw = number_array(h5, jaxa.PIXEL_QUALITY, (shape[0], jaxa.PER_FOOTPRINT * shape[1]))
    fields = raw.astype(np.int64)
    is_rfi = np.zeros(fields.shape, np.bool_)
    for shift in jaxa.RFI_SHIFTS:
        is_rfi |= (fields >> shift & jaxa.RFI) == jaxa.RFI
    return np.asarray(is_rfi[:, ::2] | is_rfi[:, 1::2])


def _unique_scans(h5: h5py.File, scans: int) -> slice:
    """Return the scans not shared with adjacent granules; all if the overlap is unknown."""
    written = text(h5.attrs.get(jaxa.OVERLAP))
    overlap = int(written) if written.isdigit() else 0
    return slice(overlap, scans - overlap) if scans > 2 * overlap else slice(0, scans)


def _look(h5: h5py.File) -> dict[str, str]:
    """Return the attribute look if the metadata contain the direction of the orbit."""
    node = text(h5.attrs.get(jaxa.DIRECTION))[:1].upper()
    return {"look": jaxa.LOOK_OF_NODE[node]} if node in jaxa.LOOK_OF_NODE else {}


def _shape(h5: h5py.File, name: str) -> tuple[int, int]:
    """Return the number of scans and pixels of a dataset.

    Raises:
        GranuleError: the dataset is absent or has other dimensions.
    """
    shape = dataset(h5, name).shape
    if len(shape) != 2:
        raise GranuleError(
            f"{file_name(h5)}: {name} has shape {shape}, expected scans and pixels; "
            "give a complete granule"
        )
    return int(shape[0]), int(shape[1])


def _swath(h5: h5py.File, sensor: Sensor) -> xr.Dataset:
    """Return the swath of an open granule."""
    where = file_name(h5)
    resolution = _resolution(h5, sensor)
    names = [jaxa.l1r_field(channel.name, resolution) for channel in sensor.channels]
    shape = _shape(h5, names[0])
    tb = np.stack([brightness_temperature(h5, name, shape) for name in names], axis=-1)
    lat, lon = _places(h5, shape)
    time = tai93_to_utc(number_array(h5, jaxa.SCAN_TIME, shape[:1]).astype(np.float64))
    times = np.broadcast_to(time[:, None], shape)
    is_seen = np.asarray(np.isfinite(tb).any(axis=-1))
    is_placed, is_timed = np.isfinite(lat), np.asarray(~np.isnat(times))
    check_placed(where, is_seen, is_placed, is_timed)
    usable = is_seen & is_placed & is_timed
    quality = np.where(_is_rfi(h5, shape), Quality.SUSPECT, Quality.GOOD)
    quality = np.where(usable, quality, Quality.UNUSABLE).astype(np.int8)
    tb[~usable] = np.nan
    own = _unique_scans(h5, shape[0])
    columns = {
        "lat": lat,
        "lon": lon,
        "time": times,
        "incidence": angle(h5, jaxa.INCIDENCE, shape),
        "quality": quality,
    }
    flat = {name: values[own].ravel() for name, values in columns.items()}
    return swath(
        {"tb": tb[own].reshape(-1, tb.shape[-1]), **flat},
        [channel.name for channel in sensor.channels],
        {
            "sensor": sensor.name,
            "granule": where,
            "product": "JAXA L1R",
            "swath": resolution,
            "scans": tb[own].shape[0],
            "pixels": shape[1],
            "simulated": simulated_attribute(h5),
            **_look(h5),
        },
    )


def read_l1r(path: Path, *, may_be_empty: bool = False) -> tuple[xr.Dataset, ...]:
    """Read a half orbit of level 1R.

    All channels are read at the 10.65 GHz footprint (`res10`), to which the provider resamples
    them; if a channel is missing there, at the 6.9 GHz footprint (`res06`). The provider flags
    interference at 6.9 and 7.3 GHz only; it makes a footprint suspect, not unusable: these
    transmitters do not affect 10 GHz, but others may be nearby. Scans shared with adjacent
    granules are omitted.

    Args:
        path: HDF5 file; AMSR-E if the metadata name it, otherwise AMSR2.
        may_be_empty: accept a granule without any brightness temperature.

    Returns:
        One dataset after schema.SWATH_TB. A footprint without position, time or any brightness
        temperature is `UNUSABLE`. Attribute look, `am` or `pm`, if the direction of the orbit is
        known.

    Raises:
        GranuleError: unreadable, another level, all fill, or another layout than documented.
    """
    with open_hdf5(path) as h5:
        if not is_l1r(h5):
            raise GranuleError(
                f"{path.name}: found {shorten(h5)}, expected brightness temperatures at "
                f"{' or '.join(jaxa.RESOLUTIONS)}; give a granule of JAXA's level 1R"
            )
        footprints = _swath(h5, identify_sensor(h5) or AMSR2)
    return (check_swath(footprints, path.name, may_be_empty=may_be_empty),)
