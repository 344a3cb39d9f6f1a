"""Calibration error of each sensor, propagated to the trend of soil moisture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Booleans, Datetime64, Float64, Int64
from mcca_ml.intercal import coefficients
from mcca_ml.intercal.drift import Drift, years_since
from mcca_ml.intercal.link import LineFlag
from mcca_ml.learn import weights_file
from mcca_ml.learn.pooled_start import select_cells
from mcca_ml.learn.predict_stream import response
from mcca_ml.pipeline.load_series import SeriesSource, inputs_for
from mcca_ml.pipeline.train import weight_files
from mcca_ml.sensors import SENSORS

STRIDE = 8
"""Sampling interval of cells: the calibration error hardly differs between neighbours."""


@dataclass(frozen=True)
class Shift:
    """Change of a stream's soil moisture by one standard deviation of each calibration error."""

    cells: Int64
    """Indices of the sampled cells, (cell,)."""
    systematic: Float64
    """From the systematic error, common to all cells [m3 m-3], (cell, channel)."""
    drift: Float64
    """From the error of a drift [m3 m-3 per year], (cell, channel)."""
    date: np.datetime64
    """UTC day of zero drift."""
    own: Float64
    """From the error of the cell's regression [m3 m-3], (cell,)."""
    is_shared: Booleans
    """True where neighbours share the regression of their class or of all cells, (cell,)."""


def calibration_shift(source: SeriesSource, sensor: str) -> Shift | None:
    """Compute the effect of calibration errors on a stream; None without coefficients.

    Args:
        source: stores of the series.
        sensor: sensor of the stream.
    """
    plan = source.plan
    if not plan.coefficients(sensor).is_file():
        return None
    ds = coefficients.read(plan.coefficients(sensor))
    link = coefficients.to_link(ds)
    drifts = [change for change in coefficients.to_changes(ds) if isinstance(change, Drift)]
    per_kelvin, sd, places = [], [], []
    for path, cells in weight_files(plan, SENSORS[sensor].network):
        some = slice(cells.start, cells.stop, STRIDE)
        inputs = inputs_for(source, sensor, some, source.learned)
        thinned = np.arange(0, cells.stop - cells.start, STRIDE)
        weights = select_cells(weights_file.load(path), thinned)
        is_observed = inputs.nobs > 0
        per_kelvin.append(response(weights, inputs.x, inputs.names, inputs.channels, is_observed))
        sd.append(inputs.calibration_sd.astype(np.float64))
        places.append(np.arange(plan.cells.size)[some])
    at = [link.channels.index(name) for name in inputs.channels]
    slope, where = np.concatenate(per_kelvin), np.concatenate(places)
    common = link.common_var[at]
    own = np.maximum(np.concatenate(sd) ** 2 - common, 0)
    drift = np.nan_to_num(drifts[0].sd[at]) if drifts else np.zeros(len(at))
    flag = link.at_cells(plan.cells[where]).flag
    return Shift(
        where,
        slope * np.sqrt(common),
        slope * drift,
        drifts[0].date if drifts else source.learned[0],
        np.sqrt((slope**2 * own).sum(axis=1)),
        ((flag & int(LineFlag.NO_PAIRS)) != 0).any(axis=1),
    )


@dataclass(frozen=True)
class SlopeError:
    """Calibration error of a slope [m3 m-3 per month]."""

    systematic: Mapping[str, Float64]
    """Systematic errors, common to all cells; keys are independent of each other, (channel,)."""
    own: float
    """Variance from errors of the regressions of cells."""

    @property
    def error(self) -> float:
        """Standard error of the slope [m3 m-3 per month]."""
        return float(np.sqrt(sum(float((v**2).sum()) for v in self.systematic.values()) + self.own))


def mean_slope_error(tilts: Sequence[SlopeError]) -> SlopeError:
    """Return the error of the mean of regions: systematic errors stay, others average out."""
    names = {name for tilt in tilts for name in tilt.systematic}
    systematic = {
        name: np.asarray(
            np.mean([t.systematic[name] for t in tilts if name in t.systematic], axis=0)
        )
        * (sum(name in t.systematic for t in tilts) / len(tilts))
        for name in sorted(names)
    }
    return SlopeError(systematic, sum(tilt.own for tilt in tilts) / len(tilts) ** 2)


def _variance_of_mean(own: Float64, is_shared: Booleans, count: int) -> float:
    """Return the variance of the mean over `count` cells, of which some are sampled [m6 m-6].

    Errors of shared regressions are fully correlated, others independent.
    """
    together = float(np.where(is_shared, own, 0).mean())
    return together**2 + float(np.where(is_shared, 0, own**2).mean()) / count


def slope_error(
    shifts: Mapping[str, Shift],
    share: Mapping[str, Float64],
    months: Datetime64,
    cells: Booleans,
    is_used: Booleans,
) -> SlopeError:
    """Propagate calibration errors to the slope of a monthly series.

    Args:
        shifts: effects of calibration errors by stream; a missing stream has none.
        share: share of each month's values by stream, (month,).
        months: first UTC day of each month, (month,).
        cells: True for cells in the mean, (cell,).
        is_used: True for months that the slope is estimated from, (month,).
    """
    time = np.arange(months.size, dtype=np.float64)[is_used]
    time -= time.mean()
    power = float((time**2).sum())
    systematic: dict[str, Float64] = {}
    own = 0.0
    for name, shift in shifts.items():
        some = cells[shift.cells]
        if name not in share or not some.any():
            continue
        part = share[name][is_used]
        years = years_since(months[is_used], shift.date)
        level, ramp = (float((time * of).sum()) / power for of in (part, part * years))
        systematic[f"{name} level"] = level * shift.systematic[some].mean(axis=0)
        systematic[f"{name} drift"] = ramp * shift.drift[some].mean(axis=0)
        own += level**2 * _variance_of_mean(
            shift.own[some], shift.is_shared[some], int(cells.sum())
        )
    return SlopeError(systematic, own)
