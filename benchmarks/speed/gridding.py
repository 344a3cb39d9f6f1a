"""How many footprints a second are gridded, beside two peers?

    python -m benchmarks.speed.gridding

One orbit of AMSR2, two channels at one geolocation, its real places, onto the land cells and onto
all cells; then its six channels, as the record takes them. Peers: pyresample's bucket resampler,
and plain NumPy (PROJ and one `bincount` a channel on the whole map); both drop in the bucket,
neither weighs, tells passes apart or looks at quality. The whole chain is from SWATH_TB of the
orbit, with the checks of the schema, to GRID_TB of a day. Two cores: two threads of dask, two
processes for the whole chain, as the pipeline has them. The limit is the memory: what a footprint
has in bytes, at the rate of the triad; arithmetic, not memory, is what gridding waits for. The
bucket resampler needs dask, which this project does not: where one is missing its rows say so.
Runs alternate; medians. Exit status 1 below ten million footprints a second on two cores.
"""

import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import xarray as xr
from pyproj import Proj

from benchmarks.common.whole_orbits import orbit_footprints, orbit_number
from benchmarks.speed.limits import bandwidth
from benchmarks.speed.pairs import medians
from benchmarks.speed.result import Result, make_result, save, verdict
from mcca_ml.grid import footprint_bins
from mcca_ml.grid.ease2 import M25, positions, x_edges, y_edges
from mcca_ml.grid.land import land_cells
from mcca_ml.grid.swaths import KERNEL, grid_swaths
from mcca_ml.sensors import AMSR2

try:
    import dask
    import dask.array as da
    from pyresample.bucket import BucketResampler
    from pyresample.geometry import AreaDefinition
except ImportError:
    HAS_PEER = False
else:
    HAS_PEER = True

LEAST = 10.0
ORBITS = 15  # of a day
RUNS = 5
PEER = "pyresample bucket, two cores"
WORKERS = 2
CHANNELS = ("10.65V", "10.65H", "18.7V", "18.7H", "36.5V", "36.5H")
DAY = np.datetime64("2016-07-01")


def orbit(channels: int) -> xr.Dataset:
    """One whole orbit as a swath; one footprint in a hundred is suspect."""
    seen = orbit_footprints(AMSR2, orbit_number(AMSR2, np.datetime64("2016-07-01T06:00")))
    rng = np.random.default_rng(0)
    count, of = seen.lat.size, "footprint"
    tb = rng.normal(250, 10, (count, channels)).astype(np.float32)
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
        coords={"channel": list(CHANNELS[:channels])},
        attrs={"sensor": "AMSR2", "granule": "benchmark", "swath": "S1", "simulated": "true"},
    )


def footprints(ds: xr.Dataset) -> footprint_bins.FootprintArrays:
    return footprint_bins.FootprintArrays(
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


def by_us(seen: footprint_bins.FootprintArrays, table: np.ndarray) -> None:
    footprint_bins.bin_footprints(seen, CHANNELS[: seen.tb.shape[1]], table, KERNEL)


def whole_chain(cells: np.ndarray, repeat: int, ds: xr.Dataset) -> float:
    """Seconds of `repeat` orbits to one GRID_TB, in this process."""
    start = time.perf_counter()
    grid_swaths([ds] * repeat, cells, DAY, DAY)
    return time.perf_counter() - start


def chain_rate(ds: xr.Dataset, cells: np.ndarray) -> float:
    """Footprints a second of the whole chain in two processes, a day of orbits each."""
    with ProcessPoolExecutor(WORKERS) as pool:
        work = partial(whole_chain, cells, ORBITS)
        list(pool.map(work, [ds] * WORKERS))
        taken = [max(pool.map(work, [ds] * WORKERS)) for _ in range(RUNS)]
    return WORKERS * ORBITS * ds.sizes["footprint"] / statistics.median(taken)


def byte_count(ds: xr.Dataset) -> float:
    """Bytes of a footprint in memory."""
    return sum(ds[name].nbytes for name in ds.data_vars) / ds.sizes["footprint"]


def measured() -> list[Result]:
    """Rates of all ways."""
    two, six = orbit(2), orbit(6)
    count, seen = two.sizes["footprint"], footprints(two)
    land, every = land_cells(M25), np.arange(M25.size)
    tasks = {
        "land": partial(by_us, seen, positions(M25, land)),
        "all": partial(by_us, seen, positions(M25, every)),
        "bincount": partial(by_bincount, two),
    }
    if HAS_PEER:
        tasks[PEER] = partial(by_pyresample, two)
    else:
        print("pyresample's bucket resampler needs pyresample and dask", file=sys.stderr)
    taken = medians(tasks, RUNS)
    rates = {name: count / spent / 1e6 for name, spent in taken.items()}
    unit, limit = "M footprints/s", "bytes of a footprint, read once"
    by_memory = {threads: 1e3 * bandwidth(threads) for threads in (1, WORKERS)}
    rows = [
        make_result(
            f"grid: sums on {where} cells, one core",
            rates[where],
            unit,
            peer=("PROJ and NumPy bincount, one core", rates["bincount"]),
            limit=(limit, by_memory[1] / byte_count(two)),
        )
        for where in ("land", "all")
    ]
    for ds, where, cells in ((two, "land", land), (two, "all", every), (six, "land", land)):
        rows.append(
            make_result(
                f"grid: swaths to {where} cells, {ds.sizes['channel']} channels, two cores",
                chain_rate(ds, cells) / 1e6,
                unit,
                peer=(PEER, rates.get(PEER)) if ds is two else ("", None),
                limit=(limit, by_memory[WORKERS] / byte_count(ds)),
            )
        )
    return rows


def main() -> int:
    """Measure, and say whether it suffices."""
    rows = measured()
    save("gridding", rows)
    return verdict(f"{LEAST} million a second on two cores", is_met=rows[2].value >= LEAST)


if __name__ == "__main__":
    sys.exit(main())
