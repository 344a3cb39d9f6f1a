"""What a stream says of days that its network could not learn."""

import numpy as np
import pytest

from made_series import bucket, settings
from mcca_ml.flags import Flag, is_recommended
from mcca_ml.grid.ease2 import M25
from mcca_ml.grid.land import land_cells
from mcca_ml.learn.features import Inputs
from mcca_ml.learn.fit import fit
from mcca_ml.learn.predict_stream import FEWEST_OF_MONTH, make_stream
from mcca_ml.learn.uncertainty import TrainingDays, fit_error_model

CELLS = land_cells(M25)[1000:1006].astype(np.int64)


@pytest.fixture(scope="module")
def made():
    return bucket()


def compute_inputs(made, days):
    shape = made.x.shape[:2]
    names = ("10.65V am", "10.65H am")
    noon = days.astype("M8[ns]") + np.timedelta64(12, "h")
    return Inputs(
        "AMSR2",
        days,
        CELLS,
        made.x,
        np.zeros(2, np.int64),
        names,
        ("10.65V", "10.65H"),
        np.ones(shape, np.uint8),
        np.broadcast_to(noon, shape),
        np.zeros(shape, np.uint32),
        np.zeros((len(CELLS), 2), np.float32),
        True,
    )


def stream(made, months, y=None):
    """The stream of cells with so many days with a target in each month of the year."""
    y = made.y if y is None else y
    weights, _ = fit(
        made.x, y, roles=made.roles, cells=CELLS, static=made.static, settings=settings()
    )
    days = np.datetime64("2015-01-01") + np.arange(made.x.shape[1])
    wide = np.full((len(CELLS), 2), 100, np.float32)
    nobs = np.ones(y.shape, np.uint8)
    spread = fit_error_model(
        np.where(np.isfinite(made.y), made.y + np.float32(0.01), np.float32(np.nan)),
        made.y,
        np.full_like(made.y, 0.02),
        nobs=nobs,
        vod=np.full_like(made.y, 0.2),
        days=days,
        cells=CELLS,
        training=TrainingDays(-wide, wide, months),
    )
    return make_stream(weights, spread, compute_inputs(made, days))


def test_a_month_without_targets_to_learn_from_is_flagged_and_not_recommended(made):
    months = np.full((len(CELLS), 12), FEWEST_OF_MONTH)
    months[2, 1] = FEWEST_OF_MONTH - 1
    out = stream(made, months)
    flag = out["flag"].to_numpy()
    is_february = out["time"].dt.month.to_numpy() == 2
    unknown = (flag & np.uint32(int(Flag.SEASON_UNKNOWN))) != 0
    assert unknown[is_february, 2].all()
    assert unknown.sum() == is_february.sum()
    np.testing.assert_array_equal(is_recommended(flag), ~unknown)
    assert np.isfinite(out["soil_moisture"]).all()


def test_a_cell_without_targets_is_told_by_all_and_has_no_season_of_its_own(made):
    y = made.y.copy()
    y[3] = np.nan
    months = np.full((len(CELLS), 12), FEWEST_OF_MONTH)
    months[3] = 0
    flag = stream(made, months, y)["flag"].to_numpy()
    assert (flag[:, 3] & np.uint32(int(Flag.LEVEL_GUESSED))).all()
    assert not (flag & np.uint32(int(Flag.SEASON_UNKNOWN))).any()
