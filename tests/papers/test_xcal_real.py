"""Inter-calibration of TMI by the XCAL team: level 1C less level 1B on the same genuine pixels.

The differences are those listed beside the real granules; both files are of PPS, version 07 (TRMM
orbit 160, 1997-12-07, 10 scans by 10 pixels of ocean). Level 1B is read with bare h5py.
"""

import h5py
import numpy as np
import pytest

from mcca_ml.read.gpm_1c import read_1c

STEM = "TRMM.TMI.{}.19971207-S235717-E012836.000160.V07A.HDF5"
XCAL = {
    "10.65V": -0.90,
    "10.65H": -0.74,
    "19.35V": -0.44,
    "19.35H": -1.19,
    "21.3V": -0.31,
    "37V": 0.57,
    "37H": -1.35,
}  # [K]


@pytest.fixture
def swaths(real_data):
    return read_1c(real_data / "gpm_1c" / f"1C.{STEM.format('XCAL2021-V')}")


@pytest.mark.real_data
def test_correction_of_each_channel(real_data, swaths):
    found = {}
    with h5py.File(real_data / "gpm_1c" / f"1B.{STEM.format('Tb2021')}") as h5:
        for swath in swaths:
            before = h5[swath.attrs["swath"]]["Tb"][()].reshape(swath["tb"].shape)
            difference = (swath["tb"] - before).mean("footprint")
            found |= dict(zip(swath["channel"].to_numpy(), difference.to_numpy(), strict=True))
    assert list(found) == list(XCAL)
    assert found == pytest.approx(XCAL, abs=0.006)  # both are rounded to 0.01 K


@pytest.mark.real_data
def test_places_and_incidence_are_those_of_level_1b(real_data, swaths):
    with h5py.File(real_data / "gpm_1c" / f"1B.{STEM.format('Tb2021')}") as h5:
        for swath in swaths:
            before = h5[swath.attrs["swath"]]
            for ours, theirs in (("lat", "Latitude"), ("lon", "Longitude")):
                np.testing.assert_allclose(swath[ours], before[theirs][()].ravel(), atol=1e-4)
            angle = before["incidenceAngle"][()].reshape(100, -1)  # S1 has one for each channel
            mean = angle.mean(axis=-1)
            np.testing.assert_allclose(np.rad2deg(swath["incidence"]), mean, atol=0.006)
