"""The land mask against two that others made (both in the real data)."""

import numpy as np
import pytest
import xarray as xr

from mcca_ml.grid import ease2, land


@pytest.mark.real_data
def test_agreement_with_the_catds_mask_of_the_same_grid(real_data):
    """SMOS CATDS, from USGS: 97.5 % of all cells agree.

    Theirs counts a cell as land where less than 10 % of it is water, lakes included; ours where
    at least 50 % is not ocean. So nearly all that differs is land of ours at coasts and lakes.
    """
    with xr.open_dataset(real_data / "grids/Grid_Point_Mask_USGS.nc") as oracle:
        np.testing.assert_allclose(oracle["lat"][::-1], ease2.latitude(ease2.M25), atol=8e-6)
        np.testing.assert_allclose(oracle["lon"], ease2.longitude(ease2.M25), atol=8e-6)
        theirs = oracle["USGS_Land_Flag"].to_numpy()[::-1] == 1
    ours = land.land_mask(ease2.M25)
    assert (ours == theirs).mean() > 0.974
    assert (theirs & ~ours).mean() < 0.003


@pytest.mark.real_data
def test_agreement_with_the_land_points_of_m36(real_data):
    """TU Wien's land points of EASE2_M36, without Antarctica: 98.6 % lie in land cells of ours."""
    with xr.open_dataset(real_data / "grids/ease36land.nc") as oracle:
        row, column = ease2.find_cell(ease2.M25, oracle["lat"], oracle["lon"])
    assert land.land_mask(ease2.M25)[row, column].mean() > 0.98
