"""Processes that work for a command end when it is killed, and do not wait for ever."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

LIMIT_S = 20.0
COMMAND = """
import os, time
from mcca_ml import parallel
if __name__ == "__main__":
    with parallel.processes(2) as pool:
        busy = [pool.submit({task}) for _ in range(2)]
        print(*pool._processes, flush=True)
        time.sleep(600)
"""


def lives(pid: int) -> bool:
    """Whether a process is there and is no zombie, which only waits to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="looks at processes in /proc")
@pytest.mark.parametrize("task", ["os.getpid", "time.sleep, 600"], ids=["idle", "at work"])
def test_they_end_with_the_command(tmp_path, task):
    script = tmp_path / "command.py"
    script.write_text(COMMAND.format(task=task))
    process = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        pids = [int(pid) for pid in process.stdout.readline().split()]
        time.sleep(2.0)  # until they have begun
        assert len(pids) == 2
        assert all(map(lives, pids))
        process.kill()
        process.wait()
        end = time.monotonic() + LIMIT_S
        while any(map(lives, pids)) and time.monotonic() < end:
            time.sleep(0.05)
        assert not any(map(lives, pids))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()
