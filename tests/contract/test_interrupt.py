"""Ctrl-C while `retrieve` works: one line, the status of shells, nothing half written."""

import os
import shlex
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_look import TIMES, look_at
from typer.testing import CliRunner

from mcca_ml.cli.app import app
from mcca_ml.cli.errors import INTERRUPTED
from mcca_ml.read.gpm_1c import read_1c
from mcca_ml.simulate.files.smap_products import write_spl3smp

PLACES = [(100, 200), (100, 201), (101, 200), (150, 500)]
DAYS = 40


def line(arguments: list[str]) -> str:
    """Message of an interrupted command, with the command that continues."""
    again = shlex.join(["mcca-ml", *arguments])
    return f"interrupted; finished files are kept; continue with: {again}"


MAIN = (
    # A shell that puts the tests into the background has its children ignore the signal.
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from mcca_ml.cli.app import main; main()"
)
LIMIT_S = 120
KEEPS_NO_PROGRAM = os.environ | {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "1e9"}
"""So that JAX leaves none half written for the tests to come."""


def made_days(folder: Path) -> None:
    for number in range(DAYS):
        when = TIMES + np.timedelta64(number, "D")
        look = replace(look_at(PLACES), obs_time=when)
        stamp = str(when[0])[:10].replace("-", "")
        write_spl3smp(folder / f"SIMULATED_SMAP_L3_SM_P_{stamp}_R09000_001.h5", {"am": look})


def interrupted(command: list[str], began: Callable[[], bool]) -> tuple[int, str, list[str]]:
    """Exit status, stdout and lines of stderr of a command that meets Ctrl-C once it has begun.

    The signal goes to all its processes, as a terminal sends it.
    """
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=KEEPS_NO_PROGRAM,
    )
    end = time.monotonic() + LIMIT_S
    while not began() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=LIMIT_S)
    return process.returncode, stdout, stderr.splitlines()


WORLD = """
[simulate]
first_day = 2015-01-01
last_day = 2015-12-31
spin_up_days = 30
trend = 0.0
drought = []
networks = 0
sensors = ["GMI", "AMSR2"]
"""


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_an_interruption_leaves_whole_products_and_one_line(tmp_path):
    made_days(tmp_path)
    out = tmp_path / "out"
    command = [sys.executable, "-c", MAIN, "retrieve", str(tmp_path / "*.h5"), "--out", str(out)]
    status, stdout, stderr = interrupted(command, lambda: bool(list(out.glob("*.nc"))))
    assert (status, stdout, stderr) == (INTERRUPTED, "", [line(command[3:])])
    files = sorted(path.name for path in out.iterdir())
    assert 0 < len(files) < DAYS
    ending = "_smap_m36_simulated.nc"
    assert all(name.endswith(ending) and not name.startswith(".") for name in files)
    whole = CliRunner().invoke(app, ["inspect", str(out / files[-1])])
    assert whole.exit_code == 0, whole.output


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_an_interrupted_simulation_leaves_whole_granules_and_no_mark_that_it_is_complete(tmp_path):
    config, out = tmp_path / "world.toml", tmp_path / "world"
    config.write_text(WORLD)
    command = [sys.executable, "-c", MAIN, "simulate", str(config), "--out", str(out)]
    status, stdout, stderr = interrupted(command, lambda: bool(list(out.rglob("*.HDF5"))))
    assert (status, stdout, stderr) == (INTERRUPTED, "", [line(command[3:])])
    granules = [path for path in (out / "granules").rglob("*") if path.is_file()]
    assert granules
    assert all(path.suffix == ".HDF5" and read_1c(path) for path in granules)
    assert not (out / "world.json").exists()


class Passing:
    """An object that comes and goes."""


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_an_interruption_in_code_whose_exceptions_are_ignored_ends_the_command(
    tmp_path, monkeypatch
):
    """As in a finalizer or a callback of a weak reference, of which JAX and xarray run many."""
    went_on = []

    def working(_path: Path) -> None:
        passing = Passing()
        _seen = weakref.ref(passing, lambda _: signal.raise_signal(signal.SIGINT))
        del passing
        went_on.append(True)
        time.sleep(LIMIT_S)
        went_on.append(True)

    monkeypatch.setattr("mcca_ml.inspect.describe.describe", working)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    hook = sys.unraisablehook
    try:
        found = CliRunner().invoke(app, ["inspect", str(tmp_path)])
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(went_on) == 1, "the interruption was not ignored, or for as long as the work took"
    assert (found.exit_code, found.stderr.splitlines()) == (
        INTERRUPTED,
        [line(["inspect", str(tmp_path)])],
    )
    assert sys.unraisablehook is hook


def test_an_interrupted_run_names_the_command_as_typed(monkeypatch):
    def interrupt(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mcca_ml.pipeline.run.run", interrupt)
    result = CliRunner().invoke(app, ["run", "my record.toml", "--workers", "4"])
    assert result.exit_code == INTERRUPTED
    assert result.stderr == (
        "interrupted; finished files are kept; continue with: "
        "mcca-ml run 'my record.toml' --workers 4\n"
    )
