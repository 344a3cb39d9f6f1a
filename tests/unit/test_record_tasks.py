"""What is sent with a task, and work that is cut into parts of cells or days."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from mcca_ml.config.load import Settings
from mcca_ml.fuse.error_covariance import StreamErrors
from mcca_ml.fuse.fusion import fuse
from mcca_ml.grid.ease2 import M25
from mcca_ml.grid.land import land_cells
from mcca_ml.pipeline import fuse as fuse_stage
from mcca_ml.pipeline.load_series import SeriesSource
from mcca_ml.pipeline.plan import Plan
from mcca_ml.schema import DAILY, STREAM
from mcca_ml.sensors import imagers

FIRST, LAST = np.datetime64("2012-01-01"), np.datetime64("2018-12-31")


def plan_of_all_land(tmp_path):
    cells = land_cells(M25).astype(np.int64)
    return Plan(Settings(), tmp_path, tmp_path, cells, FIRST, LAST, {"AMSR2": ()}, LAST)


def test_a_task_over_all_land_is_small_and_comes_out_as_it_went_in(tmp_path):
    plan = plan_of_all_land(tmp_path)
    assert plan.streams == ("AMSR2",)  # a cached value, which is not sent
    sent = pickle.dumps(SeriesSource(plan.lean()))
    assert len(sent) < 60_000  # 1.9 MB with the cells as they are
    back = pickle.loads(sent).plan
    np.testing.assert_array_equal(back.cells, plan.cells)
    assert back.cells.dtype == plan.cells.dtype
    assert replace(back, cells=plan.cells) == plan.lean()
    assert back.learned_from() == plan.lean().learned_from()


@pytest.mark.parametrize("cells", [[], [7], [5, 900_000]])
def test_any_list_of_cells_is_sent(tmp_path, cells):
    plan = replace(plan_of_all_land(tmp_path), cells=np.array(cells, np.int64))
    assert pickle.loads(pickle.dumps(plan)).cells.tolist() == cells


def stream(rng, days, cells):
    shape = (days.size, cells)
    values = {
        "soil_moisture": rng.uniform(0.05, 0.4, shape).astype("f4"),
        "sm_uncertainty": rng.uniform(0.02, 0.1, shape).astype("f4"),
        "target_sd": rng.uniform(0.02, 0.1, shape).astype("f4"),
        "obs_time": np.broadcast_to(days.astype("M8[ns]")[:, None], shape),
        "nobs": rng.integers(0, 3, shape).astype("u1"),
        "age": rng.integers(0, 4, shape).astype("u1"),
        "flag": rng.integers(0, 2, shape).astype("u4"),
    }
    variables = {
        name: (DAILY, value, {"units": STREAM[name].units} if STREAM[name].units else {})
        for name, value in values.items()
    }
    return xr.Dataset(variables, coords={"time": days.astype("M8[ns]"), "cell": np.arange(cells)})


def test_days_fused_in_spans_are_those_fused_at_once():
    rng, days = np.random.default_rng(0), np.arange("2008-03-01", "2008-05-15", dtype="M8[D]")
    made = {name: stream(rng, days, 5) for name in imagers()}
    sd = rng.uniform(0.03, 0.05, (5, 4)).astype("f4")
    model = StreamErrors(rng.normal(0, 0.01, (5, 4)).astype("f4"), sd, np.full(5, 0.3, "f4"))
    whole = fuse(made, model, Settings().fuse)
    parts = fuse_stage.spans(days)
    assert [part.size for part in parts] == [19, 56]  # day 4,096 is 2008-03-20
    cut = [
        fuse({n: ds.sel(time=part) for n, ds in made.items()}, model, Settings().fuse)
        for part in parts
    ]
    xr.testing.assert_identical(xr.concat(cut, "time", coords="minimal", compat="override"), whole)


def test_spans_begin_where_shards_of_the_streams_do():
    parts = fuse_stage.spans(np.arange("1997-12-07", "2024-01-01", dtype="M8[D]"))
    assert sum(part.size for part in parts) == 9521
    assert all(
        (part[0] - fuse_stage.EPOCH).astype(int) % fuse_stage.TIME_SHARD == 0 for part in parts[1:]
    )
