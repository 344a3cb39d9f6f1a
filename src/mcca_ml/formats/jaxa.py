"""Layouts of JAXA's AMSR2 granules, level 1R and level 3, for the readers and the test writers.

No genuine file was at hand. Names, types, shapes, scale and invalid counts follow public readers of
these files; marked [K] is what is only commonly said. AMSR-E in "AMSR2 format" has the same layout.
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
"""Our channel -> frequency in names of level 1R [GHz], code in names of level 3, polarisation."""

RESOLUTIONS = ("res10", "res06")
"""Common footprints of level 1R that hold all channels above, the one to take first: that of
10.65 GHz, then that of 6.9 GHz, which is larger."""

MISSING_COUNTS = (65534, 65535)
"""Counts of a brightness temperature that stand for an error and for no observation."""

SCALE, UNIT = "SCALE FACTOR", "UNIT"
"""Attributes of a dataset: physical units per count, and the unit."""

LATITUDE = "Latitude of Observation Point for 89A"
LONGITUDE = "Longitude of Observation Point for 89A"
PER_FOOTPRINT = 2
"""Pixels of 89 GHz along the scan for each low-frequency one; level 1R lies on the first."""
SCAN_TIME = "Scan Time"
INCIDENCE = "Earth Incidence"
PIXEL_QUALITY = "Pixel Data Quality 6 to 36"
RFI_SHIFTS = (0, 2, 4, 6)
"""Lowest bit of the fields of PIXEL_QUALITY: 6.9 GHz V and H, 7.3 GHz V and H."""
RFI = 3
"""Value of such a field that says interference; 2 says that it is possible [K]."""

L3_TB: Mapping[str, str] = {p: f"Brightness Temperature ({p})" for p in ("V", "H")}
L3_TIME = "Time Information"
MINUTES = (-1440, 2880)
"""Minutes since 00:00 UTC of the nominal day that can be: from the day before to the day after. The
value for no observation is not known; whatever it is, it is expected to lie outside."""
L3_SHAPES: Mapping[tuple[int, int], float] = {(720, 1440): 0.25, (1800, 3600): 0.1}
"""Rows and columns -> size of a cell [degree]; row 0 at 90 N, column 0 at 0 E, eastward."""
LOOK_OF_NODE: Mapping[str, Literal["am", "pm"]] = {"D": "am", "A": "pm"}
"""Both AMSR cross the equator southward at 1:30 and northward at 13:30 local time."""

SENSOR_ATTRIBUTES = ("SensorShortName", "PlatformShortName", "GranuleID")
"""Attributes of the root group that tell the sensor [K]."""
DIRECTION = "OrbitDirection"
"""Attribute of the root group: Ascending or Descending [K]."""
OVERLAP = "OverlapScans"
"""Attribute of the root group: scans at either end that the neighbouring granules hold as well."""
GRANULE_ID = "GranuleID"

L3_NAME = re.compile(
    r"(?P<prefix>[A-Z0-9]*(?:AM2|AME))_(?P<day>\d{8})_(?P<period>01[DM])_"
    r"(?P<map>EQ|PN|PS)M(?P<node>[AD])_L3SG(?P<band>T\d\d)(?P<size>[HL])[A-Z]?\d{7}"
)
"""Name of a level 3 granule: the only place with day, node and frequency.

The prefix of AMSR-E is not verified: anything that ends in AME is taken. `EQ` is the global map on
the latitude-longitude grid, the others are polar; `01D` is daily.

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
"""UTC days before which a leap second was put in, since the epoch: TAI93 counts each of them.

Source: IERS Bulletin C (TAI - UTC is 27 s at the epoch and 37 s since 2017). Checked: a public test
of another project states the times of a genuine L1R granule of 2013-07-01; its scans then lie
8 s behind its counts, the number of leap seconds here up to then."""


def l1r_field(channel: str, resolution: str) -> str:
    """Dataset of level 1R that holds a channel.

    >>> l1r_field("10.65V", "res10")
    'Brightness Temperature (res10,10.7GHz,V)'
    """
    ghz, _, polarisation = TB_CHANNELS[channel]
    return f"Brightness Temperature ({resolution},{ghz}GHz,{polarisation})"
