"""Do scores at SIMULATED stations agree with those against the truth of their cells?

    python -m benchmarks.science.validate_simulated DEMO

DEMO is what `mcca-ml demo` has made. Printed as Markdown for docs/validation_stations.md: what the
stations say of the cell, with its 95 % interval, and what is true on the same days.
"""

import argparse
from pathlib import Path

import numpy as np

from benchmarks.common.markdown import table
from mcca_ml.config.validate import ValidateSettings
from mcca_ml.metrics.intervals import Interval
from mcca_ml.metrics.moments import compute_moments
from mcca_ml.metrics.scores import Scores, compute_scores
from mcca_ml.read.products.configured import record_products
from mcca_ml.report.scores.reference import TruthSeries, read_truth
from mcca_ml.validate.pair_product import Compared, compare
from mcca_ml.validate.score_units import align_pairs, cell_scores, day_axis, score_units
from mcca_ml.validate.stations import DENSE, Unit, group_probes, read_probes


def true_scores(one: Compared, truth: TruthSeries) -> list[Scores]:
    """Scores of the product against the truth of the cell, on the days and hours of its pairs."""
    found = []
    for row, pair in enumerate(one.pairs):
        true = np.interp(
            pair.begin.astype("M8[s]").astype(np.int64), truth.steps, truth.moisture[:, row]
        )
        found.append(compute_scores(compute_moments([pair.estimate[None], true[None]])))
    return found


def told(value: float, interval: Interval, row: int, true: float) -> tuple[str, bool | None]:
    """A score with its interval and the true one in words, and whether it lies inside."""
    low, high = float(interval.low[row]), float(interval.high[row])
    if not np.isfinite(low):
        return f"{value:.3f} / {true:.3f}", None
    holds = low <= true <= high
    mark = "" if holds else " **outside**"
    return f"{value:.3f} ({low:.3f} to {high:.3f}) / {true:.3f}{mark}", holds


def rows_of(
    one: Compared, units: tuple[Unit, ...], truth: TruthSeries
) -> tuple[list[tuple[str, ...]], list[bool]]:
    """A row for each network, and whether each interval that is told holds the truth."""
    pairs = align_pairs(one.pairs, day_axis(one.pairs))
    scores = score_units(pairs)
    cell = cell_scores(scores, pairs, one.pairs)
    rows, inside = [], []
    for row, (unit, true) in enumerate(zip(units, true_scores(one, truth), strict=True)):
        n = int(scores.absolute.n[row])
        if n < 20:
            continue
        parts = (
            told(scores.absolute.bias[row], cell.bias, row, true.bias[0]),
            told(cell.ubrmsd[row], cell.ubrmsd_95, row, true.ubrmsd[0]),
            told(cell.r[row], cell.r_95, row, true.r[0]),
        )
        rows.append((one.product.name, unit.network, str(n), *(part[0] for part in parts)))
        inside += [part[1] for part in parts if part[1] is not None]
    return rows, inside


def main() -> None:
    """Print the table and how many of the true scores lie inside."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demo", type=Path)
    demo = parser.parse_args().demo
    settings = ValidateSettings()
    units = group_probes(read_probes(demo / "stations"), settings.fewest_stations)
    units = tuple(unit for unit in units if unit.kind == DENSE)
    truth = read_truth(demo / "truth.zarr", np.array([unit.cell for unit in units]))
    rows, inside = [], []
    for product in record_products(demo / "product" / "record.zarr"):
        more, holds = rows_of(compare(product, units, settings), units, truth)
        rows += more
        inside += holds
    print(table(("product", "network", "days", "bias", "ubRMSD", "R"), rows))
    print(f"\n{sum(inside)} of {len(inside)} true scores lie inside")


if __name__ == "__main__":
    main()
