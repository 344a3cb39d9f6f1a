"""PPS level 1C granules of TMI, AMSR-E, GMI and AMSR2 -> SWATH_TB, a dataset for each swath."""

from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Booleans, Datetime64, Float32, Int8
from mcca_ml.errors import GranuleError
from mcca_ml.flags import Quality
from mcca_ml.formats import pps_1c
from mcca_ml.formats.pps_1c import TB_RANGE, Product1C
from mcca_ml.read.granule import (
    check_placed,
    dataset,
    file_name,
    numbers,
    open_hdf5,
    quick_numbers,
    shorten,
    simulated_attribute,
    swath,
)
from mcca_ml.read.pps_header import check_channels, identify
from mcca_ml.sensors import SENSORS

_NAN = np.float32(np.nan)
_YEARS = (1987, 2200)  # first imager in the archive to far ahead; excludes fill values
_BLOCK = 1 << 15  # footprints masked at once; intermediate arrays fit in the processor cache
_DAY = 86_400  # [s]; one more with a leap second
_CODES = {
    0: Quality.GOOD,
    pps_1c.GLINT: Quality.SUSPECT,
    pps_1c.WARM_LOAD: Quality.SUSPECT,
}


def _raw(group: h5py.Group, name: str, shape: tuple[int, ...]) -> AnyArray:
    """Read the raw values of a dataset of a swath.

    Raises:
        GranuleError: the dataset is absent, not numeric, or has other dimensions than Tc.
    """
    raw = quick_numbers(group, name, shape)
    if raw is not None:
        return raw
    field = dataset(group, name)
    if field.shape != shape:
        raise GranuleError(
            f"{file_name(group)}: {group.name}/{name} has shape {field.shape}, expected {shape} "
            "as Tc; the parts of this swath are not of one orbit: download it again"
        )
    return numbers(field)


def _floats(group: h5py.Group, name: str, shape: tuple[int, ...]) -> Float32:
    """Read a dataset of a swath as float32; the array may be modified."""
    return _raw(group, name, shape).astype(np.float32, copy=False)


def _shape(tc: h5py.Dataset, layout: pps_1c.SwathLayout, product: Product1C) -> tuple[int, int]:
    """Return the number of scans and pixels of a swath.

    Raises:
        GranuleError: Tc has more scans or pixels than the sensor, or other channels.
    """
    shape = tc.shape
    most = (product.most_scans, layout.pixels, len(layout.channels))
    if len(shape) != 3 or shape[0] > most[0] or shape[1] > most[1] or shape[2] != most[2]:
        raise GranuleError(
            f"{file_name(tc)}: {tc.name} has shape {shape}, expected up to {most[0]} "
            f"scans, up to {most[1]} pixels and {most[2]} channels of {product.sensor}; "
            "is it of another sensor?"
        )
    return int(shape[0]), int(shape[1])


def _time(group: h5py.Group, scans: int) -> Datetime64:
    """Read the time of each scan [UTC]; NaT where missing.

    A time within a leap second becomes the second after it: datetime64 has no leap seconds.
    """
    year, day, second = (
        _raw(group, f"ScanTime/{name}", (scans,)).astype(np.float64)
        for name in ("Year", "DayOfYear", "SecondOfDay")
    )
    is_known = (year >= _YEARS[0]) & (year <= _YEARS[1]) & (day >= 1) & (day <= 366)
    is_known &= (second >= 0) & (second < _DAY + 1)
    year, day, second = (np.where(is_known, values, 0) for values in (year, day, second))
    start = (year - 1970).astype(np.int64).astype("M8[Y]").astype("M8[us]")
    passed = np.rint((day - 1) * _DAY * 1e6) + np.rint(second * 1e6)
    times = (start + passed.astype("m8[us]")).astype("M8[ns]")
    return np.where(is_known, times, np.datetime64("NaT", "ns"))


