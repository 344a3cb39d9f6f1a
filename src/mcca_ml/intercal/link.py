"""Links from a sensor to its reference: lines of cells, classes and all cells; chains of links.

AMSR-E is linked to AMSR2 through TMI; beyond TMI's latitudes by the line of the class or of all
cells. TMI is linked to GMI directly, and through AMSR2 by a double difference.
"""

from dataclasses import dataclass, replace
from enum import IntFlag
from typing import Any

import numpy as np

from mcca_ml.arrays import Booleans, Float64, Int64, UInt8
from mcca_ml.errors import SchemaError
from mcca_ml.intercal.deming_regression import Line


class LineFlag(IntFlag):
    """Source of the line of a cell and channel; no bit: pairs of the cell."""

    NO_PAIRS = 1
    """No pair in this cell: line of its class or of all cells."""
    LEVEL_ONLY = 2
    """Too few pairs to estimate a slope."""
    FROM_ALL = 4
    """Shrunk toward the line of all cells, because the class has no line."""
    NO_LINE = 8
    """No line for this channel."""


PAIR_ARRAYS = ("pairs", "level_weight", "slope_weight")
"""Arrays of a `Link` with the number and the weight of each cell's own pairs."""


@dataclass(frozen=True)
class Link:
    """Regression of a reference on a sensor; arrays (cell, channel) unless stated."""

    sensor: str
    reference: str
    source_channels: tuple[str, ...]
    channels: tuple[str, ...]
    cells: Int64
    """Cell numbers (cell)."""
    line: Line
    flag: UInt8
    pairs: Float64
    """Number of pairs with non-zero weight [1]; the smaller number in a chain of two links."""
    level_weight: Float64
    """Weight of the cell's own level [1]."""
    slope_weight: Float64
    """Weight of the cell's own slope [1]."""
    classes: Int64
    """Classes with a line (class)."""
    class_line: Line
    """Line of a cell of the class without pairs (class, channel)."""
    all_line: Line
    """Line of any cell without pairs (channel)."""
    common_var: Float64
    """Error variance common to all cells, in addition to that of each line (channel) [K2]."""

    def at_cells(self, cells: Int64, cell_class: Int64 | None = None) -> "Link":
        """Return the link at other cells, including cells without pairs.

        Args:
            cells: cell numbers.
            cell_class: class of each cell; unknown if not given.
        """
        order = np.argsort(self.cells, kind="stable")
        at = np.minimum(np.searchsorted(self.cells[order], cells), len(order) - 1)
        index = order[at]
        is_known = self.cells[index] == cells
        other, from_all = choose_prior_lines(
            self.all_line, self.classes, self.class_line, cells, cell_class
        )
        line = Line(
            *(
                np.where(is_known[:, None], own[index], prior)
                for own, prior in zip(self.line, other, strict=True)
            )
        )
        unpaired = np.where(from_all, LineFlag.NO_PAIRS | LineFlag.FROM_ALL, LineFlag.NO_PAIRS)
        missing = np.where(np.isfinite(other.level), 0, LineFlag.NO_LINE)
        unpaired = (unpaired[:, None] | missing).astype(np.uint8)

        flag = np.where(is_known[:, None], self.flag[index], unpaired).astype(np.uint8)
        arrays: dict[str, Any] = {
            name: np.where(is_known[:, None], getattr(self, name)[index], 0.0)
            for name in PAIR_ARRAYS
        }
        return replace(self, cells=cells, line=line, flag=flag, **arrays)


def choose_prior_lines(
    all_line: Line, classes: Int64, class_line: Line, cells: Int64, cell_class: Int64 | None
) -> tuple[Line, Booleans]:
    """Line of the class of each cell, or of all cells, and True where it is that of all cells."""
    known = np.full(len(cells), -1) if cell_class is None or not len(classes) else cell_class
    # Position of each class in the sorted list; checked for equality below.
    at = np.minimum(np.searchsorted(classes, known), max(len(classes) - 1, 0))
    has_class = np.zeros(len(cells), np.bool_)
    if len(classes) and cell_class is not None:
        has_class = classes[at] == known
    lines = []
    for by_class, overall in zip(class_line, all_line, strict=True):
        own = by_class[at] if len(classes) else np.zeros((len(cells), len(overall)))
        lines.append(np.where(has_class[:, None] & np.isfinite(own), own, overall))
    return Line(*lines), ~has_class


def chain_lines(first: Line, second: Line) -> Line:
    """Apply the line `second` to the result of `first`, with the variance of both.

    >>> line = Line(*(np.array(v) for v in (250.0, 251.0, 1.02, 0.04, 1e-4, 0.0)))
    >>> float(chain_lines(line, line).level.round(3))
    252.02
    """
    # y2(y1(x)): slopes multiply; Var = Var2 at level 1 + slope2^2 Var1, to first order.
    far = first.level - second.centre
    return Line(
        first.centre,
        second.at(first.level),
        first.slope * second.slope,
        second.variance_at(first.level) + second.slope**2 * first.level_var,
        second.slope**2 * first.slope_var + first.slope**2 * second.slope_var,
        first.slope * (second.covariance + far * second.slope_var)
        + second.slope**2 * first.covariance,
    )


