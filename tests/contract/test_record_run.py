"""A record by `mcca-ml run`: from simulated granules of four sensors to the product, and again."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import zarr
from made_record import TRAIN, bytes_of, configuration

from mcca_ml.config.load import load_settings
from mcca_ml.errors import ConfigError, GranuleError, OutputError
from mcca_ml.pipeline.grid import grid
from mcca_ml.pipeline.plan import make_plan
from mcca_ml.pipeline.run import Workers, run
from mcca_ml.pipeline.stage import Stage, silent


@pytest.fixture(scope="module")
def world(tiny_world: Path) -> Path:
    """SIMULATED granules of eleven weeks over a few cells."""
    return tiny_world


@pytest.fixture(scope="module")
def made(tiny_record: Path) -> Path:
    """The record of all days, made undisturbed by one process."""
    return tiny_record


def copied(made: Path, folder: Path, world: Path, **changed: object) -> Path:
    """A copy of the record with a configuration of its own."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    return configuration(folder, world, **changed)  # type: ignore[arg-type]


def done(tallies) -> dict[str, int]:
    return {str(tally.stage): tally.tasks for tally in tallies}


def test_a_second_run_has_nothing_to_do(made: Path, world: Path, tmp_path: Path):
    path = copied(made, tmp_path, world)
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "product").rglob("*.nc")}
    assert set(done(run(path)).values()) == {0}
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert len(before) == 82


@pytest.mark.slow
def test_two_processes_make_the_same_bytes(made: Path, world: Path, tmp_path: Path):
    run(configuration(tmp_path, world), workers=Workers(2))
    assert bytes_of(tmp_path) == bytes_of(made)


def test_days_gridded_one_by_one_are_those_gridded_together(
    made: Path, world: Path, tmp_path: Path
):
    """As all land is, of which memory holds a day; a pass over midnight is in both."""
    path = configuration(tmp_path, world)
    plan = make_plan(load_settings(path), path.parent, retrain=False)
    assert grid(plan, None, silent, cell_days=0).tasks > 0
    mine, theirs = bytes_of(tmp_path), bytes_of(made)
    gridded = [name for name in theirs if name.startswith("work/grid")]
    assert len(gridded) > 50
    assert [name for name in gridded if mine[name] != theirs[name]] == []


def test_a_changed_setting_redoes_what_reads_it(made: Path, world: Path, tmp_path: Path):
    path = copied(made, tmp_path, world, more=f"{TRAIN}\n[fuse]\nprior_days = 30.0\n")
    found = done(run(path))
    before = ("grid", "retrieve", "calibrate", "train", "predict")
    assert [found[stage] for stage in before] == [0] * 5
    assert found["fuse"] > 0


def test_a_changed_granule_redoes_its_block_and_what_rests_on_it(
    made: Path, world: Path, tmp_path: Path
):
    other = tmp_path / "world"
    shutil.copytree(world, other)
    sorted((other / "granules" / "1C-AMSR2").rglob("*.HDF5"))[3].unlink()
    found = done(run(copied(made, tmp_path / "record", other)))
    assert found["grid"] == 1
    assert found["retrieve"] == 0
    assert found["train"] > 0


@pytest.mark.slow
def test_a_longer_period_leaves_the_days_that_stand(made: Path, world: Path, tmp_path: Path):
    short = configuration(tmp_path, world, end=date(2015, 6, 10))
    run(short)
    before = bytes_of(tmp_path)
    found = done(run(configuration(tmp_path, world)))
    after = bytes_of(tmp_path)
    assert found["train"] == found["calibrate"] == 0
    kept = [name for name in before if name.endswith(".nc") or "networks" in name]
    assert len(kept) > 70
    assert [name for name in kept if before[name] != after[name]] == []
    cube = json.loads((tmp_path / "product" / "record.zarr" / "zarr.json").read_text())
    assert cube["attributes"]["time_coverage_end"] == "2015-06-21T00:00:00Z"
    run(configuration(tmp_path, world), retrain=True)
    assert bytes_of(tmp_path) == bytes_of(made)


def _restate_sizes(store: Path) -> None:
    """Let the checkpoints of a store fit shards that were written over."""
    for mark in (store / "blocks").glob("*.json"):
        said = json.loads(mark.read_text())
        said["bytes"] = {key: (store / key).stat().st_size for key in said["bytes"]}
        mark.write_text(json.dumps(said))


