"""What the coverage document takes off the land that is seen, and its tables."""

import numpy as np
import pandas as pd
import pytest
from benchmarks.science.orbit_coverage import soil

from mcca_ml.flags import Flag
from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import M25, M36

GRANULE = "smap/SMAP_L3_SM_P_20150401_R13080_001.h5"


@pytest.fixture(scope="module")
def masks(bench):
    return bench("coverage_masks")


@pytest.fixture(scope="module")
def land():
    return soil()


def total(land, share, south=-90.0, north=90.0):
    lat = ease2.latitude(M25)
    here = (lat >= south) & (lat < north)
    count = land.sum(axis=1)
    return float((share * count)[here].sum() / count[here].sum())


def test_masks_only_take_away(masks, land):
    days = np.arange("2004-01-01", "2005-01-01", 30, dtype="M8[D]")
    shares = masks.of_rows(days, land)
    by_row = np.broadcast_to(land.sum(axis=1), shares.snow.shape).astype(float)
    left = masks.left(by_row, shares)
    assert left.shape == (len(masks.MASKS), *by_row.shape)
    assert np.array_equal(left[0], by_row)
    assert (np.diff(left, axis=0) <= 0).all()
    assert (left >= 0).all()


def test_the_tropics_have_no_frost_and_the_winters_are_half_a_year_apart(masks, land):
    days = np.array(["2004-01-15", "2004-07-15"], "M8[D]")
    shares = masks.of_rows(days, land)
    january, july = (total(land, row) for row in shares.frozen)
    assert january > 0.3
    assert july < 0.05
    assert max(total(land, row, -20, 20) for row in shares.frozen) < 0.001
    south = [total(land, row, -56, -45) for row in shares.frozen]
    assert south[1] > south[0]


@pytest.mark.real_data
@pytest.mark.parametrize(("south", "north"), [(20, 40), (40, 50), (50, 60), (60, 85)])
def test_frost_is_near_that_of_a_real_day(masks, land, real_data, south, north):
    """The model knows nothing of this day; SMAP's granule flags snow or frost in its cells."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(real_data / GRANULE) as h5:
        group = h5["Soil_Moisture_Retrieval_Data"]
        bits, tb = group["surface_flag"][:], group["tb_v_corrected"][:]
    row, column = np.nonzero((bits != 65534) & (tb > 0))
    place = ease2.cell_latlon(M36, ease2.flat_cell(M36, row, column))
    inside = land[ease2.find_cell(M25, place.lat, place.lon)]
    inside &= (place.lat >= south) & (place.lat < north)
    real = float(((bits[row, column] >> 5 & 0b1101) != 0)[inside].mean())
    shares = masks.of_rows(np.array(["2015-04-01"], "M8[D]"), land)
    assert total(land, shares.frozen[0], south, north) == pytest.approx(real, abs=0.2)


def test_cells_without_target_are_bounded_by_their_causes(masks, bench):
    rows = bench("json_rows").read_rows(masks.RESULTS)
    assert [row["south"] for row in rows] == sorted(row["south"] for row in rows)
    for row in rows:
        causes = [row[name] for name in (*masks.STATIC, "dense")]
        if row["dense_by_vod"] == 0:  # both of all cells of the band
            assert max(causes) - 1e-3 <= row["share"] <= sum(causes) + 1e-3
        assert 0 <= row["share"] <= 1
    assert all(flag in Flag for flag in masks.STATIC.values())


def test_tables_know_where_two_fly_and_what_is_below(bench):
    left = bench("coverage_left")

    def row(month, sensors, share):
        same = dict.fromkeys(left.MASKS, share)
        return {"year": 2004, "month": month, "sensors": sensors, "days": 6, **same}

    rows = pd.DataFrame(
        [row(1, "TMI + AMSRE", 0.7), row(2, "TMI", 0.5), row(3, "TMI + AMSRE", 0.9)]
    )
    text = left.below(rows)
    assert "| seen | 1 of 2 | Jan | 0.70 (2004-01) |" in text
    assert "*0.50*" in left.by_year_and_month(rows, "orbits")
    assert "*0.70*" not in left.by_year_and_month(rows, "orbits")
    assert "| TMI | 2004-02 to 2004-02 | 0.50 |" in left.single(rows)


def test_means_count_days(bench):
    left = bench("coverage_left")
    rows = pd.DataFrame({"days": [1, 3], "orbits": [0.0, 1.0]})
    assert left.mean(rows, "orbits") == pytest.approx(0.75)
