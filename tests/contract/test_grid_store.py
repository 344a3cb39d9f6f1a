"""The store of gridded brightness temperature: round trip, blocks whole or absent, bytes read."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.storage import LocalStore, WrapperStore

from made_examples import at_most
from made_swath import block_of_cells, footprints_over, swath
from mcca_ml import schema
from mcca_ml.errors import OutputError
from mcca_ml.flags import Flag
from mcca_ml.grid.swaths import grid_swaths
from mcca_ml.simulate import granule_tasks
from mcca_ml.store import integrity, layout, write_blocks
from mcca_ml.store.integrity import missing_blocks
from mcca_ml.store.layout import Frame
from mcca_ml.store.packing import PACKED, pack, unpack
from mcca_ml.store.read_blocks import open_store
from mcca_ml.store.write_blocks import create_store, write_block

CELLS, _ = block_of_cells()
CHANNELS = ("10.65V", "10.65H", "18.7V", "18.7H")
FRAME = Frame("GMI", CHANNELS, CELLS, "settings")
BLOCK = layout.block_number(np.datetime64("2016-03-02"))
DAYS = layout.block_days(BLOCK)


def block(seed=0, number=BLOCK, days=32):
    """A block of which some bins are observed."""
    rng = np.random.default_rng(seed)
    all_days = layout.block_days(number)
    parts = []
    for day in all_days[:: max(1, days // 6)]:
        lat, lon, time = footprints_over(CELLS, rng, 150, start=f"{day}T04:00")
        parts.append(swath(lat, lon, time, rng.uniform(180, 300, (150, 4))))
    return grid_swaths(parts, CELLS, all_days[0], all_days[days - 1])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_store(tmp_path / "GMI.zarr", FRAME)
    return tmp_path / "GMI.zarr"


def assert_within_quantum(result: xr.Dataset, ds: xr.Dataset):
    schema.check(result, schema.GRID_TB, where="test")
    for name, packed in ((n, PACKED[n]) for n in schema.GRID_TB):
        one, other = result[name].to_numpy(), ds[name].to_numpy()
        if name == "obs_time":
            assert (np.isnat(one) == np.isnat(other)).all()
            off = np.abs(one - other)[~np.isnat(one)] / np.timedelta64(1, "s")
        else:
            assert (np.isnan(one) == np.isnan(other)).all()
            off = np.abs(one.astype(float) - other.astype(float))[np.isfinite(other)]
        limit = packed.quantum if name == "obs_time" else packed.quantum / 2 + 2e-5
        assert off.max() <= (limit if name not in ("nobs", "flag") else 0)


def test_round_trip(path: Path):
    ds = block()
    write_block(path, ds, "inputs")
    result = open_store(path)
    assert_within_quantum(result, ds)
    for name in ("time", "look", "cell", "lat", "lon", "channel"):
        assert (result[name] == ds[name]).all()
    assert result.attrs["sensor"] == "GMI"


@settings(max_examples=at_most(50), deadline=None)
@given(st.sampled_from(["tb", "incidence", "local_time"]), st.data())
def test_packing_is_within_half_a_quantum(name, data):
    limits = schema.GRID_TB[name]
    low, high = limits.low, float(np.nextafter(np.float32(limits.high), np.float32(0)))
    value = st.floats(low, high, width=32, allow_subnormal=False) | st.just(np.nan)
    values = np.array([data.draw(st.lists(value, min_size=1, max_size=20))], np.float32)
    counts = pack(name, values, DAYS[:1])
    back = unpack(name, counts, DAYS[:1])
    assert counts.dtype == np.int16
    assert (np.isnan(back) == np.isnan(values)).all()
    known = ~np.isnan(values)
    assert (np.abs(back - values)[known] <= PACKED[name].quantum / 2 + 2e-5).all()
    assert (pack(name, back, DAYS[:1]) == counts).all()  # a second time nothing moves


@given(st.integers(0, 86_399_999))
def test_a_time_stays_in_its_day(millisecond):
    times = (DAYS[:1].astype("M8[ms]") + np.timedelta64(millisecond, "ms"))[:, None]
    back = unpack("obs_time", pack("obs_time", times, DAYS[:1]), DAYS[:1])
    assert back.astype("M8[D]")[0, 0] == DAYS[0]
    assert np.timedelta64(0, "s") <= times[0, 0] - back[0, 0] < np.timedelta64(2, "s")


def test_a_value_that_has_no_count():
    yesterday = (DAYS[:1] - np.timedelta64(1, "D")).astype("M8[ns]")[:, None]
    with pytest.raises(OutputError, match=r"obs_time: found -86400 to .* expected 0 to 86398 s"):
        pack("obs_time", yesterday, DAYS[:1])
    with pytest.raises(OutputError, match=r"tb: found 200 to 600 K, expected -127.67 to 527.67 K"):
        pack("tb", np.array([[200.0, 600.0]]), DAYS[:1])


def test_days_that_are_not_of_the_run_are_left_out(path: Path):
    write_block(path, block(days=9), "inputs")
    assert (open_store(path)["time"].to_numpy() == DAYS[:9]).all()


def test_blocks_and_days_that_are_absent_are_left_out(path: Path):
    assert open_store(path).sizes["time"] == 0
    first, third = block(1), block(2, number=BLOCK + 2)
    for ds in (third, first):
        write_block(path, ds, "inputs")
    result = open_store(path)
    assert_within_quantum(result, xr.concat([first, third], "time"))
    some = open_store(path, cells=slice(3, 9), first_day=DAYS[5], last_day=DAYS[-1] + 40)
    wanted = xr.concat([first, third], "time").isel(cell=slice(3, 9))
    assert_within_quantum(some, wanted.sel(time=slice(DAYS[5], DAYS[-1] + 40)))


def test_a_block_is_replaced_whole(path: Path):
    write_block(path, block(1), "first")
    empty = grid_swaths([swath([0], [0], DAYS[0], 200)], CELLS, DAYS[0], DAYS[-1])
    write_block(path, empty, "second")
    assert (open_store(path)["flag"] == int(Flag.NOT_OBSERVED)).all()
    assert missing_blocks(path, {BLOCK: "second"}) == []


def test_what_is_missing(path: Path, tmp_path: Path):
    wanted = {BLOCK: "a", BLOCK + 1: "b"}
    assert missing_blocks(tmp_path / "none.zarr", wanted) == [BLOCK, BLOCK + 1]
    assert missing_blocks(path, wanted) == [BLOCK, BLOCK + 1]
    write_block(path, block(), "a")
    assert missing_blocks(path, wanted) == [BLOCK + 1]
    assert missing_blocks(path, {BLOCK: "changed"}) == [BLOCK]
    next((path / "tb").rglob("0")).rename(path / "elsewhere")
    for shard in (path / "tb" / "c").rglob("0"):
        if shard.is_file():
            shard.unlink()
    assert missing_blocks(path, {BLOCK: "a"}) == [BLOCK]


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("after", range(7))
def test_a_block_whose_writing_ends_early_is_absent(path: Path, after, monkeypatch):
    """Whatever file is the last: shards without a checkpoint are not read but written again."""
    write_block(path, block(1), "old")
    done, write = [], integrity.replacing

    def until(file, **options):
        if len(done) == after:
            raise Killed
        done.append(file)
        return write(file, **options)

    monkeypatch.setattr(integrity, "replacing", until)
    with pytest.raises(Killed):
        write_block(path, block(2), "new")
    monkeypatch.undo()
    assert missing_blocks(path, {BLOCK: "new"}) == [BLOCK]
    assert missing_blocks(path, {BLOCK: "old"}) == [BLOCK]
    assert open_store(path).sizes["time"] == 0
    write_block(path, block(2), "new")
    assert_within_quantum(open_store(path), block(2))


def contents_of(path: Path):
    """Bytes of every file of a store, by its name in it."""
    return {str(f.relative_to(path)): f.read_bytes() for f in path.rglob("*") if f.is_file()}


def test_the_same_values_give_the_same_bytes(path: Path, tmp_path: Path):
    other = tmp_path / "other.zarr"
    create_store(other, FRAME)
    blocks = [block(1), block(2, number=BLOCK + 1)]
    for ds in blocks:
        write_block(path, ds, "inputs")
    write_block(other, block(3), "else")  # left behind by another run
    for ds in reversed(blocks):
        write_block(other, ds, "inputs")
    assert contents_of(path) == contents_of(other)
    create_store(other, FRAME)  # leaves it as it is
    assert missing_blocks(other, {BLOCK: "inputs", BLOCK + 1: "inputs"}) == []


@pytest.mark.parametrize("at_once", [1, 500, 10**9])
def test_a_block_that_is_packed_in_parts_has_the_same_bytes(
    path: Path, tmp_path, monkeypatch, at_once
):
    other = tmp_path / "other.zarr"
    create_store(other, FRAME)
    write_block(path, block(1), "inputs")
    sizes = []

    def watched(name, values, days):
        sizes.append((name, values.size, len(days)))
        return pack(name, values, days)

    monkeypatch.setattr(write_blocks, "pack", watched)
    write_block(other, block(1), "inputs", at_once=at_once)
    assert contents_of(other) == contents_of(path)
    assert all(size <= at_once or days == 1 for _, size, days in sizes)
    assert sum(days for name, _, days in sizes if name == "tb") == len(DAYS)


class Counting(WrapperStore[LocalStore]):
    """Counts the bytes that are read."""

    read = 0

    async def get(self, key, prototype, byte_range=None):
        value = await super().get(key, prototype, byte_range)
        Counting.read += 0 if value is None else len(value)
        return value


def test_no_more_than_twice_the_bytes_needed_are_read(tmp_path: Path):
    """A block of cells over all days, against its share of what is stored."""
    cells = np.arange(4 * layout.CELL_BLOCK)
    path = tmp_path / "GMI.zarr"
    create_store(path, Frame("GMI", CHANNELS[:2], cells, "settings"))
    rng = np.random.default_rng(0)
    shape = (32, 2, cells.size)
    for number in (BLOCK, BLOCK + 1):
        days = layout.block_days(number)
        ds = grid_swaths(
            [swath([0], [0], days[0], 200)], cells, days[0], days[-1], channels=CHANNELS[:2]
        )
        ds["tb"][:] = rng.normal(250, 10, (*shape, 2))
        ds["local_time"][:] = rng.uniform(0, 24, shape)
        ds["incidence"][:] = rng.normal(0.9, 0.01, shape)
        ds["nobs"][:] = rng.integers(1, 12, shape)
        ds["obs_time"][:] = days[:, None, None] + rng.integers(0, 86400, shape).astype("m8[s]")
        ds["flag"][:] = rng.integers(0, 8, shape) * 2
        write_block(path, ds, "inputs")
    shards = [f for name in schema.GRID_TB for f in (path / name / "c").rglob("*") if f.is_file()]
    Counting.read = 0
    part = slice(layout.CELL_BLOCK, 2 * layout.CELL_BLOCK)
    result = open_store(path, cells=part, source=Counting(LocalStore(path)))
    assert result.sizes["cell"] == layout.CELL_BLOCK
    needed = sum(shard.stat().st_size for shard in shards) / 4
    assert needed < Counting.read < 1.1 * needed


def test_another_store_stands_there(path: Path):
    with pytest.raises(OutputError, match="found a store with another channels, configuration"):
        create_store(path, Frame("GMI", CHANNELS[:2], CELLS, "other"))
    with pytest.raises(OutputError, match="found a store with another cells"):
        create_store(path, Frame("GMI", CHANNELS, CELLS + 1, "settings"))


def test_a_store_of_another_version(path: Path):
    manifest = path / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 99}))
    for use in (
        open_store,
        lambda p: create_store(p, FRAME),
        lambda p: write_block(p, block(), ""),
    ):
        with pytest.raises(OutputError, match="found a store of format 99, expected 2; it was"):
            use(path)


def test_no_store(tmp_path: Path):
    with pytest.raises(OutputError, match="found no manifest, expected a store of this package"):
        open_store(tmp_path / "none.zarr")
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(OutputError, match="found no manifest"):
        open_store(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda ds: ds.isel(cell=slice(1, None)), "other cells than the store's"),
        (lambda ds: ds.isel(channel=slice(1, None)), "other channels than the store's"),
        (lambda ds: ds.isel(look=[0]), "other looks than am and pm"),
        (lambda ds: ds.isel(time=[0, 2]), "days with gaps or out of order"),
        (lambda ds: ds.assign_attrs(sensor="TMI"), "sensor TMI"),
        (lambda ds: ds.assign_coords(time=ds["time"] + np.timedelta64(3, "D")), "expected one"),
    ],
)
def test_a_block_that_does_not_fit(path: Path, change, message):
    with pytest.raises(OutputError) as caught:
        write_block(path, change(block()), "inputs")
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path}: found ")
    assert missing_blocks(path, {BLOCK: "inputs"}) == [BLOCK]


def test_blocks_are_those_of_the_simulation():
    assert (layout.BLOCK_DAYS, layout.EPOCH) == (
        granule_tasks.BLOCK_DAYS,
        granule_tasks.EPOCH,
    )


RNG = np.random.default_rng(4)
WIDE = np.arange(200_000, 202_600)
"""More cells than a block of them has."""


def by_cells(contents: str, cells: np.ndarray, days: np.ndarray) -> xr.Dataset:
    """A STREAM or RECORD of random values with gaps."""
    shape = (days.size, cells.size)
    out = xr.Dataset(coords={"time": days.astype("M8[ns]"), "cell": cells})
    out.attrs = {"sensor": "GMI" if contents == "STREAM" else "RECORD", "simulated": "true"}
    for name, var in getattr(schema, contents).items():
        packed = PACKED[name]
        if var.units is None:
            seconds = RNG.integers(0, 86_400, shape).astype("m8[s]")
            values = days.astype("M8[ns]")[:, None] + seconds
            values[RNG.random(shape) < 0.3] = np.datetime64("NaT")
        elif packed.quantum == 1:
            values = RNG.integers(0, 2, shape).astype(packed.dtype)
        else:
            values = RNG.uniform(0, 0.6, shape).astype(np.float32)
            values[RNG.random(shape) < 0.3] = np.nan
        out[name] = (("time", "cell"), values, {"units": var.units} if var.units else {})
    return out


@pytest.mark.parametrize("contents", ["STREAM", "RECORD"])
def test_cells_over_all_days(tmp_path: Path, contents: str):
    path = tmp_path / "s.zarr"
    days = np.arange(np.datetime64("2011-11-20"), np.datetime64("2011-12-25"))
    ds = by_cells(contents, WIDE, days)
    create_store(path, Frame(ds.attrs["sensor"], (), WIDE, "settings", contents))
    parts = write_blocks.blocks_of_cells(WIDE.size)
    assert len(parts) == 3
    for number, part in enumerate(parts):
        write_blocks.write_block(path, ds.isel(cell=part), f"inputs {number}")
    result = open_store(path)
    schema.check(result, getattr(schema, contents), where="test")
    for name, var in getattr(schema, contents).items():
        one, other = result[name].to_numpy(), ds[name].to_numpy()
        assert one.shape == other.shape
        if var.units is None:
            assert (np.isnat(one) == np.isnat(other)).all()
            continue
        off = np.abs(one.astype(float) - other.astype(float))
        assert (np.isnan(one) == np.isnan(other)).all()
        assert np.nanmax(off) <= (0 if PACKED[name].quantum == 1 else PACKED[name].quantum)
    assert result.attrs["simulated"] == "true"
    some = open_store(path, cells=slice(1000, 1030), first_day=days[3], last_day=days[9])
    name = next(iter(result.data_vars))
    assert (some[name].to_numpy() == result[name].to_numpy()[3:10, 1000:1030]).mean() > 0.6
    wanted = {n: f"inputs {n}" for n in range(3)}
    assert missing_blocks(path, wanted) == []
    assert missing_blocks(path, wanted | {1: "others"}) == [1]


def test_later_days_leave_full_shards_as_they_are(tmp_path: Path):
    path = tmp_path / "s.zarr"
    days = np.arange(np.datetime64("2008-01-01"), np.datetime64("2011-12-25"))
    cells = WIDE[:5]
    ds = by_cells("STREAM", cells, days)
    create_store(path, Frame("GMI", (), cells, "settings", "STREAM"))
    write_blocks.write_block(path, ds.isel(time=slice(0, -200)), "short")
    before = integrity.block_checkpoints(path)[0]["shards"]
    write_blocks.write_block(path, ds, "long")
    after = integrity.block_checkpoints(path)[0]["shards"]
    full = sorted({key for key in before if int(key.split("/")[2]) < 5 and key in after})
    assert [key for key in full if before[key] != after[key]] == []
    assert len([key for key in before if before[key] != after.get(key)]) > 0
    write_blocks.write_block(path, ds.isel(time=slice(0, 40)), "shorter")
    assert open_store(path).sizes["time"] == 40
    assert sorted(p.name for p in (path / "soil_moisture" / "c").glob("*/*")) == ["0"]


def test_cells_that_are_no_block_of_the_store(tmp_path: Path):
    stream = tmp_path / "s.zarr"
    create_store(stream, Frame("GMI", (), WIDE, "settings", "STREAM"))
    with pytest.raises(OutputError, match="other cells than those of one block"):
        write_blocks.write_block(stream, by_cells("STREAM", WIDE[:7], DAYS[:3]), "")


def test_an_uncertainty_without_a_bound_saturates():
    counts = pack("vod_v_uncertainty", np.array([[np.inf, 1e9, 0.1, np.nan]]), DAYS[:1])
    back = unpack("vod_v_uncertainty", counts, DAYS[:1])
    assert back[0, :2] == pytest.approx(32.767)
    assert back[0, 2] == pytest.approx(0.1)
    assert np.isnan(back[0, 3])
