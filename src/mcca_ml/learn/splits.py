"""Split the days into training, early stopping, calibration and test."""

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from mcca_ml.arrays import Booleans, Datetime64, Float32, Int8
from mcca_ml.config.record import DaySpan, RolesSettings
from mcca_ml.errors import ConfigError, SchemaError

YEAR = 365
"""Default number of test days, and of calibration days."""


class Role(IntEnum):
    """Split that a day belongs to; splits are disjoint."""

    TRAIN = 0
    """Training: weights, scaling, means of cells."""
    STOP = 1
    """Early stopping; blocks of 15 days or more, since neighbouring days are correlated."""
    CALIBRATE = 2
    """Calibration of uncertainty and of fusion weights; not used by the learner."""
    TEST = 3
    """Test scores only; not used by the learner."""


def per_cell(roles: npt.ArrayLike, cells: int, days: int) -> Int8:
    """Roles of each cell and day, (cell, time).

    Args:
        roles: codes of `Role`, (time,) or (cell, time).
        cells: number of cells.
        days: number of days.

    Raises:
        SchemaError: the shape differs, or a code is unknown.
    """
    codes = np.asarray(roles)
    if codes.shape not in ((days,), (cells, days)):
        raise SchemaError(
            f"learn: roles of shape {codes.shape}, expected ({days},) or ({cells}, {days});"
            " give one role to each day"
        )
    known = [role.value for role in Role]
    if not np.isin(codes, known).all():
        unknown = sorted({str(c) for c in codes[~np.isin(codes, known)]})[:3]
        raise SchemaError(
            f"learn: found roles {', '.join(unknown)}, expected 0-3 (train, stop, calibrate, test);"
            " correct them"
        )
    return np.broadcast_to(codes.astype(np.int8), (cells, days))


def only(y: Float32, roles: Int8, role: Role) -> Float32:
    """Target on the days of one role, NaN on the others, same shape."""
    return np.where(roles == role, y, np.float32(np.nan))


def _inside(days: Datetime64, spans: tuple[DaySpan, ...]) -> Booleans:
    """True for days in any of the spans, (time,)."""
    inside = np.zeros(days.size, np.bool_)
    for span in spans:
        inside |= (days >= np.datetime64(span.first)) & (days <= np.datetime64(span.last))
    return inside


def assign_roles(days: Datetime64, settings: RolesSettings, target_days: Datetime64) -> Int8:
    """Assign a role to each day, (time,).

    Of the days from the first to the last with a target the last are for testing, those before for
    calibration, the others for training, with whole blocks for early stopping. Days after the last
    target are test days.

    Args:
        days: consecutive UTC days.
        settings: the `[roles]` table.
        target_days: days on which any cell has a target, rising; at least one.

    Raises:
        ConfigError: test and calibration overlap, or no training day is left.
    """
    first, last = target_days[0], target_days[-1]
    length = int((last - first).astype(int)) + 1
    share = np.timedelta64(min(YEAR, length // 4), "D")
    is_test = _inside(days, settings.test) if settings.test else days > last - share
    # By default the calibration days directly precede the test days.
    begin = days[is_test][0] if is_test.any() else last + np.timedelta64(1, "D")
    is_calibrate = (days >= begin - share) & (days < begin)
    if settings.calibrate:
        is_calibrate = _inside(days, settings.calibrate)
    if (is_test & is_calibrate).any():
        day = days[is_test & is_calibrate][0]
        raise ConfigError(
            f"[roles]: test and calibrate overlap on {day}, expected one role; make them disjoint"
        )
    # Days after the last target are test days.
    is_test = is_test | ((days > last) & ~is_calibrate)
    number = (days - first).astype(int)
    # Whole blocks of days, since neighbouring days are correlated.
    is_stop = (number // settings.stop_block) % settings.stop_every == settings.stop_every - 1
    roles = np.where(is_stop & (number >= 0), Role.STOP, Role.TRAIN)
    roles = np.where(is_calibrate, Role.CALIBRATE, np.where(is_test, Role.TEST, roles))
    if not (roles[np.isin(days, target_days)] == Role.TRAIN).any():
        raise ConfigError(
            f"[roles]: no training day with a target between {first} and {last}, expected some; "
            "shorten test and calibrate"
        )
    return roles.astype(np.int8)
