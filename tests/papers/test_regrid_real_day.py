"""A real SMAP day brought to 25 km: its means are those of the native grid over the same land."""

import numpy as np
import pytest

from mcca_ml.flags import Flag
from mcca_ml.grid import ease2, land
from mcca_ml.grid.compose import compose_day, days_of
from mcca_ml.grid.regrid import to_m25
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
def test_a_real_day_composed_alone_is_itself(native):
    (day,) = days_of([native])
    composed = compose_day([native], day).sel(look=["am"])
    assert composed["cell"].size == native["cell"].size
    for name in ("tb", "obs_time", "flag", "land_cover"):
        np.testing.assert_array_equal(composed[name], native.sortby("cell")[name])
