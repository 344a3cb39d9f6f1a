"""How the variables of the files are stored, and what each says about itself, once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import netCDF4
import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import AnyArray
from mcca_ml.constants import FILL_FLOAT
from mcca_ml.flags import FLAG_DTYPE, MEANING, NOT_RECOMMENDED, Flag

AttributeValue = str | int | float | np.generic | AnyArray
Content = Literal["physicalMeasurement", "qualityInformation", "referenceInformation", "coordinate"]

FILL_PACKED = np.int16(-32768)
"""Fill value of packed variables [1]: the one number that no packed value takes."""

MOISTURE_STEP = 1e-4
"""Step of packed soil moisture [m3 m-3]: 1/100 of the least uncertainty that is reached."""

SOIL_WATER = "volume_fraction_of_condensed_water_in_soil"
"""Standard name of soil moisture; the table (version 93) has none for liquid water alone."""

TIME_UNITS = "seconds since 1970-01-01T00:00:00Z"
DAY_UNITS = "days since 1970-01-01T00:00:00Z"

_ZLIB_LEVEL: Final = 1
"""A real M36 day takes 0.16 s and 1.54 MB; with level 4 it takes 0.22 s and 1.40 MB."""
_EPOCH = np.datetime64(0, "ns")


@dataclass(frozen=True)
class Stored:
    """One variable over the cells of a grid as it is stored in the files."""

    dtype: npt.DTypeLike
    background: np.generic
    """Stored value of a cell that is not in the product, or without a value."""
    has_fill: bool
    """Whether `background` is declared as `_FillValue`; flags are not, since they would be read as
    floating-point numbers."""
    attributes: Mapping[str, AttributeValue]
    of: str
    """Variable of the dataset that it comes from."""
    stored: Callable[[AnyArray], AnyArray]
    """From that variable to stored values."""
    digits: int = 0
    """Significant decimal digits kept; 0: all."""


def all_attributes(variable: Stored, auxiliary: Sequence[str]) -> dict[str, AttributeValue]:
    """Attributes of a variable with those that tie it to the grid.

    Args:
        variable: the variable.
        auxiliary: coordinates of places that are no dimensions, `lat` and `lon` for instance.
    """
    # Only soil moisture lies at a depth.
    is_moisture = variable.attributes.get("units") == "m3 m-3"
    coordinates = " ".join((*auxiliary, *(("depth",) if is_moisture else ())))
    tied: dict[str, AttributeValue] = {"coordinates": coordinates} if coordinates else {}
    return {**variable.attributes, "grid_mapping": "crs", **tied}


def create_variable(
    nc: netCDF4.Dataset,
    name: str,
    variable: Stored,
    *,
    dims: tuple[str, ...],
    chunks: tuple[int, ...],
    auxiliary: Sequence[str],
) -> "netCDF4.Variable[Any]":
    """Make a compressed variable, without values, that takes values as they are stored."""
    fill: np.generic | Literal[False] = variable.background if variable.has_fill else False
    stored = nc.createVariable(
        name,
        np.dtype(variable.dtype).str[1:],
        dims,
        zlib=True,
        complevel=_ZLIB_LEVEL,
        shuffle=True,
        chunksizes=chunks,
        fill_value=fill,
        significant_digits=variable.digits or None,
        quantize_mode="GranularBitRound",
    )
    stored.set_auto_maskandscale(False)
    stored.setncatts(all_attributes(variable, auxiliary))
    return stored


def unfolded(
    values: AnyArray, background: np.generic, places: AnyArray, shape: tuple[int, int]
) -> AnyArray:
    """Stored values of cells, shape (..., cell), on rows and columns, `background` elsewhere.

    Args:
        values: stored values.
        background: value of all other cells.
        places: flat index of each cell among the rows and columns.
        shape: number of rows and columns.
    """
    whole = np.full((*values.shape[:-1], shape[0] * shape[1]), background, values.dtype)
    whole[..., places] = values
    return whole.reshape(*values.shape[:-1], *shape)


def time_attributes(
    long_name: str, units: str, more: Mapping[str, AttributeValue]
) -> dict[str, AttributeValue]:
    """Attributes of a variable of time, with `more` at their end."""
    return {
        "standard_name": "time",
        "long_name": long_name,
        "units": units,
        "calendar": "standard",
        "units_metadata": "leap_seconds: none",
        **more,
    }


def day_attributes(units: str) -> dict[str, AttributeValue]:
    """Attributes of the coordinate time, the start of the UTC day."""
    more: dict[str, AttributeValue] = {
        "axis": "T",
        "bounds": "time_bnds",
        "coverage_content_type": "coordinate",
    }
    return time_attributes("start of the UTC day", units, more)


def observation_time(name: str, long_name: str, units: str, steps: int, precision: str) -> Stored:
    """A variable of UTC, stored as a number that is short and exact, in steps of a power of two.

    Args:
        name: of the variable.
        long_name: attribute.
        units: TIME_UNITS or DAY_UNITS.
        steps: steps in a second or a day; more digits are noise that does not compress.
        precision: length of a step in words.
    """
    unit = np.timedelta64(1, "s" if units == TIME_UNITS else "D")
    fill = np.float64(FILL_FLOAT)

    def stored(times: AnyArray) -> AnyArray:
        is_known = ~np.isnat(times)
        since = (np.where(is_known, times, _EPOCH) - _EPOCH) / unit
        return np.where(is_known, np.rint(since * steps) / steps, fill)

    more: dict[str, AttributeValue] = {
        "coverage_content_type": "referenceInformation",
        "comment": f"Rounded to {precision}.",
    }
    attributes = time_attributes(long_name, units, more)
    return Stored(np.float64, fill, True, attributes, name, stored)


@dataclass(frozen=True)
class PackedField:
    """One variable over (time, look, y, x), packed as int16 or as float32 of a few digits."""

    long_name: str
    units: str
    valid: tuple[float, float]
    """Lowest and highest value [units]."""
    content: Content
    scale: float = 0.0
    """Step of the packed value [units]; 0 means float32, not packed."""
    digits: int = 0
    """Significant decimal digits kept of a float32."""
    standard_name: str = ""
    ancillary: str = ""
    comment: str = ""

    @property
    def dtype(self) -> npt.DTypeLike:
        """Type in the file."""
        return np.int16 if self.scale else np.float32

    @property
    def fill(self) -> np.generic:
        """Value in the file where there is none."""
        return FILL_PACKED if self.scale else np.float32(FILL_FLOAT)

    def stored(self, values: AnyArray) -> AnyArray:
        """Values as they stand in the file; what is not finite becomes the fill value."""
        as_float = np.asarray(values, np.float32)
        known = np.isfinite(as_float)
        if not self.scale:
            return np.where(known, as_float, self.fill)
        packed = np.rint(np.where(known, as_float, 0.0) / np.float32(self.scale))
        return np.where(known, packed, self.fill).astype(np.int16)


def moisture(
    long_name: str, *, is_error: bool = False, ancillary: str = "", comment: str = ""
) -> PackedField:
    """Soil moisture, or its uncertainty."""
    return PackedField(
        long_name,
        "m3 m-3",
        (0.0, 1.0),
        "qualityInformation" if is_error else "physicalMeasurement",
        scale=MOISTURE_STEP,
        standard_name=f"{SOIL_WATER} standard_error" if is_error else SOIL_WATER,
        ancillary=ancillary,
        comment=comment,
    )


def field_attributes(field: PackedField, *, is_of_a_look: bool = True) -> dict[str, AttributeValue]:
    """CF and ACDD attributes of a variable; its valid range in the type of the file, as CF asks."""
    attributes: dict[str, AttributeValue] = {
        "standard_name": field.standard_name,
        "long_name": field.long_name,
        "units": field.units,
        "valid_range": field.stored(np.asarray(field.valid)),
        "coverage_content_type": field.content,
        "ancillary_variables": field.ancillary,
        "cell_methods": "area: mean time: point" if is_of_a_look else "area: mean",
        "comment": field.comment,
    }
    if field.scale:
        # float32, so that readers unpack to float32 and not to twice the memory
        attributes["scale_factor"] = np.float32(field.scale)
        attributes["add_offset"] = np.float32(0.0)
    return {
        name: value for name, value in attributes.items() if not isinstance(value, str) or value
    }


def stored_field(name: str, field: PackedField, attributes: Mapping[str, AttributeValue]) -> Stored:
    """A floating-point variable with its attributes."""
    return Stored(field.dtype, field.fill, True, attributes, name, field.stored, field.digits)


def stored_flag() -> Stored:
    """The variable `flag`: every bit, its meaning, and the one recommended mask.

    There is no fill value: with one, readers would turn the bits into floating-point numbers.
    """
    bits = list(MEANING)
    words = "; ".join(f"{bit.name or ''}".lower() + f": {MEANING[bit]}" for bit in bits)
    attributes: dict[str, AttributeValue] = {
        "standard_name": "status_flag",
        "long_name": "conditions of the observation and of the retrieval",
        "units": "1",
        "flag_masks": np.array([int(bit) for bit in bits], FLAG_DTYPE),
        "flag_meanings": " ".join((bit.name or "").lower() for bit in bits),
        "not_recommended_mask": np.array([int(NOT_RECOMMENDED)], FLAG_DTYPE),
        "coverage_content_type": "qualityInformation",
        "comment": f"A value is recommended where (flag & not_recommended_mask) == 0, that mask "
        f"being {int(NOT_RECOMMENDED)}. The bits: {words}.",
    }
    unseen = FLAG_DTYPE(int(Flag.NOT_OBSERVED))
    return Stored(FLAG_DTYPE, unseen, False, attributes, "flag", lambda v: v.astype(FLAG_DTYPE))
