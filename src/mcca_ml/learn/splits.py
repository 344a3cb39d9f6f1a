"""What each day is for: training, stopping, calibration or test."""

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Booleans, Datetime64, Float32, Int8
from mcca_ml.config.record import DaySpan, RolesSettings
from mcca_ml.errors import ConfigError, SchemaError

YEAR = 365
"""Days of the test, and of the calibration, where the configuration names none."""


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


def per_cell(roles: npt.ArrayLike, cells: int, days: int) -> Int8:
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


def only(y: Float32, roles: Int8, role: Role) -> Float32:
    """The target on the days of one role, NaN on all others, same shape."""
    return np.where(roles == role, y, np.float32(np.nan))


def _inside(days: Datetime64, spans: tuple[DaySpan, ...]) -> Booleans:
    """Whether each day lies in one of the spans."""
    found = np.zeros(days.size, np.bool_)
    for span in spans:
        found |= (days >= np.datetime64(span.first)) & (days <= np.datetime64(span.last))
    return found


def roles_of(days: Datetime64, settings: RolesSettings, target_days: Datetime64) -> Int8:
    """Role of each day, (time,).

    Of the days from the first to the last with a target the last are for the test, those before
    for calibration; the rest is for training, of which whole blocks say when to stop. Days after
    the last with a target are of the test, so that nothing is ever learned from them.

    Args:
        days: UTC days, each following the one before.
        settings: the `[roles]` table.
        target_days: days on which any cell has a target, rising; at least one.

    Raises:
        ConfigError: spans of two roles overlap, or no day of training is left.
    """
    first, last = target_days[0], target_days[-1]
    length = int((last - first).astype(int)) + 1
    share = np.timedelta64(min(YEAR, length // 4), "D")
    is_test = _inside(days, settings.test) if settings.test else days > last - share
    # By default the calibration is a share of the days, right before the test.
    begin = days[is_test][0] if is_test.any() else last + np.timedelta64(1, "D")
    is_calibrate = (days >= begin - share) & (days < begin)
    if settings.calibrate:
        is_calibrate = _inside(days, settings.calibrate)
    if (is_test & is_calibrate).any():
        day = days[is_test & is_calibrate][0]
        raise ConfigError(
            f"[roles]: {day} is of the calibration and of the test, expected one role; part them"
        )
    # Nothing is learned from days after the last target.
    is_test = is_test | ((days > last) & ~is_calibrate)
    number = (days - first).astype(int)
    # Whole blocks of days, since neighbouring days are alike.
    is_stop = (number // settings.stop_block) % settings.stop_every == settings.stop_every - 1
    roles = np.where(is_stop & (number >= 0), Role.STOP, Role.TRAIN)
    roles = np.where(is_calibrate, Role.CALIBRATE, np.where(is_test, Role.TEST, roles))
    if not (roles[np.isin(days, target_days)] == Role.TRAIN).any():
        raise ConfigError(
            f"[roles]: no day of training with a target between {first} and {last}, expected some; "
            "shorten the days of calibration and test"
        )
    return roles.astype(np.int8)
