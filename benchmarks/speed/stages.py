"""How fast are fusion, stores and product files, beside xarray and pandas?

    python -m benchmarks.speed.stages

Made-up streams of all four sensors, called simulated. The peers do less: the mean weighted by the
inverse variance of each value instead of the covariance between streams; files of the same numbers
without attributes that a reader needs. The limit of fusion is the rate of the triad on the bytes
that go in and out once; of files, the rate at which zlib or zstd packs the same bytes. Runs
alternate; medians.
"""

import tempfile
import zlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr

from benchmarks.speed.limits import bandwidth
from benchmarks.speed.pairs import medians
from benchmarks.speed.result import Result, make_result, save
from mcca_ml.config.load import Settings
from mcca_ml.fuse.error_covariance import StreamErrors
from mcca_ml.fuse.fusion import fuse
from mcca_ml.grid.ease2 import M25
from mcca_ml.grid.land import land_cells
from mcca_ml.publish.grid_window import Window, smallest_window
from mcca_ml.publish.record_attributes import RecordMade, record_made
from mcca_ml.publish.record_cube import create_cube, write_cube_block
from mcca_ml.publish.record_day import write_record_day
from mcca_ml.schema import DAILY, STREAM
from mcca_ml.sensors import imagers
from mcca_ml.store.layout import Frame
from mcca_ml.store.read_blocks import open_store
from mcca_ml.store.write_blocks import create_store, write_block

RUNS = 5
CELLS, DAYS = 1024, 1024
FIRST = np.datetime64("2005-01-01")
BLOCK = 32
ZLIB_LEVEL = 1  # of the daily files
SHARE = 0.6
"""Of cells that a sensor sees on a day."""


def stream(sensor: str, cells: np.ndarray, days: int, seed: int) -> xr.Dataset:
    """Made-up soil moisture of one sensor, after schema.STREAM."""
    random, shape = np.random.default_rng(seed), (days, cells.size)
    sm = random.uniform(0.05, 0.4, shape).astype(np.float32)
    is_seen = random.random(shape) < SHARE
    days_of = FIRST + np.arange(days)
    hour = np.timedelta64(6, "h").astype("m8[ns]")
    time = np.broadcast_to((days_of.astype("M8[ns]") + hour)[:, None], shape)
    values: dict[str, np.ndarray] = {
        "soil_moisture": sm,
        "sm_uncertainty": np.full(shape, 0.05, np.float32),
        "target_sd": random.uniform(0.02, 0.06, shape).astype(np.float32),
        "obs_time": np.where(is_seen, time, np.datetime64("NaT", "ns")),
        "nobs": is_seen.astype(np.uint8),
        "age": np.where(is_seen, 0, 1).astype(np.uint8),
        "flag": np.where(is_seen, 0, 1).astype(np.uint32),
    }
    variables = {
        name: (DAILY, value, {"units": STREAM[name].units} if STREAM[name].units else {})
        for name, value in values.items()
    }
    coords = {"time": days_of.astype("M8[ns]"), "cell": cells}
    attrs = {"sensor": sensor, "grid": M25.name, "simulated": "true"}
    return xr.Dataset(variables, coords=coords, attrs=attrs)


def streams(cells: np.ndarray, days: int) -> dict[str, xr.Dataset]:
    """Streams of all sensors."""
    return {name: stream(name, cells, days, number) for number, name in enumerate(imagers())}


def model(cells: int) -> StreamErrors:
    """Errors of the streams of some cells."""
    sd = np.tile(np.array([0.05, 0.045, 0.04, 0.035], np.float32), (cells, 1))
    return StreamErrors(np.zeros((cells, 4), np.float32), sd, np.full(cells, 0.4, np.float32))


