"""The variables of the record: how each is stored and what it says about itself, once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mcca_ml import flags, schema
from mcca_ml.arrays import AnyArray, UInt8
from mcca_ml.constants import FILL_FLOAT
from mcca_ml.flags import FLAG_DTYPE, MEANING, NO_VALUE, Flag
from mcca_ml.publish.grid_window import GridWindow
from mcca_ml.publish.variables import (
    NO_FLAG,
    SOIL_WATER,
    AttributeValue,
    Content,
    Field,
    field_attributes,
    flag_attributes,
)
from mcca_ml.sensors import SENSORS, imagers

DAY_UNITS = "days since 1970-01-01T00:00:00Z"
MOISTURE_STEP = 1e-4
"""Step of packed soil moisture [m3 m-3]: 1/100 of the least uncertainty that is reached."""
LAYERS = tuple(schema.LAYERS.values())

_DAY = np.timedelta64(1, "D")
_T0_STEPS = 65_536  # of a day, 1.3 s; a power of two, so that what is stored is short and exact
_T0_FILL = np.float64(FILL_FLOAT)


@dataclass(frozen=True)
class Stored:
    """One variable over (time, y, x) as it stands in the files."""

    dtype: npt.DTypeLike
    background: np.generic
    """Stored value of a cell that is not in the record, or without a value."""
    has_fill: bool
    """Whether `background` is declared as `_FillValue`; flags are not, since they would be read as
    floating-point numbers."""
    attributes: Mapping[str, AttributeValue]
    of: str
    """Variable of `schema.RECORD` that it comes from."""
    stored: Callable[[AnyArray], AnyArray]
    """From that variable to stored values."""


CCI_FLAGS: Mapping[int, tuple[str, Flag]] = {
    1: ("snow_coverage_or_frozen", Flag.FROZEN | Flag.SNOW | Flag.PERMANENT_ICE),
    2: ("dense_vegetation", Flag.DENSE_VEGETATION),
    4: ("no_convergence_of_the_model", Flag.NOT_CONVERGED | Flag.RESIDUAL_LARGE),
    8: ("value_at_physical_bound", Flag.SOIL_MOISTURE_AT_BOUND),
    32: (
        "unreliable_for_another_reason",
        Flag.TB_SUSPECT
        | Flag.OPEN_WATER
        | Flag.URBAN
        | Flag.TOPOGRAPHY
        | Flag.PRECIPITATION
        | Flag.WEAKLY_IDENTIFIED
        | Flag.SEASON_UNKNOWN,
    ),
}
"""Bits of `flag` of ESA CCI soil moisture, a word, and those of our bits that set it.

