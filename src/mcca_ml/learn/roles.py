"""What each day is for: training, stopping, calibration or test."""

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from mcca_ml.errors import SchemaError

Floats = npt.NDArray[np.float32]


class Role(IntEnum):
    """Roles of days, disjoint."""

    TRAIN = 0
    """Weights, scaling, means of cells."""
    STOP = 1
    """When to stop training; blocks of 15 days or more, since days next to each other agree."""
    CALIBRATE = 2
    """Uncertainty and weights of the fusion; not read by the learner."""
    TEST = 3
    """Scores only; not read by the learner."""


def per_cell(roles: npt.ArrayLike, cells: int, days: int) -> npt.NDArray[np.int8]:
    """Roles of each cell and day, (cell, time).

    Args:
        roles: codes of `Role`, (time,) or (cell, time).
        cells: number of cells.
        days: number of days.

    Raises:
        SchemaError: another shape, or a code that is no role.
    """
    codes = np.asarray(roles)
    if codes.shape not in ((days,), (cells, days)):
        raise SchemaError(
            f"learn: roles of shape {codes.shape}, expected ({days},) or ({cells}, {days});"
            " give one role to each day"
        )
    known = [role.value for role in Role]
    if not np.isin(codes, known).all():
        strange = sorted({str(c) for c in codes[~np.isin(codes, known)]})[:3]
        raise SchemaError(
            f"learn: roles hold {', '.join(strange)}, expected 0-3 (train, stop, calibrate, test);"
            " correct them"
        )
    return np.broadcast_to(codes.astype(np.int8), (cells, days))


def only(y: Floats, roles: npt.NDArray[np.int8], role: Role) -> Floats:
    """The target on the days of one role, NaN on all others, same shape."""
    return np.where(roles == role, y, np.float32(np.nan))
