"""Layouts of JAXA's AMSR2 granules, level 1R and level 3, for the readers and the test writers.

Not verified with a genuine file. Names, types, shapes, scale and invalid counts follow public
readers; entries marked [K] are common knowledge only. AMSR-E in "AMSR2 format" has the same layout.
"""

import re
from collections.abc import Mapping
from typing import Literal

TB_CHANNELS: Mapping[str, tuple[str, str, Literal["V", "H"]]] = {
    "10.65V": ("10.7", "T10", "V"),
    "10.65H": ("10.7", "T10", "H"),
    "18.7V": ("18.7", "T18", "V"),
    "18.7H": ("18.7", "T18", "H"),
    "23.8V": ("23.8", "T23", "V"),
    "36.5V": ("36.5", "T36", "V"),
    "36.5H": ("36.5", "T36", "H"),
}
"""Channel -> frequency in level 1R names [GHz], code in level 3 names, polarisation."""

RESOLUTIONS = ("res10", "res06")
"""Common footprints of level 1R with all channels above, in order of preference: that of
10.65 GHz, then that of 6.9 GHz, which is larger."""

MISSING_COUNTS = (65534, 65535)
"""Counts of brightness temperature for a parity error and for a missing observation."""

SCALE, UNIT = "SCALE FACTOR", "UNIT"
"""Attributes of a dataset: physical units per count, and the unit."""

LATITUDE = "Latitude of Observation Point for 89A"
LONGITUDE = "Longitude of Observation Point for 89A"
PER_FOOTPRINT = 2
"""89 GHz pixels along the scan per low-frequency pixel; level 1R uses the position of the first."""
SCAN_TIME = "Scan Time"
INCIDENCE = "Earth Incidence"
PIXEL_QUALITY = "Pixel Data Quality 6 to 36"
RFI_SHIFTS = (0, 2, 4, 6)
"""Lowest bit of each field of PIXEL_QUALITY: 6.9 GHz V and H, 7.3 GHz V and H."""
RFI = 3
"""Value of such a field for interference; 2 means possible interference [K]."""

L3_TB: Mapping[str, str] = {p: f"Brightness Temperature ({p})" for p in ("V", "H")}
L3_TIME = "Time Information"
MINUTES = (-1440, 2880)
"""Valid minutes since 00:00 UTC of the nominal day: from the day before to the day after. The fill
value is not documented; it is expected to be outside this range."""
L3_SHAPES: Mapping[tuple[int, int], float] = {(720, 1440): 0.25, (1800, 3600): 0.1}
"""Rows and columns -> size of a cell [degree]; row 0 at 90 N, column 0 at 0 E, eastward."""
LOOK_OF_NODE: Mapping[str, Literal["am", "pm"]] = {"D": "am", "A": "pm"}
"""Both AMSR cross the equator southward at 1:30 and northward at 13:30 local time."""

SENSOR_ATTRIBUTES = ("SensorShortName", "PlatformShortName", "GranuleID")
"""Attributes of the root group that name the sensor [K]."""
DIRECTION = "OrbitDirection"
"""Attribute of the root group: Ascending or Descending [K]."""
OVERLAP = "OverlapScans"
"""Attribute of the root group: number of scans at either end shared with adjacent granules."""
GRANULE_ID = "GranuleID"

L3_NAME = re.compile(
    r"(?P<prefix>[A-Z0-9]*(?:AM2|AME))_(?P<day>\d{8})_(?P<period>01[DM])_"
    r"(?P<map>EQ|PN|PS)M(?P<node>[AD])_L3SG(?P<band>T\d\d)(?P<size>[HL])[A-Z]?\d{7}"
)
"""Name of a level 3 granule: the only source of day, node and frequency.

The prefix of AMSR-E is not verified: any prefix ending in AME is accepted. `EQ` is the global map
on the latitude-longitude grid, the others are polar; `01D` is daily.

>>> L3_NAME.match("GW1AM2_20120703_01D_EQMA_L3SGT10LA2220220.h5")["band"]
'T10'
"""

TAI93_EPOCH = "1993-01-01"
"""UTC at which TAI93 seconds are zero."""
LEAP_DAYS = (
    "1993-07-01",
    "1994-07-01",
    "1996-01-01",
    "1997-07-01",
    "1999-01-01",
    "2006-01-01",
    "2009-01-01",
    "2012-07-01",
    "2015-07-01",
    "2017-01-01",
)
"""UTC days that follow a leap second, since the epoch: TAI93 counts all leap seconds.

Source: IERS Bulletin C (TAI - UTC is 27 s at the epoch and 37 s since 2017). Checked: a public test
of another project lists the times of a genuine L1R granule of 2013-07-01; UTC is 8 s behind TAI93,
the number of leap seconds in this table up to that day."""


def l1r_field(channel: str, resolution: str) -> str:
    """Return the name of the level 1R dataset of a channel.

    >>> l1r_field("10.65V", "res10")
    'Brightness Temperature (res10,10.7GHz,V)'
    """
    ghz, _, polarisation = TB_CHANNELS[channel]
    return f"Brightness Temperature ({resolution},{ghz}GHz,{polarisation})"
