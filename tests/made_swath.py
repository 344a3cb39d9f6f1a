"""SWATH_TB made by hand, for tests of what takes it."""

import numpy as np
import xarray as xr

from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import M25

CHANNELS = ("10.65V", "10.65H", "18.7V", "18.7H")


def swath(lat, lon, time, tb, *, sensor="GMI", channels=CHANNELS, quality=None, incidence=0.9):
    """A swath of footprints; `tb` may be one value, one a footprint, or all."""
    lat = np.asarray(lat, np.float32)
    tb = np.asarray(tb, np.float32)
    tb = np.broadcast_to(tb[:, None] if tb.ndim == 1 else tb, (lat.size, len(channels)))
    quality = np.zeros(lat.size, np.int8) if quality is None else np.asarray(quality, np.int8)
    times = np.broadcast_to(np.asarray(time, "M8[ns]"), lat.shape)
    angle = np.full(lat.size, incidence, np.float32)
    of = "footprint"
    return xr.Dataset(
        {
            "tb": ((of, "channel"), tb.copy(), {"units": "K"}),
            "lat": (of, lat, {"units": "degrees_north"}),
            "lon": (of, np.asarray(lon, np.float32), {"units": "degrees_east"}),
            "time": (of, times.copy()),
            "incidence": (of, angle, {"units": "rad"}),
            "quality": (of, quality, {"units": "1"}),
        },
        coords={"channel": list(channels)},
        attrs={"sensor": sensor, "granule": "made.h5", "swath": "S1", "simulated": "true"},
    )


def block_of_cells(row=150, column=400, rows=4, columns=5):
    """Flat cells of a rectangle, rising, and the centres of all."""
    r, c = np.meshgrid(row + np.arange(rows), column + np.arange(columns), indexing="ij")
    cells = ease2.flat_cell(M25, r, c).ravel().astype(np.int64)
    return cells, ease2.cell_latlon(M25, cells)


def footprints_over(cells, rng, count, *, start="2016-03-02T12:00", passes=3):
    """Footprints scattered over cells and a little beyond, in passes of three minutes.

    Passes are an orbit of 93 minutes apart, as those of a satellite are.
    """
    place = ease2.cell_latlon(M25, cells)
    lat = rng.uniform(place.lat.min() - 0.4, place.lat.max() + 0.4, count)
    lon = rng.uniform(place.lon.min() - 0.4, place.lon.max() + 0.4, count)
    seconds = rng.integers(0, passes, count) * 93 * 60 + rng.integers(0, 180, count)
    return lat, lon, np.datetime64(start, "ns") + seconds.astype("m8[s]")
