"""HDF5 granules: opening them, finding datasets, and turning raw values into physical ones.

Every failure becomes a GranuleError of one line: the file, what was found, what was expected.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import h5py
import numpy as np
import xarray as xr
from h5py import h5d, h5s

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Booleans, Float32, Floating
from mcca_ml.errors import GranuleError
from mcca_ml.formats.smap import KELVIN, SIMULATED

_SHOWN = 8

LEAST_INSIDE = 0.1
"""Share of the values within their range below which they cannot be kelvin. Genuine ones have
0.9999; degrees Celsius pass 30 in the hottest deserts only, values scaled by 100 are far off."""


def shorten(names: Iterable[str]) -> str:
    """Names in one phrase: the first eight, and how many more there are.

    >>> shorten(["b", "a"]), shorten([]), shorten("abcdefghij")
    ('a, b', 'nothing', 'a, b, c, d, e, f, g, h and 2 more')
    """
    ordered = sorted(names)
    rest = len(ordered) - _SHOWN
    more = f" and {rest} more" if rest > 0 else ""
    return (", ".join(ordered[:_SHOWN]) or "nothing") + more


def _why_not_a_file(path: Path) -> str | None:
    """Reason why there is nothing to open at `path`, if there is one."""
    if path.is_dir():
        return "is a directory, expected a file; name the granules in it"
    if not path.exists():
        return "there is no such file; check the name"
    if path.stat().st_size == 0:
        return "the file is empty, expected HDF5; download it again"
    return None


def _why_not_hdf5(error: Exception) -> str:
    """What an error of the HDF5 library means, and what to do."""
    text = str(error)
    if isinstance(error, PermissionError) or "Permission denied" in text:
        return "no permission to read the file; change its permissions"
    if "truncated" in text:
        return "the HDF5 file is truncated, a part is missing; download it again"
    if "signature not found" in text:
        return "the file is not HDF5, expected a SMAP granule, one of an imager or gridded NetCDF-4"
    return f"the HDF5 file is damaged ({text.splitlines()[0][:80]}); download it again"


@contextmanager
def open_hdf5(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading; damage that shows only while reading counts as well.

    Args:
        path: the file.

    Raises:
        GranuleError: it is missing, empty, a directory, unreadable, not HDF5, truncated, damaged.
    """
    try:
        reason = _why_not_a_file(path)
        if reason is None:
            with h5py.File(path, "r") as h5:
                yield h5
            return
    except (OSError, RuntimeError) as error:
        raise GranuleError(f"{path.name}: {_why_not_hdf5(error)}") from error
    raise GranuleError(f"{path.name or path}: {reason}")


def text(value: object) -> str:
    """An attribute as text: bytes, arrays of one and padding are taken care of.

    >>> text(b"SPL3SMP"), text(np.array(["003 "])), text(None)
    ('SPL3SMP', '003', '')
    """
    if isinstance(value, np.ndarray):
        value = value.ravel()[0] if value.size else None
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return "" if value is None else str(value).strip().strip("\0")


def simulated(h5: h5py.File) -> str:
    """`true` or `false`: whether the file says that it is simulated."""
    return "true" if text(h5.attrs.get(SIMULATED)).lower() == "true" else "false"


def dataset(group: h5py.Group, name: str) -> h5py.Dataset:
    """The dataset `name` of a group.

    Raises:
        GranuleError: it is absent or holds nothing at all; the message lists those present.
    """
    found = group.get(name)
    if not isinstance(found, h5py.Dataset) or found.shape is None:
        raise GranuleError(
            f"{file_name(group)}: no dataset {name!r} in {group.name}, which holds "
            f"{shorten(group)}; give a whole granule"
        )
    return found


def _shaped(group: h5py.Group, name: str, shape: tuple[int, ...]) -> h5py.Dataset:
    """The dataset `name`, which must have the given shape."""
    found = dataset(group, name)
    if found.shape != shape:
        raise GranuleError(
            f"{file_name(group)}: {name} has shape {found.shape}, expected {shape}; "
            "this is not the grid of the product that the metadata name"
        )
    return found


def array(
    group: h5py.Group, name: str, shape: tuple[int, ...], rows: Sequence[slice] = (slice(None),)
) -> AnyArray:
    """Raw values of the dataset `name`, which must have the given shape.

    Args:
        group: HDF5 group.
        name: dataset in it.
        shape: that it must have.
        rows: runs along its first axis to read, one after the other; all of it if not given.

    Raises:
        GranuleError: it is absent or has another shape.
    """
    found = _shaped(group, name, shape)
    parts: list[AnyArray] = [found[run] for run in rows]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def number_array(group: h5py.Group, name: str, shape: tuple[int, ...]) -> AnyArray:
    """Raw values of the dataset `name`, which must be numbers of the given shape.

    Raises:
        GranuleError: it is absent, has another shape, or holds something else.
    """
    return numbers(_shaped(group, name, shape))


