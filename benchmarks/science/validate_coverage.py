"""How often do 95 % intervals contain the true score of SIMULATED series?

    python -m benchmarks.science.validate_coverage [--series 2000] [--write]

`--write` puts the tables into docs/validation_stations.md.
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.common.markdown import table, write
from mcca_ml.metrics.bootstrap import bootstrap
from mcca_ml.metrics.effective_samples import BLOCK_DAYS
from mcca_ml.metrics.intervals import Interval, confidence_intervals
from mcca_ml.metrics.lagged_moments import compute_lagged_moments
from mcca_ml.metrics.moments import Moments, compute_moments
from mcca_ml.metrics.scores import compute_scores
from mcca_ml.validate.triplets import triplet_errors

DOCUMENT = Path(__file__).parents[2] / "docs" / "validation_stations.md"
BIAS, R = 0.1, 0.7
LAG = "lag-1 of the product's error"
LENGTHS = (100, 200, 365, 1000, 3000)
MEMORIES = (0.0, 0.3, 0.6, 0.8, 0.9, 0.95)
DRAWN = 500
"""Series for which blocks are drawn as well."""


def autoregression(rng: np.random.Generator, shape: tuple[int, int], rho: float) -> np.ndarray:
    """First-order autoregressions of mean 0 and standard deviation 1, (series, day)."""
    fresh = rng.standard_normal((shape[1], shape[0])) * np.sqrt(1 - rho**2)
    fresh[0] /= np.sqrt(1 - rho**2)
    for day in range(1, shape[1]):
        fresh[day] += rho * fresh[day - 1]
    return np.ascontiguousarray(fresh.T)


def held(found: Interval, truth: float) -> str:
    """Share of the intervals that hold the truth, and of those that are told if not all are."""
    told = np.isfinite(found.low)
    if told.mean() < 0.5:
        return "few told"
    inside = ((found.low <= truth) & (truth <= found.high))[told].mean()
    rest = "" if told.mean() > 0.995 else f" ({100 * told.mean():.0f} % told)"
    return f"{100 * inside:.1f}{rest}"


def bootstrapped(
    blocks: Moments, score: Callable[[Moments], np.ndarray], rngs: Iterable[np.random.Generator]
) -> Interval:
    """Intervals of the first cells by drawing blocks, one for each generator."""
    drawn = [bootstrap(blocks.select_cell(k), score, rng, draws=500) for k, rng in enumerate(rngs)]
    return Interval(np.array([one.low for one in drawn]), np.array([one.high for one in drawn]))


def blocks_of(series: Sequence[np.ndarray]) -> Moments:
    """Moments of blocks of days."""
    labels = np.arange(series[0].shape[1]) // BLOCK_DAYS
    return compute_moments(series, labels, int(labels[-1]) + 1)


def row(pair: tuple[np.ndarray, np.ndarray], true: tuple[float, float, float]) -> tuple[str, ...]:
    """Shares for bias, ubRMSD and R, and for R by drawing blocks."""
    blocks = blocks_of(pair)
    found = confidence_intervals(compute_lagged_moments(pair), blocks)
    rngs = [np.random.default_rng(0)] * min(DRAWN, len(pair[0]))
    ends = bootstrapped(blocks, lambda moments: compute_scores(moments).r, rngs)
    shares = map(held, (found.bias, found.ubrmsd, found.r), true)
    return (f"{np.median(found.effective):,.0f}", *shares, held(ends, true[2]))


def correlated(
    rng: np.random.Generator, shape: tuple[int, int], r: float, slow: float, fast: float
) -> tuple[str, ...]:
    """A reference, and an estimate that is a share `r` of it and an error of its own.

    Args:
        rng: what draws the series.
        shape: series and days.
        r: true correlation.
        slow: lag-1 autocorrelation of the reference.
        fast: that of the error.
    """
    reference = autoregression(rng, shape, slow)
    own = autoregression(rng, shape, fast)
    estimate = r * reference + np.sqrt(1 - r**2) * own + BIAS
    return row((estimate, reference), (BIAS, float(np.sqrt(2 - 2 * r)), r))


def pure(rng: np.random.Generator, series: int) -> list[tuple[str, ...]]:
    """Both series and their difference have one memory."""
    return [
        (f"{rho:g}", f"{days:,}", *correlated(rng, (series, days), R, rho, rho))
        for rho, days in product(MEMORIES, LENGTHS)
    ]


def mixed(rng: np.random.Generator, series: int) -> list[tuple[str, ...]]:
    """A slow truth, a fast error of the product, a slow one of the stations, gaps."""
    rows = []
    true = (BIAS, float(np.hypot(0.6, 0.4)), float(1 / np.sqrt(1.36 * 1.16)))
    cases = ((0.0, 1.0), (0.5, 1.0), (0.5, 0.4))
    for (fast, present), days in product(cases, (365, 1000, 3000)):
        shape = (series, days)
        truth = autoregression(rng, shape, 0.95)
        estimate = truth + 0.6 * autoregression(rng, shape, fast) + BIAS
        reference = truth + 0.4 * autoregression(rng, shape, 0.9)
        estimate[rng.random(shape) > present] = np.nan
        head = (f"{fast:g}", f"{100 * present:.0f} %", f"{days:,}")
        rows.append((*head, *row((estimate, reference), true)))
    return rows


def apart(rng: np.random.Generator, series: int) -> list[tuple[str, ...]]:
    """A slow reference, and an estimate with a faster error of its own."""
    return [
        (f"{r:g}", f"{fast:g}", f"{days:,}", *correlated(rng, (series, days), r, 0.95, fast))
        for r, fast, days in product((0.0, 0.3, 0.7), (0.0, 0.6), (200, 1000, 3000))
    ]


def triplets(rng: np.random.Generator, series: int) -> list[tuple[str, ...]]:
    """Errors of three products with one slow truth: white, of some memory, slow."""
    true = (0.6, 0.8, 0.4)
    rows = []
    for memory, days in product((0.0, 0.5, 0.9), (365, 1000, 3000)):
        shape = (series, days)
        truth = autoregression(rng, shape, 0.95)
        made = [
            truth + sd * autoregression(rng, shape, rho)
            for sd, rho in zip(true, (0.0, memory, 0.9), strict=True)
        ]
        ends = bootstrapped(
            blocks_of(made), triplet_errors, map(np.random.default_rng, range(series))
        )
        shares = map(held, map(Interval, ends.low.T, ends.high.T), true)
        rows.append((f"{memory:g}", f"{days:,}", *shares))
    return rows


def main() -> None:
    """Print the tables, or put them into the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=2000)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    shares = ("effective", "bias", "ubRMSD", "R", "R, blocks drawn")
    rng = np.random.default_rng(1)
    made = {
        "interval-coverage": table(("lag-1", "days", *shares), pure(rng, asked.series)),
        "interval-coverage-mixed": table(
            (LAG, "days present", "days", *shares), mixed(rng, asked.series)
        ),
        "interval-coverage-apart": table(
            ("true R", LAG, "days", *shares), apart(rng, asked.series)
        ),
        "triplet-coverage": table(
            ("lag-1 of the second", "days", "white", "second", "slow"),
            triplets(rng, min(asked.series, DRAWN)),
        ),
    }
    if asked.write:
        write(DOCUMENT, made)
    for name, text in made.items():
        print(f"{name}\n\n{text}\n")


if __name__ == "__main__":
    main()