def _places(group: h5py.Group, shape: tuple[int, int]) -> tuple[Float32, Float32, Booleans]:
    """Read latitude and longitude [degree], and True for positions on the Earth."""
    lat, lon = (_floats(group, name, shape) for name in pps_1c.PLACE)
    is_place = (lat >= -90) & (lat <= 90) & (lon >= -180) & (lon <= 360)
    is_east = lon > 180
    if is_east.any():
        np.subtract(lon, np.float32(360), out=lon, where=is_east)
    return lat, lon, is_place


def _incidence(group: h5py.Group, layout: pps_1c.SwathLayout, kept: int, lat: Float32) -> Float32:
    """Return the incidence angle [rad]: the mean over the channels that are kept."""
    shape = (*lat.shape, *dataset(group, "incidenceAngle").shape[2:3])
    angles = _floats(group, "incidenceAngle", shape)
    np.copyto(angles, _NAN, where=~((angles >= 0) & (angles < 90)))
    angles *= np.float32(np.pi / 180)
    index = _raw(group, "incidenceAngleIndex", (lat.shape[0], len(layout.channels)))[:, :kept]
    if shape[-1] == 1 and (index == 1).all():
        return angles[..., 0]
    total = np.zeros(lat.shape, np.float32)
    known = np.zeros((lat.shape[0], 1), np.float32)
    for number in range(shape[-1]):
        share = (index == number + 1).mean(axis=1, dtype=np.float32)[:, None]
        known += share
        total += np.where(share > 0, angles[..., number] * share, 0)
    # Mean over the channels with a known angle.
    return np.where(known > 0, total / np.where(known > 0, known, 1), _NAN)


def _quality(group: h5py.Group, shape: tuple[int, int]) -> Int8:
    """Return the quality of each footprint, after `flags.Quality`."""
    table = np.full(256, Quality.UNUSABLE, np.int8)
    for code, meaning in _CODES.items():
        table[code] = meaning
    codes = _raw(group, "Quality", shape).astype(np.int8, copy=False).ravel()
    noted = np.flatnonzero(codes)  # nearly all codes of a good granule are 0
    codes[noted] = table[codes[noted]]  # negative codes index the table from its end
    return codes


def _masked(tb: Float32, quality: Int8) -> Booleans:
    """Set invalid values to NaN and empty footprints to unusable; return True where not empty."""
    is_seen = np.zeros(quality.size, np.bool_)
    for start in range(0, quality.size, _BLOCK):
        rows = slice(start, start + _BLOCK)
        block, codes, is_seen_block = tb[rows], quality[rows], is_seen[rows]
        is_value = (block >= TB_RANGE[0]) & (block <= TB_RANGE[1])
        for channel in range(block.shape[1]):  # ten times as fast as any() over a short axis
            is_seen_block |= is_value[:, channel]
        codes[~is_seen_block] = Quality.UNUSABLE
        is_value &= (codes != Quality.UNUSABLE)[:, None]
        np.copyto(block, _NAN, where=~is_value)
    return is_seen


def _swath(
    group: h5py.Group, layout: pps_1c.SwathLayout, product: Product1C, common: Mapping[str, object]
) -> xr.Dataset:
    """Read one swath of an open granule; `common` are attributes of all its swaths."""
    tc_field = dataset(group, "Tc")
    shape = _shape(tc_field, layout, product)
    names = select_channels(layout, product)
    check_channels(tc_field, names)
    tc = _floats(group, "Tc", (*shape, len(layout.channels)))
    tb = tc.reshape(-1, len(layout.channels))[:, : len(names)]
    lat, lon, is_place = _places(group, shape)
    time = np.repeat(_time(group, shape[0]), shape[1])
    quality = _quality(group, shape)
    is_seen, is_placed, is_timed = _masked(tb, quality), is_place.ravel(), ~np.isnat(time)
    check_placed(f"{common['granule']}: {layout.name}", is_seen, is_placed, is_timed)
    is_kept = is_placed & is_timed
    kept = slice(None) if is_kept.all() else is_kept
    columns = {
        "tb": tb,
        "lat": lat.ravel(),
        "lon": lon.ravel(),
        "time": time,
        "incidence": _incidence(group, layout, len(names), lat).ravel(),
        "quality": quality,
    }
    attributes = {
        "swath": layout.name,
        "scans": shape[0],
        "pixels": shape[1],
        "without_place": int((~is_placed).sum()),
        "without_time": int((~is_timed).sum()),
        **common,
    }
    return swath({name: values[kept] for name, values in columns.items()}, names, attributes)


