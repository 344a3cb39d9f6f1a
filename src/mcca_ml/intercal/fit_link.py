"""Fit a link to matched pairs: lines of cells, shrunk toward those of their class and of all."""

import numpy as np

from mcca_ml.arrays import Booleans, Float64, Int64
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.intercal.deming_regression import Fit, Line, fit_lines
from mcca_ml.intercal.link import LineFlag, Link, choose_prior_lines
from mcca_ml.intercal.match import Pairs
from mcca_ml.intercal.screen import nan_median
from mcca_ml.intercal.shrinkage import LineVariance, estimate_line_variance, shrink

BLOCK_PAIRS = 200_000
"""Approximate pairs per regression call, to fit the processor cache; cells are not divided."""
NOISE_PAIRS = 10.0
"""Weight of the typical noise in the noise of a cell [pairs]; choice of this project."""


def fit_cells(pairs: Pairs, settings: CalibrateSettings, *, block_pairs: int = BLOCK_PAIRS) -> Fit:
    """Fit the line of every cell to its own pairs; NaN without pairs, (cell, channel)."""
    shape = (len(pairs.cells), len(pairs.channels))
    out = [np.full(shape, np.nan) for _ in range(len(Line._fields) + 3)]
    # Each call starts at the first cell that begins in a block of pairs.
    edges = np.flatnonzero(np.diff(pairs.cell, prepend=-1))
    block = edges // block_pairs
    firsts = np.append(edges[np.flatnonzero(np.diff(block, prepend=-1))], len(pairs.cell))
    for low, high in zip(firsts[:-1], firsts[1:], strict=True):
        part = pairs.take(np.arange(low, high))
        starts = np.flatnonzero(np.diff(part.cell, prepend=-1))
        fit = fit_lines(part.x, part.y, starts, settings)
        arrays = (*fit.line, fit.noise_var, fit.pairs, fit.spread_var)
        for into, values in zip(out, arrays, strict=True):
            into[part.cell[starts]] = values
    return Fit(Line(*out[:-3]), out[-3], np.nan_to_num(out[-2]), out[-1])