def quick_numbers(group: h5py.Group, name: str, shape: tuple[int, ...]) -> AnyArray | None:
    """Raw values of the dataset `name` if it is there, of that shape, and holds numbers; else None.

    By the library's own calls: h5py's comfortable ones take most of the time of a small granule.
    What is wrong is for the caller to find out by those.
    """
    try:
        found = h5d.open(group.id, name.encode())
        dtype = found.dtype
        if found.shape != shape or dtype.kind not in "iuf":
            return None
        raw: AnyArray = np.empty(shape, dtype)
        found.read(h5s.ALL, h5s.ALL, raw)
    except (KeyError, TypeError, ValueError, OSError, RuntimeError):
        return None
    return raw


def numbers(found: h5py.Dataset) -> AnyArray:
    """Raw values of a dataset, which must be numbers.

    Raises:
        GranuleError: they are texts or something else.
    """
    if found.dtype.kind not in "iuf":
        raise GranuleError(
            f"{file_name(found)}: {found.name} is of type {found.dtype}, expected numbers; "
            "give the provider's file"
        )
    raw: AnyArray = found[()]
    return raw


def file_name(group: h5py.Group | h5py.Dataset) -> str:
    """Name of the file that a group or dataset belongs to, without its folder."""
    return Path(group.file.filename).name


def check_placed(where: str, is_seen: Booleans, is_placed: Booleans, is_timed: Booleans) -> None:
    """Raise where values are there and not one of them has a place or a time.

    Args:
        where: file, and swath if it has several.
        is_seen: whether a footprint has any brightness temperature.
        is_placed: whether it has a place on the Earth.
        is_timed: whether it has a time.

    Raises:
        GranuleError: that is so.
    """
    for has, what in ((is_placed, "a latitude and longitude on the Earth"), (is_timed, "a time")):
        if is_seen.any() and not (is_seen & has).any():
            raise GranuleError(
                f"{where}: of {int(is_seen.sum())} footprints with brightness temperature none "
                f"has {what}, expected it of nearly all; download the granule again"
            )


def decode(
    raw: AnyArray,
    fill: float | None,
    valid: tuple[float, float] = (-np.inf, np.inf),
    *,
    scale: float = 1.0,
    offset: float = 0.0,
) -> Float32:
    """Physical values: raw * scale + offset, NaN where the raw value is the fill or out of range.

    The fill value is judged on the raw values, before the scale.

    Args:
        raw: values as stored.
        fill: raw value that stands for none.
        valid: physical range, outside of which a value becomes NaN.
        scale: physical units per raw unit.
        offset: physical value of a raw 0.

    >>> decode(np.array([100, 65535], np.uint16), 65535, scale=0.01).tolist()
    [1.0, nan]
    """
    values = raw.astype(np.float32) * np.float32(scale) + np.float32(offset)
    missing = ~((values >= valid[0]) & (values <= valid[1]))
    if fill is not None:
        missing |= raw == raw.dtype.type(fill)
    return np.where(missing, np.float32(np.nan), values)


def check_kelvin(
    found: h5py.Dataset, unit: str, values: Floating, valid: tuple[float, float], least: int = 1
) -> None:
    """Raise where the unit is not kelvin, or where the values cannot be.

    Args:
        found: dataset of brightness temperatures.
        unit: that the file states; empty where it states none.
        values: known values of it [K].
        valid: range of brightness temperatures that exist [K].
        least: number of values below which their share within the range says nothing.

    Raises:
        GranuleError: another unit, or nearly all values outside the range.
    """
    where = f"{file_name(found)}: {found.name}"
    if unit and unit not in KELVIN:
        raise GranuleError(f"{where} is in {unit!r}, expected Kelvin; convert it")
    is_inside = (values >= valid[0]) & (values <= valid[1])
    if values.size >= least and is_inside.mean() < LEAST_INSIDE:
        raise GranuleError(
            f"{where} lies between {values.min():g} and {values.max():g}, expected {valid[0]:g} to "
            f"{valid[1]:g} K; is it scaled otherwise, or in degrees Celsius?"
        )


@lru_cache
def _channels(names: tuple[str, ...]) -> xr.Coordinates:
    """Coordinates of a swath; to make their index costs as much as to read a small one."""
    return xr.Coordinates({"channel": list(names)})


def swath(
    columns: Mapping[str, AnyArray], channels: Sequence[str], attrs: Mapping[str, object]
) -> xr.Dataset:
    """One swath as a dataset with the dimensions and units of schema.SWATH_TB.

    Args:
        columns: arrays (footprint, ...) by the names of the contract, in its units.
        channels: names, in the order of the last dimension of `tb`.
        attrs: of the dataset.
    """
    variables = {name: var.variable(columns[name]) for name, var in schema.SWATH_TB.items()}
    return xr.Dataset(variables, coords=_channels(tuple(channels)), attrs=attrs)
