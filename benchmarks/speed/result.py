"""How is a figure of the benchmarks kept, beside its peer and the machine's limit?

`results/NAME.json` is a list of objects with the fields of `Result`, one a line.
"""

import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from benchmarks.common.json_rows import read_rows, write_rows

FOLDER = Path(__file__).resolve().parents[1] / "results"
NOT_INSTALLED = "not installed"
COSTS = frozenset({"s", "ms", "us", "GB", "MB", "s CPU", "h"})
"""Units of which less is better; of all others, which are rates, more is."""
DIGITS = 4


@dataclass(frozen=True)
class Result:
    """A figure."""

    name: str
    """Stage and what of it was measured, as in "grid: swaths to cells, two cores"."""
    value: float | None
    """None: this build has no such thing."""
    unit: str
    peer: str
    """Who did the same work in the same run; empty: nobody does."""
    peer_value: float | None
    """In the same unit; None: no peer, or not installed."""
    ratio: float | None
    """How many times as good as the peer."""
    limit: str
    """What of the machine bounds it; empty: not told."""
    limit_value: float | None
    """In the same unit, what the machine would allow."""
    machine: str
    commit: str


def ratio_of(value: float | None, peer_value: float | None, unit: str) -> float | None:
    """How many times as good as the peer: more of a rate, less of a cost.

    >>> ratio_of(2.0, 8.0, "s"), ratio_of(2.0, 8.0, "cells/s")
    (4.0, 0.25)
    """
    if not value or not peer_value:
        return None
    return peer_value / value if unit in COSTS else value / peer_value


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")


def machine() -> str:
    """Processor, number of cores, and how busy it was."""
    model = platform.processor() or platform.machine()
    path = Path("/proc/cpuinfo")
    if path.is_file():
        rows = [row for row in path.read_text().splitlines() if row.startswith("model name")]
        model = rows[0].split(":")[1].strip() if rows else model
    return f"{model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"


def commit() -> str:
    """Version of the source; with a plus where files differ from it."""
    here = Path(__file__).resolve().parents[1]

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=here, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    found = git("rev-parse", "--short", "HEAD") or "unknown"
    return found + ("+" if git("status", "--porcelain", "--untracked-files=no", "../src") else "")


@cache
def _provenance() -> tuple[str, str]:
    """Machine and commit when the first figure of this process was made."""
    return machine(), commit()


def make_result(
    name: str,
    value: float | None,
    unit: str,
    *,
    peer: tuple[str, float | None] = ("", None),
    limit: tuple[str, float | None] = ("", None),
) -> Result:
    """A figure of this machine and commit.

    Args:
        name: stage and what of it was measured, "stage: what".
        value: measured; None: this build has no such thing.
        unit: of the value, its peer's and its limit.
        peer: who did the same work and its value; None: not installed.
        limit: what of the machine bounds it and its value.
    """
    who, peer_value = peer
    return Result(
        name,
        _rounded(value),
        unit,
        who if peer_value is not None or not who else f"{who}: {NOT_INSTALLED}",
        _rounded(peer_value),
        _rounded(ratio_of(value, peer_value, unit)),
        limit[0],
        _rounded(limit[1]),
        *_provenance(),
    )


def verdict(limit: str, *, is_met: bool) -> int:
    """Print whether a limit is met, and give the exit status."""
    print(f"limit {limit}: {'met' if is_met else 'NOT MET'}")
    return 0 if is_met else 1


def save(stage: str, results: Iterable[Result], folder: Path = FOLDER) -> None:
    """Write results to `stage.json`, and print them."""
    rows = list(results)
    write_rows(folder / f"{stage}.json", map(asdict, rows))
    for row in rows:
        print(in_one_line(row))


def load(stage: str, folder: Path = FOLDER) -> list[Result]:
    """Results of `stage.json`; none where it was never measured."""
    path = folder / f"{stage}.json"
    return [Result(**row) for row in read_rows(path)] if path.is_file() else []


def in_one_line(row: Result) -> str:
    """A result in one line."""
    words = [f"{row.name:58s} {row.value if row.value is not None else '-':>10} {row.unit}"]
    if row.peer:
        words.append(f"{row.peer} {row.peer_value}, ratio {row.ratio}")
    if row.limit:
        words.append(f"limit {row.limit_value} ({row.limit})")
    return "; ".join(words)
