"""A record whose files were damaged: made again, or named in one line; never read as unseen."""

import shutil
from pathlib import Path

import pytest
from made_record import bytes_of, configuration

from mcca_ml.errors import OutputError
from mcca_ml.pipeline.run import run

CUT = {
    "grid": "work/grid/GMI.zarr/tb/c/209/0/0/0",
    "stream": "work/streams/TMI.zarr/soil_moisture/c/6/0",
    "record": "work/record.zarr/sm/c/6/0",
    "mark": "work/record.zarr/blocks/0000.json",
    "day": "product/2015/*20150501000000*",
    "cube": "product/record.zarr/sm_filled/c/1/0/0",
    "coordinate": "product/record.zarr/lat/c/0",
    "layout": "product/record.zarr/sm/zarr.json",
    "frame": "product/record.zarr/time/record.json",
    "manifest": "product/manifest.json",
    "sums": "product/SHA256SUMS",
    "sources": "product/sources.txt",
}
CHANGED = {
    "grid": ("work/grid/GMI.zarr/tb/c/209/0/0/0", "work/streams"),
    "stream": ("work/streams/TMI.zarr/soil_moisture/c/6/0", "work/record.zarr"),
    "record": ("work/record.zarr/sm/c/6/0", "product"),
}
"""What is damaged, and what has to be made again from it."""


def copied(made: Path, folder: Path, world: Path) -> Path:
    shutil.copytree(made, folder, dirs_exist_ok=True)
    return configuration(folder, world)


@pytest.mark.parametrize("part", CUT)
def test_what_was_cut_short_is_made_again(
    tiny_world: Path, tiny_record: Path, tmp_path: Path, part: str
) -> None:
    path = copied(tiny_record, tmp_path, tiny_world)
    (hit,) = tmp_path.glob(CUT[part])
    hit.write_bytes(hit.read_bytes()[: hit.stat().st_size // 2])
    tallies = {str(tally.stage): tally.tasks for tally in run(path)}
    assert bytes_of(tmp_path) == bytes_of(tiny_record)
    assert tallies["train"] == tallies["calibrate"] == 0


@pytest.mark.parametrize("part", ["coordinate", "frame", "sums", "sources"])
def test_what_of_the_product_is_lost_is_made_again(
    tiny_world: Path, tiny_record: Path, tmp_path: Path, part: str
) -> None:
    path = copied(tiny_record, tmp_path, tiny_world)
    (tmp_path / CUT[part]).unlink()
    tallies = run(path)
    assert bytes_of(tmp_path) == bytes_of(tiny_record)
    assert [str(tally.stage) for tally in tallies if tally.tasks] == ["publish"]


@pytest.mark.parametrize("part", CHANGED)
def test_what_was_changed_is_named_and_made_again_when_removed(
    tiny_world: Path, tiny_record: Path, tmp_path: Path, part: str
) -> None:
    path = copied(tiny_record, tmp_path, tiny_world)
    name, after = CHANGED[part]
    hit = tmp_path / name
    garbled = bytearray(hit.read_bytes())
    garbled[len(garbled) // 3] ^= 0x10
    hit.write_bytes(garbled)
    shutil.rmtree(tmp_path / after)
    with pytest.raises(OutputError) as caught:
        run(path)
    line = str(caught.value)
    assert line.startswith(f"{hit}: found other bytes than were written")
    assert "remove it and run the stage that makes it again" in line
    assert "\n" not in line
    hit.unlink()
    run(path)
    assert bytes_of(tmp_path) == bytes_of(tiny_record)


LEARNED = (
    "work/calibration/TMI.nc",
    "work/networks/GMI/0000.npz",
    "work/networks/GMI/spread.npz",
    "work/fusion/pool.npz",
)


@pytest.mark.parametrize("name", LEARNED)
def test_what_was_learned_and_is_cut_short_is_learned_again(
    tiny_world: Path, tiny_record: Path, tmp_path: Path, name: str
) -> None:
    path = copied(tiny_record, tmp_path, tiny_world)
    hit = tmp_path / name
    hit.write_bytes(hit.read_bytes()[: hit.stat().st_size // 2])
    run(path)
    assert bytes_of(tmp_path) == bytes_of(tiny_record)
