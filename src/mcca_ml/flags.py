"""The quality flag of a cell: one bit per condition, and the one recommended mask."""

from enum import IntEnum, IntFlag

import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Booleans, UInt32


class Quality(IntEnum):
    """Quality of one footprint of a swath, the same for every sensor; stored as int8.

    Readers translate the provider's own codes; an unusable footprint has no brightness temperature.
    """

    GOOD = 0
    SUSPECT = 1
    """Usable with a second look: possible sun glint, a corrected calibration."""
    UNUSABLE = 2


class Flag(IntFlag):
    """Conditions of an observation or a retrieval; several may hold at once. Stored as uint32."""

    OK = 0
    NOT_OBSERVED = 1 << 0
    TB_INVALID = 1 << 1
    TB_SUSPECT = 1 << 2
    NO_TEMPERATURE = 1 << 3
    NOT_ATTEMPTED = 1 << 4
    FROZEN = 1 << 5
    SNOW = 1 << 6
    PERMANENT_ICE = 1 << 7
    OPEN_WATER = 1 << 8
    COAST = 1 << 9
    URBAN = 1 << 10
    TOPOGRAPHY = 1 << 11
    PRECIPITATION = 1 << 12
    DENSE_VEGETATION = 1 << 13
    SOIL_MOISTURE_AT_BOUND = 1 << 14
    VOD_AT_BOUND = 1 << 15
    NOT_CONVERGED = 1 << 16
    RESIDUAL_LARGE = 1 << 17
    WEAKLY_IDENTIFIED = 1 << 18
    DEFAULT_CLAY = 1 << 19
    DEFAULT_LAND_COVER = 1 << 20
    DEFAULT_ROUGHNESS = 1 << 21
    VOD_RATIO_FROM_PRIOR = 1 << 22
    DEFAULT_TEMPERATURE = 1 << 23
    TARGET_FROM_PM = 1 << 24
    LEVEL_GUESSED = 1 << 25
    CALIBRATION_SHARED = 1 << 26
    INPUT_UNUSUAL = 1 << 27
    SEASON_UNKNOWN = 1 << 28


MEANING = {
    Flag.NOT_OBSERVED: "no brightness temperature in this look",
    Flag.TB_INVALID: "a brightness temperature is missing or outside its physical range",
    Flag.TB_SUSPECT: "the provider's quality bit of a brightness temperature is set (RFI, others)",
    Flag.NO_TEMPERATURE: "no effective soil temperature, so no retrieval",
    Flag.NOT_ATTEMPTED: "water, ice or another condition beyond the limit for any retrieval",
    Flag.FROZEN: "frozen ground: the value is liquid water, not total water",
    Flag.SNOW: "snow on more than 5 % of the cell",
    Flag.PERMANENT_ICE: "permanent snow or ice on more than 5 % of the cell",
    Flag.OPEN_WATER: "open water on more than 5 % of the cell",
    Flag.COAST: "coast within reach of the footprint",
    Flag.URBAN: "built-up land on more than 25 % of the cell",
    Flag.TOPOGRAPHY: "standard deviation of slope above 3 degrees",
    Flag.PRECIPITATION: "rain above 1 mm per hour at the time of the look",
    Flag.DENSE_VEGETATION: "vegetation, by retrieved VOD, so dense that little soil signal is left",
    Flag.SOIL_MOISTURE_AT_BOUND: "soil moisture lies at its lower or upper bound",
    Flag.VOD_AT_BOUND: "vegetation optical depth lies at its lower or upper bound",
    Flag.NOT_CONVERGED: "the search did not converge",
    Flag.RESIDUAL_LARGE: "no state explains the brightness temperatures within 3 sigma",
    Flag.WEAKLY_IDENTIFIED: "uncertainty of soil moisture above 0.10 m3 m-3",
    Flag.DEFAULT_CLAY: "clay fraction missing in the granule; default used",
    Flag.DEFAULT_LAND_COVER: "land cover missing in the granule; default used",
    Flag.DEFAULT_ROUGHNESS: "roughness missing in the granule; taken from land cover or default",
    Flag.DEFAULT_TEMPERATURE: "no soil temperature in the granule; taken from 36.5 GHz at V",
    Flag.VOD_RATIO_FROM_PRIOR: "the V/H ratio of VOD is the prior, not estimated for this cell",
    Flag.TARGET_FROM_PM: "the target of the day is of the pm look, less its usual difference to am",
    Flag.LEVEL_GUESSED: "too few targets in this cell: its mean and spread come from its statics",
    Flag.CALIBRATION_SHARED: "brightness temperature on the line of a class or of all cells",
    Flag.INPUT_UNUSUAL: "an input is well outside its range on the training days of the cell",
    Flag.SEASON_UNKNOWN: "fewer than five training days of the cell in this calendar month",
}
"""What each bit says, in words; the text of the product's documentation."""

NO_VALUE = Flag.NOT_OBSERVED | Flag.TB_INVALID | Flag.NO_TEMPERATURE | Flag.NOT_ATTEMPTED
"""Conditions under which there is no retrieval at all."""

NOT_RECOMMENDED = (
    NO_VALUE
    | Flag.TB_SUSPECT
    | Flag.FROZEN
    | Flag.SNOW
    | Flag.PERMANENT_ICE
    | Flag.OPEN_WATER
    | Flag.URBAN
    | Flag.TOPOGRAPHY
    | Flag.PRECIPITATION
    | Flag.DENSE_VEGETATION
    | Flag.SOIL_MOISTURE_AT_BOUND
    | Flag.NOT_CONVERGED
    | Flag.RESIDUAL_LARGE
    | Flag.WEAKLY_IDENTIFIED
    | Flag.SEASON_UNKNOWN
)
"""The recommended mask, stated here and nowhere else: a value is recommended where none is set."""

FLAG_DTYPE = np.uint32


def where(mask: npt.ArrayLike, bits: int) -> UInt32:
    """`bits` of `Flag` where `mask` is true, else 0.

    >>> where(np.array([True, False]), Flag.SNOW).tolist()
    [64, 0]
    """
    return np.where(mask, FLAG_DTYPE(int(bits)), FLAG_DTYPE(0))


def has(flag: UInt32, bits: int) -> Booleans:
    """Return True where any of `bits` is set in `flag`.

    >>> has(np.array([Flag.SNOW, Flag.COAST], np.uint32), Flag.SNOW | Flag.FROZEN).tolist()
    [True, False]
    """
    return np.asarray((flag & FLAG_DTYPE(int(bits))) != 0)


def is_recommended(flag: UInt32) -> Booleans:
    """Return True where a value may be used without a second look.

    >>> is_recommended(np.array([0, Flag.COAST, Flag.FROZEN], np.uint32)).tolist()
    [True, True, False]
    """
    return ~has(flag, NOT_RECOMMENDED)
