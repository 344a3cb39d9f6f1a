"""Simulated level 1C granules, small and known, for the tests of their writer and reader."""

import numpy as np

from mcca_ml.formats import pps_1c
from mcca_ml.simulate.files.gpm_1c import SimulatedGranule, SimulatedSwath

START = np.datetime64("2016-01-05T23:59:45.250", "us")
EVERY = np.timedelta64(1500, "ms")


def a_swath(layout, scans=12, pixels=9, start=START, seed=0):
    """A swath of smooth places and noisy kelvins; channel n is 10 n kelvin warmer."""
    rng = np.random.default_rng(seed)
    row, column = np.mgrid[0:scans, 0:pixels].astype(np.float32)
    channels = len(layout.channels)
    tb = 200 + 10 * np.arange(channels) + rng.normal(0, 3, (scans, pixels, channels))
    shift = 0.01 * int(layout.name[1:])
    return SimulatedSwath(
        name=layout.name,
        tb=tb.astype(np.float32),
        lat=np.float32(30 + shift) + np.float32(0.05) * row + np.float32(0.001) * column**2,
        lon=np.float32(-100 + shift) + np.float32(0.08) * column - np.float32(0.01) * row,
        incidence=np.full((scans, pixels), np.deg2rad(53.25), np.float32)
        + np.float32(1e-4) * column,
        quality=np.zeros((scans, pixels), np.int8),
        scan_time=start + EVERY * np.arange(scans),
    )


def a_granule(sensor="GMI", names=None, scans=12, pixels=9, start=START, seed=0):
    """A granule of some swaths, by default of those with 10.65, 18.7 and 36.5 GHz."""
    product = pps_1c.PRODUCTS[sensor]
    chosen = names or {"TMI": ("S1", "S2"), "GMI": ("S1",)}.get(sensor, ("S1", "S2", "S4"))
    swaths = tuple(
        a_swath(layout, scans, pixels, start, seed + number)
        for number, layout in enumerate(product.swaths)
        if layout.name in chosen
    )
    begin = start - np.timedelta64(1800, "s")
    return SimulatedGranule(
        product, 10538, begin, begin + np.timedelta64(92, "m"), swaths, "cut to a test"
    )
