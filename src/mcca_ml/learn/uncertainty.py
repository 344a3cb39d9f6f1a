"""Uncertainty of the estimates against the target, from the calibration days, and the truth.

Against the target: the error about the mean of its season has a standard deviation by cell, season
and freshness (`error_model`); that mean, the shift, has a standard deviation common to all cells
and seasons. The half widths of the 68 and 95 % intervals are the root of the sum of both squares
times factors from split-conformal prediction (Lei et al. 2018): standard deviations are fitted on
the even blocks of 16 days and the factors are quantiles of |error| / sd on the odd blocks, and vice
versa, so that no day is used for both.

The shift is not modelled by cell and season, because there is only one calibration year: a dry year
shifts all cells of a region, whose intervals would be too wide in the next year.

Against the truth: the random (day-to-day) error of the target is not an error of the estimate and
its variance is subtracted; the systematic error of the target is learned with it and its variance
is added, as is that of the cross-calibration.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from mcca_ml.arrays import Booleans, Datetime64, Float32, Float64, Int64, UInt8
from mcca_ml.errors import SchemaError
from mcca_ml.learn import error_model
from mcca_ml.learn.features import Inputs

FEWEST = 200
"""Smallest number of days of a freshness class with its own factor, else that of all classes."""
LEVEL_68, LEVEL_95 = 0.68, 0.95
SMALLEST_SHARE = 0.25
"""Smallest fraction of the variance against the target attributed to the estimate [1]."""
RANDOM_SHARE_VOD = (0.0, 0.25, 0.5, 0.75)
RANDOM_SHARE = (0.89, 0.76, 0.62, 0.60)
"""Standard deviation from noise and temperature over the total of stage one [1], at these VOD, with
its default settings at 40 degrees, median over soil moisture of 0.05 to 0.40. At a given VOD the
range is up to 0.25; beyond the last VOD, where bounds limit both, the last value is used."""


@dataclass(frozen=True)
class TrainingDays:
    """Range of the inputs, from `input_range`, and number of targets on the training days."""

    low: Float32
    high: Float32
    months: Int64
    """Number of days with a target in each calendar month, (cell, 12)."""


@dataclass(frozen=True)
class ErrorModel:
    """Error model of each cell, from the calibration days."""

    cells: Int64
    """Cell numbers, (cell,)."""
    days: Int64
    """Number of calibration days with a target, (cell,)."""
    cell: Float32
    """Error sd about the mean of a season, for factors of 1 [m3 m-3], (cell, 1)."""
    season: Float32
    """Factor of the season [1], (cell, season)."""
    freshness: Float32
    """Factor of the freshness class, which converts the sd to the half width of the 68 % interval
    without shifts [1], (cell, freshness)."""
    shift: Float32
    """Half width of the 68 % interval of shifts [m3 m-3], (cell, freshness)."""
    ratio95: Float32
    """Half width of the 95 % interval over that of the 68 % interval [1], ()."""
    random_sd: Float32
    """Random (day-to-day) error of the target, 1 sd [m3 m-3], (cell,)."""
    systematic_sd: Float32
    """Systematic error of the target, constant in time, 1 sd [m3 m-3], (cell,)."""
    guess_sd: Float32
    """Standard deviation of a guessed target mean [m3 m-3], ()."""
    low: Float32
    """Lowest value of each input on training days, NaN where unknown, (cell, feature)."""
    high: Float32
    """Highest value of each input on training days, NaN where unknown, (cell, feature)."""
    months: Int64
    """Number of training days with a target in each calendar month, (cell, 12)."""

    def select_cells(self, cells: Int64) -> "ErrorModel":
        """Select cells by number, in the order given.

        Args:
            cells: cell numbers, (cell,).

        Raises:
            SchemaError: a cell is missing.
        """
        # Cells come in any order: search through their sorted order.
        order = np.argsort(self.cells, kind="stable")
        place = np.searchsorted(self.cells, cells, sorter=order)
        place = order[np.minimum(place, len(order) - 1)]
        if not np.array_equal(self.cells[place], cells):
            raise SchemaError(
                f"learn: the error model of {len(order)} cells lacks some of the {len(cells)} cells"
                " to predict, expected all; train again"
            )
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{n: a[place] for n, a in arrays.items() if np.ndim(a)})


def random_share(vod: Float32, total_sd: Float32) -> Float32:
    """Random (day-to-day) part of the standard deviation of the target [m3 m-3], same shape.

    Stage one adds the variances of its error sources. Errors of noise and temperature are taken as
    independent from day to day, those of albedo, roughness, clay and VOD ratio as constant in a
    cell. The fraction is that for the default settings of stage one, a median over soil moisture.

    Args:
        vod: VOD at V [1], NaN is taken as 0.
        total_sd: `sm_uncertainty` of the target [m3 m-3].
    """
    known = np.nan_to_num(vod, nan=0.0)
    return (total_sd * np.interp(known, RANDOM_SHARE_VOD, RANDOM_SHARE)).astype(np.float32)


def input_range(inputs: Inputs, is_train: Booleans) -> tuple[Float32, Float32]:
    """Lowest and highest value of each input on training days, NaN where none, (cell, feature).

    Args:
        inputs: inputs of the cells.
        is_train: True on training days, (time,).
    """
    x = inputs.x[:, is_train]
    # fmin and fmax ignore NaN.
    low = np.fmin.reduce(x, axis=1, initial=np.nan)
    high = np.fmax.reduce(x, axis=1, initial=np.nan)
    return low.astype(np.float32), high.astype(np.float32)


def conformal(ratio: Float32, level: float) -> float:
    """Quantile that a new ratio does not exceed with at least this probability [1].

    Args:
        ratio: ratios of days not used in the fit, at least one, (n,).
        level: probability [1].
    """
    # Rank of split-conformal prediction with n ratios (Lei et al. 2018).
    rank = min(int(np.ceil((ratio.size + 1) * level)), ratio.size)
    return float(np.partition(ratio, rank - 1)[rank - 1])


def _subtract_shifts(error: Float32, season: UInt8, days: Datetime64) -> tuple[Float32, float]:
    """|error less the shift of its cell and season|, and the root mean square shift [m3 m-3]."""
    shift = error_model.shifts(error, season, error_model.SEASONS, days)
    daily_shift = np.take_along_axis(shift, season.astype(np.intp), axis=1)
    rms = np.sqrt(np.mean(daily_shift[np.isfinite(error)].astype(np.float64) ** 2))
    return np.abs(error - daily_shift), float(rms)


def _ratios(
    error: Float32, size: Float32, shift: float, season: UInt8, fresh: UInt8, days: Datetime64
) -> Float32:
    """|error| over its standard deviation, fitted on the other half of the blocks of days."""
    whole = error_model.fit_factors(size, season, fresh, days)
    variance = error_model.day_variance(size, whole.at(season, fresh), days)
    # Alternating whole blocks, since errors of neighbouring days are correlated.
    is_odd = (days.astype("M8[D]").astype(np.int64) // error_model.BLOCK % 2).astype(np.bool_)
    out = np.full_like(error, np.nan)
    for half in (is_odd, ~is_odd):
        others = np.where(half, np.float32(np.nan), size)
        if not np.isfinite(others).any():
            others = size  # a single block cannot be split
        factors = error_model.fit_factors(others, season, fresh, days, variance)
        # The shift is independent of the error about it.
        sd = np.hypot(factors.at(season, fresh), np.float32(shift))
        out[:, half] = (np.abs(error) / sd)[:, half]
    return out


def _conformal_factors(ratio: Float32, fresh: UInt8) -> tuple[Float64, float]:
    """Factors of the 68 % half width by freshness, and the ratio of the 95 % half width to it [1].

    Common values are estimated from the days with a look if there are enough of them.
    """
    some = np.isfinite(ratio)
    has_look = some & (fresh <= error_model.ONE_LOOK)
    common = has_look if has_look.sum() >= FEWEST else some
    overall = conformal(ratio[common], LEVEL_68)
    classes = [ratio[some & (fresh == k)] for k in range(error_model.FRESHNESS)]
    width = np.array([conformal(r, LEVEL_68) if r.size >= FEWEST else overall for r in classes])
    return width, conformal((ratio / width[fresh])[common].astype(np.float32), LEVEL_95)


def _widen_with_age(by_fresh: Float64) -> Float32:
    """Make values non-decreasing with the age of the last look, (cell, freshness)."""
    out = by_fresh.astype(np.float32)
    aged = out[:, error_model.ONE_LOOK + 1 :]
    aged[:] = np.maximum.accumulate(aged, axis=1)
    return out


def _root_mean(variance: Float32) -> Float32:
    """Square root of the mean of each row ignoring NaN; of all rows if it has none, (cell,)."""
    some = np.isfinite(variance)
    total = np.where(some, variance, 0).astype(np.float64).sum(axis=1)
    count = some.sum(axis=1)
    overall = total.sum() / max(int(count.sum()), 1)
    mean = np.where(count > 0, total / np.maximum(count, 1), overall)
    return np.asarray(np.sqrt(mean), np.float32)


def fit_error_model(
    estimate: Float32,
    sm: Float32,
    sd: Float32,
    *,
    nobs: UInt8,
    vod: Float32,
    days: Datetime64,
    cells: Int64,
    training: TrainingDays,
) -> ErrorModel:
    """Fit the error model of each cell to the calibration days.

    Call it once for all cells: cells with few days are shrunk toward the mean of all.

    Args:
        estimate: soil moisture from the networks on calibration days [m3 m-3], (cell, time).
        sm: target on calibration days [m3 m-3], NaN where missing, (cell, time).
        sd: random error of the target, 1 sd [m3 m-3], (cell, time).
        nobs: number of looks of each day, (cell, time).
        vod: VOD at V of the target [1], (cell, time).
        days: UTC days, rising, (time,).
        cells: cell numbers on EASE2_M25, (cell,).
        training: input ranges and number of targets on the training days.

    Raises:
        SchemaError: no calibration day has an estimate and a target.
    """
    age = error_model.compute_age(days, nobs)
    error = (estimate - sm).astype(np.float32)
    # Exclude days before the first look, whose age is unknown.
    error = np.where((nobs > 0) | (age < error_model.AGE_CAP), error, np.float32(np.nan))
    if not np.isfinite(error).any():
        raise SchemaError(
            f"learn: no target on {days.size} calibration days of {len(cells)} cells, expected some"
            " for the uncertainty; give other [roles] calibrate"
        )
    season, fresh = error_model.find_season(days, cells), error_model.classify_freshness(nobs, age)
    size, rms_shift = _subtract_shifts(error, season, days)
    width, ratio95 = _conformal_factors(_ratios(error, size, rms_shift, season, fresh, days), fresh)
    factors = error_model.fit_factors(size, season, fresh, days)
    # Systematic variance = total^2 - random^2, with total = random / share.
    share = random_share(vod, np.ones_like(vod))
    # Standard deviation between cells of their rms moisture: error of a guessed mean.
    means = _root_mean(np.where(np.isfinite(sm), sm, np.float32(np.nan)) ** 2)
    has_error = np.isfinite(error).any(axis=1)
    return ErrorModel(
        cells=np.asarray(cells, np.int64),
        days=np.isfinite(error).sum(axis=1),
        cell=factors.cell.astype(np.float32),
        season=factors.season.astype(np.float32),
        freshness=_widen_with_age(factors.freshness * width),
        shift=_widen_with_age(np.broadcast_to(rms_shift * width, factors.freshness.shape)),
        ratio95=np.array(ratio95, np.float32),
        random_sd=_root_mean(sd**2),
        systematic_sd=_root_mean(np.asarray(sd**2 * (1 / share**2 - 1), np.float32)),
        guess_sd=np.array(means[has_error].std(), np.float32),
        **vars(training),
    )


def estimate_target_sd(model: ErrorModel, days: Datetime64, nobs: UInt8, age: UInt8) -> Float32:
    """Half width of the 68 % interval of the target [m3 m-3], (cell, time).

    That of the 95 % interval is `model.ratio95` times as large.

    Args:
        model: error model of the cells.
        days: UTC days, (time,).
        nobs: number of looks of each day, (cell, time).
        age: days since the last look, (cell, time).
    """
    factors = error_model.Factors(
        *(np.asarray(a, np.float64) for a in (model.cell, model.season, model.freshness))
    )
    fresh = error_model.classify_freshness(nobs, age)
    shift = np.take_along_axis(model.shift, fresh.astype(np.intp), axis=1)
    return np.hypot(factors.at(error_model.find_season(days, model.cells), fresh), shift)


def published_sd(
    model: ErrorModel, target_sd: Float32, calibration_sd: Float32 | float = 0.0
) -> Float32:
    """Standard deviation against the truth [m3 m-3], (cell, time).

    Args:
        model: error model of the cells.
        target_sd: result of `estimate_target_sd` [m3 m-3], (cell, time).
        calibration_sd: error of the cross-calibration, 1 sd [m3 m-3], (cell, time).
    """
    residual = target_sd**2
    # Subtract the random error of the target, which is not an error of the estimate.
    own = np.maximum(residual - model.random_sd[:, None] ** 2, SMALLEST_SHARE * residual)
    # Add the systematic error of the target and that of the calibration.
    whole = own + model.systematic_sd[:, None] ** 2 + np.square(calibration_sd)
    return np.asarray(np.sqrt(whole), np.float32)
