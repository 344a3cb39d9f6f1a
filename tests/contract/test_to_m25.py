"""SMAP's grids to the land cells of 25 km: the contract, each variable, and bad input."""

import numpy as np
import pytest
from gridded import CONTRACT, grid_tb

from mcca_ml import schema
from mcca_ml.errors import SchemaError
from mcca_ml.flags import Flag
from mcca_ml.grid import ease2, land
from mcca_ml.grid.regrid import to_m25

KANSAS = ease2.flat_cell(ease2.M36, *np.mgrid[75:79, 212:216].reshape(2, -1))
PACIFIC = ease2.flat_cell(ease2.M36, *np.mgrid[203:205, 80:82].reshape(2, -1))


def cell_inside(ds, grid):
    """Number of the one target cell that lies in one source cell, and of that source cell."""
    place = ease2.cell_latlon(ease2.M25, ds["cell"].to_numpy())
    x, y, half = ease2.map_x(place.lon), ease2.map_y(place.lat), ease2.M25.cell_m / 2
    corners = [
        ease2.flat_cell(
            grid, *ease2.find_cell(grid, ease2.map_latitude(y + v), ease2.map_longitude(x + h))
        )
        for h in (-half, half)
        for v in (-half, half)
    ]
    same = np.flatnonzero((np.stack(corners) == corners[0]).all(axis=0))
    return int(same[0]), int(corners[0][same[0]])


@pytest.mark.parametrize(
    ("grid", "cells"),
    [
        (ease2.M36, KANSAS),
        (ease2.M09, ease2.flat_cell(ease2.M09, *np.mgrid[300:312, 850:862].reshape(2, -1))),
    ],
    ids=["M36", "M09"],
)
def test_a_uniform_field_keeps_every_variable(grid, cells):
    out = to_m25(grid_tb(grid, cells, looks=("am", "pm")))
    assert out.sizes["cell"] > 10
    assert out.attrs["grid"] == "EASE2_M25"
    assert out.attrs["granules"] == "a.h5"
    assert np.isin(out["cell"], land.land_cells(ease2.M25)).all()
    assert (np.diff(out["cell"]) > 0).all()
    np.testing.assert_array_equal(
        out["lat"], ease2.cell_latlon(ease2.M25, out["cell"].to_numpy()).lat
    )
    like = grid_tb(ease2.M25, out["cell"], looks=("am", "pm"))
    for name in CONTRACT:
        assert out[name].dtype == like[name].dtype, name
        assert out[name].dims == like[name].dims, name
        assert out[name].attrs == like[name].attrs, name
        expected = like[name].to_numpy()
        if name == "obs_time":
            np.testing.assert_array_equal(out[name], expected)
        else:
            np.testing.assert_allclose(out[name], expected, rtol=1e-6, err_msg=name)


def test_the_input_is_not_modified():
    ds = grid_tb(ease2.M36, KANSAS)
    before = ds.copy(deep=True)
    to_m25(ds)
    assert ds.identical(before)


def test_sea_gives_no_cells_and_no_cells_give_none():
    assert to_m25(grid_tb(ease2.M36, PACIFIC)).sizes["cell"] == 0
    assert to_m25(grid_tb(ease2.M36, [])).sizes["cell"] == 0


def test_cells_that_no_look_saw_are_dropped():
    ds = grid_tb(ease2.M36, KANSAS)
    ds["flag"][..., ds["cell"] < KANSAS[8]] = int(Flag.NOT_OBSERVED)
    out = to_m25(ds)
    assert 0 < out.sizes["cell"] < to_m25(grid_tb(ease2.M36, KANSAS)).sizes["cell"]
    assert (out["flag"] == 0).all()


def test_a_look_that_saw_nothing_is_flagged_beside_one_that_saw():
    ds = grid_tb(ease2.M36, KANSAS, looks=("am", "pm"))
    unseen = {"look": 1}
    ds["flag"][unseen] = int(Flag.NOT_OBSERVED | Flag.FROZEN)
    ds["tb"][unseen] = np.nan
    ds["obs_time"][unseen] = np.datetime64("NaT", "ns")
    ds["local_time"][unseen] = np.nan
    ds["nobs"][unseen] = 0
    pm = to_m25(ds).sel(look="pm")
    assert pm.sizes["cell"] > 10
    assert (pm["flag"] == int(Flag.NOT_OBSERVED)).all()
    assert pm["tb"].isnull().all()
    assert pm["obs_time"].isnull().all()
    assert (pm["nobs"] == 0).all()


def test_missing_values_are_flagged_as_such_in_the_new_cells():
    ds = grid_tb(ease2.M36, KANSAS)
    ds["tb"][..., 1] = np.nan
    ds["soil_temperature"][...] = np.nan
    out = to_m25(ds)
    assert (out["flag"] == int(Flag.TB_INVALID | Flag.NO_TEMPERATURE)).all()
    assert out["tb"].isnull().all()  # V alone would be of other ground than V and H


def test_an_invalid_source_cell_does_not_spoil_a_cell_that_others_fill():
    ds = grid_tb(ease2.M36, KANSAS)
    target, source = cell_inside(to_m25(ds), ease2.M36)
    bad = np.flatnonzero(ds["cell"] == source)
    ds["tb"][..., bad, :] = np.nan
    ds["flag"][..., bad] = int(Flag.TB_INVALID)
    out = to_m25(ds)
    assert out["flag"][0, 0, target] == int(Flag.TB_INVALID)
    assert out["tb"][0, 0, target].isnull().all()
    others = (out["flag"] == 0).to_numpy().ravel()
    assert others.sum() > 10
    assert (out["tb"].to_numpy()[0, 0, others] == 250).all()


