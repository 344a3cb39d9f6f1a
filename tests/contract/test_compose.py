"""Half orbits of a day into one dataset: which pass is kept, ties, midnight, and bad input."""

import itertools

import numpy as np
import pytest
import xarray as xr
from gridded import CONTRACT, grid_tb, is_unobserved

from mcca_ml import schema
from mcca_ml.errors import SchemaError
from mcca_ml.flags import Flag
from mcca_ml.grid import ease2
from mcca_ml.grid.daily_composite import compose_day, granule_names, observed_days

DAY = np.datetime64("2015-04-01")
HOUR = np.timedelta64(1, "h")


def orbit(granule, cells, hour, *, look="am", tb=250.0, utc=6.0, **more):
    """One look of one granule, at a local solar time [h] and a time of day [h, UTC]."""
    values = {
        "local_time": hour,
        "tb": tb,
        "obs_time": DAY.astype("M8[ns]") + np.timedelta64(round(utc * 3600), "s"),
    }
    return grid_tb(ease2.M25, cells, looks=(look,), granule=granule, values=values, **more)


def record(ds, look, cell):
    return ds.sel(look=look, cell=cell).isel(time=0)


def test_a_single_part_comes_back_whole_with_both_looks():
    part = orbit("a.h5", [30, 10, 20], 6.2)
    out = compose_day([part], DAY)
    assert out["look"].to_numpy().tolist() == ["am", "pm"]
    assert out["cell"].to_numpy().tolist() == [10, 20, 30]
    assert out["time"].to_numpy().astype("M8[D]").tolist() == [DAY.tolist()]
    xr.testing.assert_identical(
        out.sel(look=["am"]).drop_attrs(deep=False)[list(CONTRACT)],
        part.sortby("cell").drop_attrs(deep=False)[list(CONTRACT)],
    )
    pm = out.sel(look="pm")
    assert (pm["flag"] == int(Flag.NOT_OBSERVED)).all()
    assert pm["tb"].isnull().all()
    assert pm["obs_time"].isnull().all()
    assert (pm["nobs"] == 0).all()
    assert (pm["land_cover"] == 255).all()


def test_whole_records_are_kept_and_never_mixed():
    early, near = orbit("a", [1, 2], 3.0, tb=200.0, utc=1), orbit("b", [2, 3], 6.5, tb=300.0, utc=9)
    out = compose_day([early, near], DAY)
    for cell, tb, hour in ((1, 200, 1), (2, 300, 9), (3, 300, 9)):
        kept = record(out, "am", cell)
        assert (kept["tb"] == tb).all()
        assert kept["obs_time"] == DAY + hour * HOUR


def test_a_missing_value_of_the_kept_record_is_not_taken_from_another():
    near, far = orbit("a", [1], 6.0, tb=np.nan), orbit("b", [1], 9.0)
    near["flag"][...] = int(Flag.TB_INVALID)
    assert record(compose_day([near, far], DAY), "am", 1)["tb"].isnull().all()


@pytest.mark.parametrize(
    ("look", "hours", "kept"),
    [
        ("am", (5.0, 6.5), 1),
        ("am", (23.5, 12.6), 0),  # 6.5 h against 6.6 h, around midnight
        ("pm", (0.5, 11.4), 0),  # 6.5 h against 6.6 h
        ("pm", (17.0, 19.5), 0),
    ],
)
def test_the_nearest_local_time_around_the_clock_is_kept(look, hours, kept):
    parts = [
        orbit(name, [7], hour, look=look, tb=tb)
        for name, hour, tb in zip("ab", hours, (200.0, 300.0), strict=True)
    ]
    assert (record(compose_day(parts, DAY), look, 7)["tb"] == (200.0, 300.0)[kept]).all()


def test_of_equal_distances_the_earlier_is_kept_then_the_first_name():
    later, earlier = orbit("a", [7], 5.0, tb=200.0, utc=9), orbit("b", [7], 7.0, tb=300.0, utc=8)
    assert (record(compose_day([later, earlier], DAY), "am", 7)["tb"] == 300).all()
    one, other = orbit("b", [7], 5.0, tb=200.0), orbit("a", [7], 7.0, tb=300.0)
    assert (record(compose_day([one, other], DAY), "am", 7)["tb"] == 300).all()


def test_an_observation_without_a_time_gives_way_but_is_kept_alone():
    timeless, far = orbit("a", [7, 8], np.nan, tb=200.0), orbit("b", [7], 17.9, tb=300.0)
    timeless["obs_time"][...] = np.datetime64("NaT", "ns")
    out = compose_day([timeless, far], DAY)
    assert (record(out, "am", 7)["tb"] == 300).all()
    assert (record(out, "am", 8)["tb"] == 200).all()
    assert record(out, "am", 8)["obs_time"].isnull()


