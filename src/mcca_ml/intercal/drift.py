"""A drift of one reference against another that is known to be stable.

AMSR2 and GMI are both references, and a network is trained on each. GMI is the more stable one: it
calibrates with noise diodes beside its loads and is what the constellation is tied to (Draper et
al. 2015, IEEE J. Sel. Top. Appl. Earth Obs. Remote Sens. 8(7), 3452-3462; Berg et al. 2016, J.
Atmos. Oceanic Technol. 33(12), 2639-2654; both from memory). So what their difference does over the
years is taken for a drift of AMSR2. Between other sensors the overlap is too short or the
footprints too unlike: on simulated pairs of TMI the drift of H channels came out wrong by three of
its standard deviations (docs/calibration.md).
"""

import numpy as np

from mcca_ml.arrays import Datetime64, Float64
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.intercal.link import Link
from mcca_ml.intercal.match import Pairs
from mcca_ml.intercal.regress_differences import DAY, YEAR_DAYS, Effect, departures, effects_of


class Drift(Effect):
    """A change of a sensor with time; `size` and `sd` in [K per year], right at the date."""

    def correction(self, when: Datetime64, channels: tuple[str, ...]) -> tuple[Float64, Float64]:
        """What to take off at each time, and its variance, shape of `when` and channels [K, K2]."""
        # size * t, with t from the middle of the pairs, at which the sensor counts as right.
        size, variance = self.removed(channels)
        # Where nothing was seen there is nothing to take off.
        years = np.where(np.isnat(when), 0.0, years_since(when, self.date))[..., None]
        return years * size, years**2 * variance


def years_since(when: Datetime64, date: np.datetime64) -> Float64:
    """Time since a UTC day [year]."""
    return np.asarray((when - date.astype(when.dtype)) / DAY / YEAR_DAYS, np.float64)


def _columns(pairs: Pairs, boost: np.datetime64) -> Float64:
    """A constant, the season, and which side of a boost of the stable sensor, (pair, column)."""
    angle = 2 * np.pi * years_since(pairs.when, np.datetime64("2000-01-01"))
    # One harmonic: frequencies and angles differ, so the difference of two sensors has a season.
    columns = [np.ones_like(angle), np.cos(angle), np.sin(angle)]
    is_before = (pairs.when < boost).astype(np.float64)
    # A column that does not vary would only cost a degree of freedom.
    varies = is_before.min(initial=1.0) < is_before.max(initial=0.0)
    return np.stack([*columns, is_before] if varies else columns, axis=1)


def drift_against_reference(
    pairs: Pairs, link: Link, boost: np.datetime64, settings: CalibrateSettings
) -> Drift:
    """The drift of a sensor, from its pairs with one that has none.

    Args:
        pairs: of `match_pairs`, over years.
        link: lines made of these pairs; only their slopes matter, as every cell has its own mean.
        boost: first UTC day after a boost of the reference, which may bring a step.
        settings: the `[calibrate]` table.

    Returns:
        Nothing is removed where it is not significant; NaN where the pairs tell none.
    """
    day = pairs.when.astype("datetime64[D]")
    middle = day.min() + (day.max() - day.min()) // 2
    found = effects_of(
        departures(pairs, link),
        years_since(pairs.when, middle),
        _columns(pairs, boost),
        pairs.cell,
        (day - day.min()) // DAY // settings.step_block_days,
        channels=pairs.source_channels,
        date=middle,
        significance=settings.step_significance,
    )
    return Drift(**vars(found))
