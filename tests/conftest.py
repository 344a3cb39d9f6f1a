"""Fixtures that many tests share."""

import importlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = Path(__file__).resolve().parent.parent
COMPILED = "JAX_COMPILATION_CACHE_DIR"
KEPT = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Have all processes of one run of the tests share the programs that JAX compiles."""
    if COMPILED not in os.environ:  # nor in the workers, which have it of the one that starts them
        config.stash[KEPT] = Path(tempfile.mkdtemp(prefix="mcca-ml-compiled-"))
        os.environ[COMPILED] = str(config.stash[KEPT])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take the compiled programs away."""
    if KEPT in config.stash:
        del os.environ[COMPILED]
        shutil.rmtree(config.stash[KEPT], ignore_errors=True)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real granules; the test is skipped, with the reason, where there is none."""
    named = os.environ.get("MCCA_ML_DATA")
    folder = Path(named) if named else PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is no folder; name one in MCCA_ML_DATA")
    return folder


@pytest.fixture(scope="session")
def bench() -> Callable[[str], ModuleType]:
    """Imports a script of the benchmarks by its name."""

    def script(name: str) -> ModuleType:
        (path,) = (PROJECT / "benchmarks").glob(f"*/{name}.py")
        return importlib.import_module(f"benchmarks.{path.parent.name}.{name}")

    return script
