"""Is the drought that was imposed on a simulated world found in its record?"""

from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Float64
from mcca_ml.report.scores.imposed_signals import Known, Series
from mcca_ml.report.scores.months import MONTHS, mean_departure, month_of

FOUND = -2.0
"""Standard deviations of other years below which a dry spell counts as found; a choice."""


@dataclass(frozen=True)
class FoundDrought:
    """The mean of a dry spell less that of the same months of other years [m3 m-3]."""

    name: str
    imposed: float
    truth: float
    record: float
    deviations: float
    """Of the record, in standard deviations of other years [1]."""

    @property
    def is_found(self) -> bool:
        """Whether it stands out from other years."""
        return self.deviations < FOUND


def droughts(known: Known, series: Series) -> list[FoundDrought]:
    """Dry spells that were imposed, each within one calendar year, beside other years' months.

    Args:
        known: what was imposed.
        series: the record.
    """
    found = []
    year = series.days.astype("M8[Y]").astype(np.int64)
    month = month_of(series.days)
    for box in known.settings.box:
        cells = series.inside(box)
        for drought in known.droughts_of(box):
            first, last = np.datetime64(drought.start, "D"), np.datetime64(drought.end, "D")
            span = np.arange(first.astype("M8[M]"), last.astype("M8[M]") + 1).astype(np.int64)
            is_dry = np.isin(month % MONTHS, span % MONTHS)
            begin = int(year[is_dry].min())
            of_year = [
                mean_departure(one[cells][:, is_dry], month[is_dry], year[is_dry] - begin)
                for one in (series.record, series.truth)
            ]
            at = int(first.astype("M8[Y]").astype(np.int64)) - begin
            if not cells.any() or not 0 <= at < of_year[0].size:
                continue
            name = f"{box.name}, {first} to {last}"
            imposed = known.changes.get(box.name, {}).get(f"drought {first}/{last}", np.nan)
            found.append(_drought_of(name, float(imposed), of_year, at))
    return found


def _drought_of(name: str, imposed: float, of_year: list[Float64], at: int) -> FoundDrought:
    """One year beside the others, of record and truth."""
    own, others = [], []
    for one in of_year:
        rest = np.delete(one, at)
        rest = rest[np.isfinite(rest)]
        own.append(float(one[at] - rest.mean()) if rest.size else float("nan"))
        others.append(float(rest.std(ddof=1)) if rest.size > 1 else float("nan"))
    return FoundDrought(name, imposed, own[1], own[0], own[0] / others[0])
