"""Drift of one reference sensor against a more stable one.

AMSR2 and GMI are both references, and a network is trained on each. GMI is the more stable one: it
calibrates with noise diodes beside its loads, and the constellation is calibrated to it (Draper et
al. 2015, IEEE J. Sel. Top. Appl. Earth Obs. Remote Sens. 8(7), 3452-3462; Berg et al. 2016, J.
Atmos. Oceanic Technol. 33(12), 2639-2654; both from memory). A trend of their difference is
therefore attributed to AMSR2. For other sensors the overlap is too short or the footprints differ
too much: on simulated pairs of TMI the error of the H-channel drift was three of its standard
deviations (docs/calibration.md).
"""

import numpy as np

from mcca_ml.arrays import Datetime64, Float64
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.intercal.link import Link
from mcca_ml.intercal.match import Pairs
from mcca_ml.intercal.regress_differences import (
    DAY,
    YEAR_DAYS,
    Effect,
    departures,
    estimate_effects,
)


class Drift(Effect):
    """A linear change of a sensor with time, zero at the date; `size` and `sd` in [K per year]."""

    def correction(self, when: Datetime64, channels: tuple[str, ...]) -> tuple[Float64, Float64]:
        """Correction to subtract [K] and its variance [K2], (*shape of `when`, channel)."""
        # size * t, with t from the middle of the pairs, at which the drift is zero.
        size, variance = self.removed(channels)
        # Without an observation the correction is zero.
        years = np.where(np.isnat(when), 0.0, years_since(when, self.date))[..., None]
        return years * size, years**2 * variance


def years_since(when: Datetime64, date: np.datetime64) -> Float64:
    """Time since a UTC day [year]; NaN for NaT."""
    return np.asarray((when - date.astype(when.dtype)) / DAY / YEAR_DAYS, np.float64)


def _columns(pairs: Pairs, boost: np.datetime64) -> Float64:
    """Regressors: a constant, the season, and before or after the boost, (pair, column)."""
    angle = 2 * np.pi * years_since(pairs.when, np.datetime64("2000-01-01"))
    # One harmonic: frequencies and angles differ, so the difference of two sensors has a season.
    columns = [np.ones_like(angle), np.cos(angle), np.sin(angle)]
    is_before = (pairs.when < boost).astype(np.float64)
    # A constant column would only cost a degree of freedom.
    varies = is_before.min(initial=1.0) < is_before.max(initial=0.0)
    return np.stack([*columns, is_before] if varies else columns, axis=1)


def drift_against_reference(
    pairs: Pairs, link: Link, boost: np.datetime64, settings: CalibrateSettings
) -> Drift:
    """Estimate the drift of a sensor from its pairs with a stable one.

    Args:
        pairs: pairs from `match_pairs` over several years.
        link: lines fitted to these pairs; only their slopes matter, as every cell has its own mean.
        boost: first UTC day after a boost of the reference, which may cause a step.
        settings: the `[calibrate]` table.

    Returns:
        Drift by channel; NaN where it cannot be estimated. Only significant drifts are removed.
    """
    day = pairs.when.astype("datetime64[D]")
    middle = day.min() + (day.max() - day.min()) // 2
    effect = estimate_effects(
        departures(pairs, link),
        years_since(pairs.when, middle),
        _columns(pairs, boost),
        pairs.cell,
        (day - day.min()) // DAY // settings.step_block_days,
        channels=pairs.source_channels,
        date=middle,
        significance=settings.step_significance,
    )
    return Drift(**vars(effect))
