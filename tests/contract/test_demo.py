"""`mcca-ml demo`: a world, its record and its report in one folder, by one command."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from made_record import TRAIN, WORLD
from typer.testing import CliRunner, Result

from mcca_ml.cli.app import app
from mcca_ml.cli.arguments import world_or_default
from mcca_ml.config.load import load_settings
from mcca_ml.config.simulate import SimulateSettings
from mcca_ml.demo.world import make_world, world_configuration
from mcca_ml.pipeline.stage import Stage

WORLDS = Path(__file__).parents[2] / "worlds"


@pytest.fixture(scope="module")
def folder(tiny_world: Path, tiny_record: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demonstration that was stopped before its report, with small networks."""
    path = tmp_path_factory.mktemp("demo")
    for part in (tiny_world, tiny_record):
        shutil.copytree(part, path, dirs_exist_ok=True)
    (path / "record.toml").write_text(world_configuration(WORLD) + TRAIN)
    return path


@pytest.fixture(scope="module")
def called(folder: Path) -> Result:
    world = str(WORLDS / "tiny.toml")
    return CliRunner().invoke(app, ["demo", "--world", world, "--out", str(folder)])


def test_it_goes_on_with_what_stands(called: Result):
    """What `run` made of a configuration by hand; but for the project's name in the product."""
    assert called.exit_code == 0, called.output
    first, *stages, last = called.stdout.splitlines()
    assert first.startswith("SIMULATED: ")
    assert first.endswith("was there already")
    assert [line.split()[0] for line in stages] == [str(stage) for stage in Stage] + ["report"]
    assert {line[10:] for line in stages[:-2]} == {"was done already"}
    assert last.startswith("SIMULATED: ")


def test_it_leaves_granules_truth_record_and_report(called: Result, folder: Path):
    assert called.exit_code == 0, called.output
    found = {path.name for path in folder.iterdir() if path.is_dir()}
    assert {"granules", "truth.zarr", "work", "product", "report"} <= found
    assert len(list((folder / "product" / "2015").glob("*.nc"))) == 82
    assert (folder / "product" / "record.zarr").is_dir()
    assert "SIMULATED" in (folder / "report" / "index.html").read_text(encoding="utf-8")
    assert str(folder / "report" / "index.html") in called.stdout


def test_a_configuration_that_was_changed_is_kept(folder: Path):
    text = (folder / "record.toml").read_text()
    make_world(folder, WORLD)
    assert (folder / "record.toml").read_text() == text


@pytest.mark.parametrize("stage", [str(stage) for stage in Stage if stage != Stage.PUBLISH])
def test_every_stage_is_a_command_of_its_own(folder: Path, stage: str):
    """`retrieve` too, which else is for granules."""
    found = CliRunner().invoke(app, [stage, str(folder / "record.toml")])
    assert found.exit_code == 0, found.output
    assert found.stdout.split(maxsplit=1) == [stage, "was done already\n"]


def test_options_for_granules_are_refused_with_a_record(folder: Path):
    found = CliRunner().invoke(app, ["retrieve", str(folder / "record.toml"), "--png"])
    assert found.exit_code == 1
    assert "found options for granules, expected none; leave them out" in found.stderr


def test_another_world_is_refused(folder: Path, tmp_path: Path):
    (tmp_path / "other.toml").write_text("[simulate]\nseed = 1\n")
    asked = ["demo", "--world", str(tmp_path / "other.toml"), "--out", str(folder)]
    found = CliRunner().invoke(app, asked)
    assert found.exit_code == 1
    assert f"error: {folder}: contains another simulated world" in found.stderr
    assert "choose another --out or remove it" in found.stderr


def test_without_a_file_it_is_the_demo_world():
    """So that the installed package needs no file of the repository."""
    assert (
        world_or_default(None) == SimulateSettings() == load_settings(WORLDS / "demo.toml").simulate
    )


@pytest.mark.parametrize("name", ["demo", "full", "tiny"])
def test_the_configuration_is_of_that_world(name: str, tmp_path: Path):
    world = load_settings(WORLDS / f"{name}.toml").simulate
    (tmp_path / "record.toml").write_text(world_configuration(world))
    found = load_settings(tmp_path / "record.toml")
    assert (found.period.start, found.period.end) == (world.first_day, world.last_day)
    assert [box.south for box in found.region.box] == [box.south for box in world.box]
    assert len(found.input) == len(world.sensors)


def test_a_sensor_that_does_not_fly_then_is_no_input():
    """Its folder would be empty, which a record refuses; AMSR-E ended in October 2011."""
    later = SimulateSettings(first_day=date(2015, 4, 1), last_day=date(2015, 4, 2))
    assert "1C-AMSR2" in world_configuration(later)
    assert "1C-AMSRE" not in world_configuration(later)
