"""Type stubs of the extension module built from module.cpp."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Arrays = tuple[object, ...]
"""float32 arrays."""
Draws = npt.NDArray[np.int32]

def instructions() -> list[str]: ...
def fine_tune(
    name: str,
    series: Arrays,
    first: Draws,
    start: Arrays,
    settings: tuple[int | float, ...],
    threads: int,
    progress: Callable[[int], object] | None,
    best: Arrays,
    errors: Floats,
    counts: Draws,
    /,
) -> None: ...
def gradient(
    name: str,
    series: Arrays,
    first: Draws,
    network: Arrays,
    length: int,
    warm_up: int,
    threads: int,
    found: Arrays,
    loss: Floats,
    /,
) -> None: ...
def predict(
    name: str,
    x: Floats,
    network: Arrays,
    threads: int,
    progress: Callable[[int], object] | None,
    answer: Floats,
    /,
) -> None: ...
def activations(name: str, x: Floats, sigmoid: Floats, tanh: Floats, /) -> None: ...
