"""The V/H ratio of VOD of a cell, from a season of its looks, and VOD that is smooth in time.

One look at V and H has two observations for three unknowns (soil moisture, VOD at V, VOD at H), so
their ratio rho = VOD_H / VOD_V has to be given. Over many looks a wrong ratio betrays itself: with
it no VOD suits dry and wet looks alike, where the canopy itself hardly changes within a few looks.
So rho is static, VOD at V is shared by the looks of a window but for a small drift, soil moisture
is free in every look, and rho and the VOD of each window minimise the misfit of all looks:

    J = sum_windows sum_t |r_t + p_t dVOD_window + q_t drho|^2  +  ((rho - rho_prior) / sd_prior)^2

with r, p, q of `shared_vod`, the direction of soil moisture projected away. J is solved for all
windows and rho at once (the normal equations have an arrow's shape), linearised anew a few times.

The ratio is weakly identified: its posterior is seldom below 0.6 of the prior, and an albedo wrong
by 0.02 moves it by 0.07 to 0.10. Where posterior / prior stays above 0.7 the prior is kept.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
SMALL = 1e-6
"""Information on VOD below which a window has none [1]."""


@dataclass(frozen=True)
class RatioPrior:
    """What is believed of the ratio of VOD before any look."""

    mean: float
    sd: float
    bounds: tuple[float, float]
    keep_above: float
    """Posterior / prior sd above which the prior is kept."""


@dataclass(frozen=True)
class LookProducts:
    """`shared_vod.Products` of every look, (look, cell) and (static, look, cell); 0 if unusable."""

    pp: FloatArray
    pq: FloatArray
    qq: FloatArray
    pr: FloatArray
    qr: FloatArray
    ps: FloatArray
    qs: FloatArray


class Ratio(NamedTuple):
    """The ratio of VOD of each cell."""

    ratio: FloatArray
    """VOD at H over VOD at V [1]."""
    posterior_sd: FloatArray
    """From noise and prior alone [1]."""
    total_sd: FloatArray
    """With the errors of albedo, roughness and clay; never above the prior's [1]."""
    from_prior: BoolArray
    """Whether the prior was kept."""


def prior_ratio(cells: int, prior: RatioPrior) -> Ratio:
    """The prior, for every cell."""
    sd = np.full(cells, prior.sd, np.float32)
    mean = np.full(cells, prior.mean, np.float32)
    return Ratio(ratio=mean, posterior_sd=sd, total_sd=sd, from_prior=np.ones(cells, np.bool_))


def usable_first(usable: BoolArray) -> Index:
    """Order of looks that brings the usable ones of each cell to the front, kept in time."""
    return np.argsort(~usable, axis=0, kind="stable")


def window_of(usable: BoolArray, window: int) -> Index:
    """Number of the window of each look: `window` usable looks each, (look, cell)."""
    rank = np.cumsum(usable, axis=0) - 1
    numbers: Index = np.maximum(rank, 0) // window
    return numbers


def _per_window(value: FloatArray, windows: Index) -> FloatArray:
    """Sum of (..., look, cell) over each window, (..., window, cell)."""
    count = int(windows.max()) + 1
    sums = [np.where(windows == w, value, 0.0).sum(axis=-2) for w in range(count)]
    return np.stack(sums, axis=-2).astype(np.float32)


