"""SPL1CTB and SPL1CTB_E: fore and aft side of the scan -> one observation per cell."""

from collections.abc import Callable

import h5py
import numpy as np

from mcca_ml.arrays import AnyArray, Booleans, Float32, Float64, Floating
from mcca_ml.formats.smap import FILLS, SIDES, SmapLayout
from mcca_ml.grid import ease2
from mcca_ml.read import times
from mcca_ml.read.assemble import Observations, is_suspect, tb_flags
from mcca_ml.read.brightness import brightness_temperature, flat_cell
from mcca_ml.read.granule import array, dataset, decode, file_name
from mcca_ml.read.identify import orbit_look


def sides_used(tb: Float32, suspect: Booleans) -> tuple[Booleans, Booleans]:
    """Return the sides to average, (polarisation, side, cell), and True where suspect, (cell).

    V and H are used together, so they take the same sides, since fore and aft see different ground
    at the edge of a field or a lake: the sides good at both; otherwise the sides with a value at
    both, which is suspect; if no side has both, each takes its own good sides, or its sides with a
    value. The last case is suspect if V and H have different sides, or a side is flagged. If only
    one polarisation has a value, the other is missing.

    Args:
        tb: brightness temperature [K], (polarisation, side, cell); NaN where missing.
        suspect: the provider's quality bit, same shape.

    >>> tb = np.array([[[250] * 3, [260] * 3], [[230] * 3, [240, 240, np.nan]]], np.float32)
    >>> flagged = np.array([[[0, 1, 1], [0, 0, 0]], [[0, 0, 0], [0, 0, 0]]], bool)
    >>> used, doubt = sides_used(tb, flagged)
    >>> bool((used[0] == used[1]).all()), used[0].T.tolist(), doubt.tolist()
    (True, [[True, True], [False, True], [True, False]], [False, False, True])
    """
    finite = np.isfinite(tb)
    good = finite & ~suspect
    both_good, both = good.all(axis=0), finite.all(axis=0)
    shared = np.where(both_good.any(axis=0), both_good, both)
    single = np.where(good.any(axis=1, keepdims=True), good, finite)
    is_shared = shared.any(axis=0)
    used = np.asarray(np.where(is_shared, shared, single), np.bool_)
    is_complete = used.any(axis=1).all(axis=0)
    doubtful = (used & suspect).any(axis=(0, 1)) | (~is_shared & is_complete)
    return used, np.asarray(doubtful, np.bool_)


def _mean(values: Floating, used: Booleans) -> Float64:
    """Average the used sides with a value, (side, cell) -> (cell); NaN without a value."""
    valid = used & np.isfinite(values)
    count = valid.sum(axis=0)
    total = np.where(valid, values, 0.0).sum(axis=0, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _sides(
    group: h5py.Group,
    name: str,
    shape: tuple[int, ...],
    read: Callable[[h5py.Group, str, tuple[int, ...]], AnyArray],
) -> AnyArray:
    """Read a field of both sides of the scan, (side, cell)."""
    return np.stack([read(group, f"{name}_{side}", shape) for side in SIDES])


def _seconds(group: h5py.Group, shape: tuple[int, ...]) -> tuple[Float32, np.datetime64]:
    """Read observation times (side, cell) [s], NaN where missing, and their epoch."""
    names = [f"cell_tb_time_seconds_{side}" for side in SIDES]
    raw = [array(group, name, shape).astype(np.float64) for name in names]
    utc_texts = [group.get(name.replace("seconds", "utc")) for name in names]
    index = next((i for i, utc in enumerate(utc_texts) if utc is not None), 0)
    epoch = times.estimate_epoch(raw[index], utc_texts[index])
    return np.where(np.stack(raw) == FILLS["f8"], np.nan, np.stack(raw)), epoch


def read_l1c(h5: h5py.File, layout: SmapLayout) -> Observations:
    """Read the observations of a half orbit, on the global grid.

    Args:
        h5: open granule.
        layout: layout of the granule.

    Raises:
        GranuleError: a field is absent or has another length, a cell is off the grid, or the
            brightness temperatures are not in kelvin.
    """
    group = h5[layout.groups[0].name]
    shape = (dataset(group, "cell_tb_v_fore").size,)
    by_channel = [_sides(group, f"cell_tb_{p}", shape, brightness_temperature) for p in "vh"]
    tb = np.stack(by_channel).astype(np.float32, copy=False)
    quality = np.stack([_sides(group, f"cell_tb_qual_flag_{p}", shape, array) for p in "vh"])
    used, doubtful = sides_used(tb, is_suspect(quality.astype(np.uint16), FILLS["u2"]))
    columns = [_mean(*pair).astype(np.float32) for pair in zip(tb, used, strict=True)]
    means, sides = np.stack(columns, axis=-1), np.asarray(used.any(axis=0), np.bool_)
    angles = _sides(group, "cell_boresight_incidence", shape, array)
    incidence = _mean(decode(angles, FILLS["f4"], (0.0, 90.0)), sides)
    seconds, epoch = _seconds(group, shape)
    observed = np.isfinite(means).any(axis=1)
    row, column = (array(group, f"cell_{axis}", shape)[observed] for axis in ("row", "column"))
    cell = flat_cell(row, column, ease2.by_name(layout.product.grid), file_name(group))
    fields = {
        "tb": means[observed],
        "incidence": np.deg2rad(incidence[observed]).astype(np.float32),
        "obs_time": times.obs_time(_mean(seconds, sides)[observed], epoch),
        "nobs": sides.sum(axis=0)[observed].astype(np.uint16),
        "flag": tb_flags(means, np.stack([doubtful, doubtful], axis=-1))[observed],
    }
    return Observations(orbit_look(h5), cell, fields)
