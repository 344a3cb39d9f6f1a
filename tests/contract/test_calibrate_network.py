"""The calibration of a record from stores: which sensors, by which way, what is refused."""

import numpy as np
import pytest
import xarray as xr

from made_pairs import made_grid
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.errors import ConfigError, SchemaError
from mcca_ml.flags import Flag
from mcca_ml.intercal import coefficients
from mcca_ml.intercal.apply import apply
from mcca_ml.intercal.link import LineFlag
from mcca_ml.intercal.sensor_graph import calibrate_sensors
from mcca_ml.store.layout import Frame, block_number
from mcca_ml.store.write_blocks import create_store, write_block

SETTINGS = CalibrateSettings()
CELLS = np.arange(300_000, 300_024)
EARLY, LATE = "2011-03-01", "2014-06-01"  # AMSR-E with TMI; TMI with AMSR2 and GMI
DAYS = 24
CHANNELS = {
    "TMI": ("10.65V", "19.35V", "37V"),
    "AMSRE": ("10.65V", "18.7V", "36.5V"),
    "GMI": ("10.65V", "18.7V", "36.5V"),
    "AMSR2": ("10.65V", "18.7V", "36.5V"),
}
OFFSET = {"TMI": 2.0, "AMSRE": -1.5, "GMI": 0.5, "AMSR2": 1.0}
SLOPE = {"TMI": 1.01, "AMSRE": 0.99, "GMI": 1.0, "AMSR2": 1.005}


def seen(sensor, tb):
    """What a sensor makes of true brightness temperatures."""
    return OFFSET[sensor] + SLOPE[sensor] * (tb - 250.0) + 250.0


def grid_of(sensor, first, seed):
    """A month of a sensor over the same ground."""
    ground = np.random.default_rng(99)
    shape = (DAYS, 2, len(CELLS), 1)
    tb = 255.0 + 8.0 * ground.standard_normal(shape) + np.array([0.0, 3.0, 5.0])
    noise = 0.4 * np.random.default_rng(seed).standard_normal(tb.shape)
    value = seen(sensor, tb) + noise
    seconds = np.array([21_600.0, 64_800.0])[None, :, None] + 60.0 * seed
    return made_grid(sensor, CHANNELS[sensor], first, value, seconds=seconds, cells=CELLS)


def store_of(folder, sensor, *months):
    """A store with some months, cut into blocks."""
    path = folder / f"{sensor}.zarr"
    create_store(path, Frame(sensor, CHANNELS[sensor], CELLS, "test"))
    for ds in months:
        days = ds["time"].to_numpy()
        number = np.array([block_number(day) for day in days])
        for block in np.unique(number):
            write_block(path, ds.isel(time=number == block), "inputs")
    return path


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stores")
    return {
        "TMI": store_of(folder, "TMI", grid_of("TMI", EARLY, 1), grid_of("TMI", LATE, 2)),
        "AMSRE": store_of(folder, "AMSRE", grid_of("AMSRE", EARLY, 3)),
        "GMI": store_of(folder, "GMI", grid_of("GMI", LATE, 4)),
        "AMSR2": store_of(folder, "AMSR2", grid_of("AMSR2", LATE, 5)),
    }


def made(stores, *names, **more):
    days = {"first_day": np.datetime64("2010-01-01"), "last_day": np.datetime64("2018-12-31")}
    chosen = {name: stores[name] for name in names}
    return calibrate_sensors(chosen, SETTINGS, **{**days, **more})


