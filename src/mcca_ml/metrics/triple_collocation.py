"""Triple collocation: random errors of three products with independent errors.

Three products x, y, z are linear functions of the truth plus errors that are independent of the
truth and of each other. Products with a common target or instrument have correlated errors and are
rejected, because the estimated errors would be too small.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mcca_ml.arrays import Float64
from mcca_ml.metrics.moments import Moments

FEWEST = 100
"""Smallest number of triplets of values."""


@dataclass(frozen=True)
class Triple:
    """Estimates for three products (3, ...); NaN where the covariances contradict the model."""

    error_sd: Float64
    """Standard deviation of the random error, in the units of each product [m3 m-3]."""
    r_truth: Float64
    """Correlation with the truth [1]: extended triple collocation."""
    snr_db: Float64
    """Variance of the truth over that of the error [dB]."""
    scale: Float64
    """Factor that converts a product to the scale of the first [1]."""


def triple_collocation(moments: Moments, *, fewest: float = FEWEST) -> Triple:
    """Random errors and correlations with the truth of three products.

    Args:
        moments: moments of three series (...).
        fewest: smallest number of triplets of values.

    Formula:
        with covariances C: error variance of x = C_xx - C_xy C_xz / C_yz, and cyclic;
        r^2 = C_xy C_xz / (C_xx C_yz); SNR = r^2 / (1 - r^2); scale of y to x = C_xz / C_yz.
        Covariances divide by n - 1.

    Source: Stoffelen (1998), J. Geophys. Res. 103(C4), 7755-7766; McColl et al. (2014), Geophys.
    Res. Lett. 41, 6229-6236 (extended). Formulas as in science.md 5, tested against pytesmo; the
    papers were not at hand.
    """
    c = moments.co / np.maximum(moments.n - 1, 1)
    enough = moments.n >= fewest
    signal, scale = [], []
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        fit = enough & (c[j, k] > 0) & (c[i, j] > 0) & (c[i, k] > 0)
        # Variance of the truth in the units of i: C_ij C_ik / C_jk.
        signal.append(np.where(fit, c[i, j] * c[i, k] / np.where(fit, c[j, k], 1.0), np.nan))
        # To the scale of the first, using the remaining product.
        third = 3 - i if i else 0
        below = np.where(fit, c[i, third], 1.0)
        scale.append(np.where(fit, c[0, third] / below if i else 1.0, np.nan))
    power = np.stack([c[i, i] for i in range(3)])
    truth = np.stack(signal)
    # Error variance of x: C_xx - C_xy C_xz / C_yz; not above 0 it contradicts the model.
    error = power - truth
    fit = error > 0
    r2 = truth / np.where(power > 0, power, np.nan)
    return Triple(
        np.where(fit, np.sqrt(np.where(fit, error, 1.0)), np.nan),
        np.where(fit, np.sqrt(np.where(fit, r2, 0.0)), np.nan),
        np.where(fit, 10 * np.log10(np.where(fit, truth, 1.0) / np.where(fit, error, 1.0)), np.nan),
        np.stack(scale),
    )


def why_not(names: Sequence[str], shares: Sequence[frozenset[str]]) -> str:
    """Reason why three products cannot be collocated; empty if none is known.

    Args:
        names: product names.
        shares: targets and instruments that each product is made from.

    >>> why_not(["a", "b", "c"], [frozenset({"SMAP"}), frozenset({"SMAP", "GMI"}), frozenset()])
    'a and b share SMAP, so their errors are not independent'
    """
    for (one, a), (other, b) in combinations(zip(names, shares, strict=True), 2):
        if a & b:
            both = " and ".join(sorted(a & b))
            return f"{one} and {other} share {both}, so their errors are not independent"
    return ""
