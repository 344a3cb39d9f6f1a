"""A store whose files were lost, cut short or changed: noticed, never read as days without a look.

What the bytes should be is known from before the damage; nothing here knows how they are checked.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from made_examples import at_most
from made_swath import block_of_cells, footprints_over, swath
from mcca_ml import schema
from mcca_ml.errors import OutputError
from mcca_ml.grid.swaths import grid_swaths
from mcca_ml.publish.grid_window import smallest_window
from mcca_ml.publish.record_cube import CHECKPOINTS, create_cube, write_cube_block
from mcca_ml.store import integrity, layout, write_blocks
from mcca_ml.store.integrity import missing_blocks
from mcca_ml.store.layout import Frame
from mcca_ml.store.packing import PACKED
from mcca_ml.store.read_blocks import open_store
from mcca_ml.store.write_blocks import create_store

CELLS, _ = block_of_cells()
BLOCK = layout.block_number(np.datetime64("2016-03-02"))
DAYS = layout.block_days(BLOCK)
CHANNELS = ("10.65V", "10.65H")
INPUTS = {BLOCK: "inputs"}


def of_days(path: Path) -> None:
    """A store that is cut into days, of one block."""
    rng = np.random.default_rng(0)
    lat, lon, time = footprints_over(CELLS, rng, 150, start=f"{DAYS[4]}T04:00")
    seen = swath(lat, lon, time, rng.uniform(180, 300, (150, 2)), channels=CHANNELS)
    create_store(path, Frame("GMI", CHANNELS, CELLS, "settings"))
    ds = grid_swaths([seen], CELLS, DAYS[0], DAYS[-1], channels=CHANNELS)
    write_blocks.write_block(path, ds, "inputs")


def record() -> xr.Dataset:
    """A RECORD of random values."""
    rng = np.random.default_rng(1)
    shape = (DAYS.size, CELLS.size)
    out = xr.Dataset(coords={"time": DAYS.astype("M8[ns]"), "cell": CELLS})
    out.attrs = {"sensor": "RECORD", "simulated": "true"}
    for name, var in schema.RECORD.items():
        values = rng.integers(0, 2, shape).astype(PACKED[name].dtype)
        if var.units is None:
            values = DAYS.astype("M8[ns]")[:, None] + rng.integers(0, 86_400, shape).astype("m8[s]")
        elif PACKED[name].quantum != 1:
            values = rng.uniform(0, 0.6, shape).astype(np.float32)
        out[name] = (("time", "cell"), values, {"units": var.units} if var.units else {})
    return out


def of_cells(path: Path) -> None:
    """A store that is cut into cells, of one block."""
    create_store(path, Frame("RECORD", (), CELLS, "settings", "RECORD"))
    write_blocks.write_block(path, record(), "inputs")


def shards(path: Path) -> list[Path]:
    result = sorted(p for p in path.rglob("c/*/**/*") if p.is_file() and p.parts[-2] != "c")
    assert result
    return result


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("stores")
    of_days(folder / "days.zarr")
    of_cells(folder / "cells.zarr")
    return {"days": folder / "days.zarr", "cells": folder / "cells.zarr"}


@pytest.fixture(params=["days", "cells"])
def path(request: pytest.FixtureRequest, made: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(made[request.param], tmp_path / "s.zarr"))


def wanted(path: Path) -> dict[int, str]:
    return dict.fromkeys(integrity.block_checkpoints(path), "inputs")


def again(path: Path) -> None:
    """What the stage does with a block that is missing."""
    (of_cells if layout.read_frame(path).contents == "RECORD" else of_days)(path)


@pytest.mark.parametrize("damage", ["lost", "empty", "cut", "longer"])
def test_a_shard_of_another_length_is_missing_and_made_again(path: Path, damage: str):
    before = {one: one.read_bytes() for one in shards(path)}
    block = wanted(path)
    assert missing_blocks(path, block) == []
    hit = shards(path)[2]
    if damage == "lost":
        hit.unlink()
    else:
        whole = hit.read_bytes()
        hit.write_bytes({"empty": b"", "cut": whole[:-7], "longer": whole + b"0"}[damage])
    assert missing_blocks(path, block) == list(block)
    with pytest.raises(OutputError, match="missing or truncated since it was written") as caught:
        open_store(path)
    assert str(caught.value).startswith(f"{hit}: ")
    assert "\n" not in str(caught.value)
    again(path)
    assert {one: one.read_bytes() for one in shards(path)} == before
    assert missing_blocks(path, block) == []


def test_what_is_not_read_may_be_lost(path: Path):
    hit = shards(path)[0]
    hit.unlink()
    name = hit.relative_to(path).parts[0]
    others = [n for n in open_names(path) if n != name]
    assert set(open_store(path, variables=others).data_vars) == set(others)
    with pytest.raises(OutputError, match="missing or truncated"):
        open_store(path, variables=[name])


def open_names(path: Path) -> list[str]:
    return [p.parent.name for p in path.glob("*/c") if p.parent.name != "cell"]


@pytest.mark.parametrize("kind", ["days", "cells"])
@settings(max_examples=at_most(60), deadline=None)
@given(place=st.integers(0, 10**6), which=st.integers(0, 100), bits=st.integers(1, 255))
def test_a_changed_byte_is_noticed_wherever_it_is(made, kind, place, which, bits):
    """Each shard, each byte, each change: the values of before, or one line that names the file."""
    path = made[kind]
    hit = shards(path)[which % len(shards(path))]
    whole = hit.read_bytes()
    name = hit.relative_to(path).parts[0]
    before = open_store(path, variables=[name])
    garbled = bytearray(whole)
    garbled[place % len(whole)] ^= bits
    hit.write_bytes(garbled)
    try:
        xr.testing.assert_identical(open_store(path, variables=[name]), before)
    except OutputError as error:
        line = str(error)
        assert line.startswith(f"{hit}: found other bytes than were written")
        assert "remove it and run the stage" in line
        assert "\n" not in line
    finally:
        hit.write_bytes(whole)


def test_a_shard_that_is_nothing_but_noise_is_named_and_made_again(path: Path):
    hit = shards(path)[-1]
    whole = hit.read_bytes()
    hit.write_bytes(np.random.default_rng(0).bytes(len(whole)))
    block = wanted(path)
    with pytest.raises(OutputError, match=f"{hit.name}: found other bytes than were written"):
        open_store(path)
    hit.unlink()
    assert missing_blocks(path, block) == list(block)
    again(path)
    assert hit.read_bytes() == whole


@pytest.mark.parametrize("text", ["", "{", "[]", '{"inputs": ""}', '{"inputs": "", "shards": {}}'])
def test_a_checkpoint_that_cannot_be_read_is_none(path: Path, text: str):
    block = wanted(path)
    next((path / "blocks").glob("*.json")).write_text(text)
    assert missing_blocks(path, block) == list(block)
    assert open_store(path).sizes["time"] == 0


@pytest.mark.parametrize("damage", ["lost", "cut", "other"])
def test_cells_that_are_not_those_of_the_store(path: Path, damage: str):
    hit = path / "cell" / "c" / "0"
    if damage == "lost":
        hit.unlink()
    elif damage == "cut":
        hit.write_bytes(hit.read_bytes()[:5])
    else:
        create_store(path.with_name("other.zarr"), Frame("GMI", (), CELLS + 1, "", "STREAM"))
        shutil.copy(path.with_name("other.zarr") / "cell" / "c" / "0", hit)
    for use in (open_store, layout.read_frame):
        with pytest.raises(OutputError, match="cell: found other cells than those of the store"):
            use(path)


@pytest.mark.parametrize("text", ["cut", "lost", "{}"])
def test_a_store_whose_layout_is_damaged_is_named(path: Path, text: str):
    layout = path / open_names(path)[0] / "zarr.json"
    whole = layout.read_text()
    layout.write_text(whole[:40] if text == "cut" else text)
    if text == "lost":
        layout.unlink()
    with pytest.raises(OutputError, match=r"s\.zarr: cannot be read .* remove it") as caught:
        open_store(path)
    assert "\n" not in str(caught.value)


def test_a_cube_is_checked_as_a_store_is(tmp_path: Path):
    path, window = tmp_path / "cube.zarr", smallest_window(CELLS)
    create_cube(path, window, DAYS[0], DAYS[-1])
    write_cube_block(path, record(), "a")
    hit = path / "sm" / "c" / "0" / "0" / "0"
    whole = hit.read_bytes()
    for damaged in (whole[:-1], b""):
        hit.write_bytes(damaged)
        assert missing_blocks(path, {0: "a"}, CHECKPOINTS) == [0]
    garbled = bytearray(whole)
    garbled[10] ^= 1
    hit.write_bytes(garbled)
    with pytest.raises((RuntimeError, ValueError)):  # of any reader of the cube
        xr.open_zarr(path, consolidated=False)["sm"].load()
    write_cube_block(path, record(), "a")
    assert hit.read_bytes() == whole
    (path / "time" / "blocks" / "0000.json").write_text("{")
    assert missing_blocks(path, {0: "a"}, CHECKPOINTS) == [0]


def test_a_block_of_a_cube_whose_writing_ends_early_is_absent(tmp_path: Path, monkeypatch):
    path, window = tmp_path / "cube.zarr", smallest_window(CELLS)
    create_cube(path, window, DAYS[0], DAYS[-1])
    write_cube_block(path, record(), "a")
    done, write = [], integrity.replacing

    def until(file, **options):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(file)
        return write(file, **options)

    monkeypatch.setattr(integrity, "replacing", until)
    with pytest.raises(KeyboardInterrupt):
        write_cube_block(path, record(), "b")
    monkeypatch.undo()
    assert missing_blocks(path, {0: "a"}, CHECKPOINTS) == [0]
    assert missing_blocks(path, {0: "b"}, CHECKPOINTS) == [0]


def test_a_shard_of_a_cube_that_is_empty_now_is_removed(tmp_path: Path):
    path, window = tmp_path / "cube.zarr", smallest_window(CELLS)
    create_cube(path, window, DAYS[0], DAYS[-1])
    write_cube_block(path, record(), "a")
    shard = path / "nobs" / "c" / "0" / "0" / "0"
    assert shard.is_file()
    empty = record()
    empty["nobs"][:] = 0
    write_cube_block(path, empty, "b")
    assert not shard.exists()
    assert missing_blocks(path, {0: "b"}, CHECKPOINTS) == []
    assert (xr.open_zarr(path, consolidated=False)["nobs"] == 0).all()
