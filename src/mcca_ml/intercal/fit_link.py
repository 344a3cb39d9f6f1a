"""From matched pairs to a link: lines of cells, drawn to those of their class and of all."""

import numpy as np

from mcca_ml.arrays import Booleans, Float64, Int64
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.intercal.deming_regression import Fit, Line, fit_lines
from mcca_ml.intercal.link import LineFlag, Link, prior_of
from mcca_ml.intercal.match import Pairs
from mcca_ml.intercal.screen import nan_median
from mcca_ml.intercal.shrinkage import Spread, shrink, spread_of

BLOCK_PAIRS = 200_000
"""Pairs of one call of the kernel, about: they stay in the cache; cells are never cut."""
NOISE_PAIRS = 10.0
"""Pairs that the noise of all cells counts for in the noise of one [1]; choice of this project."""


def fit_cells(pairs: Pairs, settings: CalibrateSettings, *, block_pairs: int = BLOCK_PAIRS) -> Fit:
    """The line of every cell from its own pairs alone; NaN where it has none, (cell, channel)."""
    shape = (len(pairs.cells), len(pairs.channels))
    out = [np.full(shape, np.nan) for _ in range(len(Line._fields) + 3)]
    # Calls begin with the first cell that starts in each block of pairs.
    edges = np.flatnonzero(np.diff(pairs.cell, prepend=-1))
    block = edges // block_pairs
    firsts = np.append(edges[np.flatnonzero(np.diff(block, prepend=-1))], len(pairs.cell))
    for low, high in zip(firsts[:-1], firsts[1:], strict=True):
        part = pairs.take(np.arange(low, high))
        starts = np.flatnonzero(np.diff(part.cell, prepend=-1))
        fit = fit_lines(part.x, part.y, starts, settings)
        found = (*fit.line, fit.noise_var, fit.pairs, fit.spread_var)
        for into, values in zip(out, found, strict=True):
            into[part.cell[starts]] = values
    return Fit(Line(*out[:-3]), out[-3], np.nan_to_num(out[-2]), out[-1])


