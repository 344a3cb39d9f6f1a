"""HDF5 granules: open files, find datasets, convert raw values to physical values.

Every failure raises a one-line GranuleError: file, what was found, what was expected, what to do.
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
"""Smallest share of values within the valid range for data in kelvin. Genuine granules have 0.9999;
degrees Celsius exceed 30 only in the hottest deserts, values scaled by 100 are far outside."""


def shorten(names: Iterable[str]) -> str:
    """Join names: the first eight, and the number of the others.

    >>> shorten(["b", "a"]), shorten([]), shorten("abcdefghij")
    ('a, b', 'nothing', 'a, b, c, d, e, f, g, h and 2 more')
    """
    ordered = sorted(names)
    rest = len(ordered) - _SHOWN
    more = f" and {rest} more" if rest > 0 else ""
    return (", ".join(ordered[:_SHOWN]) or "nothing") + more


def _why_not_a_file(path: Path) -> str | None:
    """Return the reason why `path` cannot be a file with data, if there is one."""
    if path.is_dir():
        return "is a directory, expected a file; name the granules in it"
    if not path.exists():
        return "there is no such file; check the name"
    if path.stat().st_size == 0:
        return "the file is empty, expected HDF5; download it again"
    return None


def _why_not_hdf5(error: Exception) -> str:
    """Return the meaning of an error of the HDF5 library, and what to do."""
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
    """Open an HDF5 file for reading; damage detected while reading raises the same error.

    Args:
        path: file to open.

    Raises:
        GranuleError: the file is missing, empty, a directory, unreadable, not HDF5, truncated or
            damaged.
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
    """Convert an attribute to text; decodes bytes and one-element arrays, strips padding.

    >>> text(b"SPL3SMP"), text(np.array(["003 "])), text(None)
    ('SPL3SMP', '003', '')
    """
    if isinstance(value, np.ndarray):
        value = value.ravel()[0] if value.size else None
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return "" if value is None else str(value).strip().strip("\0")


def simulated_attribute(h5: h5py.File) -> str:
    """Return `true` if the file declares itself simulated, else `false`."""
    return "true" if text(h5.attrs.get(SIMULATED)).lower() == "true" else "false"


def dataset(group: h5py.Group, name: str) -> h5py.Dataset:
    """Return the dataset `name` of a group.

    Raises:
        GranuleError: it is absent or empty; the message lists the datasets present.
    """
    field = group.get(name)
    if not isinstance(field, h5py.Dataset) or field.shape is None:
        raise GranuleError(
            f"{file_name(group)}: no dataset {name!r} in {group.name}, found "
            f"{shorten(group)}; give a complete granule"
        )
    return field


def _shaped(group: h5py.Group, name: str, shape: tuple[int, ...]) -> h5py.Dataset:
    """Return the dataset `name`, which must have the given shape."""
    field = dataset(group, name)
    if field.shape != shape:
        raise GranuleError(
            f"{file_name(group)}: {name} has shape {field.shape}, expected {shape}; "
            "this is not the grid of the product that the metadata name"
        )
    return field


def array(
    group: h5py.Group, name: str, shape: tuple[int, ...], rows: Sequence[slice] = (slice(None),)
) -> AnyArray:
    """Read the raw values of the dataset `name`, which must have the given shape.

    Args:
        group: HDF5 group.
        name: name of the dataset.
        shape: required shape.
        rows: slices along its first axis to read and concatenate; default all.

    Raises:
        GranuleError: the dataset is absent or has another shape.
    """
    field = _shaped(group, name, shape)
    parts: list[AnyArray] = [field[run] for run in rows]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def number_array(group: h5py.Group, name: str, shape: tuple[int, ...]) -> AnyArray:
    """Read the raw values of the dataset `name`, which must be numbers of the given shape.

    Raises:
        GranuleError: the dataset is absent, has another shape, or is not numeric.
    """
    return numbers(_shaped(group, name, shape))


