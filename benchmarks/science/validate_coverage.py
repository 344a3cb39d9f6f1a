"""How often do 95 % intervals contain the true score of SIMULATED series?

    python -m benchmarks.science.validate_coverage [--series 2000] [--write]

`--write` puts the tables into docs/validation_stations.md.
"""

import argparse
from pathlib import Path

import numpy as np

from benchmarks.common.markdown import table, write
from mcca_ml.metrics.bootstrap import bootstrap
from mcca_ml.metrics.effective_samples import BLOCK_DAYS
from mcca_ml.metrics.intervals import Interval, intervals_of
from mcca_ml.metrics.lagged_moments import chain_of
from mcca_ml.metrics.moments import Moments, moments_of
from mcca_ml.metrics.scores import scores_of
from mcca_ml.validate.triplets import errors_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "validation_stations.md"
BIAS, R = 0.1, 0.7
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


def row(
    head: tuple[str, ...], pair: tuple[np.ndarray, np.ndarray], true: tuple[float, float, float]
) -> tuple[str, ...]:
    """Shares for bias, ubRMSD and R, and for R by drawing blocks."""
    labels = np.arange(pair[0].shape[1]) // BLOCK_DAYS
    blocks = moments_of(pair, labels, int(labels[-1]) + 1)
    found = intervals_of(chain_of(pair), blocks)
    rng = np.random.default_rng(0)
    drawn = [
        bootstrap(blocks.of_cell(k), r_of, rng, draws=500) for k in range(min(DRAWN, len(pair[0])))
    ]
    ends = Interval(np.array([one.low for one in drawn]), np.array([one.high for one in drawn]))
    shares = (held(found.bias, true[0]), held(found.ubrmsd, true[1]), held(found.r, true[2]))
    return (*head, f"{np.median(found.effective):,.0f}", *shares, held(ends, true[2]))


def r_of(moments: Moments) -> np.ndarray:
    """Correlation of drawn moments."""
    return scores_of(moments).r


def pure(rng: np.random.Generator, series: int) -> list[tuple[str, ...]]:
    """Both series and their difference have one memory."""
    rows = []
    for rho in MEMORIES:
        for days in LENGTHS:
            reference = autoregression(rng, (series, days), rho)
            own = autoregression(rng, (series, days), rho)
            estimate = R * reference + np.sqrt(1 - R**2) * own + BIAS
            true = (BIAS, float(np.sqrt(2 - 2 * R)), R)
            rows.append(row((f"{rho:g}", f"{days:,}"), (estimate, reference), true))
    return rows


def mixed(rng: np.random.Generator, series: int) -> list[tuple[str, ...]]:
    """A slow truth, a fast error of the product, a slow one of the stations, gaps."""
    rows = []
    for fast, present in ((0.0, 1.0), (0.5, 1.0), (0.5, 0.4)):
        for days in (365, 1000, 3000):
            shape = (series, days)
            truth = autoregression(rng, shape, 0.95)
            estimate = truth + 0.6 * autoregression(rng, shape, fast) + BIAS
            reference = truth + 0.4 * autoregression(rng, shape, 0.9)
            estimate[rng.random(shape) > present] = np.nan
            true = (BIAS, float(np.hypot(0.6, 0.4)), float(1 / np.sqrt(1.36 * 1.16)))
            head = (f"{fast:g}", f"{100 * present:.0f} %", f"{days:,}")
            rows.append(row(head, (estimate, reference), true))
    return rows


def apart(rng: np.random.Generator, series: int) -> list[tuple[str, ...]]:
    """A slow reference, and an estimate that is a share of it and an error of its own."""
    rows = []
    for r in (0.0, 0.3, 0.7):
        for fast in (0.0, 0.6):
            for days in (200, 1000, 3000):
                reference = autoregression(rng, (series, days), 0.95)
                own = autoregression(rng, (series, days), fast)
                estimate = r * reference + np.sqrt(1 - r**2) * own + BIAS
                true = (BIAS, float(np.sqrt(2 - 2 * r)), r)
                head = (f"{r:g}", f"{fast:g}", f"{days:,}")
                rows.append(row(head, (estimate, reference), true))
    return rows


def triplets(rng: np.random.Generator, series: int) -> list[tuple[str, ...]]:
    """Errors of three products with one slow truth: white, of some memory, slow."""
    true = np.array([0.6, 0.8, 0.4])
    rows = []
    for memory in (0.0, 0.5, 0.9):
        for days in (365, 1000, 3000):
            shape = (series, days)
            truth = autoregression(rng, shape, 0.95)
            made = [
                truth + sd * autoregression(rng, shape, rho)
                for sd, rho in zip(true, (0.0, memory, 0.9), strict=True)
            ]
            labels = np.arange(days) // BLOCK_DAYS
            blocks = moments_of(made, labels, int(labels[-1]) + 1)
            drawn = [
                bootstrap(
                    blocks.of_cell(k),
                    errors_of,
                    np.random.default_rng(k),
                    draws=500,
                )
                for k in range(series)
            ]
            ends = Interval(
                np.array([one.low for one in drawn]), np.array([one.high for one in drawn])
            )
            shares = [
                held(Interval(ends.low[:, k], ends.high[:, k]), float(true[k])) for k in range(3)
            ]
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
            ("lag-1 of the product's error", "days present", "days", *shares),
            mixed(rng, asked.series),
        ),
        "interval-coverage-apart": table(
            ("true R", "lag-1 of the product's error", "days", *shares),
            apart(rng, asked.series),
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
