"""Correlated Gaussian random fields of a patch, each seeded by its own name.

A field is a sum of fields of Gaussian correlation exp(-d^2 / 2 l^2) with several lengths l. The
correlation of the sum falls off with distance about exponentially, is isotropic, and separates into
rows and columns, which keeps large boxes cheap. Days are drawn in whole calendar years, so that a
day does not depend on other boxes or on the simulated period.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Datetime64, Float32, Float64, Floating
from mcca_ml.grid.ease2 import M25
from mcca_ml.simulate.truth.types import METRES_PER_KM, Patch

DAYS_OF_YEAR = 366
"""Days drawn for a calendar year; the last is used in leap years only."""

_SCALES = (0.35, 1.0, 2.5)
"""Correlation lengths of the summands over the nominal length [1]."""
_SHARES = (0.25, 0.45, 0.30)
"""Fractions of the variance of the summands [1]."""


def generator(seed: int, *name: str | int) -> np.random.Generator:
    """Random generator for a name, independent of all other generators.

    Args:
        seed: random seed of the world, >= 0.
        name: parts of the name, such as box, field and year.
    """
    text = "/".join(str(word) for word in name)
    digest = hashlib.sha256(text.encode()).digest()
    return np.random.default_rng(np.random.SeedSequence([seed, int.from_bytes(digest[:16])]))


@dataclass(frozen=True)
class Smoother:
    """Filter from white noise on a patch to a correlated field of variance 1."""

    along_rows: Float32
    """Square root of the correlation matrix of rows, (scale, row, row)."""
    along_columns: Float32
    """Square root of the correlation matrix of columns, (scale, column, column)."""

    @property
    def noise_shape(self) -> tuple[int, int, int]:
        """Shape of the noise of one field: scales, rows, columns."""
        scales, rows, _ = self.along_rows.shape
        return scales, rows, self.along_columns.shape[1]

    def __call__(self, noise: Float32) -> Float32:
        """Correlated fields, (field, cell) [1].

        Args:
            noise: standard normal, (field, scale, row, column).
        """
        smooth = self.along_rows @ noise @ self.along_columns.swapaxes(1, 2)
        weight = np.sqrt(np.asarray(_SHARES, np.float32))[:, None, None]
        return np.asarray((smooth * weight).sum(1).reshape(len(noise), -1), np.float32)


def smoother(patch: Patch, lat: Float64, length_km: float) -> Smoother:
    """Make the smoother of a patch.

    Args:
        patch: rectangle of cells.
        lat: latitude of its cells [degree]; the scale of the projection is that of their mean.
        length_km: correlation length [km], > 0.
    """
    stretch = np.cos(np.deg2rad(lat.mean())) / np.cos(np.pi / 6)
    side = M25.cell_m / METRES_PER_KM
    lengths = [scale * length_km for scale in _SCALES]
    rows, columns = patch.shape
    return Smoother(
        np.stack([_root(rows, side / stretch / length) for length in lengths]),
        np.stack([_root(columns, side * stretch / length) for length in lengths]),
    )


def _root(count: int, step: float) -> Float32:
    """Symmetric square root of the Gaussian correlation of equidistant points, unit rows."""
    distance = step * np.subtract.outer(np.arange(count), np.arange(count))
    values, vectors = np.linalg.eigh(np.exp(-0.5 * distance**2))
    # Long correlations are singular: rounding may make eigenvalues negative.
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return np.asarray(root / np.sqrt((root**2).sum(1, keepdims=True)), np.float32)


def static_field(smooth: Smoother, seed: int, *name: str | int) -> Float32:
    """Field constant in time, (cell) [1], mean 0 and variance 1 over many worlds."""
    noise = generator(seed, *name).standard_normal((1, *smooth.noise_shape), np.float32)
    return np.asarray(smooth(noise)[0])


def daily_noise(smooth: Smoother, seed: int, days: Datetime64, *name: str | int) -> Float32:
    """Fields of independent days, (day, cell) [1], variance 1.

    Args:
        smooth: smoother of the patch.
        seed: random seed of the world.
        days: consecutive UTC days, datetime64[D].
        name: names of box and field.
    """
    years = days.astype("datetime64[Y]")
    by_year = []
    for year in np.unique(years):
        rng = generator(seed, *name, str(year))
        noise = rng.standard_normal((DAYS_OF_YEAR, *smooth.noise_shape), np.float32)
        index = days[years == year] - year.astype("datetime64[D]")
        by_year.append(smooth(noise[index.astype(np.int64)]))
    return np.concatenate(by_year)


def autoregression(noise: Floating, memory: float) -> Floating:
    """First-order autoregression driven by a noise, with the variance and shape of the noise.

    Args:
        noise: noise of independent days and constant variance, (day, cell).
        memory: lag-1 autocorrelation [1], 0 to < 1.
    """
    innovation = float(np.sqrt(1 - memory**2))
    out = np.empty_like(noise)
    out[0] = noise[0]
    for day in range(1, len(noise)):
        out[day] = memory * out[day - 1] + innovation * noise[day]
    return out


def mixed(summands: Sequence[tuple[float, Float32]]) -> Float32:
    """Sum of independent fields, weighted by their fractions of the variance, of sum 1 [1]."""
    return np.asarray(sum(np.sqrt(share) * field for share, field in summands), np.float32)
