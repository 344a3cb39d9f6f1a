"""Simulated scans and maps in JAXA's layouts, small and known, for the tests of their readers."""

import numpy as np

from jaxa_granules import DayMap, Scans
from mcca_ml.sensors import AMSR2

CHANNELS = tuple(channel.name for channel in AMSR2.channels)
SCANS, PIXELS = 4, 5
DAY = "2015-07-01"
START = np.datetime64("2015-06-30T23:59:57", "ns")
EVERY = np.timedelta64(1500, "ms")


def some_scans(scans=SCANS, pixels=PIXELS, start=START):
    """Scans over the leap second at the end of June 2015; channel n is n kelvin warmer."""
    row, column = np.mgrid[0:scans, 0:pixels].astype(np.float32)
    tb = 240 + row + 10 * column
    return Scans(
        time=start + EVERY * np.arange(scans),
        lat=10 + row,
        lon=100 + column,
        incidence_deg=np.full((scans, pixels), 55.05, np.float32),
        tb={name: tb + number for number, name in enumerate(CHANNELS)},
        has_rfi=np.zeros((scans, pixels), np.bool_),
    )


def a_map(channels=("10.65V", "10.65H"), rows=720, seen=((0, 0), (100, 719), (719, 1439))):
    """A map with a few cells seen, 90 minutes apart, the first before the nominal day."""
    shape = (rows, 2 * rows)
    minutes = np.full(shape, np.nan, np.float32)
    tb = {name: np.full(shape, np.nan, np.float32) for name in channels}
    for number, place in enumerate(seen):
        minutes[place] = -30 + 90 * number
        for name in channels:
            tb[name][place] = 250 + number + 5 * CHANNELS.index(name)
    return DayMap(minutes, tb)
