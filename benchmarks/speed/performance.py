"""What did all benchmarks of speed find? Writes the tables of docs/performance.md.

    python -m benchmarks.speed.performance

Reads `results/*.json`, measures nothing. `make bench` calls it last.
"""

from collections.abc import Iterable
from pathlib import Path

from benchmarks.common.markdown import table, write
from benchmarks.speed.plan import plan_tables
from benchmarks.speed.result import COSTS, NOT_INSTALLED, Result, load

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
PARTS = ("machine", "write_1c", "read_1c", "gridding", "retrieve", "training")
PARTS += ("training_one_core", "scaling", "prediction", "prediction_one_core", "stages", "command")
"""Names of the results in the order of the stages; what was never measured is left out."""


def number(value: float | None) -> str:
    """Four digits at most.

    >>> number(1051000.0), number(0.2553), number(None)
    ('1,051,000', '0.255', '')
    """
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def share(row: Result) -> str:
    """What of the limit is reached.

    >>> from benchmarks.speed.result import make_result
    >>> share(make_result("a", 2.0, "s", limit=("b", 1.0)))
    '50 %'
    """
    if not row.value or not row.limit_value:
        return ""
    return f"{100 * reached(row):.0f} %"


def reached(row: Result) -> float:
    """Share of the limit [1]; only of rows that have one."""
    value, most = float(row.value or 0), float(row.limit_value or 0)
    return most / value if row.unit in COSTS else value / most


def results_table(rows: Iterable[Result]) -> str:
    """A table of some results."""
    head = ["what", "value", "peer", "peer's", "times as good", "limit", "limit's", "reached"]
    lines = []
    for row in rows:
        is_absent = row.peer.endswith(NOT_INSTALLED)
        lines.append(
            [
                row.name,
                f"{number(row.value)} {row.unit}",
                row.peer,
                "-" if is_absent else number(row.peer_value),
                number(row.ratio),
                row.limit,
                number(row.limit_value),
                share(row),
            ]
        )
    return table(head, lines)


def tables() -> dict[str, str]:
    """All tables by the names of their markers."""
    rows = [row for part in PARTS for row in load(part)]
    made = sorted({(row.commit, row.machine) for row in rows})
    where = table(["source", "machine and load when measured"], made)
    return {"results": results_table(rows), "machines": where, **plan_tables()}


def main() -> None:
    """Write the document anew."""
    found = tables()
    write(DOCUMENT, found)
    print(f"{len(found)} tables written to docs/{DOCUMENT.name}")


if __name__ == "__main__":
    main()