def thinned(pairs: Pairs, most: int) -> Pairs:
    """At most `most` pairs of each cell, spread over its pairs: a cell is a vote, not a crowd."""
    starts = np.flatnonzero(np.diff(pairs.cell, prepend=-1))
    count = np.diff(np.append(starts, len(pairs.cell)))
    rank = np.arange(len(pairs.cell)) - np.repeat(starts, count)
    many = np.maximum(np.repeat(count, count), most)
    # rank * most // many takes `most` steps over `many` pairs: evenly spread.
    return pairs.take((rank * most) // many != ((rank - 1) * most) // many)


def _by_time(pairs: Pairs, settings: CalibrateSettings) -> Fit:
    """One line of all pairs; those of a month depend on each other, since cells share weather."""
    order = np.argsort(pairs.when, kind="stable")
    day = pairs.when[order].astype("datetime64[D]").astype(np.int64)
    # One cluster is a block of days: its pairs share the weather of all cells.
    cluster = np.flatnonzero(np.diff(day // settings.step_block_days, prepend=-1))
    x, y = pairs.x[order], pairs.y[order]
    return fit_lines(x, y, np.zeros(1, np.int64), settings, cluster)


def _pool(pairs: Pairs, group: Int64, settings: CalibrateSettings) -> Fit:
    """One line for each group of cells; pairs of a cell depend on each other.

    Args:
        pairs: those of a group together.
        group: of each pair, never falling.
        settings: the `[calibrate]` table.
    """
    starts = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    cluster = np.flatnonzero(np.diff(pairs.cell, prepend=-1) | np.diff(group, prepend=group[0] - 1))
    apart = fit_lines(pairs.x, pairs.y, starts, settings)
    together = fit_lines(pairs.x, pairs.y, starts, settings, cluster)
    # Few cells say little of how they differ; the larger of the two variances stands.
    line = together.line._replace(
        level_var=np.maximum(apart.line.level_var, together.line.level_var),
        slope_var=np.maximum(apart.line.slope_var, together.line.slope_var),
    )
    # A line of all has a slope: where the pairs tell none it is that of equal scales.
    is_flat = ~np.isfinite(line.slope_var) & np.isfinite(line.level)
    return together._replace(line=line._replace(slope_var=np.where(is_flat, 1.0, line.slope_var)))


def _steadied(fit: Fit, pool_noise: Float64, settings: CalibrateSettings) -> Line:
    """Lines of cells with variances from a noise that few pairs do not make up alone."""
    is_sure = fit.pairs >= settings.min_pairs
    typical = nan_median(np.where(is_sure, fit.noise_var, np.nan), pool_noise)
    own = np.where(is_sure, fit.noise_var, typical)
    # Mean of own and typical variance, weighted by the pairs behind each.
    noise = (fit.pairs * own + NOISE_PAIRS * typical) / (fit.pairs + NOISE_PAIRS)
    # Without a slope of its own a cell has the mean of its pairs: Var = noise / n.
    few = noise / np.maximum(fit.pairs, 1)
    return fit.line._replace(
        level_var=np.where(is_sure, fit.line.level_var * noise / own, few),
        slope_var=np.where(is_sure, fit.line.slope_var * noise / own, np.inf),
    )


def _class_lines(
    pairs: Pairs, cell_class: Int64, everyone: Line, settings: CalibrateSettings
) -> tuple[Int64, Line]:
    """Classes with enough cells, and their lines, drawn to that of all."""
    held = np.unique(pairs.cell)
    classes, cells = np.unique(cell_class[held], return_counts=True)
    classes = classes[cells >= settings.pool_cells]
    if len(classes) < 2:
        return np.zeros(0, np.int64), everyone.take(np.zeros(0, np.int64))
    of_pair = cell_class[pairs.cell]
    order = np.argsort(of_pair, kind="stable")
    order = order[np.isin(of_pair[order], classes)]
    fit = _pool(pairs.take(order), of_pair[order], settings)
    # Classes are shrunk toward the line of all, as cells are toward that of their class.
    prior = Line(*(np.broadcast_to(value, fit.pairs.shape) for value in everyone))
    spread = spread_of(fit.line, prior, fit.pairs >= settings.min_pairs)
    return classes.astype(np.int64), shrink(fit.line, prior, spread)[0]


def _wider(line: Line, spread: Spread) -> Line:
    """The line of one cell of many: its variance holds how cells differ."""
    return line._replace(
        level_var=line.level_var + spread.level_var, slope_var=line.slope_var + spread.slope_var
    )


def _all_cells(pairs: Pairs, settings: CalibrateSettings) -> Fit:
    """The line of all cells together (1, channel); NaN without any pair."""
    if len(pairs.cell):
        fit = _pool(pairs, np.zeros(len(pairs.cell), np.int64), settings)
        by_time = _by_time(pairs, settings).line
        # Pairs depend on each other within cells and within months: the larger variance stands.
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


def link_of_pairs(
    pairs: Pairs,
    settings: CalibrateSettings,
    *,
    sensor: str,
    reference: str,
    cell_class: Int64 | None = None,
) -> Link:
    """Lines of all cells from matched pairs.

    Args:
        pairs: of `match_pairs`.
        settings: the `[calibrate]` table.
        sensor: name of the sensor.
        reference: name of its reference.
        cell_class: class of each of `pairs.cells`, land cover for instance; one class if not given.

    Returns:
        For each cell its own line, drawn to that of its class, which is drawn to that of all, by
        number and quality of pairs. A cell without pairs has the line of its class or of all with
        the spread of cells in its variance; a channel without any pair has NaN.
    """
    fit = fit_cells(pairs, settings)
    few = thinned(pairs, settings.pool_pairs)
    pool = _all_cells(few, settings)
    one = pool.line.take(0)
    none = np.zeros(0, np.int64)
    classes, class_line = none, pool.line.take(none)
    if cell_class is not None and len(few.cell):
        classes, class_line = _class_lines(few, cell_class, pool.line, settings)
    prior, from_all = prior_of(one, classes, class_line, pairs.cells, cell_class)
    own = _steadied(fit, pool.noise_var[0], settings)
    is_sure = fit.pairs >= settings.min_pairs
    spread = spread_of(own, prior, is_sure)
    if settings.prior_pairs > 0:
        signal = np.where(is_sure, fit.spread_var, np.nan)
        noise = nan_median(np.where(is_sure, fit.noise_var, np.nan), pool.noise_var[0])
        typical = nan_median(signal, np.ones_like(noise))
        # tau^2 / (tau^2 + noise / n) = n / (n + n0) for tau^2 = noise / n0
        n0 = settings.prior_pairs
        spread = Spread(noise / n0, noise / (np.maximum(typical, 1.0) * n0))
    line, level_weight, slope_weight = shrink(own, prior, spread)
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
        class_line=_wider(class_line, spread),
        all_line=_wider(one, spread),
        common_var=one.level_var + settings.common_sd**2,
    )