def _pick_channels(link: Link, names: tuple[str, ...]) -> Link:
    """Select the channels of a link by their source channel, in the order of `names`."""
    missing = [name for name in names if name not in link.source_channels]
    if missing:
        raise SchemaError(
            f"calibrate: the link from {link.sensor} to {link.reference} lacks {missing[0]}, "
            f"expected {', '.join(names)}; fit both links of a chain to the same bands"
        )
    index = np.array([link.source_channels.index(name) for name in names])
    at = (..., index)
    lines = {name: getattr(link, name).take(at) for name in ("line", "class_line", "all_line")}
    arrays = {name: getattr(link, name)[at] for name in (*PAIR_ARRAYS, "flag", "common_var")}
    channels = tuple(link.channels[i] for i in index)
    return replace(link, source_channels=names, channels=channels, **lines, **arrays)


def _at_classes(link: Link, classes: Int64) -> Line:
    """Line of each class; that of all cells for a class without a line."""
    return choose_prior_lines(link.all_line, link.classes, link.class_line, classes, classes)[0]


def chain(first: Link, second: Link, cell_class: Int64 | None = None) -> Link:
    """Link through a third sensor, at the cells of either link.

    Args:
        first: link from the sensor to the third one.
        second: link from the third sensor to the reference.
        cell_class: class by cell number, for cells that are in one link only.

    Returns:
        Lines with the variance of both links. At a cell that one of them lacks, that link's line
        of the class or of all cells is used and flagged, with its variance.

    Raises:
        SchemaError: the links have no sensor in common, or not its channels.
    """
    if first.reference != second.sensor:
        raise SchemaError(
            f"calibrate: a link to {first.reference} and one from {second.sensor}, expected the "
            "same sensor; give the links in order"
        )
    second = _pick_channels(second, first.channels)
    cells = np.union1d(first.cells, second.cells)
    # A link without a cell gives the line of its class or of all cells.
    class_at = None if cell_class is None else cell_class[cells]
    lower, upper = first.at_cells(cells, class_at), second.at_cells(cells, class_at)
    classes = np.union1d(first.classes, second.classes)
    return replace(
        lower,
        reference=second.reference,
        channels=second.channels,
        line=chain_lines(lower.line, upper.line),
        flag=lower.flag | upper.flag,
        pairs=np.minimum(lower.pairs, upper.pairs),
        level_weight=lower.level_weight * upper.level_weight,
        slope_weight=lower.slope_weight * upper.slope_weight,
        classes=classes,
        class_line=chain_lines(_at_classes(first, classes), _at_classes(second, classes)),
        all_line=chain_lines(first.all_line, second.all_line),
        common_var=second.all_line.slope**2 * first.common_var + second.common_var,
    )


def _matrices(line: Line) -> Float64:
    """Covariance matrix of level and slope, (..., 2, 2)."""
    rows = (line.level_var, line.covariance), (line.covariance, line.slope_var)
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def combine_lines(first: Line, second: Line) -> Line:
    """Mean of two estimates of a line, each weighted by its inverse covariance."""
    second = second.recentred(np.where(np.isfinite(first.centre), first.centre, second.centre))
    both = np.isfinite(first.level) & np.isfinite(second.level)
    unit = np.eye(2)
    # (W1 + W2)^-1 (W1 s1 + W2 s2), s = (level, slope), W the inverse of its covariance.
    weights = [
        np.linalg.inv(np.where(both[..., None, None], _matrices(line), unit))
        for line in (first, second)
    ]
    covariance: Float64 = np.linalg.inv(weights[0] + weights[1]).astype(np.float64)
    states = [np.stack([line.level, line.slope], axis=-1)[..., None] for line in (first, second)]
    mean = (covariance @ (weights[0] @ states[0] + weights[1] @ states[1]))[..., 0]
    combined = Line(
        second.centre,
        mean[..., 0],
        mean[..., 1],
        covariance[..., 0, 0],
        covariance[..., 1, 1],
        covariance[..., 0, 1],
    )
    single = [np.where(np.isfinite(a), a, b) for a, b in zip(first, second, strict=True)]
    return Line(*(np.where(both, a, b) for a, b in zip(combined, single, strict=True)))


def combine(direct: Link, other: Link) -> Link:
    """Combine two independent links between the same sensors, the direct one and a chain.

    Args:
        direct: link that sets the order of the channels.
        other: second link, the double difference for instance.

    Raises:
        SchemaError: the links are between different sensors or channels.
    """
    if (direct.sensor, direct.reference) != (other.sensor, other.reference):
        raise SchemaError(
            f"calibrate: links {direct.sensor} to {direct.reference} and {other.sensor} to "
            f"{other.reference}, expected the same two sensors; chain them first"
        )
    other = _pick_channels(other, direct.source_channels)
    cells = np.union1d(direct.cells, other.cells)
    first, second = direct.at_cells(cells), other.at_cells(cells)
    classes = np.union1d(direct.classes, other.classes)
    # Weight of the direct link by the inverse variance of the level of all cells.
    variance = second.all_line.level_var
    total = first.all_line.level_var + variance
    weight = np.where(np.isfinite(total), variance / np.where(total > 0, total, 1), 1)
    return replace(
        first,
        common_var=weight**2 * first.common_var + (1 - weight) ** 2 * second.common_var,
        line=combine_lines(first.line, second.line),
        flag=first.flag & second.flag,
        pairs=first.pairs + second.pairs,
        level_weight=np.maximum(first.level_weight, second.level_weight),
        slope_weight=np.maximum(first.slope_weight, second.slope_weight),
        classes=classes,
        class_line=combine_lines(_at_classes(direct, classes), _at_classes(other, classes)),
        all_line=combine_lines(direct.all_line, other.all_line),
    )