def select_channels(layout: pps_1c.SwathLayout, product: Product1C) -> tuple[str, ...]:
    """Return the channels of a swath used for the sensor; they come first in all layouts."""
    known = {channel.name for channel in SENSORS[product.sensor].channels}
    return tuple(name for name in layout.channels if name in known)


def _swaths(h5: h5py.File) -> tuple[xr.Dataset, ...]:
    """Read the swaths of an open granule."""
    product, header = identify(h5)
    wanted = [layout for layout in product.swaths if select_channels(layout, product)]
    groups = [(layout, h5.get(layout.name)) for layout in wanted]
    present = [(layout, group) for layout, group in groups if isinstance(group, h5py.Group)]
    if not present:
        raise GranuleError(
            f"{file_name(h5)}: found {shorten(h5)}, expected one of "
            f"{', '.join(layout.name for layout in wanted)} of {product.sensor}; "
            "order these swaths too"
        )
    number = header.get("GranuleNumber", "")
    common = {
        "sensor": product.sensor,
        "granule": file_name(h5),
        "product": "PPS 1C",
        "version": header["ProductVersion"],
        "orbit": int(number) if number.isdigit() else -1,
        "simulated": simulated_attribute(h5),
    }
    return tuple(_swath(group, layout, product, common) for layout, group in present)


def read_1c(path: Path, *, may_be_empty: bool = False) -> tuple[xr.Dataset, ...]:
    """Read one orbit, or a subset of one.

    Footprints without a position on the Earth and scans without a time are omitted, since they have
    no cell or no day; the attributes without_place and without_time count them. `Quality` 0 is
    good; 1 (possible sun glint) and 4 (corrected for the warm load) are suspect and kept; 2
    (possible interference), 3 (degraded geolocation) and all negative codes are unusable. Values
    outside 30 to 350 K are missing. The incidence of a footprint is the mean over the channels of
    its swath; they differ by 0.1 degrees in one TMI swath and are equal in all others.

    Args:
        path: HDF5 file of version V05, V07 or V08; the sensor is read from its header.
        may_be_empty: accept a granule without any brightness temperature, unless its header
            declares it empty, since it may then have no swath.

    Returns:
        A dataset after schema.SWATH_TB for each swath with channels used for the sensor, with its
        own positions; swaths of 85 GHz and above are omitted. Additional attributes: version,
        orbit, scans, pixels, without_place, without_time.

    Raises:
        GranuleError: unreadable, not level 1C of these sensors, remapped (1C-R), empty, without
            any brightness temperature, or another layout than documented.
    """
    with open_hdf5(path) as h5:
        return read_open_1c(h5, may_be_empty=may_be_empty)


def read_open_1c(h5: h5py.File, *, may_be_empty: bool = False) -> tuple[xr.Dataset, ...]:
    """Read one orbit from an open file; see `read_1c`."""
    swaths, where = _swaths(h5), file_name(h5)
    quality = (ds.variables["quality"].to_numpy() for ds in swaths)
    is_empty = all(bool((codes == Quality.UNUSABLE).all()) for codes in quality)
    if is_empty and not may_be_empty:
        raise GranuleError(
            f"{where}: no brightness temperature in any footprint of "
            f"{', '.join(ds.attrs['swath'] for ds in swaths)}, expected some; leave it out"
        )
    return tuple(schema.check(ds, schema.SWATH_TB, where=where) for ds in swaths)
