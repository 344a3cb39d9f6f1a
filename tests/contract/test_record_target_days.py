"""The days with a target, found without reading all of a long record at once."""

from dataclasses import replace

import numpy as np
import pytest

from mcca_ml.config.load import Settings
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.errors import GranuleError
from mcca_ml.grid.ease2 import M25
from mcca_ml.grid.land import land_cells
from mcca_ml.pipeline import load_series
from mcca_ml.pipeline.plan import Plan
from mcca_ml.stage_one.target import retrieve_days
from mcca_ml.store.layout import BLOCK_DAYS, block_days
from mcca_ml.store.write_blocks import create_store, write_block

CELLS = land_cells(M25)[:3].astype(np.int64)
BLOCKS = (200, 202)
SEEN = ("2014-07-13", "2014-07-14", "2014-09-20")
"""Days on which one cell has soil moisture, in two blocks with one between them that is absent."""


def target(block):
    days = block_days(block)
    ds = retrieve_days([], CELLS, days, RetrieveSettings())
    for number, day in enumerate(days):
        if str(day) in SEEN:
            ds["soil_moisture"][number, number % 2, number % 3] = 0.2
    return ds.assign_attrs(simulated="true")


@pytest.fixture
def source(tmp_path):
    first, last = block_days(BLOCKS[0])[0], block_days(BLOCKS[1])[-1]
    plan = Plan(Settings(), tmp_path, tmp_path, CELLS, first, last, {}, last)
    create_store(plan.target_store, plan.frame("SMAP", "TARGET", "test"))
    for block in BLOCKS:
        write_block(plan.target_store, target(block), "test")
    return load_series.SeriesSource(plan)


def test_days_of_all_blocks_are_found(source):
    assert load_series.target_days(source).astype(str).tolist() == list(SEEN)


def test_days_after_the_last_that_may_be_known_are_left_out(source):
    plan = replace(source.plan, learned_last=np.datetime64(SEEN[0]))
    assert load_series.target_days(load_series.SeriesSource(plan)).astype(str).tolist() == [SEEN[0]]
    plan = replace(source.plan, learned_last=np.datetime64("2014-07-01"))
    with pytest.raises(GranuleError, match="found no soil moisture of SMAP"):
        load_series.target_days(load_series.SeriesSource(plan))


def test_no_more_than_a_block_is_read_at_once(source, monkeypatch):
    longest = []

    def watched(path, **asked):
        longest.append((asked["last_day"] - asked["first_day"]).astype(int) + 1)
        return loading_open(path, **asked)

    loading_open = load_series.open_store
    monkeypatch.setattr(load_series, "open_store", watched)
    load_series.target_days(source)
    assert max(longest) <= BLOCK_DAYS
    assert len(longest) == BLOCKS[1] - BLOCKS[0] + 1
