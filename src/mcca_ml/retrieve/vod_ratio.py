"""V/H ratio of VOD of a cell from a season of its looks, with VOD smooth in time.

One look at V and H has two observations for three unknowns (soil moisture, VOD at V, VOD at H), so
the ratio rho = VOD_H / VOD_V must be given. Over many looks it can be estimated: the canopy hardly
changes within a few looks, and for a wrong ratio no VOD fits both dry and wet looks. So rho is
constant, VOD at V is shared by the looks of a window except for a small drift, soil moisture is
free in every look, and rho and the VOD of each window minimise the misfit of all looks:

    J = sum_windows sum_t |r_t + p_t dVOD_window + q_t drho + S_t s|^2
        + ((rho - rho_prior) / sd_prior)^2 + |s|^2

with r, p, q, S of `shared_vod`, soil moisture eliminated. Errors of albedo, roughness and clay are
also constant in a cell: s, in units of their standard deviations, is a further unknown, so that
misfit they explain is not attributed to the ratio. J is minimised over all windows, rho and s
together (the normal equations have arrow shape) by a few Gauss-Newton steps.

The ratio is weakly identified: its posterior sd is seldom below 0.6 of the prior sd, and an albedo
error of 0.02 changes it by 0.07 to 0.10. If posterior / prior sd is above 0.7, the prior is kept.
"""

from typing import NamedTuple

import jax
import numpy as np

from mcca_ml.arrays import Booleans, Float32, Float64, Intp
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.retrieve.shared_vod import Products

SMALL = 1e-6
"""Smallest information on VOD for an estimate in a window [1]."""


class Ratio(NamedTuple):
    """VOD ratio of each cell."""

    ratio: Float32
    """VOD at H over VOD at V [1]."""
    posterior_sd: Float32
    """Standard deviation of the ratio, including errors of albedo, roughness and clay [1]."""
    own_sd: Float32
    """Standard deviation of the ratio without those errors [1]."""
    by_static: Float32
    """Change of the ratio for one sd of albedo, roughness, clay [1], (static, cell)."""
    from_prior: Booleans
    """True where the prior is kept."""


class ExpectedVod(NamedTuple):
    """VOD at V of each look expected from neighbouring looks, (look, cell)."""

    vod_v: Float32
    """Expected VOD at V [1]."""
    precision: Float32
    """1 / variance from noise and drift [1]; 0 without neighbours."""
    by_ratio: Float32
    """Derivative of the expected VOD by the ratio [1]."""
    by_static: Float32
    """Change of the expected VOD for one sd of static errors [1], (static, look, cell)."""


def prior_ratio(cells: int, settings: RetrieveSettings) -> Ratio:
    """Prior of the ratio, for every cell."""
    sd = np.full(cells, settings.vod_ratio_sd, np.float32)
    mean = np.full(cells, settings.vod_ratio, np.float32)
    static = np.zeros((3, cells), np.float32)
    return Ratio(mean, sd, sd, static, np.ones(cells, np.bool_))


def number_windows(usable: Booleans, window: int) -> Intp:
    """Window number of each look, (look, cell); a window has `window` usable looks."""
    # An unusable look has the window of the usable look before it.
    rank = np.cumsum(usable, axis=0) - 1
    numbers: Intp = np.maximum(rank, 0) // window
    return numbers


def _per_window(value: Float32, windows: Intp) -> Float32:
    """Sum of (..., look, cell) over each window, (..., window, cell)."""
    count = int(windows.max()) + 1
    sums = [np.where(windows == w, value, 0.0).sum(axis=-2) for w in range(count)]
    return np.stack(sums, axis=-2).astype(np.float32)