def test_the_order_of_the_parts_does_not_matter():
    random = np.random.default_rng(3)
    parts = []
    for name in "abcd":
        cells = np.sort(random.choice(40, 25, replace=False))
        part = orbit(f"{name}.h5", cells, 6.0, look=("am", "pm")[name in "bd"])
        part["local_time"][...] = random.integers(0, 4, part["local_time"].shape) + 4  # many ties
        part["tb"][...] = random.uniform(200, 300, part["tb"].shape)
        part["flag"][...] = random.integers(0, 2, part["flag"].shape)  # some not observed
        parts.append(part)
    first = compose_day(parts, DAY)
    for order in itertools.permutations(parts):
        assert first.identical(compose_day(order, DAY))
    assert granule_names(first) == ["a.h5", "b.h5", "c.h5", "d.h5"]


def test_an_orbit_over_midnight_is_split_between_its_days():
    days = ("2015-04-01", "2015-04-02")
    part = grid_tb(ease2.M25, [1, 2], days=days, looks=("pm",))
    part["local_time"][...] = 18.0
    part["tb"][0], part["tb"][1] = 200.0, 300.0
    for day, cell in ((0, 1), (1, 0)):  # cell 1 is seen on the first day, cell 2 on the second
        part["flag"][day, :, cell] = int(Flag.NOT_OBSERVED)
    whole = orbit("z", [2], 17.0, look="pm", tb=250.0)
    assert observed_days([whole, part]).tolist() == [np.datetime64(day).tolist() for day in days]
    first, second = (compose_day([part, whole], day) for day in observed_days([part]))
    assert first["cell"].to_numpy().tolist() == [1, 2]
    assert first["tb"].sel(look="pm").to_numpy()[0, :, 0].tolist() == [200, 250]
    assert second["cell"].to_numpy().tolist() == [2]
    assert second["tb"].sel(look="pm").to_numpy()[0, :, 0].tolist() == [300]
    assert granule_names(second) == ["a.h5", "z"]


def test_what_was_not_observed_never_displaces_what_was():
    unseen, seen = orbit("a", [7, 8], 6.0), orbit("b", [7], 11.0, tb=300.0)
    unseen["flag"][...] = int(Flag.NOT_OBSERVED)
    out = compose_day([unseen, seen], DAY)
    assert out["cell"].to_numpy().tolist() == [7]
    assert (record(out, "am", 7)["tb"] == 300).all()
    assert is_unobserved(out["flag"].sel(look="pm")).all()


def test_a_variable_that_one_part_lacks_is_missing_in_its_records():
    bare = orbit("a", [1], 6.0, names=schema.GRID_TB)
    out = compose_day([bare, orbit("b", [2], 6.0)], DAY)
    assert record(out, "am", 1)["clay_fraction"].isnull()
    assert (record(out, "am", 1)["land_cover"] == 255).all()
    assert record(out, "am", 1)["recommended_operational"] == 0
    assert record(out, "am", 2)["clay_fraction"] == np.float32(0.2)
    assert "clay_fraction" not in compose_day([bare], DAY)


def test_attributes_on_which_parts_differ_are_dropped():
    one, other = orbit("b, a", [1], 6.0), orbit("c\na", [2], 6.0)
    other.attrs["product_version"] = one.attrs["layout"] = "x"
    out = compose_day([one, other], DAY)
    assert out.attrs == {"sensor": "SMAP", "grid": "EASE2_M25", "granules": "a\nb\nc"}


@pytest.mark.parametrize("day", ["2015-03-31", "2015-04-02"])
def test_a_day_without_observations_is_empty(day):
    out = compose_day([orbit("a", [1], 6.0)], np.datetime64(day))
    assert out.sizes["cell"] == 0
    assert out.sizes["time"] == 1


def test_bad_input_is_refused():
    part = orbit("a", [1], 6.0)
    with pytest.raises(SchemaError, match="found no parts, expected at least one"):
        compose_day([], DAY)
    with pytest.raises(SchemaError, match="found grids EASE2_M25, EASE2_M36, expected one"):
        compose_day([part, part.assign_attrs(grid="EASE2_M36")], DAY)
    with pytest.raises(SchemaError, match=r"found channels 1\.41V 1\.41H and x y, expected the s"):
        compose_day([part, part.assign_coords(channel=["x", "y"])], DAY)
    with pytest.raises(SchemaError, match="compose_day: input: flag: missing"):
        compose_day([part.drop_vars("flag")], DAY)
