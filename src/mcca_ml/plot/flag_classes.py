"""Flags as classes of a map: recommended values, and the others by their first reason."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mcca_ml.arrays import AnyArray, Booleans
from mcca_ml.flags import FLAG_DTYPE, NO_VALUE, NOT_RECOMMENDED, Flag, has, is_recommended
from mcca_ml.plot.colours import CLASSES, COLOURS, EMPTY_CLASS, GOOD_CLASS, OTHER_CLASS
from mcca_ml.plot.maps import MapClasses, MapLayer

RECOMMENDED, OTHER, NO_RETRIEVAL = "recommended", "other", "no value"
_FIXED = {RECOMMENDED: GOOD_CLASS, OTHER: OTHER_CLASS, NO_RETRIEVAL: EMPTY_CLASS, **COLOURS}
_NO_BIT = "none"


def parse_meanings(attrs: Mapping[str, Any]) -> tuple[list[tuple[int, str]], bool]:
    """Numbers and meanings of a flag by its CF attributes, and whether the numbers are bits.

    Empty where the attributes do not have as many numbers as meanings.
    """
    is_bits = "flag_masks" in attrs
    words = str(attrs.get("flag_meanings", "")).split()
    numbers = np.atleast_1d(attrs.get("flag_masks" if is_bits else "flag_values", [])).tolist()
    if len(words) != len(numbers):
        return [], is_bits
    return [(int(n), word) for n, word in zip(numbers, words, strict=True)], is_bits


def _names(codes: Sequence[int], meanings: Sequence[tuple[int, str]], is_bits: bool) -> list[str]:
    """Name of each number: its meaning, or the meanings of its bits; the first bit if too many."""
    if not is_bits:
        by_number = dict(meanings)
        return [by_number.get(code, OTHER) for code in codes]
    sets = [[word for bit, word in meanings if code & bit] or [_NO_BIT] for code in codes]
    is_few = len({tuple(words) for words in sets}) <= len(CLASSES)
    return [" + ".join(words) if is_few else words[0] for words in sets]


def _coloured(title: str, names: AnyArray) -> MapLayer:
    """Layer of named cells, "" where there is nothing; the rarest names become one class."""
    unique_names, counts = np.unique(names[names != ""], return_counts=True)
    order = sorted(
        zip(unique_names.tolist(), counts.tolist(), strict=True),
        key=lambda one: (one[0] != RECOMMENDED, one[0] in (OTHER, NO_RETRIEVAL), -one[1], one[0]),
    )
    free = iter(CLASSES)
    classes: dict[str, tuple[str, int]] = {}
    values = np.full(names.shape, np.nan)
    for name, count in order:
        colour = _FIXED.get(name) or next(free, OTHER_CLASS)
        label = OTHER if colour == OTHER_CLASS else name
        classes[label] = colour, classes.get(label, (colour, 0))[1] + count
        values[names == name] = list(classes).index(label)
    labels = tuple(f"{name.replace('_', ' ')}: {n:,}" for name, (_, n) in classes.items())
    return MapLayer(title, values, MapClasses(labels, tuple(c for c, _ in classes.values())))


def class_layer(
    title: str, codes: AnyArray, attrs: Mapping[str, Any], good: Booleans | None = None
) -> MapLayer:
    """Layer of a flag or a set of sensors that the attributes of a file explain.

    Args:
        title: of the layer.
        codes: (row, column); NaN where there is none.
        attrs: CF attributes `flag_meanings` with `flag_masks` or `flag_values`.
        good: recommended values, a class of their own; None: not applicable.

    Returns:
        Classes with their numbers of cells, a sensor in its own colour. A combination of bits is a
        class where there are at most eight of them, else the first bit is.
    """
    known = np.isfinite(codes)
    meanings, is_bits = parse_meanings(attrs)
    unique, place = np.unique(codes[known].astype(np.int64), return_inverse=True)
    named = np.array([*_names(unique.tolist(), meanings, is_bits), ""])[place]
    names = np.full(codes.shape, "", dtype=named.dtype if named.size else "U1")
    names = names.astype(f"U{max(names.dtype.itemsize // 4, len(RECOMMENDED))}")
    names[known] = named
    if good is not None:
        names[known & good] = RECOMMENDED
    return _coloured(title, names)


def own_flag_layer(title: str, flag: AnyArray) -> MapLayer:
    """Layer of `flags.Flag`: recommended, no value, or the lowest bit that prevents recommending.

    Args:
        title: of the layer.
        flag: bits, uint32 (row, column); cells that were not observed are in no class.
    """
    bits = flag.astype(FLAG_DTYPE)
    names = np.where(is_recommended(bits), RECOMMENDED, "").astype("U32")
    names[has(bits, NO_VALUE)] = NO_RETRIEVAL
    for bit in (one for one in Flag if one in NOT_RECOMMENDED):
        names[has(bits, bit) & (names == "")] = str(bit.name).lower()
    names[has(bits, Flag.NOT_OBSERVED)] = ""
    return _coloured(title, names)