def window_median(value: Float32, windows: Intp) -> Float32:
    """Median over the window of each look, (look, cell); 0 without values."""
    out = np.zeros_like(value)
    for w in range(int(windows.max()) + 1):
        inside = windows == w
        # Infinity, for looks without VOD or of other windows, is sorted last.
        ranked = np.sort(np.where(inside & np.isfinite(value), value, np.inf), axis=0)
        count = np.isfinite(ranked).sum(axis=0)
        middle = np.take_along_axis(ranked, np.maximum(count - 1, 0)[None] // 2, axis=0)
        out = np.where(inside, np.where(count > 0, middle, 0.0), out)
    return out.astype(np.float32)


def add_drift_noise(products: Products[Float32], drift_sd: float) -> Products[Float32]:
    """Add the drift of VOD within a window to the noise of the products."""
    # A drift of VOD changes a misfit of unit variance by p times the drift.
    noise = (1.0 + drift_sd**2 * products.pp).astype(np.float32)
    scaled: Products[Float32] = jax.tree.map(lambda value: value / noise, products)
    return scaled


def _normal_equations(
    products: Products[Float32], windows: Intp, offset: Float32, settings: RetrieveSettings
) -> tuple[Float64, Float64]:
    """Matrix (cell, 4, 4) and right-hand side (cell, 4) for ratio, albedo, roughness and clay.

    VOD is eliminated. `offset` is the current ratio less its prior mean.
    """
    cross = np.concatenate([products.pq[None], products.ps])
    pp, pr, to_vod = (_per_window(v, windows) for v in (products.pp, products.pr, cross))
    inverse = np.where(pp > SMALL, 1.0 / np.where(pp > SMALL, pp, 1.0), 0.0)
    matrix = np.zeros((4, 4, *offset.shape))
    # 1 / sd^2 of the prior; static errors are in units of their sd, so their precision is 1.
    matrix[0, 0] = products.qq.sum(axis=0) + 1.0 / settings.vod_ratio_sd**2
    matrix[0, 1:] = matrix[1:, 0] = products.qs.sum(axis=1)
    matrix[1:, 1:] = products.ss.sum(axis=2) + np.eye(3)[:, :, None]
    # Schur complement eliminates the VOD of each window.
    matrix -= np.einsum("iwc,jwc,wc->ijc", to_vod, to_vod, inverse)
    side = np.zeros((4, *offset.shape))
    side[0] = products.qr.sum(axis=0) + offset / settings.vod_ratio_sd**2
    side[1:] = products.rs.sum(axis=1)
    side -= np.einsum("iwc,wc->ic", to_vod, pr * inverse)
    return np.moveaxis(matrix, 2, 0), side.T


def ratio_step(
    products: Products[Float32], windows: Intp, current: Float32, settings: RetrieveSettings
) -> tuple[Ratio, Float32]:
    """One Gauss-Newton step: ratio of each cell, and change of VOD at V of each look.

    Args:
        products: products of every look at the current ratio and VOD.
        windows: window number of each look.
        current: current ratio [1], (cell,).
        settings: the `[retrieve]` table, for the prior of the ratio.
    """
    matrix, side = _normal_equations(products, windows, current - settings.vod_ratio, settings)
    covariance = np.linalg.inv(matrix)
    # Static errors are also unknowns; only the ratio is updated.
    step = -np.einsum("ci,ci->c", covariance[:, 0], side)
    ratio = np.clip(current + step, *settings.vod_ratio_bounds).astype(np.float32)
    posterior = np.sqrt(covariance[:, 0, 0])
    # Split the error of the ratio into that from albedo, roughness and clay, and the rest.
    by_static = np.linalg.solve(covariance[:, 1:, 1:], covariance[:, 1:, :1])[..., 0]
    own = covariance[:, 0, 0] - np.einsum("ci,ci->c", by_static, covariance[:, 1:, 0])
    updated = Ratio(
        ratio=ratio,
        posterior_sd=posterior.astype(np.float32),
        own_sd=np.sqrt(np.maximum(own, 0.0)).astype(np.float32),
        by_static=by_static.T.astype(np.float32),
        from_prior=posterior > settings.keep_prior_above * settings.vod_ratio_sd,
    )
    pp, pq, pr = (_per_window(v, windows) for v in (products.pp, products.pq, products.pr))
    # VOD of a window for the new ratio, with static errors of 0.
    change = -(pr + pq * (ratio - current)) / np.maximum(pp, SMALL)
    by_window = np.where(pp > SMALL, change, 0.0)
    return updated, np.take_along_axis(by_window, windows, axis=0).astype(np.float32)


def keep_prior(ratio: Ratio, settings: RetrieveSettings) -> Ratio:
    """Replace the ratio by the prior where `from_prior` is True."""
    prior = prior_ratio(len(ratio.from_prior), settings)
    pairs = zip(prior, ratio, strict=True)
    return Ratio(*(np.where(ratio.from_prior, before, own) for before, own in pairs))


def expected_vod(
    products: Products[Float32], vod_v: Float32, *, window: int, drift_sd: float
) -> ExpectedVod:
    """VOD at V of each look expected from its neighbours, with its derivatives.

    The neighbours are the usable looks within half a window before and after, without the look
    itself, so that its noise is not used twice.

    Args:
        products: products of every look at `vod_v`, with drift as noise.
        vod_v: VOD at V shared by the looks of a window [1].
        window: number of looks over which VOD is smooth.
        drift_sd: standard deviation of the change of VOD over a window [1].
    """
    # Usable looks of each cell first, in order of time.
    order = np.argsort(~(products.pp > 0), axis=0, kind="stable")
    back = np.argsort(order, axis=0, kind="stable")
    # The VOD estimate of a single look is vod - pr / pp, with weight pp.
    moments = np.stack(
        [products.pp, products.pp * vod_v - products.pr, -products.pq, *(-products.ps)]
    )
    moments = np.take_along_axis(moments, np.broadcast_to(order, moments.shape), axis=1)
    # Sums over neighbours by shifts: weight, weighted VOD and its derivatives.
    half = min(window // 2, len(order) - 1)
    total = np.zeros_like(moments)
    for step in (*range(-half, 0), *range(1, half + 1)):
        source = slice(max(step, 0), len(order) + min(step, 0))
        target = slice(max(-step, 0), len(order) + min(-step, 0))
        total[:, target] += moments[:, source]
    total = np.take_along_axis(total, np.broadcast_to(back, total.shape), axis=1)
    weight = total[0]
    mean = np.where(weight > SMALL, total[1:] / np.maximum(weight, SMALL), 0.0).astype(np.float32)
    # The variances of the mean of the neighbours and of the drift add.
    precision = 1.0 / (1.0 / np.maximum(weight, SMALL) + drift_sd**2)
    return ExpectedVod(
        vod_v=np.maximum(mean[0], np.float32(0.0)),
        precision=np.where(weight > SMALL, precision, 0.0).astype(np.float32),
        by_ratio=mean[1],
        by_static=mean[2:],
    )
