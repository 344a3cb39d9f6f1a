"""The variables of a SMAP day: one table of what each is, how it is stored and described."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from mcca_ml.publish.variables import (
    TIME_UNITS,
    AttributeValue,
    PackedField,
    Stored,
    field_attributes,
    moisture,
    observation_time,
    stored_field,
    stored_flag,
)

_VOD_STEP = 5e-4
_POLARIZATIONS = {"vod_v": "vertical", "vod_h": "horizontal"}

FIELDS: Mapping[str, PackedField] = {
    "soil_moisture": moisture(
        "volumetric soil moisture of the surface layer",
        ancillary="sm_uncertainty flag obs_time cost",
        comment="On frozen ground this is liquid water, not total water; such values are kept and "
        "carry the bit `frozen` of flag.",
    ),
    "sm_uncertainty": moisture(
        "uncertainty of soil moisture, one standard deviation",
        is_error=True,
        comment="From the curvature of the cost with instrument noise and the stated errors of "
        "albedo, temperature, roughness and clay.",
    ),
    **{
        name: PackedField(
            f"vegetation optical depth at nadir, {polarization} polarization",
            "1",
            (0.0, 10.0),
            "physicalMeasurement",
            scale=_VOD_STEP,
            ancillary=f"{name}_uncertainty flag obs_time",
        )
        for name, polarization in _POLARIZATIONS.items()
    },
    **{
        f"{name}_uncertainty": PackedField(
            f"uncertainty of vegetation optical depth, {polarization} polarization, "
            "one standard deviation",
            "1",
            (0.0, 1e6),
            "qualityInformation",
            digits=3,
        )
        for name, polarization in _POLARIZATIONS.items()
    },
    "cost": PackedField(
        "cost of the retrieved state: squared misfit of brightness temperature over noise",
        "1",
        (0.0, 1e12),
        "qualityInformation",
        digits=3,
    ),
    "soil_moisture_operational": moisture(
        "soil moisture of the operational product, as the granule holds it",
        comment="Carried along for comparison; not a result of this retrieval.",
    ),
}
"""Floating-point variables, in the order of the file."""

_RATIO_STEP = 1e-4

STATIC: Mapping[str, PackedField] = {
    "vod_ratio": PackedField(
        "vegetation optical depth at H over that at V, one value for the season",
        "1",
        (0.0, 3.0),
        "physicalMeasurement",
        scale=_RATIO_STEP,
        ancillary="vod_ratio_uncertainty",
    ),
    "vod_ratio_uncertainty": PackedField(
        "uncertainty of the ratio of vegetation optical depth, one standard deviation",
        "1",
        (0.0, 3.0),
        "qualityInformation",
        scale=_RATIO_STEP,
    ),
}
"""Variables over (y, x) that stand in a product only where a season was retrieved at once."""

OPTIONAL = ("soil_moisture_operational",)
"""Variables in a product only if the granules have them."""


def _vod_attributes(ds: xr.Dataset, name: str, field: PackedField) -> dict[str, AttributeValue]:
    """Attributes of a variable of VOD beside `field_attributes`: frequency and origin."""
    frequency_ghz = float(ds.attrs["vod_frequency_ghz"])
    attributes: dict[str, AttributeValue] = {
        "long_name": f"{field.long_name}, {frequency_ghz:g} GHz",
        "frequency_ghz": np.float64(frequency_ghz),
    }
    depends = "VOD depends on frequency: at another one it is another quantity."
    if name == "vod_v":
        attributes["comment"] = depends
    if name == "vod_h":
        has_ratio = "vod_ratio" in ds  # estimated per cell
        ratio = "`vod_ratio` of this file" if has_ratio else "the configured `vod_ratio`"
        attributes["comment"] = f"vod_v times {ratio}, not a value of its own. {depends}"
    return attributes


def stored_variables(ds: xr.Dataset) -> dict[str, Stored]:
    """Variables of the file of a day, in the order of the file.

    Args:
        ds: after schema.RETRIEVAL, with the attribute vod_frequency_ghz [GHz].
    """
    out: dict[str, Stored] = {}
    for name, field in FIELDS.items():
        if name in ds or name not in OPTIONAL:
            vod = _vod_attributes(ds, name, field) if name.startswith("vod_") else {}
            out[name] = stored_field(name, field, {**field_attributes(field), **vod})
    for name, field in STATIC.items():
        if name in ds:
            out[name] = stored_field(name, field, field_attributes(field, is_of_a_look=False))
    out["flag"] = stored_flag()
    out["obs_time"] = observation_time(
        "obs_time", "UTC of the observation", TIME_UNITS, 64, "1/64 s"
    )
    return out
