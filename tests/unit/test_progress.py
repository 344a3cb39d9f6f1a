"""Progress of a run: a bar on a terminal, lines in a log."""

import io

from rich.console import Console

from mcca_ml.cli.terminal import StageProgress

STAGES = ("grid", "train")


def shown(*, is_terminal: bool, seconds_per_task: float) -> str:
    """Text of a run of two stages, the first without tasks, the second with 20."""
    now = [0.0]
    console = Console(file=io.StringIO(), force_terminal=is_terminal, width=100)
    progress = StageProgress(console, STAGES, clock=lambda: now[0])
    progress.begin("grid", 0)
    advance = progress.begin("train", 20)
    for _ in range(20):
        now[0] += seconds_per_task
        advance(1)
    progress.stop()
    return console.file.getvalue()


def test_a_log_has_a_line_a_stage_and_one_each_tenth_of_a_long_one():
    lines = shown(is_terminal=False, seconds_per_task=30.0).splitlines()
    assert lines[0] == "stage 2 of 2, train, 20 tasks"
    assert lines[1] == "stage 2 of 2, train, 10 %, 9 min left"
    assert lines[8] == "stage 2 of 2, train, 80 %, 2 min left"
    assert lines[10:] == ["stage 2 of 2, train, 100 %, 0 s left"]


def test_a_short_stage_has_one_line_in_a_log():
    text = shown(is_terminal=False, seconds_per_task=0.1)
    assert text == "stage 2 of 2, train, 20 tasks\n"


def test_a_terminal_shows_stage_share_and_time_left():
    text = shown(is_terminal=True, seconds_per_task=30.0)
    assert "stage 2 of 2, train" in text
    assert "100 %, 0 s left" in text
    assert "tasks" not in text