def test_sensors_reach_the_scale_of_their_reference(stores):
    found = made(stores, "TMI", "AMSRE", "GMI", "AMSR2")
    assert sorted(found) == ["AMSRE", "TMI"]
    truth = np.linspace(240.0, 270.0, 7)
    for name, reference in (("AMSRE", "AMSR2"), ("TMI", "GMI")):
        assert found[name].attrs["reference"] == reference
        assert found[name].attrs["simulated"] == "true"
        line = coefficients.to_link(found[name]).line
        for value in truth:
            error = line.at(np.full(line.level.shape, seen(name, value))) - seen(reference, value)
            assert np.abs(error).max() < 0.5
            assert np.abs(error.mean(axis=0)).max() < 0.15
        slope = SLOPE[reference] / SLOPE[name]
        np.testing.assert_allclose(line.slope, slope, atol=0.02)
        np.testing.assert_allclose(line.slope.mean(axis=0), slope, atol=0.01)


def test_blocks_do_not_change_a_bit(stores):
    names = ("TMI", "AMSRE", "GMI", "AMSR2")
    whole, cut = made(stores, *names), made(stores, *names, block_cells=7)
    for name, ds in whole.items():
        xr.testing.assert_identical(ds, cut[name])


def test_classes_have_lines_of_their_own(stores):
    cell_class = np.repeat([3, 7], len(CELLS) // 2)
    found = made(stores, "TMI", "GMI", cell_class=cell_class)
    assert found["TMI"]["class"].to_numpy().tolist() == [3, 7]


def test_coefficients_are_written_read_and_applied(stores, tmp_path):
    found = made(stores, "TMI", "GMI")["TMI"]
    coefficients.write(found, tmp_path / "TMI.nc")
    out = apply(grid_of("TMI", LATE, 2), coefficients.read(tmp_path / "TMI.nc"))
    off = out["tb"] - grid_of("GMI", LATE, 4)["tb"]
    assert out.attrs["calibrated_to"] == "GMI"
    assert np.abs(off.mean(("time", "look", "cell"))).max() < 0.1


@pytest.mark.parametrize("names", [("AMSR2",), ("GMI",), ("AMSR2", "GMI"), ("TMI", "AMSR2"), ()])
def test_references_need_no_coefficients_nor_does_a_sensor_without_network(stores, names):
    assert made(stores, *names) == {}


def test_tmi_reaches_gmi_through_amsr2_where_they_never_met(stores, tmp_path):
    other = {**stores, "GMI": store_of(tmp_path, "GMI", grid_of("GMI", "2016-06-01", 4))}
    later = grid_of("AMSR2", LATE, 5), grid_of("AMSR2", "2016-06-01", 6)
    other["AMSR2"] = store_of(tmp_path, "AMSR2", *later)
    line = coefficients.to_link(made(other, "TMI", "GMI", "AMSR2")["TMI"]).line
    error = line.at(np.full(line.level.shape, seen("TMI", 255.0))) - seen("GMI", 255.0)
    assert np.abs(error.mean(axis=0)).max() < 0.2


def test_amsre_without_its_bridge_is_refused(stores):
    with pytest.raises(ConfigError, match=r"AMSRE .*no TMI.*give \[input.1C-TMI\] or remove"):
        made(stores, "AMSRE", "AMSR2")


def test_sensors_that_never_met_are_refused(stores, tmp_path):
    other = {**stores, "GMI": store_of(tmp_path, "GMI", grid_of("GMI", "2016-06-01", 4))}
    with pytest.raises(ConfigError, match="TMI needs pairs of TMI with GMI, found none"):
        made(other, "TMI", "GMI")
    other["TMI"] = store_of(tmp_path, "TMI", grid_of("TMI", LATE, 2))
    with pytest.raises(ConfigError, match="AMSRE needs pairs of AMSRE with TMI"):
        made(other, "AMSRE", "TMI", "AMSR2")


def test_a_sensor_without_days_in_the_period_counts_as_absent(stores):
    found = made(stores, "TMI", "AMSRE", "GMI", "AMSR2", first_day=np.datetime64("2012-01-01"))
    assert sorted(found) == ["TMI"]


def test_other_cells_are_refused(stores, tmp_path):
    part = grid_of("GMI", LATE, 4).isel(cell=slice(0, 9))
    path = tmp_path / "GMI.zarr"
    create_store(path, Frame("GMI", CHANNELS["GMI"], CELLS[:9], "test"))
    days = part["time"].to_numpy()
    number = np.array([block_number(day) for day in days])
    write_block(path, part.isel(time=number == number[0]), "inputs")
    with pytest.raises(SchemaError, match="have different cells"):
        made({**stores, "GMI": path}, "TMI", "GMI")


def test_a_channel_that_is_always_missing_takes_no_other_with_it(stores, tmp_path):
    lacking = grid_of("GMI", LATE, 4)
    lacking["tb"][..., 1] = np.nan
    lacking["flag"] = lacking["flag"] | np.uint32(Flag.TB_INVALID)
    other = {**stores, "GMI": store_of(tmp_path, "GMI", lacking)}
    found = made(other, "TMI", "GMI")["TMI"]
    assert (found["pairs"].to_numpy()[:, [0, 2]] > 20).all()
    assert (found["flag"].to_numpy()[:, 1] & LineFlag.NO_LINE).all()


def test_few_pairs_are_flagged(stores, tmp_path):
    short = grid_of("GMI", LATE, 4).isel(time=slice(0, 2))
    short["flag"][:, :, 5] = 1
    short["obs_time"][:, :, 5] = np.datetime64("NaT", "ns")
    other = {**stores, "GMI": store_of(tmp_path, "GMI", short)}
    flag = made(other, "TMI", "GMI")["TMI"]["flag"].to_numpy()
    assert (flag[5] & LineFlag.NO_PAIRS).all()
    assert (np.delete(flag, 5, axis=0) & LineFlag.LEVEL_ONLY).all()


def test_the_step_of_gmi_at_its_boost_is_an_identity_with_a_step(tmp_path):
    boost, days = np.datetime64("2023-11-08"), np.arange(0, 720, 6)
    rng = np.random.default_rng(5)
    both, looks = {}, np.array([[20_000.0], [60_000.0]])
    for name in ("GMI", "AMSR2"):
        path = tmp_path / f"{name}.zarr"
        create_store(path, Frame(name, CHANNELS[name], CELLS, "test"))
        both[name] = path
    start = boost - 360
    ground = 255.0 + 8.0 * rng.standard_normal((len(days), 2, len(CELLS), 1))
    tb = ground + np.array([0.0, 3.0, 5.0])
    for block in np.unique([block_number(start + day) for day in days]):
        chosen = np.array([block_number(start + day) == block for day in days])
        first, last = start + days[chosen][0], start + days[chosen][-1]
        at = (days[chosen] - days[chosen][0]).astype(int)
        for name, path in both.items():
            full = np.full((int((last - first).astype(int)) + 1, *tb.shape[1:]), np.nan)
            noise = 0.4 * rng.standard_normal(tb[chosen].shape)
            before = (start + days[chosen] < boost)[:, None, None, None] & (name == "GMI")
            full[at] = seen(name, tb[chosen]) + noise + 0.8 * before
            seconds = np.where(np.isfinite(full[..., 0]), looks, np.nan)
            write_block(
                path,
                made_grid(name, CHANNELS[name], first, full, seconds=seconds, cells=CELLS),
                "inputs",
            )
    found = calibrate_sensors(both, SETTINGS, first_day=start, last_day=boost + 360)["GMI"]
    step = coefficients.to_changes(found)[0]
    assert step.date == boost
    assert step.is_removed.all()
    np.testing.assert_allclose(step.size, 0.8, atol=0.1)
    before = made_grid(
        "GMI", CHANNELS["GMI"], "2023-11-01", np.full((9, 2, 24, 3), 260.0), seconds=40_000.0,
        cells=CELLS,
    )  # fmt: skip
    tb = apply(before, found)["tb"].to_numpy()
    np.testing.assert_allclose(tb[:7], 259.2, atol=0.1)
    np.testing.assert_array_equal(tb[7:], 260.0)