def test_refusal_needs_half_of_the_cell_and_conditions_a_quarter():
    ds = grid_tb(ease2.M36, KANSAS)
    ds["flag"][..., 5] = int(Flag.NOT_ATTEMPTED | Flag.OPEN_WATER)
    flag = to_m25(ds)["flag"].to_numpy()
    refused, wet = (flag & int(Flag.NOT_ATTEMPTED)) != 0, (flag & int(Flag.OPEN_WATER)) != 0
    assert wet[refused].all()
    assert 0 < refused.sum() < wet.sum()


def test_interference_is_left_out_where_the_rest_suffices_and_flagged_where_not():
    ds = grid_tb(ease2.M36, KANSAS)
    ds["tb"][..., 5, :] = 300.0
    ds["soil_temperature"][..., 5] = 310.0
    ds["flag"][..., 5] = int(Flag.TB_SUSPECT)
    out = to_m25(ds)
    flagged = (out["flag"] == int(Flag.TB_SUSPECT)).to_numpy()[0, 0]
    for name, clean in (("tb", 250.0), ("soil_temperature", 290.0)):
        values = out[name].to_numpy()[0, 0].reshape(flagged.size, -1)
        assert (values[~flagged] == clean).all(), name
        assert (values[flagged] > clean).all(), name
    assert 0 < flagged.sum() < 4  # those that lie for the most part in that cell
    assert (out["flag"].to_numpy()[0, 0, ~flagged] == 0).all()


def test_passes_of_different_times_are_not_averaged():
    """West of the seam a pass at 6:00, east of it one 12 h later; 98 min apart is one look."""
    ds = grid_tb(ease2.M36, KANSAS)
    east = np.isin(KANSAS % ease2.M36.columns, (214, 215))
    ds["tb"][0, 0, east] = 280.0
    for minutes, means in ((98, True), (121, False), (12 * 60, False)):
        late = ds["time"].to_numpy()[0] + np.timedelta64(360 + minutes, "m")
        ds["obs_time"][0, 0, east] = late
        out = to_m25(ds)
        tb = out["tb"].to_numpy()[0, 0]
        assert bool(((tb > 250) & (tb < 280)).any()) is means
        if not means:
            np.testing.assert_array_equal(tb[:, 0] == 280, (out["obs_time"] == late)[0, 0])
    assert (out["flag"] == 0).all()


def test_two_polarisations_are_means_over_the_same_cells():
    """V rises and H falls from cell to cell, so only means over the same ground add up."""
    ds = grid_tb(ease2.M36, KANSAS)
    number = np.arange(KANSAS.size)
    ds["tb"][0, 0, :, 0], ds["tb"][0, 0, :, 1] = 250.0 + number, 250.0 - number
    ds["tb"][0, 0, 5, 1] = ds["tb"][0, 0, 10, 0] = np.nan
    out = to_m25(ds)["tb"].sum("channel", skipna=False).to_numpy()
    assert np.isnan(out).any()
    np.testing.assert_allclose(out[~np.isnan(out)], 500.0, rtol=1e-6)


def test_times_belong_to_one_observation_and_counts_are_not_added():
    ds = grid_tb(ease2.M36, KANSAS)
    number = np.arange(KANSAS.size)
    ds["local_time"][0, 0] = number / 10
    ds["obs_time"][0, 0] = ds["time"].to_numpy()[0] + number * np.timedelta64(1, "m")  # one pass
    ds["nobs"][0, 0] = number
    out = to_m25(ds)
    minutes = ((out["obs_time"] - out["time"]) / np.timedelta64(1, "m")).to_numpy()[0, 0]
    np.testing.assert_allclose(out["local_time"][0, 0], minutes / 10, rtol=1e-6)
    target, source = cell_inside(out, ease2.M36)
    expected = int(np.flatnonzero(source == KANSAS)[0])
    assert minutes[target] == expected
    assert int(out["nobs"][0, 0, target]) == expected
    assert int(out["nobs"].max()) == number.max()


def test_one_cell_not_recommended_is_enough_against_it():
    ds = grid_tb(ease2.M36, KANSAS)
    ds["recommended_operational"][..., 5] = 0
    out = to_m25(ds)
    touched = to_m25(grid_tb(ease2.M36, KANSAS[5:6]))["cell"]
    recommended = out["recommended_operational"].to_numpy().ravel() == 1
    assert not recommended[np.isin(out["cell"], touched)].any()
    assert recommended.any()


def test_optional_variables_may_be_absent():
    out = to_m25(grid_tb(ease2.M36, KANSAS, names=schema.GRID_TB))
    assert set(out.data_vars) == set(schema.GRID_TB)
    assert (out["flag"] == 0).all()


def test_land_cover_without_shares_takes_the_first_class():
    ds = grid_tb(ease2.M36, KANSAS).drop_vars("land_cover_fraction")
    out = to_m25(ds)
    assert (out["land_cover"].isel(cover=0) == 5).all()
    assert (out["land_cover"].isel(cover=1) == 255).all()
    assert "land_cover_fraction" not in out


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda ds: ds.assign_attrs(grid="EASE2_N36"), "found name 'EASE2_N36', expected one of"),
        (lambda ds: ds.drop_attrs(deep=False), "found name 'None', expected one of EASE2_M36"),
        (lambda ds: ds.drop_vars("tb"), "to_m25: input: tb: missing"),
        (
            lambda ds: ds.assign_coords(cell=ds["cell"] + ease2.M36.size),
            "found cells .* expected 0 to 391383 on EASE2_M36",
        ),
        (lambda ds: ds.assign_coords(cell=ds["cell"] * 0 + 7), "found a cell twice, expected each"),
    ],
)
def test_bad_input_is_refused(spoil, message):
    with pytest.raises(SchemaError, match=message):
        to_m25(spoil(grid_tb(ease2.M36, KANSAS)))
