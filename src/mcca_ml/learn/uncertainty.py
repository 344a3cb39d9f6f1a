"""How far an estimate may be off: from the target, by its calibration days, and from the truth.

Against the target: an error has a usual size about the mean of its season, by cell, season and
freshness (`scale`), and that mean, its shift, another, which all cells and seasons share. The half
widths that hold 68 and 95 % of the errors are the root of the sum of both squares times factors
found by split-conformal prediction (Lei et al. 2018): sizes are fitted on the even blocks of 16
days and the factors are quantiles of |error| / size on the odd blocks, and the other way round, so
that no day tells both.

A shift is no property of its cell and season, though there is but one year to tell it from: over
its training years a network has none, and in a dry year all cells of a region have one. Taken for
one, it makes intervals of the next year too wide here and too narrow elsewhere.

Against the truth: what the target itself adds at random from day to day is no error of the
estimate and is taken off; what is wrong with the target in the same way every day is learned with
it and is added; so is what the cross-calibration leaves open.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from mcca_ml.arrays import Booleans, Datetime64, Float32, Float64, Int64, UInt8
from mcca_ml.errors import SchemaError
from mcca_ml.learn import error_model
from mcca_ml.learn.features import Inputs

FEWEST = 200
"""Days of a class of freshness below which its factor is that of all classes."""
SURE, NEARLY_SURE = 0.68, 0.95
SMALLEST_SHARE = 0.25
"""Of the variance against the target, that is error of the estimate however noisy the target is."""
RANDOM_SHARE_VOD = (0.0, 0.25, 0.5, 0.75)
RANDOM_SHARE = (0.89, 0.76, 0.62, 0.60)
"""Sd from noise and temperature over the whole sd of stage one [1], at these VOD: its default
settings at 40 degrees, median over soil moisture of 0.05 to 0.40. At one VOD it ranges over up to
0.25; beyond the last, where the bounds hold both, the last one stands."""


@dataclass(frozen=True)
class Seen:
    """What the days that the networks learned from held."""

    low: Float32
    high: Float32
    """Range of each input, of `input_range`."""
    months: Int64
    """Days with a target in each month of the year, (cell, 12)."""


@dataclass(frozen=True)
class Spread:
    """What the calibration days say of the errors in each cell."""

    cells: Int64
    """Numbers of the cells, (cell,)."""
    days: Int64
    """Calibration days with a target, (cell,)."""
    cell: Float32
    """Usual error about the mean of a season [m3 m-3], for factors of 1, (cell, 1)."""
    season: Float32
    """Its factor [1], (cell, season)."""
    freshness: Float32
    """Its factor by the looks of the day or the age of the last one, by which it becomes the half
    width that holds 68 % of the errors, were there no shifts [1], (cell, freshness)."""
    shift: Float32
    """Half width for shifts alone [m3 m-3], (cell, freshness)."""
    ratio95: Float32
    """Half width that holds 95 % over that of 68 % [1], ()."""
    random_sd: Float32
    """Of the target, from day to day [m3 m-3], (cell,)."""
    systematic_sd: Float32
    """Of the target, the same on all days [m3 m-3], (cell,)."""
    guess_sd: Float32
    """Of the mean of a cell whose level is a guess [m3 m-3], ()."""
    low: Float32
    high: Float32
    """Range of each input on training days, its own units, NaN where unknown, (cell, feature)."""
    months: Int64
    """Days with a target to learn from in each month of the year, (cell, 12)."""

    def of(self, cells: Int64) -> "Spread":
        """The same for some cells, in their order.

        Args:
            cells: their numbers, (cell,).

        Raises:
            SchemaError: one of them is not held.
        """
        # Cells come in any order: search through their sorted order.
        order = np.argsort(self.cells, kind="stable")
        place = np.searchsorted(self.cells, cells, sorter=order)
        place = order[np.minimum(place, len(order) - 1)]
        if not np.array_equal(self.cells[place], cells):
            raise SchemaError(
                f"learn: spread of {len(order)} cells without all of the {len(cells)} asked for,"
                " expected them; train again"
            )
        arrays = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(self, **{n: a[place] for n, a in arrays.items() if np.ndim(a)})


def random_share(vod: Float32, total_sd: Float32) -> Float32:
    """Part of the target's standard deviation that is another every day [m3 m-3], same shape.

    Stage one adds the variances of its sources. Noise and temperature are taken as independent
    from day to day; albedo, roughness, clay and the ratio of VOD as the same on all days of a cell.
    The share is that of the settings of stage one by default, a median over soil moisture.

    Args:
        vod: at V [1], NaN as 0.
        total_sd: `sm_uncertainty` of the target [m3 m-3].
    """
    known = np.nan_to_num(vod, nan=0.0)
    return (total_sd * np.interp(known, RANDOM_SHARE_VOD, RANDOM_SHARE)).astype(np.float32)


def input_range(inputs: Inputs, is_train: Booleans) -> tuple[Float32, Float32]:
    """Lowest and highest value of each input on training days, NaN where none, (cell, feature).

    Args:
        inputs: of the cells.
        is_train: whether a day may be learned from, (time,).
    """
    x = inputs.x[:, is_train]
    # fmin and fmax leave NaN out.
    low = np.fmin.reduce(x, axis=1, initial=np.nan)
    high = np.fmax.reduce(x, axis=1, initial=np.nan)
    return low.astype(np.float32), high.astype(np.float32)


def conformal(ratio: Float32, level: float) -> float:
    """Quantile of ratios below which a new one lies with at least this probability [1].

    Args:
        ratio: of days that told nothing else, at least one, (n,).
        level: probability.
    """
    # Rank of split-conformal prediction with n ratios (Lei et al. 2018).
    rank = min(int(np.ceil((ratio.size + 1) * level)), ratio.size)
    return float(np.partition(ratio, rank - 1)[rank - 1])


def _without_shift(error: Float32, season: UInt8, days: Datetime64) -> tuple[Float32, float]:
    """|error less the shift of its cell and season|, and the root mean square shift [m3 m-3]."""
    shift = error_model.shifts(error, season, error_model.SEASONS, days)
    of_day = np.take_along_axis(shift, season.astype(np.intp), axis=1)
    usual = np.sqrt(np.mean(of_day[np.isfinite(error)].astype(np.float64) ** 2))
    return np.abs(error - of_day), float(usual)


def _ratios(
    error: Float32, size: Float32, shift: float, season: UInt8, fresh: UInt8, days: Datetime64
) -> Float32:
    """|error| over its usual size, estimated from the other half of the blocks of days."""
    whole = error_model.fit_factors(size, season, fresh, days)
    variance = error_model.variance_of_day(size, whole.at(season, fresh), days)
    # Whole blocks in turn, since errors of neighbouring days depend on each other.
    is_odd = (days.astype("M8[D]").astype(np.int64) // error_model.BLOCK % 2).astype(np.bool_)
    out = np.full_like(error, np.nan)
    for mine in (is_odd, ~is_odd):
        others = np.where(mine, np.float32(np.nan), size)
        if not np.isfinite(others).any():
            others = size  # a single block: better than nothing, and said by `days`
        factors = error_model.fit_factors(others, season, fresh, days, variance)
        # Usual size and shift are independent parts of the error.
        usual = np.hypot(factors.at(season, fresh), np.float32(shift))
        out[:, mine] = (np.abs(error) / usual)[:, mine]
    return out


def _conformed(ratio: Float32, fresh: UInt8) -> tuple[Float64, float]:
    """Factors of the half width of 68 % by freshness, and the ratio of 95 % to it, all [1].

    What all classes share is told by the days with a look where there are enough of these.
    """
    seen = np.isfinite(ratio)
    looked = seen & (fresh <= error_model.ONE_LOOK)
    common = looked if looked.sum() >= FEWEST else seen
    usual = conformal(ratio[common], SURE)
    some = [ratio[seen & (fresh == k)] for k in range(error_model.FRESHNESS)]
    sure = np.array([conformal(one, SURE) if one.size >= FEWEST else usual for one in some])
    return sure, conformal((ratio / sure[fresh])[common].astype(np.float32), NEARLY_SURE)


def _older_wider(by_fresh: Float64) -> Float32:
    """The same, but that no older value is surer than a younger one, (cell, freshness)."""
    out = by_fresh.astype(np.float32)
    carried = out[:, error_model.ONE_LOOK + 1 :]
    carried[:] = np.maximum.accumulate(carried, axis=1)
    return out


def _root_mean(variance: Float32) -> Float32:
    """Square root of the mean of each row, NaN left out; of all rows where it has none, (cell,)."""
    seen = np.isfinite(variance)
    total = np.where(seen, variance, 0).astype(np.float64).sum(axis=1)
    count = seen.sum(axis=1)
    usual = total.sum() / max(int(count.sum()), 1)
    mean = np.where(count > 0, total / np.maximum(count, 1), usual)
    return np.asarray(np.sqrt(mean), np.float32)


def fit_spread(
    estimate: Float32,
    sm: Float32,
    sd: Float32,
    *,
    nobs: UInt8,
    vod: Float32,
    days: Datetime64,
    cells: Int64,
    seen: Seen,
) -> Spread:
    """What the calibration days say of the errors in each cell.

    Call it once for all cells: what they have in common stands for those with few days.

    Args:
        estimate: of the networks on calibration days [m3 m-3], (cell, time).
        sm: target on calibration days [m3 m-3], NaN where there is none, (cell, time).
        sd: of the target, its random part [m3 m-3], (cell, time).
        nobs: looks of each day, (cell, time).
        vod: at V of the target [1], (cell, time).
        days: UTC days, rising, (time,).
        cells: flat indices on EASE2_M25, (cell,).
        seen: what the networks learned from.

    Raises:
        SchemaError: no calibration day has an estimate and a target.
    """
    age = error_model.age_of(days, nobs)
    error = (estimate - sm).astype(np.float32)
    # Days before the first look of a stretch have an age that is not known.
    error = np.where((nobs > 0) | (age < error_model.AGE_CAP), error, np.float32(np.nan))
    if not np.isfinite(error).any():
        raise SchemaError(
            f"learn: no target on {days.size} calibration days of {len(cells)} cells, expected some"
            " to tell the uncertainty from; give other [roles] calibrate"
        )
    season, fresh = error_model.season_of(days, cells), error_model.freshness_of(nobs, age)
    size, usual_shift = _without_shift(error, season, days)
    sure, ratio95 = _conformed(_ratios(error, size, usual_shift, season, fresh, days), fresh)
    found = error_model.fit_factors(size, season, fresh, days)
    # Systematic variance = total^2 - random^2, with total = random / share.
    share = random_share(vod, np.ones_like(vod))
    # Spread of the cells' root mean square moisture: how far a guessed mean may be off.
    means = _root_mean(np.where(np.isfinite(sm), sm, np.float32(np.nan)) ** 2)
    has = np.isfinite(error).any(axis=1)
    return Spread(
        cells=np.asarray(cells, np.int64),
        days=np.isfinite(error).sum(axis=1),
        cell=found.cell.astype(np.float32),
        season=found.season.astype(np.float32),
        freshness=_older_wider(found.freshness * sure),
        shift=_older_wider(np.broadcast_to(usual_shift * sure, found.freshness.shape)),
        ratio95=np.array(ratio95, np.float32),
        random_sd=_root_mean(sd**2),
        systematic_sd=_root_mean(np.asarray(sd**2 * (1 / share**2 - 1), np.float32)),
        guess_sd=np.array(means[has].std(), np.float32),
        **vars(seen),
    )


def target_sd_of(spread: Spread, days: Datetime64, nobs: UInt8, age: UInt8) -> Float32:
    """Half width around an estimate that holds 68 % of targets [m3 m-3], (cell, time).

    That of 95 % is `spread.ratio95` times it.

    Args:
        spread: of the cells, in their order.
        days: UTC days, (time,).
        nobs: looks of each day, (cell, time).
        age: days since the last look, (cell, time).
    """
    factors = error_model.Factors(
        *(np.asarray(a, np.float64) for a in (spread.cell, spread.season, spread.freshness))
    )
    fresh = error_model.freshness_of(nobs, age)
    shift = np.take_along_axis(spread.shift, fresh.astype(np.intp), axis=1)
    return np.hypot(factors.at(error_model.season_of(days, spread.cells), fresh), shift)


def published_sd(
    spread: Spread, target_sd: Float32, calibration_sd: Float32 | float = 0.0
) -> Float32:
    """Standard deviation against the truth [m3 m-3], (cell, time).

    Args:
        spread: of the cells, in their order.
        target_sd: of `target_sd_of` [m3 m-3], (cell, time).
        calibration_sd: what the cross-calibration leaves open [m3 m-3], (cell, time).
    """
    residual = target_sd**2
    # Subtract the target's random part, which is no error of the estimate.
    own = np.maximum(residual - spread.random_sd[:, None] ** 2, SMALLEST_SHARE * residual)
    # Add what is learned with the target and what the calibration leaves open.
    whole = own + spread.systematic_sd[:, None] ** 2 + np.square(calibration_sd)
    return np.asarray(np.sqrt(whole), np.float32)
