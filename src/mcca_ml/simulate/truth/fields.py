"""Correlated Gaussian random fields of a patch, each from a seed of its own name.

A field is a sum of fields of Gaussian correlation exp(-d^2 / 2 l^2) with several lengths l. Such a
sum falls off with distance about as an exponential does, is the same in all directions, and is
drawn axis by axis, which keeps large boxes cheap. Days are drawn in whole calendar years: what a
day holds depends neither on other boxes nor on the period asked for.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcca_ml.arrays import Datetime64, Float32, Float64, Floating
from mcca_ml.grid.ease2 import M25
from mcca_ml.simulate.truth.types import METRES_PER_KM, Patch

DAYS_OF_YEAR = 366
"""Days drawn for a calendar year; the last is unused in most."""

_SCALES = (0.35, 1.0, 2.5)
"""Lengths of the summands over the nominal length [1]."""
_SHARES = (0.25, 0.45, 0.30)
"""Their shares of the variance [1]."""


def generator(seed: int, *name: str | int) -> np.random.Generator:
    """A random generator of its own for each name; none depends on which others were made.

    Args:
        seed: of the world, >= 0.
        name: what is drawn, such as box, field and year.
    """
    text = "/".join(str(part) for part in name)
    digest = hashlib.sha256(text.encode()).digest()
    return np.random.default_rng(np.random.SeedSequence([seed, int.from_bytes(digest[:16])]))


@dataclass(frozen=True)
class Smoother:
    """Turns white noise on a patch into a correlated field of variance 1."""

    along_rows: Float32
    """Root of the correlation between rows, (scale, row, row)."""
    along_columns: Float32
    """Root of the correlation between columns, (scale, column, column)."""

    @property
    def noise_shape(self) -> tuple[int, int, int]:
        """Scales, rows and columns of the noise of one field."""
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
    """The smoother of a patch.

    Args:
        patch: where.
        lat: of its cells [degree]; the map's stretching is taken at their mean.
        length_km: distance over which the field stays alike [km], > 0.
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
    """Symmetric root of the Gaussian correlation of equidistant places, rows of length 1."""
    distance = step * np.subtract.outer(np.arange(count), np.arange(count))
    values, vectors = np.linalg.eigh(np.exp(-0.5 * distance**2))
    # A long correlation is singular but for rounding; a negative rounding has no root.
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return np.asarray(root / np.sqrt((root**2).sum(1, keepdims=True)), np.float32)


def static_field(smooth: Smoother, seed: int, *name: str | int) -> Float32:
    """A field that does not change, (cell) [1], mean 0 and variance 1 over many worlds."""
    noise = generator(seed, *name).standard_normal((1, *smooth.noise_shape), np.float32)
    return np.asarray(smooth(noise)[0])


def daily_noise(smooth: Smoother, seed: int, days: Datetime64, *name: str | int) -> Float32:
    """A field of each day, independent of the other days, (day, cell) [1], variance 1.

    Args:
        smooth: of the patch.
        seed: of the world.
        days: consecutive UTC days, datetime64[D].
        name: box and field.
    """
    years = days.astype("datetime64[Y]")
    parts = []
    for year in np.unique(years):
        rng = generator(seed, *name, str(year))
        noise = rng.standard_normal((DAYS_OF_YEAR, *smooth.noise_shape), np.float32)
        of_year = days[years == year] - year.astype("datetime64[D]")
        parts.append(smooth(noise[of_year.astype(np.int64)]))
    return np.concatenate(parts)


def autoregression(noise: Floating, memory: float) -> Floating:
    """First-order autoregression of a noise, of its variance and shape.

    Args:
        noise: independent from day to day, of one variance, (day, cell).
        memory: correlation with the day before [1], 0 to < 1.
    """
    fresh = float(np.sqrt(1 - memory**2))
    out = np.empty_like(noise)
    out[0] = noise[0]
    for day in range(1, len(noise)):
        out[day] = memory * out[day - 1] + fresh * noise[day]
    return out


def mixed(parts: Sequence[tuple[float, Float32]]) -> Float32:
    """Sum of independent fields by their shares of the variance, which sum to 1 [1]."""
    return np.asarray(sum(np.sqrt(share) * field for share, field in parts), np.float32)