def quick_numbers(group: h5py.Group, name: str, shape: tuple[int, ...]) -> AnyArray | None:
    """Read the raw values of a numeric dataset of the given shape; None on any fault.

    Uses the low-level calls of h5py: the high-level ones take most of the time of a small granule.
    The caller uses the latter to report the fault.
    """
    try:
        field = h5d.open(group.id, name.encode())
        dtype = field.dtype
        if field.shape != shape or dtype.kind not in "iuf":
            return None
        raw: AnyArray = np.empty(shape, dtype)
        field.read(h5s.ALL, h5s.ALL, raw)
    except (KeyError, TypeError, ValueError, OSError, RuntimeError):
        return None
    return raw


def numbers(field: h5py.Dataset) -> AnyArray:
    """Read the raw values of a dataset, which must be numbers.

    Raises:
        GranuleError: the dataset is not numeric.
    """
    if field.dtype.kind not in "iuf":
        raise GranuleError(
            f"{file_name(field)}: {field.name} is of type {field.dtype}, expected numbers; "
            "give the provider's file"
        )
    raw: AnyArray = field[()]
    return raw


def file_name(group: h5py.Group | h5py.Dataset) -> str:
    """Return the name of the file of a group or dataset, without its folder."""
    return Path(group.file.filename).name


def check_placed(where: str, is_seen: Booleans, is_placed: Booleans, is_timed: Booleans) -> None:
    """Raise if there are values and none of them has a position or a time.

    Args:
        where: file, and swath if it has several.
        is_seen: True for footprints with any brightness temperature.
        is_placed: True for footprints with a position on the Earth.
        is_timed: True for footprints with a time.

    Raises:
        GranuleError: no value has a position, or no value has a time.
    """
    for ok, what in ((is_placed, "a latitude and longitude on the Earth"), (is_timed, "a time")):
        if is_seen.any() and not (is_seen & ok).any():
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
    """Convert to physical values: raw * scale + offset; NaN for fill or out-of-range values.

    The fill value is compared with the raw values, before scaling.

    Args:
        raw: values as stored.
        fill: raw value of missing data; None if there is none.
        valid: valid physical range; values outside become NaN.
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
    tb: h5py.Dataset, unit: str, values: Floating, valid: tuple[float, float], least: int = 1
) -> None:
    """Raise if the unit is not kelvin, or the values cannot be in kelvin.

    Args:
        tb: dataset of brightness temperatures.
        unit: unit in the file; empty if there is none.
        values: valid values of the dataset [K].
        valid: physical range of brightness temperature [K].
        least: smallest number of values for which the range is checked.

    Raises:
        GranuleError: another unit, or nearly all values outside the range.
    """
    where = f"{file_name(tb)}: {tb.name}"
    if unit and unit not in KELVIN:
        raise GranuleError(f"{where} is in {unit!r}, expected Kelvin; convert it")
    is_inside = (values >= valid[0]) & (values <= valid[1])
    if values.size >= least and is_inside.mean() < LEAST_INSIDE:
        raise GranuleError(
            f"{where} is between {values.min():g} and {values.max():g}, expected {valid[0]:g} to "
            f"{valid[1]:g} K; is it scaled otherwise, or in degrees Celsius?"
        )


@lru_cache
def _channels(names: tuple[str, ...]) -> xr.Coordinates:
    """Return the channel coordinate, cached: building its index takes as long as a small swath."""
    return xr.Coordinates({"channel": list(names)})


def swath(
    columns: Mapping[str, AnyArray], channels: Sequence[str], attrs: Mapping[str, object]
) -> xr.Dataset:
    """Return one swath as a dataset with the dimensions and units of schema.SWATH_TB.

    Args:
        columns: arrays (footprint, ...) by the names of the contract, in its units.
        channels: channel names, in the order of the last dimension of `tb`.
        attrs: attributes of the dataset.
    """
    variables = {name: var.variable(columns[name]) for name, var in schema.SWATH_TB.items()}
    return xr.Dataset(variables, coords=_channels(tuple(channels)), attrs=attrs)