def by_xarray(found: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """The mean weighted by inverse variances, and its standard deviation."""
    every = xr.concat(list(found.values()), "stream", join="exact")
    seen = every["soil_moisture"].where(every["nobs"] > 0)
    weight = (1 / every["target_sd"] ** 2).where(seen.notnull())
    total = weight.sum("stream")
    return xr.Dataset(
        {"sm": (seen * weight).sum("stream") / total, "target_sd": total**-0.5}
    ).compute()


def fusion() -> list[Result]:
    """Cells and days a second."""
    made, settings = streams(np.arange(CELLS), DAYS), Settings().fuse
    tasks = {
        "ours": partial(fuse, made, model(CELLS), settings),
        "xarray": partial(by_xarray, made),
    }
    taken = medians(tasks, RUNS)
    out = fuse(made, model(CELLS), settings)
    moved = sum(ds[name].nbytes for ds in (*made.values(), out) for name in ds.data_vars)
    unit, count = "M cell days/s", CELLS * DAYS / 1e6
    return [
        make_result(
            "fuse: four streams, one core",
            count / taken["ours"],
            unit,
            peer=("xarray, inverse variances only", count / taken["xarray"]),
            limit=("bytes in and out once, triad", 1e9 * bandwidth(1) * count / moved),
        )
    ]


def store_rates(folder: Path) -> list[Result]:
    """Bytes a second of a stream of cells, written to its store and read again."""
    ds = stream("AMSR2", np.arange(CELLS, dtype=np.int64), DAYS, 0)
    path = folder / "AMSR2.zarr"
    create_store(path, Frame("AMSR2", (), ds["cell"].to_numpy(), "bench", "STREAM"))
    peer, size = folder / "peer.zarr", sum(ds[name].nbytes for name in ds.data_vars) / 1e6
    by_peer = partial(ds.to_zarr, peer, mode="w", zarr_format=3, consolidated=False)
    writing = medians({"ours": partial(write_block, path, ds, ""), "xarray": by_peer}, RUNS)
    reading = medians(
        {
            "ours": partial(open_store, path),
            "xarray": lambda: xr.open_zarr(peer, consolidated=False, chunks=None).load(),
        },
        RUNS,
    )
    return [
        make_result(
            f"store: {what} 1,024 cells, 1,024 days of STREAM",
            size / taken["ours"],
            "MB/s",
            peer=(f"xarray.{call}", size / taken["xarray"]),
        )
        for what, taken, call in (("write", writing, "to_zarr"), ("read", reading, "open_zarr"))
    ]


def _made() -> RecordMade:
    return record_made(Settings(), "benchmark", True, "0")


def _by_netcdf(ds: xr.Dataset, window: Window, path: Path) -> None:
    """The same variables of a day on the same sheet by xarray."""
    places, shape = window.places(ds["cell"].to_numpy()), window.shape
    out = {}
    for name in ds.data_vars:
        values = ds[name].to_numpy()[0]
        empty = np.datetime64("NaT", "ns") if values.dtype.kind == "M" else 0
        empty = np.nan if values.dtype.kind == "f" else empty
        whole = np.full(shape[0] * shape[1], empty, values.dtype)
        whole[places] = values
        out[name] = (("time", *window.dims), whole.reshape(1, *shape))
    said = dict.fromkeys(out, {"zlib": True, "complevel": ZLIB_LEVEL, "shuffle": True})
    xr.Dataset(out, coords={"time": ds["time"]}).to_netcdf(path, encoding=said, engine="netcdf4")


def product(folder: Path) -> list[Result]:
    """Days a second of all land, as files and in the cube."""
    cells = land_cells(M25).astype(np.int64)
    made, window = _made(), smallest_window(cells)
    ds = fuse(streams(cells, BLOCK), model(cells.size), Settings().fuse)
    day = ds.isel(time=[0]).load()
    create_cube(folder / "cube.zarr", window, FIRST, FIRST + BLOCK - 1, made=made)
    path = write_record_day(day, folder, made, window)
    with xr.open_dataset(path, mask_and_scale=False, decode_times=False) as held:
        raw = [held[name].to_numpy().tobytes() for name in held.data_vars]
    taken = medians(
        {
            "day": partial(write_record_day, day, folder, made, window),
            "xarray": partial(_by_netcdf, day, window, folder / "peer.nc"),
            "zlib": lambda: [zlib.compress(one, ZLIB_LEVEL) for one in raw],
            "cube": partial(write_cube_block, folder / "cube.zarr", ds),
        },
        3,
    )
    return [
        make_result(
            "publish: daily NetCDF of all land, one core",
            1 / taken["day"],
            "days/s",
            peer=("xarray.to_netcdf, floats as they are", 1 / taken["xarray"]),
            limit=("zlib of the same bytes, not shuffled", 1 / taken["zlib"]),
        ),
        make_result(
            "publish: cube, 32 days of all land, one core", BLOCK / taken["cube"], "days/s"
        ),
    ]


def main() -> None:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        save("stages", [*fusion(), *store_rates(Path(folder)), *product(Path(folder))])


if __name__ == "__main__":
    main()
