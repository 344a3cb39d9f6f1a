"""The retrieval stage at its border: contract, defaults, flags, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.common.scene_dataset import scene_dataset

from mcca_ml import flags, schema
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.errors import ConfigError, GranuleError, SchemaError
from mcca_ml.flags import Flag
from mcca_ml.grid.ease2 import M25, M36
from mcca_ml.retrieve.single_look import retrieve
from mcca_ml.sensors import AMSR2, SMAP
from mcca_ml.simulate.scene import uniform_scene

CONFIG = RetrieveSettings()


def small(sensor=SMAP, cells=6, vod=0.2):
    shape = (1, 1, cells)
    scene = uniform_scene(
        np.linspace(0.08, 0.3, cells, dtype=np.float32).reshape(shape),
        np.full(shape, vod, np.float32),
        incidence_deg=sensor.incidence_deg,
    )
    grid = M36 if sensor is SMAP else M25
    return scene, scene_dataset(scene, sensor, grid, np.arange(cells), first_day="2015-04-01")


def bits(found):
    return found["flag"].to_numpy().ravel()


def has(found, flag):
    return (bits(found) & int(flag)) != 0


def variable(ds, values, units="1"):
    """A variable of one value a cell."""
    shape = tuple(ds.sizes[dim] for dim in schema.LOOK)
    return (schema.LOOK, np.broadcast_to(values, shape).copy(), {"units": units})


def test_the_output_keeps_the_contract_and_the_time():
    _, ds = small()
    found = retrieve(ds, CONFIG)
    schema.check(found, schema.RETRIEVAL, where="test")
    assert found["obs_time"].identical(ds["obs_time"])
    assert found.attrs["simulated"] == "true"
    assert flags.is_recommended(bits(found)).all()


def test_a_bad_pixel_is_nan_with_its_reason_and_its_neighbours_live():
    _, ds = small()
    ds["tb"][0, 0, 1, :] = np.nan
    ds["tb"][0, 0, 2, 0] = np.nan
    ds["soil_temperature"][0, 0, 3] = np.nan
    found = retrieve(ds, CONFIG)
    value = found["soil_moisture"].to_numpy().ravel()
    assert np.isnan(value).tolist() == [False, True, True, True, False, False]
    assert has(found, Flag.NOT_OBSERVED).tolist() == [False, True, False, False, False, False]
    assert has(found, Flag.TB_INVALID)[2]
    assert has(found, Flag.NO_TEMPERATURE)[3]
    assert np.isnan(found["sm_uncertainty"].to_numpy().ravel()[1:4]).all()
    assert not flags.is_recommended(bits(found))[1:4].any()


def test_water_and_ice_are_flagged_and_beyond_the_limit_not_attempted():
    _, ds = small()
    ds["water_fraction"] = variable(ds, np.array([0, 0.04, 0.06, 0.4, 0.5, 1], np.float32))
    found = retrieve(ds, CONFIG)
    assert has(found, Flag.OPEN_WATER).tolist() == [False, False, True, True, True, True]
    assert has(found, Flag.NOT_ATTEMPTED).tolist() == [False] * 4 + [True] * 2
    assert np.isnan(found["soil_moisture"].to_numpy().ravel()).tolist() == [False] * 4 + [True] * 2


def test_frozen_ground_is_kept_and_flagged():
    _, ds = small()
    ds["soil_temperature"][...] = 268.0
    found = retrieve(ds, CONFIG)
    assert found["soil_moisture"].notnull().all()
    assert has(found, Flag.FROZEN).all()
    assert not flags.is_recommended(bits(found)).any()


def test_missing_clay_land_cover_and_roughness_have_flagged_defaults():
    scene, ds = small()
    bare = ds.drop_vars(["clay_fraction", "roughness_h"])
    found = retrieve(bare, CONFIG)
    assert has(found, Flag.DEFAULT_CLAY).all()
    assert has(found, Flag.DEFAULT_LAND_COVER).all()
    assert has(found, Flag.DEFAULT_ROUGHNESS).all()
    # 0.18 for 0.20 of clay and 0.156 for 0.13 of roughness: small departures, larger uncertainty.
    near = np.abs(found["soil_moisture"].to_numpy() - scene.soil_moisture)
    assert near.max() < 0.02
    assert (found["sm_uncertainty"] > retrieve(ds, CONFIG)["sm_uncertainty"]).all()
    assert not has(retrieve(ds, CONFIG), Flag.DEFAULT_CLAY).any()


def test_land_cover_gives_albedo_and_roughness_where_asked():
    _, ds = small()
    classes = np.full((1, 1, 6, 3), 255, np.uint8)
    classes[..., 0] = 12
    dims = (*schema.LOOK, "cover")
    ds["land_cover"] = (dims, classes, {"units": "1"})
    ds["land_cover_fraction"] = (dims, (classes < 255).astype(np.float32), {"units": "1"})
    crops = retrieve(ds, CONFIG.model_copy(update={"omega_source": "dca"}))
    same = retrieve(ds, CONFIG.model_copy(update={"omega": 0.06}))
    np.testing.assert_allclose(crops["soil_moisture"], same["soil_moisture"], atol=1e-5)
    smoother = retrieve(ds, CONFIG.model_copy(update={"roughness_source": "smap-atbd"}))
    ds["roughness_h"] = variable(ds, np.float32(0.108))
    expected = retrieve(ds, CONFIG)
    np.testing.assert_allclose(smoother["soil_moisture"], expected["soil_moisture"], atol=1e-5)


def test_porosity_bounds_soil_moisture():
    scene = uniform_scene(np.full((1, 1, 1), 0.5, np.float32), np.full((1, 1, 1), 0.1, np.float32))
    ds = scene_dataset(scene, SMAP, M36, np.arange(1), first_day="2015-04-01")
    ds["bulk_density"] = variable(ds, np.float32(1.59), "g cm-3")
    found = retrieve(ds, CONFIG)
    assert found["soil_moisture"].item() == pytest.approx(1 - 1.59 / 2.65, abs=1e-3)
    assert has(found, Flag.SOIL_MOISTURE_AT_BOUND).all()


def test_the_canopy_may_have_a_temperature_of_its_own():
    scene, _ = small()
    warm = replace(scene, canopy_temperature=scene.canopy_temperature + 6)
    ds = scene_dataset(warm, SMAP, M36, np.arange(6), first_day="2015-04-01")
    found = retrieve(ds, RetrieveSettings(default_clay=0.2))
    np.testing.assert_allclose(found["soil_moisture"], scene.soil_moisture, atol=2e-3)
    blind = retrieve(ds.drop_vars("canopy_temperature"), CONFIG)
    assert float(abs(blind["soil_moisture"] - scene.soil_moisture).mean()) > 3e-3


def test_amsr2_takes_its_temperature_from_ka_band_where_it_has_none():
    _, ds = small(AMSR2, vod=0.05)
    found = retrieve(ds.drop_vars("soil_temperature").drop_vars("canopy_temperature"), CONFIG)
    assert found["soil_moisture"].notnull().all()
    assert has(found, Flag.DEFAULT_TEMPERATURE).all()
    assert (found["sm_uncertainty"] > retrieve(ds, CONFIG)["sm_uncertainty"]).all()


def test_vegetation_fields_do_not_enter():
    """No vegetation ancillary is an input: adding one changes no byte."""
    _, ds = small()
    dressed = ds.assign(
        vegetation_opacity=variable(ds, np.float32(0.9)),
        vegetation_water_content=variable(ds, np.float32(9.0)),
    )
    assert retrieve(dressed, CONFIG).identical(retrieve(ds, CONFIG))


def test_a_dataset_that_breaks_the_contract_is_refused():
    _, ds = small()
    with pytest.raises(SchemaError, match="retrieve: input: tb: missing"):
        retrieve(ds.drop_vars("tb"), CONFIG)
    ds["tb"].attrs["units"] = "degC"
    with pytest.raises(SchemaError, match="tb: units 'degC', expected 'K'"):
        retrieve(ds, CONFIG)


def test_values_out_of_range_are_named():
    _, ds = small()
    ds["clay_fraction"] *= 100
    ds["clay_fraction"].attrs["units"] = "1"
    with pytest.raises(SchemaError, match=r"clay_fraction: values outside \[0, 1\] 1"):
        retrieve(ds, CONFIG)


def test_no_temperature_at_all_is_refused_with_what_to_do():
    _, ds = small()
    with pytest.raises(GranuleError, match="no soil temperature found.*--ancillary"):
        retrieve(ds.drop_vars("soil_temperature"), CONFIG)


def test_an_unknown_sensor_a_missing_channel_and_a_wrong_core_are_refused():
    _, ds = small()
    with pytest.raises(SchemaError, match="sensor is 'SMOS', known: .*SMAP"):
        retrieve(ds.assign_attrs(sensor="SMOS"), CONFIG)
    with pytest.raises(GranuleError, match="no channel 1.41H, found 1.41V"):
        retrieve(ds.sel(channel=["1.41V"]), CONFIG)
    with pytest.raises(ConfigError, match="found '6.9H', known"):
        retrieve(ds, CONFIG.model_copy(update={"core": "6.9H"}))


def test_nothing_attempted_is_no_error():
    _, ds = small()
    ds["tb"][...] = np.nan
    found = retrieve(ds, CONFIG)
    assert found["soil_moisture"].isnull().all()
    assert has(found, Flag.NOT_OBSERVED).all()


@pytest.mark.real_data
def test_the_real_day_agrees_with_the_operational_product(real_data):
    """Recommended cells of SPL3SMP of 2015-04-01; the thresholds are those of the first release."""
    from mcca_ml.read.smap import read_smap

    granule = real_data / "smap" / "SMAP_L3_SM_P_20150401_R13080_001.h5"
    ds = read_smap(granule)
    found = retrieve(ds, CONFIG)
    recommended = ds["recommended_operational"].to_numpy() == 1
    ours = found["soil_moisture"].to_numpy()[recommended]
    theirs = ds["soil_moisture_operational"].to_numpy()[recommended]
    retrieved = np.isfinite(ours)
    assert recommended.sum() == 20_878
    assert retrieved.mean() >= 0.97
    difference = (ours - theirs)[retrieved]
    assert np.corrcoef(ours[retrieved], theirs[retrieved])[0, 1] >= 0.915
    assert difference.std() <= 0.040
    assert abs(difference.mean()) <= 0.02


@pytest.mark.real_data
def test_dense_cold_forest_is_not_recommended(real_data):
    """SPL2SMP over boreal forest: little information, so hardly any cell may be recommended."""
    from mcca_ml.read.smap import read_smap

    granule = real_data / "smap" / "SMAP_L2_SM_P_02801_A_20150811T013002_R18290_001.h5"
    ds = read_smap(granule)
    found = retrieve(ds, CONFIG)
    theirs = ds["recommended_operational"].to_numpy() == 1
    ours = flags.is_recommended(found["flag"].to_numpy())
    assert ours[theirs].mean() < 0.2
    weak = (found["flag"].to_numpy() & int(Flag.WEAKLY_IDENTIFIED | Flag.DENSE_VEGETATION)) != 0
    assert weak[theirs].mean() > 0.8


def test_vod_at_its_bounds_is_not_called_certain():
    shape = (1, 1, 2)
    scene = uniform_scene(
        np.full(shape, 0.15, np.float32), np.array([0.0, 6.0], np.float32).reshape(shape)
    )
    ds = scene_dataset(scene, SMAP, M36, np.arange(2), first_day="2015-04-01")
    ds["tb"][0, 0, 0, :] += 1.0  # warmer than bare soil: VOD would have to be negative
    found = retrieve(ds, CONFIG)
    sd = found["vod_v_uncertainty"].to_numpy().ravel()
    assert has(found, Flag.VOD_AT_BOUND).all()
    assert sd[0] > 0.005
    assert sd[1] == pytest.approx(CONFIG.vod_max)
