"""Ctrl-C while `retrieve` works: one line, the status of shells, nothing half written."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_look import TIMES, look_at
from typer.testing import CliRunner

from mcca_ml.cli import INTERRUPTED, app
from mcca_ml.simulate.smap import write_spl3smp

PLACES = [(100, 200), (100, 201), (101, 200), (150, 500)]
DAYS = 40
LINE = "interrupted; products written before stand"
MAIN = "from mcca_ml.cli import main; main()"
LIMIT_S = 120


def made_days(folder: Path) -> None:
    for number in range(DAYS):
        when = TIMES + np.timedelta64(number, "D")
        look = replace(look_at(PLACES), obs_time=when)
        stamp = str(when[0])[:10].replace("-", "")
        write_spl3smp(folder / f"SIMULATED_SMAP_L3_SM_P_{stamp}_R09000_001.h5", {"am": look})


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_an_interruption_leaves_whole_products_and_one_line(tmp_path):
    made_days(tmp_path)
    out = tmp_path / "out"
    command = [sys.executable, "-c", MAIN, "retrieve", str(tmp_path / "*.h5"), "--out", str(out)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    end = time.monotonic() + LIMIT_S
    while not list(out.glob("*.nc")) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=LIMIT_S)
    assert process.returncode == INTERRUPTED, stderr
    assert stderr.splitlines() == [LINE]
    assert stdout == ""
    files = sorted(path.name for path in out.iterdir())
    assert 0 < len(files) < DAYS
    ending = "_smap_m36_simulated.nc"
    assert all(name.endswith(ending) and not name.startswith(".") for name in files)
    whole = CliRunner().invoke(app, ["inspect", str(out / files[-1])])
    assert whole.exit_code == 0, whole.output
