"""SPL1CTB and SPL1CTB_E: the fore and the aft side of the scan -> one observation a cell."""

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
from mcca_ml.read.identify import look_of_orbit


def sides_used(tb: Float32, suspect: Booleans) -> tuple[Booleans, Booleans]:
    """Which sides go into the mean, (polarisation, side, cell), and whether it is suspect, (cell).

    V and H are read against each other, so they take the same sides, which look at other ground
    along the edge of a field or a lake: those good at both; where there is none, those with a
    value at both, which is suspect; where no side has both, each takes its own good sides, or if
    none is good those with a value. That is suspect if V and H then have different sides, or a side
    is marked. Where only one of them has a value at all, the other stays missing.

    Args:
        tb: brightness temperature [K], (polarisation, side, cell); NaN where missing.
        suspect: the provider's quality bit, same shape.

    >>> tb = np.array([[[250] * 3, [260] * 3], [[230] * 3, [240, 240, np.nan]]], np.float32)
    >>> marked = np.array([[[0, 1, 1], [0, 0, 0]], [[0, 0, 0], [0, 0, 0]]], bool)
    >>> used, doubt = sides_used(tb, marked)
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
    has_all = used.any(axis=1).all(axis=0)
    doubtful = (used & suspect).any(axis=(0, 1)) | (~is_shared & has_all)
    return used, np.asarray(doubtful, np.bool_)


def _mean(values: Floating, used: Booleans) -> Float64:
    """Mean over the used sides that have a value, (side, cell) -> (cell); NaN where none has."""
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
    """A field of both sides of the scan, (side, cell)."""
    return np.stack([read(group, f"{name}_{side}", shape) for side in SIDES])


def _seconds(group: h5py.Group, shape: tuple[int, ...]) -> tuple[Float32, np.datetime64]:
    """Observation times (side, cell) [s], NaN where missing, and the epoch that they count from."""
    names = [f"cell_tb_time_seconds_{side}" for side in SIDES]
    raw = [array(group, name, shape).astype(np.float64) for name in names]
    written = [group.get(name.replace("seconds", "utc")) for name in names]
    told = next((i for i, utc in enumerate(written) if utc is not None), 0)
    epoch = times.epoch_of(raw[told], written[told])
    return np.where(np.stack(raw) == FILLS["f8"], np.nan, np.stack(raw)), epoch


def read_l1c(h5: h5py.File, layout: SmapLayout) -> Observations:
    """What the half orbit saw, on the global grid.

    Args:
        h5: open granule.
        layout: of it.

    Raises:
        GranuleError: a field is absent or of another length, a cell lies off the grid, or the
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
    seen = np.isfinite(means).any(axis=1)
    row, column = (array(group, f"cell_{axis}", shape)[seen] for axis in ("row", "column"))
    cell = flat_cell(row, column, ease2.by_name(layout.product.grid), file_name(group))
    fields = {
        "tb": means[seen],
        "incidence": np.deg2rad(incidence[seen]).astype(np.float32),
        "obs_time": times.obs_time(_mean(seconds, sides)[seen], epoch),
        "nobs": sides.sum(axis=0)[seen].astype(np.uint16),
        "flag": tb_flags(means, np.stack([doubtful, doubtful], axis=-1))[seen],
    }
    return Observations(look_of_orbit(h5), cell, fields)
