"""A SIMULATED world and its record, made once for all tests of a run, whichever worker needs it."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from made_record import WORLD, configuration

from mcca_ml.pipeline.run import run
from mcca_ml.simulate.run import simulate_world


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that the first worker to ask for it makes, and for which the others wait."""
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # of all workers of this run
    folder, is_made = root / name, root / f"{name}.made"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until the file is closed
        if not is_made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            is_made.touch()
    return folder


@pytest.fixture(scope="session")
def tiny_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SIMULATED granules of eleven weeks over a few cells; copy it to change it."""
    return made_once(tmp_path_factory, "tiny_world", lambda folder: simulate_world(WORLD, folder))


@pytest.fixture(scope="session")
def tiny_record(tiny_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The record of all its days, made undisturbed by one process; copy it to change it."""
    return made_once(
        tmp_path_factory, "tiny_record", lambda folder: run(configuration(folder, tiny_world))
    )
