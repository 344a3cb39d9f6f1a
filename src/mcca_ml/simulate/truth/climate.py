"""Climate zones of simulated worlds: amount and season of rain, and temperature.

The numbers are this project's choice, set so that simulated boxes in the United States agree with
real series there (docs/simulation_truth.md); for the plateau they follow common knowledge of Naqu:
some 400 mm a year, most of it from June to September, mean temperature near freezing.
"""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Booleans, Datetime64, Float32, Float64, UInt8

DAYS_OF_YEAR = 365.25


@dataclass(frozen=True)
class Climate:
    """One climate zone."""

    name: str
    wet_share: float
    """Annual mean fraction of days with rain [1]."""
    wet_season: float
    """Amplitude of the annual cycle of that fraction over its mean [1]."""
    wet_peak: float
    """Day of the year with most rain, in the northern hemisphere [1]."""
    amount: float
    """Mean rain of a wet day at 15 degrees Celsius [mm]."""
    shape: float
    """Shape parameter of the gamma distribution of that rain [1]."""
    warmth: float
    """Departure of the annual mean temperature from the mean at that latitude and elevation [K]."""
    diurnal: float
    """Half of the daily range of air temperature under clear sky [K]."""
    humidity: float
    """Relative humidity on a mean day [1]."""
    sublimation: float
    """Sublimation of snow [mm day-1]."""


CLIMATES = (
    Climate("plateau", 0.36, 0.80, 205, 8.0, 0.9, 0.0, 7.5, 0.55, 0.6),
    Climate("temperate", 0.44, 0.10, 150, 6.7, 0.8, 1.0, 5.5, 0.70, 0.1),
    Climate("semiarid", 0.30, 0.25, 140, 3.7, 0.7, -0.4, 8.0, 0.45, 0.3),
    Climate("savanna", 0.37, 0.25, 190, 7.6, 0.7, 2.6, 6.5, 0.62, 0.1),
    Climate("boreal", 0.38, 0.30, 195, 5.0, 0.8, 0.0, 5.0, 0.70, 0.1),
    Climate("rainforest", 0.60, 0.15, 300, 5.0, 0.8, 0.0, 4.0, 0.80, 0.1),
)
"""All zones; `Land.climate` is an index into this table."""

NEIGHBOUR = {
    "plateau": "semiarid",
    "temperate": "semiarid",
    "semiarid": "savanna",
    "savanna": "semiarid",
    "boreal": "temperate",
    "rainforest": "savanna",
}
"""Zone of the cells of a box that are not in its main zone."""


def zone_index(name: str) -> int:
    """Index of a zone in `CLIMATES`.

    >>> zone_index("savanna")
    3
    """
    return [climate.name for climate in CLIMATES].index(name)


def zone_values(field: str, climate: UInt8) -> Float32:
    """Look up a field of `Climate` for each cell, (cell).

    Args:
        field: name of the field.
        climate: zone of each cell, (cell).
    """
    return np.array([getattr(zone, field) for zone in CLIMATES], np.float32)[climate]


def day_of_year(days: Datetime64) -> Float64:
    """Days since the first of January, (day, 1)."""
    since = days - days.astype("datetime64[Y]").astype(days.dtype)
    return since.astype(np.float64)[:, None]


def season(days: Datetime64, peak: Float32, lat: Float64) -> Float32:
    """Annual cycle, 1 at its peak and -1 half a year later, (day, cell) [1].

    Args:
        days: UTC days, (day).
        peak: day of the year of the peak in the northern hemisphere, (cell); in the southern
            hemisphere it is half a year later.
        lat: latitude [degree], (cell).
    """
    shift = np.where(lat < 0, DAYS_OF_YEAR / 2, 0.0)
    phase = 2 * np.pi * (day_of_year(days) - peak - shift) / DAYS_OF_YEAR
    return np.asarray(np.cos(phase), np.float32)


def tropical(lat: Float64) -> Float32:
    """Weight of the tropical climate, 1 within 12.5 degrees of the equator and 0 beyond 25 [1].

    Tropical cells have a dry and a wet season in every zone, and no cold spells.

    >>> tropical(np.array([-40.0, 18.75, 5.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    return np.asarray(np.clip(2 - np.abs(lat) / 12.5, 0, 1), np.float32)


def has_dry_season(climate: UInt8) -> Booleans:
    """Return True where the tropics of a zone have a dry season: all but the rainforest, (cell).

    Args:
        climate: zone of each cell, (cell).
    """
    return np.array([zone.name != "rainforest" for zone in CLIMATES])[climate]