def thin_pairs(pairs: Pairs, most: int) -> Pairs:
    """Select at most `most` pairs of each cell, evenly over its pairs, to balance the cells."""
    starts = np.flatnonzero(np.diff(pairs.cell, prepend=-1))
    count = np.diff(np.append(starts, len(pairs.cell)))
    rank = np.arange(len(pairs.cell)) - np.repeat(starts, count)
    many = np.maximum(np.repeat(count, count), most)
    # rank * most // many increases `most` times over `many` pairs.
    return pairs.take((rank * most) // many != ((rank - 1) * most) // many)


def _by_time(pairs: Pairs, settings: CalibrateSettings) -> Fit:
    """Line of all pairs, with errors correlated within a month, since cells share weather."""
    order = np.argsort(pairs.when, kind="stable")
    day = pairs.when[order].astype("datetime64[D]").astype(np.int64)
    # A cluster is a block of days: its pairs share the weather of all cells.
    cluster = np.flatnonzero(np.diff(day // settings.step_block_days, prepend=-1))
    x, y = pairs.x[order], pairs.y[order]
    return fit_lines(x, y, np.zeros(1, np.int64), settings, cluster)


def _pool(pairs: Pairs, group: Int64, settings: CalibrateSettings) -> Fit:
    """Line of each group of cells, with errors correlated within a cell.

    Args:
        pairs: pairs sorted by group.
        group: group of each pair, non-decreasing.
        settings: the `[calibrate]` table.
    """
    starts = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    cluster = np.flatnonzero(np.diff(pairs.cell, prepend=-1) | np.diff(group, prepend=group[0] - 1))
    apart = fit_lines(pairs.x, pairs.y, starts, settings)
    together = fit_lines(pairs.x, pairs.y, starts, settings, cluster)
    # With few cells the variance between them is uncertain; use the larger of the two.
    line = together.line._replace(
        level_var=np.maximum(apart.line.level_var, together.line.level_var),
        slope_var=np.maximum(apart.line.slope_var, together.line.slope_var),
    )
    # Pairs that do not constrain the slope give 1 (equal scales), with a variance of 1.
    is_flat = ~np.isfinite(line.slope_var) & np.isfinite(line.level)
    return together._replace(line=line._replace(slope_var=np.where(is_flat, 1.0, line.slope_var)))


def _stabilise_variances(fit: Fit, pool_noise: Float64, settings: CalibrateSettings) -> Line:
    """Lines of cells with variances from their noise, stabilised by the typical noise."""
    has_enough_pairs = fit.pairs >= settings.min_pairs
    typical = nan_median(np.where(has_enough_pairs, fit.noise_var, np.nan), pool_noise)
    own = np.where(has_enough_pairs, fit.noise_var, typical)
    # Mean of own and typical variance, weighted by the pairs behind each.
    noise = (fit.pairs * own + NOISE_PAIRS * typical) / (fit.pairs + NOISE_PAIRS)
    # A cell without its own slope has the mean of its pairs: Var = noise / n.
    few = noise / np.maximum(fit.pairs, 1)
    return fit.line._replace(
        level_var=np.where(has_enough_pairs, fit.line.level_var * noise / own, few),
        slope_var=np.where(has_enough_pairs, fit.line.slope_var * noise / own, np.inf),
    )


def _class_lines(
    pairs: Pairs, cell_class: Int64, everyone: Line, settings: CalibrateSettings
) -> tuple[Int64, Line]:
    """Classes with enough cells, and their lines, shrunk toward that of all cells."""
    paired_cells = np.unique(pairs.cell)
    classes, cells = np.unique(cell_class[paired_cells], return_counts=True)
    classes = classes[cells >= settings.pool_cells]
    if len(classes) < 2:
        return np.zeros(0, np.int64), everyone.take(np.zeros(0, np.int64))
    of_pair = cell_class[pairs.cell]
    order = np.argsort(of_pair, kind="stable")
    order = order[np.isin(of_pair[order], classes)]
    fit = _pool(pairs.take(order), of_pair[order], settings)
    # Classes are shrunk toward the line of all, as cells are toward that of their class.
    prior = Line(*(np.broadcast_to(value, fit.pairs.shape) for value in everyone))
    between = estimate_line_variance(fit.line, prior, fit.pairs >= settings.min_pairs)
    return classes.astype(np.int64), shrink(fit.line, prior, between)[0]


def _widen(line: Line, between: LineVariance) -> Line:
    """Add the variance between cells to the variance of a common line."""
    return line._replace(
        level_var=line.level_var + between.level_var, slope_var=line.slope_var + between.slope_var
    )


def _all_cells(pairs: Pairs, settings: CalibrateSettings) -> Fit:
    """Line of all cells together, (1, channel); NaN without any pair."""
    if len(pairs.cell):
        fit = _pool(pairs, np.zeros(len(pairs.cell), np.int64), settings)
        by_time = _by_time(pairs, settings).line
        # Errors are correlated within cells and within months: use the larger variance.
        level_var = np.maximum(fit.line.level_var, by_time.level_var)
        slope_var = np.maximum(
            fit.line.slope_var, np.where(np.isfinite(by_time.slope_var), by_time.slope_var, 0)
        )
        return fit._replace(line=fit.line._replace(level_var=level_var, slope_var=slope_var))
    nothing = np.full((1, len(pairs.channels)), np.nan)
    return Fit(Line(*(nothing for _ in Line._fields)), nothing, np.zeros_like(nothing), nothing)


def _flags(fit: Fit, line: Line, from_all: Booleans, settings: CalibrateSettings) -> Int64:
    """Bits of LineFlag, (cell, channel)."""
    few = (fit.pairs > 0) & (fit.pairs < settings.min_pairs)
    return np.asarray(
        np.where(fit.pairs == 0, LineFlag.NO_PAIRS, 0)
        | np.where(few, LineFlag.LEVEL_ONLY, 0)
        | np.where(from_all[:, None], LineFlag.FROM_ALL, 0)
        | np.where(np.isfinite(line.level), 0, LineFlag.NO_LINE)
    )


def fit_link(
    pairs: Pairs,
    settings: CalibrateSettings,
    *,
    sensor: str,
    reference: str,
    cell_class: Int64 | None = None,
) -> Link:
    """Fit lines of all cells to matched pairs.

    Args:
        pairs: pairs from `match_pairs`.
        settings: the `[calibrate]` table.
        sensor: name of the sensor.
        reference: name of its reference.
        cell_class: class of each of `pairs.cells`, land cover for instance; one class if not given.

    Returns:
        For each cell its own line, shrunk toward that of its class, which is shrunk toward that of
        all cells, by number and quality of pairs. A cell without pairs has the line of its class
        or of all cells, with the variance between cells added; a channel without pairs is NaN.
    """
    fit = fit_cells(pairs, settings)
    few = thin_pairs(pairs, settings.pool_pairs)
    pool = _all_cells(few, settings)
    all_line = pool.line.take(0)
    none = np.zeros(0, np.int64)
    classes, class_line = none, pool.line.take(none)
    if cell_class is not None and len(few.cell):
        classes, class_line = _class_lines(few, cell_class, pool.line, settings)
    prior, from_all = choose_prior_lines(all_line, classes, class_line, pairs.cells, cell_class)
    own = _stabilise_variances(fit, pool.noise_var[0], settings)
    has_enough_pairs = fit.pairs >= settings.min_pairs
    between = estimate_line_variance(own, prior, has_enough_pairs)
    if settings.prior_pairs > 0:
        signal = np.where(has_enough_pairs, fit.spread_var, np.nan)
        noise = nan_median(np.where(has_enough_pairs, fit.noise_var, np.nan), pool.noise_var[0])
        typical = nan_median(signal, np.ones_like(noise))
        # tau^2 / (tau^2 + noise / n) = n / (n + n0) for tau^2 = noise / n0
        n0 = settings.prior_pairs
        between = LineVariance(noise / n0, noise / (np.maximum(typical, 1.0) * n0))
    line, level_weight, slope_weight = shrink(own, prior, between)
    return Link(
        sensor=sensor,
        reference=reference,
        source_channels=pairs.source_channels,
        channels=pairs.channels,
        cells=pairs.cells,
        line=line,
        flag=_flags(fit, line, from_all, settings).astype(np.uint8),
        pairs=fit.pairs,
        level_weight=level_weight,
        slope_weight=slope_weight,
        classes=classes,
        class_line=_widen(class_line, between),
        all_line=_widen(all_line, between),
        common_var=all_line.level_var + settings.common_sd**2,
    )
