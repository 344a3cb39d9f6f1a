"""Is a record that is killed again and again the same record, byte for byte?

    python -m benchmarks.drills.kills [--kills 100] [--minutes 30] [--seed 0]

A SIMULATED world of a few cells and eleven weeks. A chain begins with nothing and calls the same
command over and over; each call is ended by kill -9 at a random time in a stage, the stages in
order, some kills each; half the kills take the command alone and leave the processes that work for
it, half take all. The last call of a chain is left alone, then every file of stores and product is
compared by sha256 with a record that nothing disturbed. Exit status 1 where any differs, is missing
or is left over, or where a call ends by itself with an error.

Measured 2026-11-25 on two virtual cores with other work beside (load 5 to 11, niceness 10), seed 0,
41 minutes: 112 kills, 16 aimed at each stage, 59 of them of the command alone, eight records of 415
files, each the same bytes as undisturbed.
"""

import argparse
import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mcca_ml.config.load import load_settings
from mcca_ml.demo.world import world_configuration
from mcca_ml.pipeline.stage import Stage
from mcca_ml.simulate.run import simulate_world

MAIN = "from mcca_ml.cli.app import main; main()"
STAGES = tuple(str(stage) for stage in Stage)
WORLD = load_settings(Path(__file__).resolve().parents[2] / "worlds" / "tiny.toml").simulate
TRAIN = Path(__file__).with_name("kills.toml")
PER_STAGE = 2
"""Kills in each stage of a chain."""
CACHE = "inputs.json"
"""Hashes of granules by their times of change: the only file that may differ."""
POLL_S = 0.002
SLACK = 1.1
"""Kills come until this share of the time that a stage took undisturbed."""
LONGEST_S = 600.0


class Wrong(Exception):
    """A call failed, or bytes differ."""


@dataclass(frozen=True)
class Kill:
    """One call that was killed."""

    stage: str
    is_alone: bool
    """Whether the processes that worked for the command were left to live."""


def configuration(folder: Path, granules: Path) -> Path:
    """A configuration of a record of the world, with small networks, in a folder of its own."""
    folder.mkdir()
    path = folder / "record.toml"
    path.write_text(f"{world_configuration(WORLD, granules)}\n{TRAIN.read_text()}")
    return path


class Call:
    """One call of `mcca-ml run`, and how far it has come."""

    def __init__(self, path: Path) -> None:
        self._said = path.with_name("said")
        self._errors = path.with_name("errors")
        with self._said.open("w") as said, self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-c", MAIN, "run", str(path), "--workers", "2"],
                stdout=said,
                stderr=errors,
                start_new_session=True,
            )

    def ended_stages(self) -> int:
        """How many stages have said that they ended."""
        lines = [line.split() for line in self._said.read_text().splitlines()]
        return sum(len(line) > 1 and line[0] in STAGES and line[1] != "note:" for line in lines)

    def is_at_work(self) -> bool:
        """Whether it has not ended; raise where it ended with an error."""
        status = self._process.poll()
        if status:
            last = (self._errors.read_text().strip().splitlines() or ["no message"])[-1]
            raise Wrong(f"a call ended with status {status}: {last}")
        return status is None

    def wait_until(self, stages: int, seconds: float = 0.0) -> bool:
        """Wait until some stages have ended, then some time [s]; whether it is at work still."""
        end = time.monotonic() + LONGEST_S
        while self.is_at_work() and self.ended_stages() < stages:
            if time.monotonic() > end:
                raise Wrong(f"a call took more than {LONGEST_S:.0f} s")
            time.sleep(POLL_S)
        end = time.monotonic() + seconds
        while self.is_at_work() and time.monotonic() < end:
            time.sleep(POLL_S)
        return self.is_at_work()

    def kill(self, *, is_alone: bool) -> None:
        """Kill -9, the command alone or all its processes too."""
        if is_alone:
            self._process.kill()
        else:
            self.end_group()
        self._process.wait()

    def end_group(self) -> None:
        """Kill all its processes that still live."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)


def hashes(folder: Path) -> dict[str, str]:
    """Sha256 of every file of stores and product."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for part in ("work", "product")
        for path in sorted((folder / part).rglob("*"))
        if path.is_file() and path.name != CACHE
    }


def undisturbed(path: Path) -> tuple[dict[str, str], list[float]]:
    """The record that nothing disturbs, and the seconds of each stage, start-up in the first."""
    begun, seconds = time.monotonic(), []
    call = Call(path)
    for number in range(1, len(STAGES) + 1):
        call.wait_until(number)
        seconds.append(time.monotonic() - begun)
        begun = time.monotonic()
    call.wait_until(len(STAGES), LONGEST_S)
    return hashes(path.parent), seconds


def chain(path: Path, seconds: list[float], rng: random.Random) -> Iterator[Kill]:
    """Make a record, with kills; each is told when it has happened."""
    left: Call | None = None
    for number in range(len(STAGES)):
        for _ in range(PER_STAGE):
            call = Call(path)
            when, is_alone = rng.uniform(0, SLACK * seconds[number]), rng.random() < 0.5
            try:
                is_killed = call.wait_until(number, when)
            finally:
                if left is not None:  # they have worked beside this call
                    left.end_group()
                call.kill(is_alone=is_alone)
            left = call
            if is_killed:
                at = min(call.ended_stages(), len(STAGES) - 1)
                yield Kill(STAGES[at], is_alone)
    last = Call(path)
    try:
        last.wait_until(len(STAGES), LONGEST_S)
    finally:
        last.end_group()
        if left is not None:
            left.end_group()


def check(found: dict[str, str], wanted: dict[str, str]) -> None:
    """Raise unless a record is the undisturbed one."""
    differing = [name for name in sorted(found | wanted) if found.get(name) != wanted.get(name)]
    if differing:
        raise Wrong(f"{len(differing)} files differ, {', '.join(differing[:5])} among them")


def measure(kills: int, minutes: float, seed: int, folder: Path) -> list[Kill]:
    """Kill until there are enough, or until the time is up; whole chains only."""
    end = time.monotonic() + 60 * minutes
    simulate_world(WORLD, folder / "world", workers=2)
    granules = folder / "world" / "granules"
    wanted, seconds = undisturbed(configuration(folder / "undisturbed", granules))
    took = ", ".join(f"{name} {one:.1f}" for name, one in zip(STAGES, seconds, strict=True))
    print(f"undisturbed: {len(wanted):,} files; seconds: {took}", flush=True)
    done: list[Kill] = []
    number = 0
    while len(done) < kills and time.monotonic() < end:
        path = configuration(folder / f"chain{number}", granules)
        try:
            done.extend(chain(path, seconds, random.Random(f"{seed} {number}")))
            check(hashes(path.parent), wanted)
        except Wrong as error:
            raise Wrong(f"chain {number} of seed {seed}: {error}; see {path.parent}") from error
        number += 1
        of_stages = Counter(one.stage for one in done)
        said = ", ".join(f"{name} {of_stages[name]}" for name in STAGES)
        print(f"chain {number}: the same bytes after {len(done)} kills in all ({said})", flush=True)
    return done


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        done = measure(asked.kills, asked.minutes, asked.seed, folder)
    except Wrong as error:  # what was made stays there to be looked at
        print(f"FAILED {error}")
        return 1
    shutil.rmtree(folder)
    print(f"{len(done)} kills, {sum(one.is_alone for one in done)} of the command alone")
    print("stores and product: the same bytes as undisturbed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
