"""A real SMAP day brought to 25 km: its means are those of the native grid over the same land."""

import numpy as np
import pytest

from mcca_ml.flags import Flag
from mcca_ml.grid import ease2, land
from mcca_ml.grid.daily_composite import compose_day, observed_days
from mcca_ml.grid.overlap import MIN_SHARE, at_least
from mcca_ml.grid.regrid import compute_cover, to_m25
from mcca_ml.grid.sources import contributing
from mcca_ml.read.smap import read_smap


@pytest.fixture(scope="module")
def native(real_data):
    return read_smap(real_data / "smap/SMAP_L3_SM_P_20150401_R13080_001.h5")


@pytest.mark.real_data
def test_the_land_of_a_real_day_keeps_its_mean(native):
    fine = to_m25(native)
    assert 130_000 < fine.sizes["cell"] < 150_000
    assert np.isin(fine["cell"], land.land_cells(ease2.M25)).all()
    # Deep inland both grids see the same ground; coasts are left out by the water fraction.
    for name, tolerance in (("tb", 0.5), ("soil_temperature", 0.3), ("incidence", 1e-3)):
        means = [
            float(ds[name].where((ds["water_fraction"] < 0.02) & (np.abs(ds["lat"]) < 50)).mean())
            for ds in (native, fine)
        ]
        assert means[0] == pytest.approx(means[1], abs=tolerance), name
    missing = fine["tb"].isnull().any("channel")
    flagged = (fine["flag"] & int(Flag.TB_INVALID)) != 0
    assert (missing == flagged).all()


@pytest.mark.real_data
def test_no_cell_mixes_passes_and_doubt_is_told(native):
    """The day holds seams of 98 minutes and of 3 to 24 hours, and interference beside clean cells.

    Before passes were kept apart 666 cells mixed more than two hours, 289 more than twelve; before
    doubtful cells were left out 2,683 held some of them without a word.
    """
    fine = to_m25(native)
    cover = compute_cover(
        ease2.M36,
        ease2.M25,
        source_cells=native["cell"].to_numpy(),
        target_cells=fine["cell"].to_numpy(),
    )
    weight = contributing(native, cover).weight[0, 0]
    seconds = native["obs_time"].to_numpy()[0, 0].astype("M8[s]").astype(np.int64)[cover.index]

    def spread(share):
        latest = np.where(share > 0, seconds, 0).max(axis=-1)
        return latest - np.where(share > 0, seconds, latest.max()).min(axis=-1)

    assert (spread(cover.weight) > 2 * 3600).sum() > 600
    assert spread(weight).max() <= 2 * 3600
    assert (spread(weight) > 3600).sum() > 1_000  # successive orbits still overlap
    assert at_least(weight.sum(axis=-1), MIN_SHARE).all()
    doubtful = ((native["flag"].to_numpy()[0, 0] & int(Flag.TB_SUSPECT)) != 0)[cover.index]
    result = (fine["flag"].to_numpy()[0, 0] & int(Flag.TB_SUSPECT)) != 0
    np.testing.assert_array_equal((doubtful & (weight > 0)).any(axis=-1), result)
    assert 5_000 < result.sum() < 7_000


@pytest.mark.real_data
def test_a_real_day_composed_alone_is_itself(native):
    (day,) = observed_days([native])
    composed = compose_day([native], day).sel(look=["am"])
    assert composed["cell"].size == native["cell"].size
    for name in ("tb", "obs_time", "flag", "land_cover"):
        np.testing.assert_array_equal(composed[name], native.sortby("cell")[name])