def window_median(value: FloatArray, windows: Index) -> FloatArray:
    """Median over the looks of each window, given back to each look, (look, cell); 0 if none."""
    out = np.zeros_like(value)
    for w in range(int(windows.max()) + 1):
        inside = windows == w
        ranked = np.sort(np.where(inside & np.isfinite(value), value, np.inf), axis=0)
        count = np.isfinite(ranked).sum(axis=0)
        middle = np.take_along_axis(ranked, np.maximum(count - 1, 0)[None] // 2, axis=0)
        out = np.where(inside, np.where(count > 0, middle, 0.0), out)
    return out.astype(np.float32)


def with_drift(products: LookProducts, drift_sd: float) -> LookProducts:
    """The products with the drift of VOD within a window counted as noise."""
    noise = (1.0 + drift_sd**2 * products.pp).astype(np.float32)
    return LookProducts(
        products.pp / noise,
        products.pq / noise,
        products.qq / noise,
        products.pr / noise,
        products.qr / noise,
        products.ps / noise,
        products.qs / noise,
    )


def ratio_step(
    products: LookProducts, windows: Index, current: FloatArray, prior: RatioPrior
) -> tuple[Ratio, FloatArray]:
    """One Gauss-Newton step: the ratio of each cell, and the change of VOD at V of each look.

    Args:
        products: of every look at the present ratio and VOD.
        windows: number of the window of each look.
        current: the present ratio (cell) [1].
        prior: what is believed beforehand.
    """
    pp, pq, pr = (_per_window(v, windows) for v in (products.pp, products.pq, products.pr))
    seen = pp > SMALL
    inverse = np.where(seen, 1.0 / np.where(seen, pp, 1.0), 0.0)
    information = products.qq.sum(axis=0) - (pq**2 * inverse).sum(axis=0)
    precision = np.maximum(information, 0.0) + 1.0 / prior.sd**2
    pull = products.qr.sum(axis=0) - (pq * pr * inverse).sum(axis=0)
    pull = pull + (current - prior.mean) / prior.sd**2
    ratio = np.clip(current - pull / precision, *prior.bounds).astype(np.float32)
    ps = _per_window(products.ps, windows)
    shift = (products.qs.sum(axis=1) - (pq * ps * inverse).sum(axis=1)) / precision
    posterior = 1.0 / np.sqrt(precision)
    total = np.minimum(np.sqrt(posterior**2 + (shift**2).sum(axis=0)), prior.sd)
    by_window = -(pr + pq * (ratio - current)) * inverse
    found = Ratio(
        ratio=ratio,
        posterior_sd=posterior.astype(np.float32),
        total_sd=total.astype(np.float32),
        from_prior=posterior > prior.keep_above * prior.sd,
    )
    return found, np.take_along_axis(by_window, windows, axis=0).astype(np.float32)


def keep_prior(found: Ratio, prior: RatioPrior) -> Ratio:
    """The ratio, replaced by the prior where the looks say too little."""
    kept = found.from_prior
    return found._replace(
        ratio=np.where(kept, prior.mean, found.ratio).astype(np.float32),
        total_sd=np.where(kept, prior.sd, found.total_sd).astype(np.float32),
    )


def expected_vod(
    products: LookProducts, vod_v: FloatArray, *, window: int, drift_sd: float
) -> tuple[FloatArray, FloatArray]:
    """VOD at V of each look as its neighbours suggest, and 1 / variance of that, (look, cell).

    The neighbours are the usable looks within half a window before and after, the look itself left
    out, so that its own noise does not enter twice. Without any neighbour the precision is 0.

    Args:
        products: of every look at `vod_v`, drift counted as noise.
        vod_v: VOD at V shared by the looks of a window [1].
        window: number of looks over which VOD is smooth.
        drift_sd: change of VOD over them, standard deviation [1].
    """
    order = usable_first(products.pp > 0)
    back = np.argsort(order, axis=0, kind="stable")
    weight = np.take_along_axis(products.pp, order, axis=0)
    # What a look alone makes of VOD is vod - pr / pp, with the weight pp.
    moment = np.take_along_axis(products.pp * vod_v - products.pr, order, axis=0)
    half = min(window // 2, len(weight) - 1)
    total, summed = np.zeros_like(weight), np.zeros_like(weight)
    for step in (*range(-half, 0), *range(1, half + 1)):
        source = slice(max(step, 0), len(weight) + min(step, 0))
        target = slice(max(-step, 0), len(weight) + min(-step, 0))
        total[target] += weight[source]
        summed[target] += moment[source]
    some = total > SMALL
    safe = np.where(some, total, 1.0)
    mean = np.where(some, np.maximum(summed / safe, 0.0), 0.0)
    precision = np.where(some, 1.0 / (1.0 / safe + drift_sd**2), 0.0)
    return (
        np.take_along_axis(mean, back, axis=0).astype(np.float32),
        np.take_along_axis(precision, back, axis=0).astype(np.float32),
    )
