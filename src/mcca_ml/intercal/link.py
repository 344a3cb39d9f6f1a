"""A link from a sensor to its reference: lines of cells, of classes and of all; chains of links.

AMSR-E reaches AMSR2 through TMI, and beyond TMI's latitudes by the line of the class or of all.
TMI reaches GMI directly and through AMSR2, which is a double difference of lines.
"""

from dataclasses import dataclass, replace
from enum import IntFlag
from typing import Any

import numpy as np

from mcca_ml.arrays import Booleans, Float64, Int64, UInt8
from mcca_ml.errors import SchemaError
from mcca_ml.intercal.deming_regression import Line


class LineFlag(IntFlag):
    """What the line of a cell and channel rests on; no bit: on pairs of its own."""

    NO_PAIRS = 1
    """No pair in this cell: the line of its class or of all."""
    LEVEL_ONLY = 2
    """Too few pairs for a slope of its own."""
    FROM_ALL = 4
    """Drawn to the line of all cells: its class has none."""
    NO_LINE = 8
    """No line at all for this channel."""


OF_PAIRS = ("pairs", "level_weight", "slope_weight")
"""Arrays of a `Link` that say how far the line of a cell rests on its own pairs."""


@dataclass(frozen=True)
class Link:
    """From a sensor to a reference; arrays (cell, channel) where nothing else is said."""

    sensor: str
    reference: str
    source_channels: tuple[str, ...]
    channels: tuple[str, ...]
    cells: Int64
    """Numbers of the cells (cell)."""
    line: Line
    flag: UInt8
    pairs: Float64
    """Pairs with any weight [1]; of a chain those of its poorer link."""
    level_weight: Float64
    """Weight of the cell's own level [1]."""
    slope_weight: Float64
    """Weight of the cell's own slope [1]."""
    classes: Int64
    """Classes that have a line of their own (class)."""
    class_line: Line
    """Line of a cell of that class without pairs (class, channel)."""
    all_line: Line
    """Line of any cell without pairs (channel)."""
    common_var: Float64
    """Variance of what is wrong alike in all cells, beside that of each line (channel) [K2]."""

    def of(self, cells: Int64, cell_class: Int64 | None = None) -> "Link":
        """The same link at other cells, also at such that it has never seen.

        Args:
            cells: numbers of the cells wanted.
            cell_class: class of each; all unknown if not given.
        """
        order = np.argsort(self.cells, kind="stable")
        at = np.minimum(np.searchsorted(self.cells[order], cells), len(order) - 1)
        index = order[at]
        is_known = self.cells[index] == cells
        other, from_all = prior_of(self.all_line, self.classes, self.class_line, cells, cell_class)
        line = Line(
            *(
                np.where(is_known[:, None], mine[index], theirs)
                for mine, theirs in zip(self.line, other, strict=True)
            )
        )
        strange = np.where(from_all, LineFlag.NO_PAIRS | LineFlag.FROM_ALL, LineFlag.NO_PAIRS)
        missing = np.where(np.isfinite(other.level), 0, LineFlag.NO_LINE)
        strange = (strange[:, None] | missing).astype(np.uint8)

        flag = np.where(is_known[:, None], self.flag[index], strange).astype(np.uint8)
        own: dict[str, Any] = {
            name: np.where(is_known[:, None], getattr(self, name)[index], 0.0) for name in OF_PAIRS
        }
        return replace(self, cells=cells, line=line, flag=flag, **own)


def prior_of(
    all_line: Line, classes: Int64, class_line: Line, cells: Int64, cell_class: Int64 | None
) -> tuple[Line, Booleans]:
    """Line of the class of each cell, or of all, and whether it is that of all."""
    known = np.full(len(cells), -1) if cell_class is None or not len(classes) else cell_class
    # Place of each class in the sorted list; the test for equality follows.
    at = np.minimum(np.searchsorted(classes, known), max(len(classes) - 1, 0))
    has_class = np.zeros(len(cells), np.bool_)
    if len(classes) and cell_class is not None:
        has_class = classes[at] == known
    lines = []
    for mine, everyone in zip(class_line, all_line, strict=True):
        own = mine[at] if len(classes) else np.zeros((len(cells), len(everyone)))
        lines.append(np.where(has_class[:, None] & np.isfinite(own), own, everyone))
    return Line(*lines), ~has_class


def chained_line(first: Line, second: Line) -> Line:
    """The line `second` of what the line `first` gives, with the variance of both.

    >>> one = Line(*(np.array(v) for v in (250.0, 251.0, 1.02, 0.04, 1e-4, 0.0)))
    >>> float(chained_line(one, one).level.round(3))
    252.02
    """
    # y2(y1(x)): slopes multiply; Var = Var2 at the level of 1 + slope2^2 Var1, to first order.
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
    """The link with the channels whose source is one of `names`, in that order."""
    missing = [name for name in names if name not in link.source_channels]
    if missing:
        raise SchemaError(
            f"calibrate: the link from {link.sensor} to {link.reference} lacks {missing[0]}, "
            f"expected {', '.join(names)}; make both links of a chain from the same bands"
        )
    index = np.array([link.source_channels.index(name) for name in names])
    at = (..., index)
    lines = {name: getattr(link, name).take(at) for name in ("line", "class_line", "all_line")}
    arrays = {name: getattr(link, name)[at] for name in (*OF_PAIRS, "flag", "common_var")}
    channels = tuple(link.channels[i] for i in index)
    return replace(link, source_channels=names, channels=channels, **lines, **arrays)


