"""The variables of a daily product: how each is stored and what it says about itself, once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import AnyArray
from mcca_ml.constants import FILL_FLOAT
from mcca_ml.flags import FLAG_DTYPE, MEANING, NOT_RECOMMENDED, Flag

AttributeValue = str | int | float | np.generic | AnyArray
Content = Literal["physicalMeasurement", "qualityInformation", "referenceInformation", "coordinate"]

FILL_PACKED = np.int16(-32768)
"""Fill value of packed variables [1]: the one number that no packed value takes."""

SOIL_WATER = "volume_fraction_of_condensed_water_in_soil"
"""Standard name of soil moisture; the table (version 93) has none for liquid water alone."""

TIME_UNITS = "seconds since 1970-01-01T00:00:00Z"


@dataclass(frozen=True)
class Field:
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


# A step of 0.0001 m3 m-3 is 1/100 of the smallest uncertainty that a radiometer reaches.
_MOISTURE_STEP = 1e-4
_VOD_STEP = 5e-4

FIELDS: Mapping[str, Field] = {
    "soil_moisture": Field(
        "volumetric soil moisture of the surface layer",
        "m3 m-3",
        (0.0, 1.0),
        "physicalMeasurement",
        scale=_MOISTURE_STEP,
        standard_name=SOIL_WATER,
        ancillary="sm_uncertainty flag obs_time cost",
        comment="On frozen ground this is liquid water, not total water; such values are kept and "
        "carry the bit `frozen` of flag.",
    ),
    "sm_uncertainty": Field(
        "uncertainty of soil moisture, one standard deviation",
        "m3 m-3",
        (0.0, 1.0),
        "qualityInformation",
        scale=_MOISTURE_STEP,
        standard_name=f"{SOIL_WATER} standard_error",
        comment="From the curvature of the cost with instrument noise and the stated errors of "
        "albedo, temperature, roughness and clay.",
    ),
    "vod_v": Field(
        "vegetation optical depth at nadir, vertical polarization",
        "1",
        (0.0, 10.0),
        "physicalMeasurement",
        scale=_VOD_STEP,
        ancillary="vod_v_uncertainty flag obs_time",
    ),
    "vod_h": Field(
        "vegetation optical depth at nadir, horizontal polarization",
        "1",
        (0.0, 10.0),
        "physicalMeasurement",
        scale=_VOD_STEP,
        ancillary="vod_h_uncertainty flag obs_time",
    ),
    "vod_v_uncertainty": Field(
        "uncertainty of vegetation optical depth, vertical polarization, one standard deviation",
        "1",
        (0.0, 1e6),
        "qualityInformation",
        digits=3,
    ),
    "vod_h_uncertainty": Field(
        "uncertainty of vegetation optical depth, horizontal polarization, one standard deviation",
        "1",
        (0.0, 1e6),
        "qualityInformation",
        digits=3,
    ),
    "cost": Field(
        "cost of the retrieved state: squared misfit of brightness temperature over noise",
        "1",
        (0.0, 1e12),
        "qualityInformation",
        digits=3,
    ),
    "soil_moisture_operational": Field(
        "soil moisture of the operational product, as the granule holds it",
        "m3 m-3",
        (0.0, 1.0),
        "physicalMeasurement",
        scale=_MOISTURE_STEP,
        standard_name=SOIL_WATER,
        comment="Carried along for comparison; not a result of this retrieval.",
    ),
}
"""Floating-point variables, in the order in which they stand in the file."""

_RATIO_STEP = 1e-4

STATIC: Mapping[str, Field] = {
    "vod_ratio": Field(
        "vegetation optical depth at H over that at V, one value for the season",
        "1",
        (0.0, 3.0),
        "physicalMeasurement",
        scale=_RATIO_STEP,
        ancillary="vod_ratio_uncertainty",
    ),
    "vod_ratio_uncertainty": Field(
        "uncertainty of the ratio of vegetation optical depth, one standard deviation",
        "1",
        (0.0, 3.0),
        "qualityInformation",
        scale=_RATIO_STEP,
    ),
}
"""Variables over (y, x) that stand in a product only where a season was retrieved at once."""

OPTIONAL = ("soil_moisture_operational",)
"""Variables that stand in a product only where the granules held them."""


def field_attributes(field: Field, *, is_of_a_look: bool = True) -> dict[str, AttributeValue]:
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


def vod_attributes(
    name: str, field: Field, *, frequency_ghz: float, is_ratio_estimated: bool
) -> dict[str, AttributeValue]:
    """Attributes of a variable of VOD beside `field_attributes`: frequency, and what it rests on.

    Args:
        name: of the variable, `vod_h` for instance.
        field: the variable.
        frequency_ghz: frequency at which VOD is stated [GHz].
        is_ratio_estimated: whether the ratio H/V was estimated per cell, or taken as configured.
    """
    ratio = "`vod_ratio` of this file" if is_ratio_estimated else "the configured `vod_ratio`"
    attributes: dict[str, AttributeValue] = {
        "long_name": f"{field.long_name}, {frequency_ghz:g} GHz",
        "frequency_ghz": np.float64(frequency_ghz),
    }
    if name == "vod_v":
        attributes["comment"] = "VOD depends on frequency: at another one it is another quantity."
    if name == "vod_h":
        attributes["comment"] = (
            f"vod_v times {ratio}, not a value of its own. VOD depends on frequency: at another "
            "one it is another quantity."
        )
    return attributes


def flag_attributes() -> dict[str, AttributeValue]:
    """Attributes of `flag`: every bit, its meaning, and the one recommended mask."""
    bits = list(MEANING)
    words = "; ".join(f"{bit.name or ''}".lower() + f": {MEANING[bit]}" for bit in bits)
    return {
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


NO_FLAG = FLAG_DTYPE(int(Flag.NOT_OBSERVED))
"""Flag of a cell that no granule of the day reached. There is no fill value: with one, readers
would turn the bits into floating-point numbers."""


def obs_time_attributes() -> dict[str, AttributeValue]:
    """Attributes of `obs_time`."""
    return {
        "standard_name": "time",
        "long_name": "UTC of the observation",
        "units": TIME_UNITS,
        "calendar": "standard",
        "units_metadata": "leap_seconds: none",
        "coverage_content_type": "referenceInformation",
        "comment": "Rounded to 1/64 s.",
    }
