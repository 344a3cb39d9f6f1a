"""Which variable of a file is surface soil moisture, and how it becomes m3 m-3; by CF, not by name.

What is looked at: `standard_name`, then `long_name`, then the name; `units`. What cannot be told is
refused: a wrong guess of units would be a wrong score.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import xarray as xr

from mcca_ml.errors import GranuleError, MoistureError
from mcca_ml.read.granule import shorten

WATER_DENSITY = 1000.0
"""Of liquid water [kg m-3], by which kg m-2 of a layer become m3 m-3."""
STANDARD_NAMES = (
    "volume_fraction_of_condensed_water_in_soil",
    "volume_fraction_of_water_in_soil",
    "mass_content_of_water_in_soil_layer",
    "moisture_content_of_soil_layer",
)
"""Of the CF table, those of a layer; the last two in kg m-2."""
_SAID = re.compile(r"soil[ _]moisture|volumetric soil water|soil water content", re.IGNORECASE)
_NAMED = re.compile(r"^(sm|ssm|soil_?moisture|swvl1|soilmoi.*)(_|$|\d)", re.IGNORECASE)
_OTHER = re.compile(
    r"uncertainty|error|std|noise|flag|quality|count|number|root|anomal|sensitivity|_sd$|mean_|"
    r"wet_|dry_|percent_of|target_sd|filled",
    re.IGNORECASE,
)
_LAYER = re.compile(r"(?<!\d)(\d+)[_-](\d+) ?cm")
_FIRST = ("sm", "soil_moisture", "soil_moisture_pm")
"""Names that are taken before others of the same file."""
_FRACTIONS = frozenset({"m3m-3", "m3/m3", "cm3cm-3", "cm3/cm3", "mm3mm-3"})
_PERCENT = frozenset({"%", "percent", "pct", "vol%", "%vol"})
_MASS = frozenset({"kgm-2", "kg/m2", "mm"})
_UNITLESS = frozenset({"", "1", "-", "none", "unitless", "dimensionless"})


@dataclass(frozen=True)
class Conversion:
    """How values of a variable become m3 m-3."""

    factor: float
    said: str
    """What was found and done, for the tables."""
    is_volumetric: bool = True
    """False for degrees of saturation: bias, RMSD and ubRMSD mean nothing, R does."""
    is_sure: bool = True
    """False where no units are told, so that the values must show them."""


def _is_moisture(name: str, attrs: dict[str, object]) -> bool:
    """Whether a variable is soil moisture itself, not an error or a flag of it."""
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
    """Upper and lower end of the layer in the name or long name [cm]; None where there is none."""
    return _LAYER.search(name) or _LAYER.search(str(attrs.get("long_name", "")))


def _depth(name: str, attrs: dict[str, object]) -> float:
    """Lower end of the layer of a variable [m]; 0 where none is given."""
    layer = _layer(name, attrs)
    return float(layer[2]) / 100 if layer else 0.0


def find(ds: xr.Dataset, where: str, wanted: str = "") -> str:
    """Name of the variable that is surface soil moisture.

    Args:
        ds: of a file.
        where: the file, for the message.
        wanted: name that was asked for; empty: find it.

    Raises:
        GranuleError: there is none.
        MoistureError: there are several of the same rank.
    """
    if wanted:
        if wanted not in ds.data_vars:
            raise GranuleError(
                f"{where}: found no variable {wanted!r}, expected one of "
                f"{shorten(map(str, ds.data_vars))}; name another"
            )
        return wanted
    found = [str(name) for name, v in ds.data_vars.items() if _is_moisture(str(name), v.attrs)]
    if not found:
        raise GranuleError(
            f"{where}: found no soil moisture among {shorten(map(str, ds.data_vars))}, expected a "
            "variable whose standard_name, long_name or name says so; name it, FILE::VARIABLE"
        )
    first = [name for name in _FIRST if name in found]
    if first:
        return first[0]
    top = min(_depth(name, ds[name].attrs) for name in found)
    found = [name for name in found if _depth(name, ds[name].attrs) == top]
    if len(found) > 1:
        raise MoistureError(
            f"{where}: found {len(found)} variables of soil moisture ({shorten(found)}), expected "
            "one; name it, FILE::VARIABLE"
        )
    return found[0]


def _plain(units: str) -> str:
    """Units without blanks, powers' signs and dots: `m**3 m**-3` as `m3m-3`."""
    text = units.strip().lower().replace("³", "3").replace("⁻", "-").replace("²", "2")
    return re.sub(r"[\s*^.·]", "", text)


def conversion(name: str, attrs: dict[str, object], where: str) -> Conversion:
    """How a variable becomes m3 m-3.

    Args:
        name: of the variable.
        attrs: its attributes.
        where: file, for the message.

    Raises:
        MoistureError: units of something else, or kg m-2 of a layer whose thickness is not told.
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
        said = f"{units}, divided by {WATER_DENSITY:g} kg m-3 and {thickness:g} m"
        return Conversion(1 / (WATER_DENSITY * thickness), said)
    if plain in _UNITLESS:
        return Conversion(1.0, f"units {units!r}, taken as m3 m-3", is_sure=False)
    raise MoistureError(
        f"{where}: {name} is in {units!r}, expected m3 m-3, percent or kg m-2 of a known layer; "
        "convert it"
    )


def check_range(values: Sequence[float], told: Conversion, where: str) -> None:
    """Refuse values that cannot be m3 m-3 after their conversion.

    Args:
        values: typical ones, the 5th, 50th and 95th percentile [m3 m-3].
        told: the conversion.
        where: file and variable, for the message.

    Raises:
        GranuleError: most lie outside 0 to 1, or at most 1 % where units of percent or of mass
            would have them: fractions with units of another kind.
    """
    low, middle, high = values
    if told.is_volumetric and told.factor < 1 and high <= told.factor:
        raise GranuleError(
            f"{where}: percentiles 5 / 50 / 95 are {low / told.factor:.3g} / "
            f"{middle / told.factor:.3g} / {high / told.factor:.3g} in the file with units "
            f"{told.said}, expected more than 1 unless they are fractions; correct the units"
        )
    if middle > 1 or middle < 0 or (high > 1 and not told.is_sure):
        raise GranuleError(
            f"{where}: percentiles 5 / 50 / 95 are {low:.3g} / {middle:.3g} / {high:.3g} with "
            f"units {told.said}, expected 0 to 1 m3 m-3; correct the units, or "
            "declare the fill value"
        )