def _at_classes(link: Link, classes: Int64) -> Line:
    """Line of each class: that of all for a class that has none."""
    return prior_of(link.all_line, link.classes, link.class_line, classes, classes)[0]


def chain(first: Link, second: Link, cell_class: Int64 | None = None) -> Link:
    """A link through a third sensor, at every cell that either link knows.

    Args:
        first: from the sensor to the third one.
        second: from the third one to the reference.
        cell_class: class by number of cell, for cells that only one of the links knows.

    Returns:
        Lines with the variance of both links. A cell that one of them does not know gets that
        link's line of its class or of all, flagged, with the variance that this has.

    Raises:
        SchemaError: the links do not meet at one sensor, or not in its channels.
    """
    if first.reference != second.sensor:
        raise SchemaError(
            f"calibrate: a link to {first.reference} and one from {second.sensor}, expected one "
            "sensor in the middle; give the links in order"
        )
    second = _pick_channels(second, first.channels)
    cells = np.union1d(first.cells, second.cells)
    # Where only one link knows a cell, the other gives the line of its class or of all.
    of_cells = None if cell_class is None else cell_class[cells]
    one, two = first.of(cells, of_cells), second.of(cells, of_cells)
    classes = np.union1d(first.classes, second.classes)
    return replace(
        one,
        reference=second.reference,
        channels=second.channels,
        line=chained_line(one.line, two.line),
        flag=one.flag | two.flag,
        pairs=np.minimum(one.pairs, two.pairs),
        level_weight=one.level_weight * two.level_weight,
        slope_weight=one.slope_weight * two.slope_weight,
        classes=classes,
        class_line=chained_line(_at_classes(first, classes), _at_classes(second, classes)),
        all_line=chained_line(first.all_line, second.all_line),
        common_var=second.all_line.slope**2 * first.common_var + second.common_var,
    )


def _matrices(line: Line) -> Float64:
    """Covariance of level and slope, (..., 2, 2)."""
    rows = (line.level_var, line.covariance), (line.covariance, line.slope_var)
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def combined_line(one: Line, other: Line) -> Line:
    """The mean of two estimates of one line, each weighted by its inverse covariance."""
    two = other.recentred(np.where(np.isfinite(one.centre), one.centre, other.centre))
    both = np.isfinite(one.level) & np.isfinite(two.level)
    unit = np.eye(2)
    # (W1 + W2)^-1 (W1 s1 + W2 s2), s = (level, slope), W the inverse of its covariance.
    weights = [
        np.linalg.inv(np.where(both[..., None, None], _matrices(line), unit)) for line in (one, two)
    ]
    covariance: Float64 = np.linalg.inv(weights[0] + weights[1]).astype(np.float64)
    states = [np.stack([line.level, line.slope], axis=-1)[..., None] for line in (one, two)]
    mean = (covariance @ (weights[0] @ states[0] + weights[1] @ states[1]))[..., 0]
    found = Line(
        two.centre,
        mean[..., 0],
        mean[..., 1],
        covariance[..., 0, 0],
        covariance[..., 1, 1],
        covariance[..., 0, 1],
    )
    single = [np.where(np.isfinite(a), a, b) for a, b in zip(one, two, strict=True)]
    return Line(*(np.where(both, a, b) for a, b in zip(found, single, strict=True)))


def combine(direct: Link, other: Link) -> Link:
    """One link from two independent ones between the same sensors, the direct and a chain.

    Args:
        direct: decides order of channels, and what the result says of pairs and weights.
        other: the double difference, for instance.

    Raises:
        SchemaError: they join other sensors or channels.
    """
    if (direct.sensor, direct.reference) != (other.sensor, other.reference):
        raise SchemaError(
            f"calibrate: links {direct.sensor} to {direct.reference} and {other.sensor} to "
            f"{other.reference}, expected the same two sensors; chain them first"
        )
    other = _pick_channels(other, direct.source_channels)
    cells = np.union1d(direct.cells, other.cells)
    one, two = direct.of(cells), other.of(cells)
    classes = np.union1d(direct.classes, other.classes)
    # Weight of the direct link by the inverse variance of the level of all cells.
    total = one.all_line.level_var + two.all_line.level_var
    weight = np.where(np.isfinite(total), two.all_line.level_var / np.where(total > 0, total, 1), 1)
    return replace(
        one,
        common_var=weight**2 * one.common_var + (1 - weight) ** 2 * two.common_var,
        line=combined_line(one.line, two.line),
        flag=one.flag & two.flag,
        pairs=one.pairs + two.pairs,
        level_weight=np.maximum(one.level_weight, two.level_weight),
        slope_weight=np.maximum(one.slope_weight, two.slope_weight),
        classes=classes,
        class_line=combined_line(_at_classes(direct, classes), _at_classes(other, classes)),
        all_line=combined_line(direct.all_line, other.all_line),
    )
