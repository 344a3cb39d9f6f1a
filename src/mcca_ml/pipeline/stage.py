"""The stages of a record: their names in order, what each tells when it has ended."""

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
"""Called with a stage and the number of its tasks; gives what is told of each that has ended."""


def silent(_stage: Stage, _tasks: int) -> Callable[[int], None]:
    """Progress that nobody sees."""
    return lambda _done: None


@dataclass(frozen=True)
class Tally:
    """What a stage has done."""

    stage: Stage
    tasks: int
    """Tasks done; 0: all of it stood there already."""
    what: str
    """What that was, in words."""
    notes: tuple[str, ...] = ()
    """What a person should know: a sensor without stream, a month without granules."""
