"""Find the surface soil moisture variable of a file and its conversion to m3 m-3.

Used are `standard_name`, then `long_name`, then the name; and `units`. Ambiguous units are refused,
since a wrong guess would give wrong scores.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import xarray as xr

from mcca_ml.errors import GranuleError, MoistureError
from mcca_ml.read.granule import shorten

WATER_DENSITY = 1000.0
"""Density of liquid water [kg m-3], to convert kg m-2 of a layer to m3 m-3."""
STANDARD_NAMES = (
    "volume_fraction_of_condensed_water_in_soil",
    "volume_fraction_of_water_in_soil",
    "mass_content_of_water_in_soil_layer",
    "moisture_content_of_soil_layer",
)
"""CF standard names of soil moisture in a layer; the last two in kg m-2."""
_SAID = re.compile(r"soil[ _]moisture|volumetric soil water|soil water content", re.IGNORECASE)
_NAMED = re.compile(r"^(sm|ssm|soil_?moisture|swvl1|soilmoi.*)(_|$|\d)", re.IGNORECASE)
_OTHER = re.compile(
    r"uncertainty|error|std|noise|flag|quality|count|number|root|anomal|sensitivity|_sd$|mean_|"
    r"wet_|dry_|percent_of|target_sd|filled",
    re.IGNORECASE,
)
_LAYER = re.compile(r"(?<!\d)(\d+)[_-](\d+) ?cm")
_FIRST = ("sm", "soil_moisture", "soil_moisture_pm")
"""Names preferred to others in the same file."""
_FRACTIONS = frozenset({"m3m-3", "m3/m3", "cm3cm-3", "cm3/cm3", "mm3mm-3"})
_PERCENT = frozenset({"%", "percent", "pct", "vol%", "%vol"})
_MASS = frozenset({"kgm-2", "kg/m2", "mm"})
_UNITLESS = frozenset({"", "1", "-", "none", "unitless", "dimensionless"})


@dataclass(frozen=True)
class Conversion:
    """Conversion of a variable to m3 m-3."""

    factor: float
    description: str
    """Units in the file and conversion, for the tables."""
    is_volumetric: bool = True
    """False for degree of saturation: only R is meaningful, not bias, RMSD and ubRMSD."""
    is_sure: bool = True
    """False if the file has no units, so that the range of the values is checked."""


def _is_moisture(name: str, attrs: dict[str, object]) -> bool:
    """Return True for soil moisture itself, not for its error or flag."""
    standard = str(attrs.get("standard_name", ""))
    long_name = str(attrs.get("long_name", ""))
    first_words = long_name.split(",")[0]
    if _OTHER.search(name) or _OTHER.search(first_words.split(" of ")[0]) or " " in standard:
        return False
    if standard in STANDARD_NAMES:
        return True
    if "flag_meanings" in attrs or "flag_masks" in attrs:
        return False
    return bool(_SAID.search(long_name) or _NAMED.match(name))


def _layer(name: str, attrs: dict[str, object]) -> re.Match[str] | None:
    """Match the upper and lower end of the layer [cm] in the name or long name; else None."""
    return _LAYER.search(name) or _LAYER.search(str(attrs.get("long_name", "")))


def _depth(name: str, attrs: dict[str, object]) -> float:
    """Return the lower end of the layer of a variable [m]; 0 if not given."""
    layer = _layer(name, attrs)
    return float(layer[2]) / 100 if layer else 0.0


def find_variable(ds: xr.Dataset, where: str, wanted: str = "") -> str:
    """Return the name of the surface soil moisture variable.

    Args:
        ds: dataset of a file.
        where: name of the file, for error messages.
        wanted: requested name; empty: search by attributes and name.

    Raises:
        GranuleError: there is no such variable.
        MoistureError: several variables match equally.
    """
    if wanted:
        if wanted not in ds.data_vars:
            raise GranuleError(
                f"{where}: found no variable {wanted!r}, expected one of "
                f"{shorten(map(str, ds.data_vars))}; name another"
            )
        return wanted
    candidates = [str(name) for name, v in ds.data_vars.items() if _is_moisture(str(name), v.attrs)]
    if not candidates:
        raise GranuleError(
            f"{where}: found no soil moisture among {shorten(map(str, ds.data_vars))}, expected a "
            "variable whose standard_name, long_name or name says so; name it, FILE::VARIABLE"
        )
    first = [name for name in _FIRST if name in candidates]
    if first:
        return first[0]
    top = min(_depth(name, ds[name].attrs) for name in candidates)
    candidates = [name for name in candidates if _depth(name, ds[name].attrs) == top]
    if len(candidates) > 1:
        raise MoistureError(
            f"{where}: found {len(candidates)} variables of soil moisture "
            f"({shorten(candidates)}), expected one; name it, FILE::VARIABLE"
        )
    return candidates[0]


def _plain(units: str) -> str:
    """Normalise units, without blanks, power signs and dots: `m**3 m**-3` becomes `m3m-3`."""
    text = units.strip().lower().replace("³", "3").replace("⁻", "-").replace("²", "2")
    return re.sub(r"[\s*^.·]", "", text)


def find_conversion(name: str, attrs: dict[str, object], where: str) -> Conversion:
    """Return the conversion of a variable to m3 m-3.

    Args:
        name: name of the variable.
        attrs: attributes of the variable.
        where: name of the file, for error messages.

    Raises:
        MoistureError: other units, or kg m-2 of a layer of unknown thickness.
    """
    units = str(attrs.get("units", ""))
    plain = _plain(units)
    words = f"{units} {attrs.get('long_name', '')}".lower()
    if plain in _FRACTIONS:
        return Conversion(1.0, units)
    if "saturation" in words and ("%" in units or "percent" in words):
        return Conversion(0.01, f"{units}, as a fraction; only R is scored", is_volumetric=False)
    if plain in _PERCENT:
        return Conversion(0.01, f"{units}, divided by 100")
    if plain in _MASS:
        layer = _layer(name, attrs)
        if layer is None:
            raise MoistureError(
                f"{where}: {name} is in {units}, expected m3 m-3, or a layer in the name "
                "(0_10cm) by which it can be converted; divide by 1000 kg m-3 and the thickness"
            )
        thickness = (float(layer[2]) - float(layer[1])) / 100
        description = f"{units}, divided by {WATER_DENSITY:g} kg m-3 and {thickness:g} m"
        return Conversion(1 / (WATER_DENSITY * thickness), description)
    if plain in _UNITLESS:
        return Conversion(1.0, f"units {units!r}, taken as m3 m-3", is_sure=False)
    raise MoistureError(
        f"{where}: {name} is in {units!r}, expected m3 m-3, percent or kg m-2 of a known layer; "
        "convert it"
    )


def check_range(values: Sequence[float], conversion: Conversion, where: str) -> None:
    """Refuse values that cannot be m3 m-3 after conversion.

    Args:
        values: 5th, 50th and 95th percentile [m3 m-3].
        conversion: conversion of the variable.
        where: file and variable, for error messages.

    Raises:
        GranuleError: most values are outside 0 to 1, or have the range of fractions although the
            units are percent or mass.
    """
    low, middle, high = values
    if conversion.is_volumetric and conversion.factor < 1 and high <= conversion.factor:
        raise GranuleError(
            f"{where}: percentiles 5 / 50 / 95 are {low / conversion.factor:.3g} / "
            f"{middle / conversion.factor:.3g} / {high / conversion.factor:.3g} in the file with "
            f"units {conversion.description}, expected more than 1 unless they are fractions; "
            "correct the units"
        )
    if middle > 1 or middle < 0 or (high > 1 and not conversion.is_sure):
        raise GranuleError(
            f"{where}: percentiles 5 / 50 / 95 are {low:.3g} / {middle:.3g} / {high:.3g} with "
            f"units {conversion.description}, expected 0 to 1 m3 m-3; correct the units, or "
            "declare the fill value"
        )