All bits of the recommended mask are in it, so a value is recommended where no bit of CCI is set.
Bit 8 says "beyond the bound" there, where the search may leave the bounds."""

CCI_NONE = np.uint8(127)
"""What ESA CCI soil moisture has for `flag` where there is no value."""


def cci_flag(flag: AnyArray) -> UInt8:
    """Our flag in the bits of `flag` of ESA CCI soil moisture (v09): 0 where recommended.

    Args:
        flag: bits of `flags.Flag`.

    Returns:
        Sums of the bits of `CCI_FLAGS`; 127 where there is no value.

    >>> cci_flag(np.array([Flag.OK, Flag.SNOW | Flag.DENSE_VEGETATION, Flag.NOT_OBSERVED])).tolist()
    [0, 3, 127]
    """
    bits = flag.astype(FLAG_DTYPE)
    out = np.zeros(bits.shape, np.uint8)
    for bit, (_, ours) in CCI_FLAGS.items():
        out[flags.has(bits, ours)] |= np.uint8(bit)
    out[flags.has(bits, NO_VALUE)] = CCI_NONE
    return out


def _t0(times: AnyArray) -> AnyArray:
    """Days since 1970; the fill value for NaT."""
    is_known = ~np.isnat(times)
    days = np.where(is_known, times, np.datetime64(0, "ns")) - np.datetime64(0, "ns")
    steps = np.rint(days / _DAY * _T0_STEPS) / _T0_STEPS
    return np.asarray(np.where(is_known, steps, _T0_FILL))


def _moisture(
    name: str, long_name: str, *, is_error: bool = False, ancillary: str = "", comment: str = ""
) -> Stored:
    """Soil moisture, or its uncertainty."""
    field = Field(
        long_name,
        "m3 m-3",
        (0.0, 1.0),
        "qualityInformation" if is_error else "physicalMeasurement",
        scale=MOISTURE_STEP,
        standard_name=f"{SOIL_WATER} standard_error" if is_error else SOIL_WATER,
        ancillary=ancillary,
        comment=comment,
    )
    return Stored(field.dtype, field.fill, True, _of_a_day(field), name, field.stored)


def _of_a_day(field: Field) -> dict[str, AttributeValue]:
    return {**field_attributes(field), "cell_methods": "area: mean"}


def _counted(
    name: str, dtype: npt.DTypeLike, content: Content, attributes: Mapping[str, AttributeValue]
) -> Stored:
    """A variable of whole numbers that is 0 where there is nothing."""
    kind = np.dtype(dtype)
    said = {**attributes, "coverage_content_type": content}
    return Stored(kind, kind.type(0), False, said, name, lambda values: values.astype(kind))


def _whole_numbers() -> dict[str, Stored]:
    """Variables that say what a value rests on."""
    bits = {name: SENSORS[name].cci_bit for name in imagers()}
    sensor: dict[str, AttributeValue] = {
        "long_name": "sensors that the value of the day comes from",
        "units": "1",
        "flag_masks": np.array(list(bits.values()), np.int32),
        "flag_meanings": " ".join(bits),
        "comment": "Numbers of `sensor` of ESA CCI soil moisture; GMI is GPM there. "
        "0: no sensor saw the cell that day.",
    }
    nobs: dict[str, AttributeValue] = {
        "standard_name": "number_of_observations",
        "long_name": "looks that the value of the day comes from",
        "units": "1",
    }
    filled: dict[str, AttributeValue] = {
        "standard_name": "status_flag",
        "long_name": "whether sm_filled was not observed that day",
        "units": "1",
        "flag_values": np.array([0, 1], np.uint8),
        "flag_meanings": "observed_or_without_value filled",
    }
    cci: dict[str, AttributeValue] = {
        "standard_name": "quality_flag",
        "long_name": "`flag` in the bits of ESA CCI soil moisture",
        "units": "1",
        "flag_masks": np.array(list(CCI_FLAGS), np.uint8),
        "flag_meanings": " ".join(word for word, _ in CCI_FLAGS.values()),
        "coverage_content_type": "qualityInformation",
        "comment": "0: recommended. 127, all bits: no value that day, as there. "
        + " ".join(
            f"{bit}: {', '.join((ours.name or '').lower() for ours in MEANING if ours in which)}."
            for bit, (_, which) in CCI_FLAGS.items()
        ),
    }
    kept = FLAG_DTYPE
    return {
        "sensor": _counted("sensor", np.int32, "referenceInformation", sensor),
        "nobs": _counted("nobs", np.uint8, "qualityInformation", nobs),
        "flag": Stored(kept, NO_FLAG, False, flag_attributes(), "flag", lambda v: v.astype(kept)),
        "flag_cci": Stored(np.uint8, CCI_NONE, False, cci, "flag", cci_flag),
        "is_filled": _counted("is_filled", np.uint8, "qualityInformation", filled),
    }


def _time_of_day() -> Stored:
    attributes: dict[str, AttributeValue] = {
        "standard_name": "time",
        "long_name": "mean UTC of the looks of the day",
        "units": DAY_UNITS,
        "calendar": "standard",
        "units_metadata": "leap_seconds: none",
        "coverage_content_type": "referenceInformation",
        "comment": "Rounded to 1/65536 of a day, 1.3 s.",
    }
    return Stored(np.float64, _T0_FILL, True, attributes, "t0", _t0)


def stored_variables(layers: Sequence[str] = LAYERS) -> dict[str, Stored]:
    """Variables of the record over (time, y, x), in the order in which they stand in the files.

    Args:
        layers: of `schema.LAYERS`, those that are published; the same for all days of a record.
    """
    whole = _whole_numbers()
    out = {
        "sm": _moisture(
            "sm",
            "volumetric soil moisture of the surface layer, all sensors",
            ancillary="sm_uncertainty flag flag_cci sensor t0 nobs",
            comment="Only where a sensor saw the cell that day. On frozen ground this is liquid "
            "water, not total water; such values carry the bit `frozen` of flag.",
        ),
        "sm_uncertainty": _moisture(
            "sm_uncertainty",
            "uncertainty of sm, one standard deviation against the true mean of the cell",
            is_error=True,
        ),
        "sensor": whole["sensor"],
        "t0": _time_of_day(),
        "nobs": whole["nobs"],
        "flag": whole["flag"],
        "flag_cci": whole["flag_cci"],
        "sm_filled": _moisture(
            "sm_filled",
            "volumetric soil moisture of the surface layer, also of days without a look",
            ancillary="is_filled",
            comment="sm where it has a value; elsewhere the learner's estimate from the days "
            "before, with is_filled 1.",
        ),
        "is_filled": whole["is_filled"],
    }
    names = {layer: sensor for sensor, layer in schema.LAYERS.items()}
    for layer in layers:
        error = f"{layer}_uncertainty"
        words = f"volumetric soil moisture of the surface layer, {names[layer]} alone"
        out[layer] = _moisture(layer, words, ancillary=error)
        out[error] = _moisture(
            error, f"uncertainty of {layer}, one standard deviation", is_error=True
        )
    return out


def all_attributes(variable: Stored, window: GridWindow) -> dict[str, AttributeValue]:
    """Attributes of a variable with those that tie it to the grid."""
    is_moisture = variable.attributes.get("units") == "m3 m-3"  # only that lies at a depth
    coordinates = " ".join((*window.auxiliary, *(("depth",) if is_moisture else ())))
    tied: dict[str, AttributeValue] = {"grid_mapping": "crs"}
    if coordinates:
        tied["coordinates"] = coordinates
    return {**variable.attributes, **tied}
