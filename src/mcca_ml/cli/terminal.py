"""Output of the command line: progress, tables, reports."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from mcca_ml.inspect.description import Description

if TYPE_CHECKING:  # they need JAX, or all that simulates, which not every command does
    from mcca_ml.demo.day import Report
    from mcca_ml.pipeline.daily_product import Summary
    from mcca_ml.simulate.manifest import World

QUIET_SECONDS = 2.0
"""Work shorter than this shows no progress."""
LOG_SECONDS = 10.0
"""In a log, a stage that takes longer prints a line at each tenth [s]."""
_SHOWN_FLAGS = 12
_SHOWN_NOTES = 3
_FLAG_WIDTH = 22


class Bar:
    """A progress bar that appears only if the work takes longer than a moment."""

    def __init__(
        self, console: Console, label: str, counted: str, total: int | None = None
    ) -> None:
        self._progress = Progress(
            TextColumn(label),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn(
                f"{{task.fields[counted]:,}} {counted}  {{task.fields[rate]:,.0f}} {counted}/s"
            ),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=total, counted=0, rate=0.0)
        self._begun = time.monotonic()
        self._is_shown = False
        self._counted = 0

    @property
    def seconds(self) -> float:
        """Since the start [s]."""
        return time.monotonic() - self._begun

    def stop(self) -> None:
        """Take the bar away."""
        if self._is_shown:
            self._progress.stop()

    def advance(self, done: int, counted: int, total: int | None = None) -> None:
        """Add what was done, and what came of it; the bar appears when that takes long.

        Args:
            done: steps of the bar since the last call.
            counted: things made since the last call.
            total: steps of all the work, where it was not known before.
        """
        self._counted += counted
        rate = self._counted / max(self.seconds, 1e-9)
        self._progress.update(
            self._task, advance=done, total=total, counted=self._counted, rate=rate
        )
        if not self._is_shown and self.seconds > QUIET_SECONDS:
            self._progress.start()
            self._is_shown = True


class StageProgress:
    """Progress of a run over its stages: a bar on a terminal, lines in a log.

    Lines state the start of a stage, and each tenth of one that takes longer than 10 s.
    """

    def __init__(
        self,
        console: Console,
        stages: Sequence[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console, self._stages, self._clock = console, tuple(stages), clock
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=len(self._stages))

    def begin(self, stage: str, tasks: int) -> Callable[[int], None]:
        """Show that a stage begins; returns a function that counts its finished tasks.

        Args:
            stage: name, among those of the run.
            tasks: number of its tasks; a stage without tasks is not shown.
        """
        number = self._stages.index(stage)
        label = f"stage {number + 1} of {len(self._stages)}, {stage}"
        begun, finished, tenths = self._clock(), 0, 0

        def advance(done: int) -> None:
            nonlocal finished, tenths
            finished += done
            share, seconds = min(finished / max(tasks, 1), 1.0), self._clock() - begun
            line = f"{label}, {100 * share:.0f} %, {_time_left(share, seconds)}"
            self._progress.update(self._task, description=line, completed=number + share)
            is_next = int(10 * share) > tenths
            tenths = int(10 * share)
            if is_next and seconds > LOG_SECONDS and not self._console.is_terminal:
                self._log(line)

        self._progress.update(self._task, description=label, completed=number)
        if tasks and self._console.is_terminal:
            self._progress.start()
        elif tasks:
            self._log(f"{label}, {_count(tasks, 'task')}")
        return advance

    def _log(self, line: str) -> None:
        self._console.print(line, soft_wrap=True, highlight=False)

    def stop(self) -> None:
        """Remove the bar."""
        self._progress.stop()


def _time_left(share: float, seconds: float) -> str:
    """Return the time that a stage still needs at its mean pace, in words."""
    if not share:
        return "time left unknown"
    left = seconds * (1 - share) / share
    return f"{left:.0f} s left" if left < 60 else f"{left / 60:.0f} min left"


@contextmanager
def shown_bar(
    console: Console, label: str, counted: str, total: int | None = None
) -> Iterator[Bar]:
    """A bar that vanishes when the work ends, well or not.

    Args:
        console: where to show it.
        label: what the steps are, `granules` for instance.
        counted: what comes of them, `cells` for instance; shown with its rate.
        total: steps of all the work, if known.
    """
    bar = Bar(console, label, counted, total)
    try:
        yield bar
    finally:
        bar.stop()


def world_line(world: "World", seconds: float) -> str:
    """Return one line on the result of a simulation."""
    of_each = ", ".join(f"{name} {count:,}" for name, count in world.granules.items())
    what = "was there already" if world.was_there else f"made in {seconds:.1f} s"
    return (
        f"SIMULATED: {_count(world.count, 'granule')} ({of_each}) of {world.cells:,} cells, "
        f"{world.size / 1e6:,.0f} MB in {world.folder}; {what}"
    )


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def _notes(summary: "Summary") -> list[str]:
    """Days without a product, the first few by name."""
    notes = [empty.note for empty in summary.empty]
    rest = len(notes) - _SHOWN_NOTES
    more = [f"{_count(rest, 'more day')} without a product"] if rest > 0 else []
    return notes[:_SHOWN_NOTES] + more


def summary_line(summary: "Summary", out: object, seconds: float) -> str:
    """Return one line on the result of a run."""
    parts = [
        f"{_count(len(summary.products), 'product')} in {out}",
        f"{summary.cells:,} values, {summary.recommended:,} recommended",
        f"from {_count(summary.granules, 'granule')}",
        f"{seconds:.1f} s",
    ]
    if summary.maps:
        parts.insert(1, _count(len(summary.maps), "map"))
    if summary.replaced:
        parts.append(
            f"WARNING: replaced {_count(len(summary.replaced), 'product')} made from other granules"
        )
    if summary.failures:
        parts.append(f"INCOMPLETE: {_count(len(summary.failures), 'failure')}")
    return "; ".join([", ".join(parts), *_notes(summary)])


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({100 * part / whole:.0f} %)" if whole else "none"


def show_description(console: Console, description: Description) -> None:
    """Print the contents of a file."""
    head = Table.grid(padding=(0, 2))
    for label, value in description.heading.items():
        head.add_row(f"[bold]{label}", escape(value))
    if description.values:
        head.add_row("[bold]recommended", _share(description.recommended, description.values))
    console.print(head)
    if not description.rows:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("variable", "units", "min", "median", "max", "valid"):
        is_text = column in ("variable", "units")
        table.add_column(column, justify="left" if is_text else "right", no_wrap=True)
    for row in description.rows:
        table.add_row(
            row.name, row.units, row.low, row.median, row.high, f"{100 * row.share:.0f} %"
        )
    console.print(table)
    if description.flags:
        console.print(f"[bold]{'flag':<{_FLAG_WIDTH}}{'cells':>9}  meaning (* still recommended)")
    for flag in description.flags[:_SHOWN_FLAGS]:
        star = "* " if flag.is_recommended else ""
        line = f"{flag.name:<{_FLAG_WIDTH}}{flag.count:>9,}  {star}{flag.meaning}"
        # One line a flag: the whole must stay on a screen.
        console.print(escape(line), no_wrap=True, overflow="ellipsis", highlight=False)


def show_report(console: Console, report: "Report") -> None:
    """Print the files and scores of a simulated day."""
    from mcca_ml.demo.day import SCORED  # imports JAX, which `--help` does without

    console.print("[bold]SIMULATED: granule, truth, product and scores; no observation in it.")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("recommended values against truth", "units", "n", "bias", "ubRMSD", "R"):
        is_text = column in ("recommended values against truth", "units")
        table.add_column(column, justify="left" if is_text else "right")
    for name, score in report.scores.items():
        table.add_row(
            name,
            SCORED[name],
            f"{score.n:,.0f}",
            f"{score.bias:+.4f}",
            f"{score.ubrmsd:.4f}",
            f"{score.r:.3f}",
        )
    console.print(table)
    for path in (report.granule, report.truth, *report.summary.products, *report.summary.maps):
        console.print(f"  {path}", highlight=False, soft_wrap=True)
