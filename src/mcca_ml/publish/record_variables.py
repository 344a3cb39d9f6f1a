"""The variables of the record: how each is stored and what it says about itself, once."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mcca_ml import flags, schema
from mcca_ml.arrays import AnyArray, UInt8
from mcca_ml.flags import FLAG_DTYPE, MEANING, NO_VALUE, Flag
from mcca_ml.publish.variables import (
    DAY_UNITS,
    AttributeValue,
    Content,
    PackedField,
    Stored,
    field_attributes,
    moisture,
    observation_time,
    stored_field,
    stored_flag,
)
from mcca_ml.sensors import SENSORS, imagers

LAYERS = tuple(schema.LAYERS.values())

_ORDER = ("sm", "sm_uncertainty", "sensor", "t0", "nobs", "flag", "flag_cci")
"""Variables that come first."""

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


def _counted(
    name: str, dtype: npt.DTypeLike, content: Content, attributes: Mapping[str, AttributeValue]
) -> Stored:
    """A variable of whole numbers that is 0 where there is nothing."""
    kind = np.dtype(dtype)
    own = {**attributes, "coverage_content_type": content}
    return Stored(kind, kind.type(0), False, own, name, lambda values: values.astype(kind))


def _moistures(layers: Sequence[str]) -> dict[str, PackedField]:
    """Soil moisture and its uncertainty, of all sensors and of each alone."""
    out = {
        "sm": moisture(
            "volumetric soil moisture of the surface layer, all sensors",
            ancillary="sm_uncertainty flag flag_cci sensor t0 nobs",
            comment="Only where a sensor saw the cell that day. On frozen ground this is liquid "
            "water, not total water; such values carry the bit `frozen` of flag.",
        ),
        "sm_uncertainty": moisture(
            "uncertainty of sm, one standard deviation against the true mean of the cell",
            is_error=True,
        ),
        "sm_filled": moisture(
            "volumetric soil moisture of the surface layer, also of days without a look",
            ancillary="is_filled",
            comment="sm where it has a value; elsewhere the learner's estimate from the days "
            "before, with is_filled 1.",
        ),
    }
    names = {layer: sensor for sensor, layer in schema.LAYERS.items()}
    for layer in layers:
        error, words = f"{layer}_uncertainty", f"uncertainty of {layer}, one standard deviation"
        out[layer] = moisture(
            f"volumetric soil moisture of the surface layer, {names[layer]} alone", ancillary=error
        )
        out[error] = moisture(words, is_error=True)
    return out


def _origins() -> dict[str, Stored]:
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
            f"{bit}: {', '.join((ours.name or '').lower() for ours in MEANING if ours in bits)}."
            for bit, (_, bits) in CCI_FLAGS.items()
        ),
    }
    return {
        "sensor": _counted("sensor", np.int32, "referenceInformation", sensor),
        "nobs": _counted("nobs", np.uint8, "qualityInformation", nobs),
        "t0": observation_time(
            "t0", "mean UTC of the looks of the day", DAY_UNITS, 65_536, "1/65536 of a day, 1.3 s"
        ),
        "flag": stored_flag(),
        "flag_cci": Stored(np.uint8, CCI_NONE, False, cci, "flag", cci_flag),
        "is_filled": _counted("is_filled", np.uint8, "qualityInformation", filled),
    }


def stored_variables(layers: Sequence[str] = LAYERS) -> dict[str, Stored]:
    """Variables of the record over (time, y, x), in the order of the files.

    Args:
        layers: published layers, among `schema.LAYERS`; the same for all days of a record.
    """
    moistures = {
        name: stored_field(name, field, field_attributes(field, is_of_a_look=False))
        for name, field in _moistures(layers).items()
    }
    every = {**moistures, **_origins()}
    return {name: every[name] for name in (*_ORDER, "sm_filled", "is_filled", *moistures)}
