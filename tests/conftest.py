"""Fixtures that many tests share, how many examples a law is given, and programs kept for all."""

import hashlib
import importlib
import os
import platform
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import jax
import pytest
from hypothesis import settings

from made_examples import FEW

PROJECT = Path(__file__).resolve().parent.parent
PROCESSOR = Path("/proc/cpuinfo")
KEPT = "jax_compilation_cache_dir"
KEEPING = {
    "jax_persistent_cache_min_compile_time_secs": 0,
    "jax_persistent_cache_min_entry_size_bytes": -1,
}
"""Settings of JAX by which it keeps every program that it compiles."""

settings.register_profile("full", settings.get_profile("default"))
settings.register_profile("quick", max_examples=FEW)


def programs_of_this_processor() -> Path:
    """Folder of compiled programs: a program is for the instructions of one kind of processor."""
    words = [platform.machine(), platform.processor()]
    if PROCESSOR.exists():
        lines = PROCESSOR.read_text(encoding="utf-8", errors="replace").splitlines()
        words += [line for line in lines if line.startswith(("model name", "flags"))][:2]
    return PROJECT / ".cache" / "jax" / hashlib.sha256("\n".join(words).encode()).hexdigest()[:12]


def pytest_configure() -> None:
    """Have all processes of the tests, of this run and the next, share what JAX compiles."""
    if KEPT.upper() in os.environ:  # of a worker, or chosen by the caller
        return
    for name, value in {KEPT: str(programs_of_this_processor()), **KEEPING}.items():
        os.environ[name.upper()] = str(value)  # for processes to come
        jax.config.update(name, value)  # for this one, into which a plugin has imported JAX


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they ask for: real granules, or scripts of the benchmarks."""
    for item in items:
        asked = getattr(item, "fixturenames", ())
        if "real_data" in asked:
            item.add_marker("real_data")
        if "bench" in asked:  # for the merge: nothing of the package rests on them
            item.add_marker("slow")


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
