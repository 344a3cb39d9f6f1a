"""SPL1CTB and SPL1CTB_E: the fore and the aft side of the scan -> one observation a cell."""

import h5py
import numpy as np
import numpy.typing as npt

from mcca_ml.grid import ease2
from mcca_ml.layouts import FILLS, SIDES, Layout
from mcca_ml.read import times
from mcca_ml.read.assemble import Observations, is_suspect, tb_flags
from mcca_ml.read.brightness import brightness_temperature, flat_cell
from mcca_ml.read.granule import Floats, array, dataset, decode, file_name
from mcca_ml.read.identify import look_of_orbit


def mean_of_sides(
    tb: Floats, suspect: npt.NDArray[np.bool_]
) -> tuple[Floats, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Mean over the sides [K], whether it is suspect, and which sides are in it.

    A side marked as suspect is masked before the mean. Where every side that saw the cell is
    marked, their mean is kept and is suspect itself.

    Args:
        tb: brightness temperature [K], (side, cell); NaN where missing.
        suspect: the provider's quality bit, (side, cell).

    >>> tb = np.array([[250, 250, 240], [270, 270, np.nan]], np.float32)
    >>> mean, doubt, used = mean_of_sides(tb, np.array([[0, 1, 1], [0, 0, 0]], bool))
    >>> mean.tolist(), doubt.tolist()
    ([260.0, 270.0, 240.0], [False, False, True])
    """
    finite = np.isfinite(tb)
    good = finite & ~suspect
    used = np.where(good.any(axis=0), good, finite)
    count = used.sum(axis=0)
    total = np.where(used, tb, np.float32(0)).sum(axis=0)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
    doubtful = np.asarray(finite.any(axis=0) & ~good.any(axis=0), np.bool_)
    return mean, doubtful, used


def _mean(values: npt.NDArray[np.floating], used: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Mean over the used sides that have a value, (side, cell) -> (cell); NaN where none has."""
    valid = used & np.isfinite(values)
    count = valid.sum(axis=0)
    total = np.where(valid, values, 0.0).sum(axis=0, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _seconds(group: h5py.Group, shape: tuple[int, ...]) -> tuple[Floats, np.datetime64]:
    """Observation times (side, cell) [s], NaN where missing, and the epoch that they count from."""
    names = [f"cell_tb_time_seconds_{side}" for side in SIDES]
    raw = [array(group, name, shape).astype(np.float64) for name in names]
    written = [group.get(name.replace("seconds", "utc")) for name in names]
    told = next((i for i, utc in enumerate(written) if utc is not None), 0)
    epoch = times.epoch_of(raw[told], written[told])
    return np.where(np.stack(raw) == FILLS["f8"], np.nan, np.stack(raw)), epoch


def read_l1c(h5: h5py.File, layout: Layout) -> Observations:
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
    means, doubts, used = [], [], np.zeros((len(SIDES), *shape), bool)
    for polarisation in "vh":
        tb = np.stack(
            [brightness_temperature(group, f"cell_tb_{polarisation}_{s}", shape) for s in SIDES]
        )
        names = [f"cell_tb_qual_flag_{polarisation}_{side}" for side in SIDES]
        quality = np.stack([array(group, name, shape) for name in names]).astype(np.uint16)
        mean, doubt, sides = mean_of_sides(tb, is_suspect(quality, FILLS["u2"]))
        means.append(mean)
        doubts.append(doubt)
        used |= sides
    angles = [array(group, f"cell_boresight_incidence_{side}", shape) for side in SIDES]
    incidence = _mean(np.stack([decode(a, FILLS["f4"], (0.0, 90.0)) for a in angles]), used)
    seconds, epoch = _seconds(group, shape)
    tb = np.stack(means, axis=-1)
    seen = np.isfinite(tb).any(axis=1)
    row, column = (array(group, f"cell_{axis}", shape)[seen] for axis in ("row", "column"))
    return Observations(
        look=look_of_orbit(h5),
        cell=flat_cell(row, column, ease2.by_name(layout.product.grid).shape, file_name(group)),
        tb=tb[seen],
        incidence=np.deg2rad(incidence[seen]).astype(np.float32),
        obs_time=times.obs_time(_mean(seconds, used)[seen], epoch),
        nobs=used.sum(axis=0)[seen].astype(np.uint16),
        flag=tb_flags(tb, np.stack(doubts, axis=-1))[seen],
        ancillary={},
    )
