"""A SIMULATED world and its record, made once for all tests of a run, whichever worker needs it."""

from pathlib import Path

import pytest
from made_record import WORLD, configuration

from made_once import folder_of_run, made_once
from mcca_ml.pipeline.run import run
from mcca_ml.simulate.run import simulate_world


@pytest.fixture(scope="session")
def tiny_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SIMULATED granules of eleven weeks over a few cells; copy it to change it."""
    root = folder_of_run(tmp_path_factory)
    return made_once(root, "tiny_world", lambda folder: simulate_world(WORLD, folder))


@pytest.fixture(scope="session")
def tiny_record(tiny_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The record of all its days, made undisturbed by one process; copy it to change it."""
    root = folder_of_run(tmp_path_factory)
    return made_once(root, "tiny_record", lambda folder: run(configuration(folder, tiny_world)))
