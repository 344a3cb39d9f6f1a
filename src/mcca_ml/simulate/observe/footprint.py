"""Antenna footprints: weight of each cell of a patch in each footprint.

A footprint is a Gaussian on the ground, elongated along the line of sight. It is integrated over
cells exactly in x and in y separately: an ellipse oblique to the grid is replaced by the one
aligned with the grid that has the same variances in x and y. Fields are constant in a 25 km cell,
so this shifts weight between neighbours only, by up to 0.05 for the longest footprint.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mcca_ml.arrays import Float32, Float64, Floating
from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import M25
from mcca_ml.simulate.truth.types import METRES_PER_KM, Patch

_SD_OF_HALF_POWER = 1 / np.sqrt(8 * np.log(2))
"""Standard deviation of a Gaussian over its full width at half maximum [1]."""

_FAR = 6.0  # standard deviations beyond which the integral is 0 or 1
_POINT_KM = 1.0
"""Footprint of a radiometer without footprint averaging [km]: it samples a single cell."""


def _below(z: Float32) -> Float32:
    """Cumulative normal distribution at z standard deviations [1], to 2e-4; overwrites `z`.

    Source: the logistic approximation of Bowling et al. (2009), J. Ind. Eng. Manag. 2, 114-127;
        checked against scipy in the tests.
    """
    np.clip(z, -_FAR, _FAR, out=z)
    share = z * z  # in place from here: the costliest step of a pass
    share *= np.float32(-0.07056)
    share -= np.float32(1.5976)
    share *= z
    np.exp(share, out=share)
    share += np.float32(1)
    np.reciprocal(share, out=share)
    return share


def axis_shares(edges: Float64, centre: Float64, sd: Float32) -> Float32:
    """Fraction of each footprint between neighbouring edges, (footprint, interval) [1].

    Args:
        edges: ascending or descending edges [m], one more than intervals.
        centre: centres of the footprints [m], (footprint).
        sd: standard deviations of the antenna pattern [m], (footprint).
    """
    z = ((edges[None, :] - centre[:, None]) / sd[:, None]).astype(np.float32)
    return np.abs(np.diff(_below(z), axis=1))


@dataclass(frozen=True)
class Shares:
    """Weights of rows and columns of a patch in footprints; a cell's weight is their product."""

    rows: Float32
    """(footprint, row)."""
    columns: Float32
    """(footprint, column)."""

    @cached_property
    def inside(self) -> Float32:
        """Fraction of each footprint on the patch [1], (footprint)."""
        return np.asarray(self.rows.sum(axis=1) * self.columns.sum(axis=1), np.float32)

    def mean(self, values: Float32) -> Float32:
        """Weighted mean over the cells of each footprint, (footprint, channel).

        Args:
            values: values of the cells of the patch, (cell, channel) or (cell).
        """
        banded = self.rows @ values.reshape(self.rows.shape[1], -1)
        by_column = banded.reshape(*self.columns.shape, -1)
        total = np.einsum("fc,fck->fk", self.columns, by_column)
        return np.asarray(total / np.maximum(self.inside, 1e-6)[:, None], np.float32)


def shares(
    patch: Patch,
    lat: Floating,
    lon: Floating,
    azimuth: Floating,
    size_km: tuple[float, float],
    *,
    shift_km: tuple[float, float] = (0.0, 0.0),
) -> Shares:
    """Weights of the cells of a patch in footprints of one size.

    Args:
        patch: rectangle of cells.
        lat: latitude of the centres [degree], (footprint).
        lon: longitude of the centres [degree], (footprint).
        azimuth: azimuth of the line of sight at the ground, clockwise from north [rad].
        size_km: half-power width along and across the line of sight [km]; 0 is a point.
        shift_km: geolocation error, true minus reported position, east and north [km].

    The equal-area projection scales x by cos 30 / cos lat and y by the inverse.
    """
    stretch = np.cos(ease2.STANDARD_PARALLEL) / np.cos(np.deg2rad(lat))
    along, across = (max(size, _POINT_KM) * _SD_OF_HALF_POWER for size in size_km)
    sine2 = np.sin(azimuth) ** 2
    east = np.sqrt(along**2 * sine2 + across**2 * (1 - sine2)) * METRES_PER_KM
    north = np.sqrt(along**2 * (1 - sine2) + across**2 * sine2) * METRES_PER_KM
    x = ease2.map_x(lon) + shift_km[0] * METRES_PER_KM * stretch
    y = ease2.map_y(lat) + shift_km[1] * METRES_PER_KM / stretch
    row, column = patch.first_row, patch.first_column
    y_edges = ease2.y_edges(M25)[row : row + patch.shape[0] + 1]
    x_edges = ease2.x_edges(M25)[column : column + patch.shape[1] + 1]
    return Shares(
        axis_shares(y_edges, y, np.asarray(north / stretch, np.float32)),
        axis_shares(x_edges, x, np.asarray(east * stretch, np.float32)),
    )
