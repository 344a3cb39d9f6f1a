"""Footprints per second of the gridding, from arrays in memory, against two peers.

    python benchmarks/gridding.py

One orbit of AMSR2, two channels at one geolocation, its real places, onto the land cells and onto
all cells. Peers: pyresample's bucket resampler, and plain NumPy (PROJ and one `bincount` a channel
on the whole map), both drop in the bucket, neither weighs, tells passes apart or looks at quality.
Then the whole chain: SWATH_TB of the orbit, with the checks of the schema, to GRID_TB of a day.
Two cores: two threads of dask, two processes for the whole chain, as the pipeline has them. The
bucket resampler needs dask, which this project does not: it is left out where that is missing.
Runs alternate; medians. Exit status 1 below ten million footprints a second on two cores.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import xarray as xr
from pyproj import Proj

from mcca_ml.grid import bins
from mcca_ml.grid.ease2 import M25, x_edges, y_edges
from mcca_ml.grid.land import land_cells
from mcca_ml.grid.swath_grid import KERNEL, grid_swaths
from mcca_ml.sensors import AMSR2
from mcca_ml.simulate.passes import orbit_footprints, orbit_number

try:
    import dask
    import dask.array as da
    from pyresample.bucket import BucketResampler
    from pyresample.geometry import AreaDefinition
except ImportError:
    HAS_PEER = False
else:
    HAS_PEER = True

LEAST = 10e6
RUNS = 5
PEER = "pyresample, two cores"
WORKERS = 2
CHANNELS = ("10.65V", "10.65H")
DAY = np.datetime64("2016-07-01")


def orbit() -> xr.Dataset:
    """One whole orbit as a swath; one footprint in a hundred is suspect."""
    seen = orbit_footprints(AMSR2, orbit_number(AMSR2, np.datetime64("2016-07-01T06:00")))
    rng = np.random.default_rng(0)
    count, of = seen.lat.size, "footprint"
    tb = rng.normal(250, 10, (count, 2)).astype(np.float32)
    when = np.repeat(seen.scan_time.astype("M8[ns]"), seen.lat.shape[1])
    return xr.Dataset(
        {
            "tb": ((of, "channel"), tb, {"units": "K"}),
            "lat": (of, seen.lat.ravel(), {"units": "degrees_north"}),
            "lon": (of, seen.lon.ravel(), {"units": "degrees_east"}),
            "time": (of, when),
            "incidence": (of, seen.incidence.ravel(), {"units": "rad"}),
            "quality": (of, (rng.random(count) < 0.01).astype(np.int8), {"units": "1"}),
        },
        coords={"channel": list(CHANNELS)},
        attrs={"sensor": "AMSR2", "granule": "benchmark", "swath": "S1", "simulated": "true"},
    )


def footprints(ds: xr.Dataset) -> bins.Footprints:
    return bins.Footprints(
        ds["lat"].to_numpy(),
        ds["lon"].to_numpy(),
        ds["time"].to_numpy().astype("M8[ms]").astype(np.int64),
        ds["incidence"].to_numpy(),
        ds["tb"].to_numpy(),
        ds["quality"].to_numpy() == 1,
    )


def by_bincount(ds: xr.Dataset) -> list[np.ndarray]:
    """Means of all cells of the map by PROJ and `bincount`."""
    x, y = Proj(6933)(ds["lon"].to_numpy(), ds["lat"].to_numpy())
    column = np.floor(x / M25.cell_m + M25.columns / 2).astype(int)
    row = np.floor(M25.rows / 2 - y / M25.cell_m).astype(int)
    inside = (row >= 0) & (row < M25.rows) & (column >= 0) & (column < M25.columns)
    cell = (row * M25.columns + column)[inside]
    count = np.bincount(cell, minlength=M25.size)
    tb = ds["tb"].to_numpy()[inside]
    with np.errstate(invalid="ignore"):
        return [np.bincount(cell, tb[:, c], M25.size) / count for c in range(2)]


def by_pyresample(ds: xr.Dataset) -> tuple[np.ndarray, ...]:
    """Means of all cells of the map by pyresample, with dask's threads."""
    x, y = x_edges(M25)[[0, -1]], y_edges(M25)[[0, -1]]
    area = AreaDefinition(
        "M25", "M25", "M25", "EPSG:6933", M25.columns, M25.rows, (x[0], y[1], x[1], y[0])
    )
    chunk = -(-ds.sizes["footprint"] // WORKERS)
    lon, lat = (da.from_array(ds[name].to_numpy(), chunks=chunk) for name in ("lon", "lat"))
    resampler = BucketResampler(area, lon, lat)
    tb = ds["tb"].to_numpy()
    means = [resampler.get_average(da.from_array(tb[:, c], chunks=chunk)) for c in range(2)]
    with dask.config.set(scheduler="threads", num_workers=WORKERS):
        return dask.compute(*means)


def by_us(seen: bins.Footprints, table: np.ndarray) -> None:
    bins.binned(seen, CHANNELS, table, KERNEL)


def whole_chain(cells: np.ndarray, repeat: int, ds: xr.Dataset) -> float:
    """Seconds of `repeat` orbits to one GRID_TB, in this process."""
    start = time.perf_counter()
    grid_swaths([ds] * repeat, cells, DAY, DAY)
    return time.perf_counter() - start


def seconds(task: Callable[[], object]) -> float:
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def main() -> int:
    """Print the speeds and say whether they suffice."""
    ds = orbit()
    count, seen = ds.sizes["footprint"], footprints(ds)
    land, every = land_cells(M25), np.arange(M25.size)
    tasks = {
        "sums on land cells, one core": partial(by_us, seen, bins.table_of(land)),
        "sums on all cells, one core": partial(by_us, seen, bins.table_of(every)),
        "PROJ and bincount, one core": partial(by_bincount, ds),
    }
    if HAS_PEER:
        tasks[PEER] = partial(by_pyresample, ds)
    else:
        print("pyresample's bucket resampler is not here: it needs dask (pip install dask)")
    for task in tasks.values():
        task()
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(RUNS):
        for name, task in tasks.items():
            times[name].append(seconds(task))
    rates = {name: count / statistics.median(taken) for name, taken in times.items()}
    repeat = 15  # orbits of a day
    with ProcessPoolExecutor(WORKERS) as pool:
        work = partial(whole_chain, land, repeat)
        list(pool.map(work, [ds] * WORKERS))
        taken = [max(pool.map(work, [ds] * WORKERS)) for _ in range(3)]
    name = "swaths to GRID_TB on land cells, two cores"
    rates[name] = WORKERS * repeat * count / statistics.median(taken)
    for what, rate in rates.items():
        print(f"{what:45s} {rate / 1e6:6.1f} million footprints/s")
    if HAS_PEER:
        print(f"ratio of the last to pyresample {rates[name] / rates[PEER]:.1f}")
    enough = rates[name] >= LEAST
    print(f"load of the machine {os.getloadavg()[0]:.1f}")
    print(f"limit {LEAST / 1e6:g} million a second on two cores: {'met' if enough else 'NOT MET'}")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
