"""What the cross-calibration leaves open, as an error of slow change in soil moisture."""

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
"""Every so many cells are asked: an error of calibration is much the same in neighbours."""


@dataclass(frozen=True)
class Shift:
    """How soil moisture of a stream moves by one standard deviation of errors of calibration."""

    cells: Int64
    """Places of the cells that were asked, (cell,)."""
    alike: Float64
    """By what is wrong alike in all cells [m3 m-3], (cell, channel)."""
    drift: Float64
    """By what is open of a drift [m3 m-3 per year], (cell, channel)."""
    date: np.datetime64
    """UTC day at which a drift is nought."""
    own: Float64
    """By what is wrong with the cell's line [m3 m-3], (cell,)."""
    is_shared: Booleans
    """Whether that line is that of its class or of all, so that neighbours share it, (cell,)."""


def shift_of(source: SeriesSource, sensor: str) -> Shift | None:
    """How errors of calibration move a stream; None for a sensor without coefficients.

    Args:
        source: of the series.
        sensor: of the stream.
    """
    plan = source.plan
    if not plan.coefficients(sensor).is_file():
        return None
    found = coefficients.read(plan.coefficients(sensor))
    link = coefficients.link_of(found)
    drifts = [one for one in coefficients.changes_of(found) if isinstance(one, Drift)]
    per_kelvin, sd, places = [], [], []
    for path, cells in weight_files(plan, SENSORS[sensor].network):
        some = slice(cells.start, cells.stop, STRIDE)
        inputs = inputs_for(source, sensor, some, source.learned)
        thinned = np.arange(0, cells.stop - cells.start, STRIDE)
        weights = select_cells(weights_file.load(path), thinned)
        seen = inputs.nobs > 0
        per_kelvin.append(response(weights, inputs.x, inputs.names, inputs.channels, seen))
        sd.append(inputs.calibration_sd.astype(np.float64))
        places.append(np.arange(plan.cells.size)[some])
    at = [link.channels.index(name) for name in inputs.channels]
    slope, where = np.concatenate(per_kelvin), np.concatenate(places)
    common = link.common_var[at]
    own = np.maximum(np.concatenate(sd) ** 2 - common, 0)
    drift = np.nan_to_num(drifts[0].sd[at]) if drifts else np.zeros(len(at))
    flag = link.of(plan.cells[where]).flag
    return Shift(
        where,
        slope * np.sqrt(common),
        slope * drift,
        drifts[0].date if drifts else source.learned[0],
        np.sqrt((slope**2 * own).sum(axis=1)),
        ((flag & int(LineFlag.NO_PAIRS)) != 0).any(axis=1),
    )


@dataclass(frozen=True)
class Tilt:
    """Error of a slope from errors of calibration, in units of soil moisture per month."""

    alike: Mapping[str, Float64]
    """By what is wrong alike in all cells; errors of different keys are independent, (channel,)."""
    own: float
    """Variance from what is wrong with the lines of cells."""

    @property
    def error(self) -> float:
        """Standard error of the slope."""
        return float(np.sqrt(sum(float((v**2).sum()) for v in self.alike.values()) + self.own))


def mean_tilt(tilts: Sequence[Tilt]) -> Tilt:
    """Of the mean of several regions: what is wrong alike stays, the rest becomes less."""
    names = {name for tilt in tilts for name in tilt.alike}
    alike = {
        name: np.asarray(np.mean([t.alike[name] for t in tilts if name in t.alike], axis=0))
        * (sum(name in t.alike for t in tilts) / len(tilts))
        for name in sorted(names)
    }
    return Tilt(alike, sum(tilt.own for tilt in tilts) / len(tilts) ** 2)


def _variance_of_mean(own: Float64, is_shared: Booleans, count: int) -> float:
    """Of the mean over `count` cells, of which some were asked [m6 m-6].

    Neighbours that share a line are wrong together, the others each by itself.
    """
    together = float(np.where(is_shared, own, 0).mean())
    return together**2 + float(np.where(is_shared, 0, own**2).mean()) / count


def tilt_of(
    shifts: Mapping[str, Shift],
    share: Mapping[str, Float64],
    months: Datetime64,
    cells: Booleans,
    is_told: Booleans,
) -> Tilt:
    """Error of the slope of a monthly series from errors of calibration.

    Args:
        shifts: by stream; one that is not there has none.
        share: by stream, of the values of each month, (month,).
        months: first UTC day of each, (month,).
        cells: whether a cell is in the mean, (cell,).
        is_told: months that the slope is told from, (month,).
    """
    time = np.arange(months.size, dtype=np.float64)[is_told]
    time -= time.mean()
    power = float((time**2).sum())
    alike: dict[str, Float64] = {}
    own = 0.0
    for name, shift in shifts.items():
        some = cells[shift.cells]
        if name not in share or not some.any():
            continue
        part = share[name][is_told]
        years = years_since(months[is_told], shift.date)
        level, ramp = (float((time * of).sum()) / power for of in (part, part * years))
        alike[f"{name} level"] = level * shift.alike[some].mean(axis=0)
        alike[f"{name} drift"] = ramp * shift.drift[some].mean(axis=0)
        own += level**2 * _variance_of_mean(
            shift.own[some], shift.is_shared[some], int(cells.sum())
        )
    return Tilt(alike, own)
