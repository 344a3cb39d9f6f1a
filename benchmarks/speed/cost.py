"""What does a command cost: seconds, memory and bytes of it and of the processes it starts?"""

import os
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # comes with `distributed`

MAIN = "from mcca_ml.cli.app import main; main()"
"""`mcca-ml` by the Python of the benchmark."""
POLL_S = 0.1


@dataclass(frozen=True)
class Cost:
    """What one call took."""

    wall_s: float
    cpu_s: float
    """Of all its processes."""
    largest_gb: float
    """Resident memory of the largest of its processes."""
    peak_gb: float
    """Resident memory of all its processes together, at most."""
    read_gb: float
    """Asked for by its processes, from disk or cache."""
    written_gb: float
    status: int
    """0 where it has done its work."""
    last_line: str
    """Of what it printed."""


class _Watch(threading.Thread):
    """Memory and bytes of a process and those that it has started, looked at again and again."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._process, self._is_over = psutil.Process(pid), threading.Event()
        self.largest, self.together = 0, 0
        self.moved: dict[int, tuple[int, int]] = {}
        self.start()

    def run(self) -> None:
        """Look until `end`."""
        while not self._is_over.wait(POLL_S):
            with suppress(psutil.Error, OSError, IndexError):  # one of them has just ended
                self._look([self._process, *self._process.children(recursive=True)])

    def _look(self, family: Sequence[psutil.Process]) -> None:
        together = 0
        for process in family:
            together += process.memory_info().rss
            io = process.io_counters()
            self.moved[process.pid] = io.read_chars, io.write_chars
            # The peak between two looks too; that of rusage is not below that of this process.
            status = Path(f"/proc/{process.pid}/status").read_text()
            self.largest = max(self.largest, 1024 * int(status.split("VmHWM:")[1].split()[0]))
        self.together = max(self.together, self.largest, together)

    def end(self) -> None:
        """Stop looking."""
        self._is_over.set()
        self.join()


def cost_of(command: Sequence[str], log: Path) -> Cost:
    """Run a command to its end; what it prints goes to a file."""
    start = time.perf_counter()
    with log.open("w") as output:
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        watch = _Watch(child.pid)
        # Of this child and its own alone: RUSAGE_CHILDREN would keep the peak of an earlier one.
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    watch.end()
    read, written = (
        sum(column) / 1e9 for column in zip((0, 0), *watch.moved.values(), strict=True)
    )
    lines = log.read_text(errors="replace").strip().splitlines() or [""]
    return Cost(
        wall_s=wall,
        cpu_s=used.ru_utime + used.ru_stime,
        largest_gb=watch.largest / 1e9,
        peak_gb=watch.together / 1e9,
        read_gb=read,
        written_gb=written,
        status=child.returncode,
        last_line=lines[-1].strip()[:200],
    )
