"""The stages of a record: their names in order, result summary of each stage."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """Stages in the order in which a record is made."""

    GRID = "grid"
    RETRIEVE = "retrieve"
    CALIBRATE = "calibrate"
    TRAIN = "train"
    PREDICT = "predict"
    FUSE = "fuse"
    PUBLISH = "publish"


Progress = Callable[[Stage, int], Callable[[int], None]]
"""Called with a stage and its number of tasks; returns a function that counts finished tasks."""


def silent(_stage: Stage, _tasks: int) -> Callable[[int], None]:
    """Ignore progress."""
    return lambda _done: None


@dataclass(frozen=True)
class Tally:
    """Result summary of a stage."""

    stage: Stage
    tasks: int
    """Tasks done; 0: the stage was complete already."""
    what: str
    """Result in words."""
    notes: tuple[str, ...] = ()
    """Notes to the user: a sensor without stream, a month without granules."""
