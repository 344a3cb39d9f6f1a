"""Write simulated granules of PPS level 1C in the genuine layout, subset in space and fields."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from mcca_ml.arrays import AnyArray, Datetime64, Float32
from mcca_ml.atomic import replacing
from mcca_ml.errors import OutputError
from mcca_ml.formats import pps_1c
from mcca_ml.formats.pps_1c import FILLS, SwathField
from mcca_ml.simulate.files import hdf5_image
from mcca_ml.simulate.files.granule_1c import (
    SimulatedGranule,
    SimulatedSwath,
    file_header,
    granule_name,
    static_attributes,
    swath_header,
)
from mcca_ml.simulate.files.hdf5_image import Dataset

__all__ = ("SimulatedGranule", "SimulatedSwath", "granule_name", "scan_time", "write_1c")

Shapes = tuple[tuple[str, int, int], ...]
"""Name, scans and pixels of swaths."""

_IMAGES = 512  # cached empty files, of some 30 kB each: one for each shape of a subset


def _dataset(swath: pps_1c.SwathLayout, field: SwathField, scans: int, pixels: int) -> Dataset:
    """One dataset of the image of a granule."""
    fill, units = FILLS[field.dtype], swath.field_units(field).encode()
    attributes = {
        "CodeMissingValue": str(fill).encode(),
        "DimensionNames": ",".join(swath.field_dims(field)).encode(),
    }
    if field.name == "Tc":
        attributes["LongName"] = swath.long_name.encode()
    if units:
        attributes |= {"Units": units, "units": units}
    shape = swath.field_shape(field, scans, pixels)
    return Dataset(f"{swath.name}/{field.name}", field.dtype, shape, fill, attributes)


@lru_cache(maxsize=_IMAGES)
def _image(sensor: str, shapes: Shapes) -> bytes:
    """Empty granule file; the same arguments give the same bytes."""
    product = pps_1c.PRODUCTS[sensor]
    size = {name: lengths for name, *lengths in shapes}
    swaths = [swath for swath in product.swaths if swath.name in size]
    sub = dict.fromkeys(f.name.partition("/")[0] for f in pps_1c.FIELDS if "/" in f.name)
    groups = [path for s in swaths for path in (s.name, *(f"{s.name}/{inner}" for inner in sub))]
    datasets = [_dataset(swath, f, *size[swath.name]) for swath in swaths for f in pps_1c.FIELDS]
    return hdf5_image.empty(groups, datasets, static_attributes(product, tuple(size)))


def scan_time(times: Datetime64) -> dict[str, AnyArray]:
    """Members of `ScanTime` by name; the fill value where the time is missing.

    Args:
        times: UTC, (scan); NaT where missing.

    >>> scan_time(np.array(["2016-12-31T23:59:59.5"], "M8[us]"))["SecondOfDay"].tolist()
    [86399.5]
    """
    is_known = ~np.isnat(times)
    when = np.where(is_known, times, np.datetime64(0, "us"))
    day, month, year = (when.astype(f"M8[{unit}]") for unit in "DMY")
    micros = (when - day).astype(np.int64)
    seconds = micros // 1_000_000
    members: dict[str, tuple[str, AnyArray]] = {
        "Year": ("i2", year.astype(np.int64) + 1970),
        "Month": ("i1", (month - year).astype(np.int64) + 1),
        "DayOfMonth": ("i1", (day - month.astype("M8[D]")).astype(np.int64) + 1),
        "Hour": ("i1", seconds // 3600),
        "Minute": ("i1", seconds // 60 % 60),
        "Second": ("i1", seconds % 60),
        "MilliSecond": ("i2", micros // 1000 % 1000),
        "DayOfYear": ("i2", (day - year.astype("M8[D]")).astype(np.int64) + 1),
        "SecondOfDay": ("f8", micros / 1e6),
    }
    return {
        name: np.where(is_known, values, FILLS[dtype]).astype(dtype)
        for name, (dtype, values) in members.items()
    }


def _stored(values: Float32) -> Float32:
    """Replace NaN by the fill value."""
    return np.where(np.isnan(values), np.float32(FILLS["f4"]), values).astype(np.float32)


def _values(layout: pps_1c.SwathLayout, swath: SimulatedSwath) -> Iterator[tuple[str, AnyArray]]:
    """What a subsetter keeps of a swath, by dataset."""
    yield "Tc", _stored(swath.tb)
    yield "Latitude", _stored(swath.lat)
    yield "Longitude", _stored(swath.lon)
    yield "Quality", swath.quality.astype(np.int8)
    angle = _stored(np.rad2deg(swath.incidence))[..., None]
    yield "incidenceAngle", np.repeat(angle, layout.angles, axis=-1)
    index = np.array(layout.angle_of_channel, np.int8)
    yield "incidenceAngleIndex", np.broadcast_to(index, (swath.tb.shape[0], index.size))
    for name, values in scan_time(swath.scan_time).items():
        yield f"ScanTime/{name}", values


def _checked(path: Path, granule: SimulatedGranule) -> dict[str, pps_1c.SwathLayout]:
    """Layouts of the swaths of a granule, by name.

    Raises:
        OutputError: the granule has no swath, or a swath does not match the product.
    """
    known = {layout.name: layout for layout in granule.product.swaths}
    for swath in granule.swaths:
        layout = known.get(swath.name)
        if layout is None or swath.tb.shape[-1] != len(layout.channels):
            each = ", ".join(f"{name} with {len(s.channels)}" for name, s in known.items())
            raise OutputError(
                f"{path}: swath {swath.name} with {swath.tb.shape[-1]} channels, expected of "
                f"{granule.product.sensor} {each}; give all channels of each swath"
            )
    if not granule.swaths:
        raise OutputError(f"{path}: no swath, expected some of {', '.join(known)}; give one")
    return known


def write_1c(path: Path, granule: SimulatedGranule) -> None:
    """Write a simulated granule with the fields `pps_1c.FIELDS` of its swaths.

    The root attribute `simulated` and the file header state that it is simulated. Values are exact,
    and the bytes depend only on the granule. The file is not synced to disk: a granule lost in a
    power cut is simulated again.

    Args:
        path: path of the file, which is replaced if it exists.
        granule: granule to write.

    Raises:
        OutputError: a swath does not match the product, or the file cannot be written.
    """
    layouts = _checked(path, granule)
    image = _image(
        granule.product.sensor, tuple((swath.name, *swath.lat.shape) for swath in granule.swaths)
    )
    values: dict[str, AnyArray] = {}
    attributes = {"/": {pps_1c.HEADER: file_header(granule)}}
    for swath in granule.swaths:
        name, layout = swath.name, layouts[swath.name]
        values |= {f"{name}/{field}": array for field, array in _values(layout, swath)}
        attributes[name] = {f"{name}_SwathHeader": swath_header(granule, layout)}
    whole = hdf5_image.filled(image, values, attributes)
    with replacing(path, is_synced=False) as beside:
        beside.write_bytes(whole)
