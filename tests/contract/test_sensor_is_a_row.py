"""A further sensor is one row of the table: grid, calibrate, predict and fuse take it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from mcca_ml import schema
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.config.record import FuseSettings
from mcca_ml.config.train import TrainSettings
from mcca_ml.errors import SchemaError
from mcca_ml.fuse import error_covariance, fusion, models
from mcca_ml.grid.swaths import grid_swaths
from mcca_ml.intercal.apply import apply
from mcca_ml.intercal.coefficients import to_link
from mcca_ml.intercal.sensor_graph import calibrate_sensors
from mcca_ml.learn import weights_file
from mcca_ml.learn.features import compute_inputs
from mcca_ml.learn.predict_stream import make_stream
from mcca_ml.read.any_granule import open_swaths
from mcca_ml.sensors import SENSORS, imagers, layers, networks, products
from mcca_ml.store.layout import Frame, block_number
from mcca_ml.store.read_blocks import open_store
from mcca_ml.store.write_blocks import create_store, write_block

FIRST, LAST = np.datetime64("2015-03-31"), np.datetime64("2015-05-15")
WARMER = 1.5
"""What the invented sensor measures above AMSR2 [K]."""
TABLE = {
    **SENSORS,
    "INVENTED": replace(
        SENSORS["AMSR2"],
        name="INVENTED",
        cci_bit=1 << 13,
        products=("1C-INVENTED",),
        ways=(("AMSR2",),),
        drift_against="",
    ),
}


def invented_swaths(world: Path):
    """Swaths of AMSR2 under another name, on another scale."""
    for path in sorted((world / "granules" / "1C-AMSR2").rglob("*.HDF5")):
        for swath in open_swaths(path, may_be_empty=True):
            tb = swath["tb"] + np.float32(WARMER)
            yield swath.assign(tb=tb.assign_attrs(units="K")).assign_attrs(sensor="INVENTED")


@pytest.fixture(scope="module")
def grid(tiny_world: Path, tiny_record: Path) -> xr.Dataset:
    like = open_store(tiny_record / "work" / "grid" / "AMSR2.zarr")
    return grid_swaths(
        invented_swaths(tiny_world),
        like["cell"].to_numpy(),
        FIRST,
        LAST,
        sensor=TABLE["INVENTED"],
        channels=[str(name) for name in like["channel"].to_numpy()],
    )


@pytest.fixture(scope="module")
def calibrated(grid: xr.Dataset, tiny_record: Path, tmp_path_factory) -> xr.Dataset:
    path = tmp_path_factory.mktemp("grid") / "INVENTED.zarr"
    channels = tuple(str(name) for name in grid["channel"].to_numpy())
    create_store(path, Frame("INVENTED", channels, grid["cell"].to_numpy(), "test"))
    block = np.array([block_number(day) for day in grid["time"].to_numpy()])
    for number in np.unique(block):
        write_block(path, grid.isel(time=block == number), "inputs")
    stores = {"AMSR2": tiny_record / "work" / "grid" / "AMSR2.zarr", "INVENTED": path}
    found = calibrate_sensors(
        stores, CalibrateSettings(), first_day=FIRST, last_day=LAST, sensors=TABLE
    )
    assert list(found) == ["INVENTED"]
    link = to_link(found["INVENTED"])
    assert link.reference == "AMSR2"
    level = link.line.at(np.full(link.line.level.shape, 260.0 + WARMER))
    np.testing.assert_allclose(level, 260.0, atol=0.05)
    return apply(open_store(path), found["INVENTED"])


@pytest.fixture(scope="module")
def stream(calibrated: xr.Dataset, tiny_record: Path) -> xr.Dataset:
    days = np.ones(calibrated.sizes["time"], np.bool_)
    train, screen = TrainSettings(), CalibrateSettings()
    inputs = compute_inputs(calibrated, train, screen, reference_days=days, sensors=TABLE)
    folder = tiny_record / "work" / "networks" / TABLE["INVENTED"].network
    weights, spread = (
        weights_file.load(folder / "0000.npz"),
        weights_file.load_uncertainty(folder / "spread.npz"),
    )
    return make_stream(weights, spread, inputs, attrs={"simulated": "true"})


def test_the_row_places_a_sensor_in_every_table():
    assert imagers(TABLE)[-1] == "INVENTED"
    assert networks(TABLE)["AMSR2"] == ("AMSR2", "AMSRE", "INVENTED")
    assert layers(TABLE)["INVENTED"] == "sm_invented"
    assert products(TABLE)["1C-INVENTED"] == "INVENTED"
    assert error_covariance.stream_networks(TABLE).tolist() == [0, 1, 0, 1, 1]


def test_a_sensor_that_is_not_in_the_table_is_refused(stream):
    with pytest.raises(SchemaError, match="found streams INVENTED, expected some of TMI"):
        error_covariance.check_streams({"INVENTED": stream})


def test_its_network_predicts_what_it_predicts_of_the_reference(stream, tiny_record):
    of_reference = open_store(
        tiny_record / "work" / "streams" / "AMSR2.zarr", first_day=FIRST, last_day=LAST
    )
    seen = (stream["nobs"] > 0).to_numpy()
    assert seen.sum() > 100
    off = (stream["soil_moisture"] - of_reference["soil_moisture"]).to_numpy()[seen]
    assert np.nanmax(np.abs(off)) < 0.01


def test_the_fusion_weighs_it_and_gives_it_a_layer_and_a_bit(stream, tiny_record):
    of_reference = open_store(
        tiny_record / "work" / "streams" / "AMSR2.zarr", first_day=FIRST, last_day=LAST
    )
    streams = {"AMSR2": of_reference, "INVENTED": stream}
    target = np.full((stream.sizes["cell"], stream.sizes["time"]), np.nan, np.float32)
    moments = error_covariance.error_moments(streams, target, sensors=TABLE)
    pool = models.load_pool(tiny_record / "work" / "fusion" / "pool.npz")
    model = error_covariance.estimate_stream_errors(moments, pool, FuseSettings(), TABLE)
    record = fusion.fuse(streams, model, FuseSettings(), TABLE)
    schema.check(record, schema.record_contract(TABLE), where="test")
    alone = fusion.fuse({"INVENTED": stream}, model, FuseSettings(), TABLE)
    bits = SENSORS["AMSR2"].cci_bit + TABLE["INVENTED"].cci_bit
    assert set(np.unique(record["sensor"])) >= {0, bits}
    seen = (stream["nobs"] > 0).to_numpy()
    np.testing.assert_array_equal(
        record["sm_invented"].to_numpy()[seen], stream["soil_moisture"].to_numpy()[seen]
    )
    assert set(np.unique(alone["sensor"])) == {0, TABLE["INVENTED"].cci_bit}
