"""Days with cells, looks and variables of their own become one dataset; nothing moves."""

import numpy as np
import pytest
from made_look import look_at

from mcca_ml.errors import SchemaError
from mcca_ml.flags import Flag
from mcca_ml.grid.daily_composite import compose_day, stack_days
from mcca_ml.read.smap import read_smap
from mcca_ml.simulate.files.smap_products import write_spl3smp

PLACES = [(100, 200), (100, 201), (101, 200), (250, 700)]


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stack")
    path = folder / "SIMULATED.h5"
    write_spl3smp(path, {"am": look_at(PLACES), "pm": look_at(PLACES)})
    ds = read_smap(path)
    first = compose_day([ds], ds["time"].to_numpy()[0])
    later = first.assign_coords(time=first["time"] + np.timedelta64(1, "D"))
    return first, later.isel(cell=slice(1, 4)).drop_vars("clay_fraction").sel(look=["am"])


def test_every_value_stays_with_its_day_look_and_cell(days):
    stack = stack_days(days)
    assert stack.sizes["time"] == 2
    assert stack["cell"].to_numpy().tolist() == days[0]["cell"].to_numpy().tolist()
    for name in ("tb", "flag", "obs_time", "land_cover", "soil_temperature"):
        np.testing.assert_array_equal(stack[name][0], days[0][name][0], err_msg=name)
        np.testing.assert_array_equal(stack[name][1, 0, 1:], days[1][name][0, 0], err_msg=name)


def test_what_a_day_lacks_is_missing_there(days):
    stack = stack_days(days)
    assert (stack["flag"][1, 0, 0] == int(Flag.NOT_OBSERVED)).all()
    assert (stack["flag"][1, 1] == int(Flag.NOT_OBSERVED)).all()
    assert np.isnan(stack["tb"][1, 1]).all()
    assert np.isnat(stack["obs_time"].to_numpy()[1, 1]).all()
    assert np.isnan(stack["clay_fraction"][1]).all()
    assert np.isfinite(stack["clay_fraction"][0]).all()


def test_days_of_two_grids_are_refused(days):
    other = days[1].assign_attrs(grid="EASE2_M25")
    with pytest.raises(SchemaError, match="found grids EASE2_M25, EASE2_M36, expected one"):
        stack_days([days[0], other])
    with pytest.raises(SchemaError, match="found grids none"):
        stack_days([])
