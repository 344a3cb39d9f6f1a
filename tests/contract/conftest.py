"""A SIMULATED world and its record, made once for all files that look at one."""

from pathlib import Path

import pytest
from made_record import WORLD, configuration

from mcca_ml.pipeline.run import run
from mcca_ml.simulate.run import simulate_world


@pytest.fixture(scope="session")
def tiny_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SIMULATED granules of eleven weeks over a few cells; copy it to change it."""
    path = tmp_path_factory.mktemp("world")
    simulate_world(WORLD, path, workers=2)
    return path


@pytest.fixture(scope="session")
def tiny_record(tiny_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The record of all its days, made undisturbed by one process; copy it to change it."""
    folder = tmp_path_factory.mktemp("record")
    run(configuration(folder, tiny_world))
    return folder