def test_the_target_of_test_days_is_read_by_no_stage(made: Path, world: Path, tmp_path: Path):
    """Poison on the days of the test changes nothing that is made of the rest."""
    path = copied(made, tmp_path, world)
    store = zarr.open_group(tmp_path / "work" / "target.zarr", mode="r+", zarr_format=3)
    first = int((np.datetime64("2015-06-01") - np.datetime64("1997-01-01")).astype(int))
    poison = store["soil_moisture"][first : first + 20]
    assert (poison > 0).any()
    store["soil_moisture"][first : first + 20] = np.where(poison > 0, 30_000, poison)
    _restate_sizes(tmp_path / "work" / "target.zarr")
    for name in ("networks", "fusion", "streams", "record.zarr"):
        shutil.rmtree(tmp_path / "work" / name)
    assert done(run(path))["retrieve"] == 0
    assert (store["soil_moisture"][first : first + 20] == 30_000).any()
    mine, theirs = bytes_of(tmp_path), bytes_of(made)
    differing = [n for n in theirs if not n.startswith("work/target") and mine[n] != theirs[n]]
    assert differing == []


def killed_after(path: Path, seconds: float) -> bool:
    """Start a run and kill it, with all its processes; whether it was still at work."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from mcca_ml.cli.app import main; main()", "run", str(path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # So that JAX leaves no program half written for the tests to come.
        env=os.environ | {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "1e9"},
    )
    time.sleep(seconds)
    was_running = process.poll() is None
    if was_running:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=60)
    return was_running


@pytest.mark.drill
def test_killed_and_called_again_it_makes_the_same_bytes(made: Path, world: Path, tmp_path: Path):
    path = configuration(tmp_path, world)
    killed = [killed_after(path, seconds) for seconds in (4.0, 7.0, 11.0)]
    assert killed[0]
    run(path)
    assert bytes_of(tmp_path) == bytes_of(made)


def test_a_stage_alone_names_the_stage_before_it(world: Path, tmp_path: Path):
    path = configuration(tmp_path, world)
    with pytest.raises(GranuleError, match="run mcca-ml grid first"):
        run(path, stages=(Stage.RETRIEVE,))


def test_two_versions_of_a_granule_are_refused(made: Path, world: Path, tmp_path: Path):
    other = tmp_path / "world"
    shutil.copytree(world, other)
    one = sorted((other / "granules" / "1C-GMI").rglob("*.HDF5"))[0]
    shutil.copy(one, one.with_name(one.name.replace("V07A", "V07B")))
    with pytest.raises(GranuleError, match=r"V07A.* and .*V07B"):
        run(copied(made, tmp_path / "record", other))


def test_a_granule_with_a_wrong_clock_is_refused(made: Path, world: Path, tmp_path: Path):
    other = tmp_path / "world"
    shutil.copytree(world, other)
    one = sorted((other / "granules" / "1C-GMI").rglob("*.HDF5"))[3]
    digits = one.name.split(".")[4][:8]
    one.rename(one.with_name(one.name.replace(digits, str(int(digits) + 1))))
    with pytest.raises(GranuleError, match="its clock or its name is wrong"):
        run(copied(made, tmp_path / "record", other))


def test_a_truncated_granule_is_named_and_what_was_made_stands(
    made: Path, world: Path, tmp_path: Path
):
    other = tmp_path / "world"
    shutil.copytree(world, other)
    one = sorted((other / "granules" / "SPL3SMP").rglob("*.h5"))[0]
    one.write_bytes(one.read_bytes()[:5000])
    path = copied(made, tmp_path / "record", other)
    with pytest.raises(GranuleError, match=one.name):
        run(path)
    assert len(list((tmp_path / "record" / "product").rglob("*.nc"))) == 82


def test_a_store_of_another_version_is_refused(made: Path, world: Path, tmp_path: Path):
    path = copied(made, tmp_path, world)
    manifest = tmp_path / "work" / "grid" / "GMI.zarr" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": ', '"format": 9'))
    with pytest.raises(OutputError, match="another version"):
        run(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("[work]", "[wrok]"), "unknown key"),
        (("end = 2015-06-20", "end = 2015-01-20"), "found end 2015-01-20 before start"),
        (("west = -99.0\neast = -98.2", "west = -40.0\neast = -39.0"), "no land cell"),
        (("[input.1C-TMI]", "[input.1C-TIM]"), "1C-TIM"),
        (("granules/1C-GMI", "granules/1C-GIM"), "found no file"),
    ],
)
def test_a_bad_configuration_is_refused_in_one_line(
    world: Path, tmp_path: Path, change: tuple[str, str], words: str
):
    path = configuration(tmp_path, world)
    path.write_text(path.read_text().replace(*change))
    with pytest.raises((ConfigError, GranuleError), match=words) as raised:
        run(path)
    assert "\n" not in str(raised.value)
