"""What does a level 1C granule to time look like? SIMULATED, of any size.

Brightness temperature and incidence are rounded to a hundredth as genuine ones are, so that they
pack as those do.
"""

import numpy as np

from mcca_ml.formats import pps_1c
from mcca_ml.simulate.files.gpm_1c import SimulatedGranule, SimulatedSwath

START = np.datetime64("2016-01-05T23:05:45", "us")
ORBIT = np.timedelta64(98, "m")


def _swath(
    layout: pps_1c.SwathLayout, scans: int, pixels: int, rng: np.random.Generator
) -> SimulatedSwath:
    """One swath: an arc of pixels that goes around the Earth."""
    along = np.linspace(0, 2 * np.pi, scans, endpoint=False, dtype=np.float32)[:, None]
    across = np.linspace(-1, 1, pixels, dtype=np.float32)[None, :]
    lat = 66 * np.sin(along + 0.1 * across**2) + 7 * across * np.cos(along)
    lon = (np.rad2deg(along) + 12 * across + 540) % 360 - 180
    shape = (scans, pixels)
    base = 230 + 30 * np.cos(along + across)
    noise = rng.standard_normal((*shape, len(layout.channels)), dtype=np.float32)
    tb = np.round(base[..., None] + noise, 2)
    incidence = np.deg2rad(np.round(53 + 0.2 * np.sin(along) + 0 * across, 2))
    return SimulatedSwath(
        name=layout.name,
        tb=tb.astype(np.float32),
        lat=lat.astype(np.float32),
        lon=lon.astype(np.float32),
        incidence=incidence.astype(np.float32),
        quality=np.where(rng.random(shape) < 0.01, 1, 0).astype(np.int8),
        scan_time=START + np.arange(scans) * np.timedelta64(1_500_000, "us"),
    )


def granule(sensor: str, names: tuple[str, ...], scans: int, pixels: int) -> SimulatedGranule:
    """A granule of some swaths of equal size."""
    rng, product = np.random.default_rng(0), pps_1c.PRODUCTS[sensor]
    layouts = [layout for layout in product.swaths if layout.name in names]
    swaths = tuple(_swath(layout, scans, pixels, rng) for layout in layouts)
    return SimulatedGranule(product, 10538, START, START + ORBIT, swaths, "for a benchmark")
