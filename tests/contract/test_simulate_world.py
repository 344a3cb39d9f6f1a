"""A small simulated world by `simulate_world` and by the command, read by the readers."""

import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from benchmarks.common.open_truth import open_truth
from typer.testing import CliRunner

from mcca_ml.cli.app import app
from mcca_ml.config.simulate import (
    BoxSettings,
    EffectSettings,
    InstrumentSettings,
    SimulateSettings,
)
from mcca_ml.errors import ConfigError, OutputError
from mcca_ml.grid import ease2
from mcca_ml.read.gpm_1c import read_1c
from mcca_ml.read.insitu import read_ismn
from mcca_ml.read.smap import read_smap
from mcca_ml.sensors import GMI
from mcca_ml.simulate.granule_tasks import BLOCK_DAYS, EPOCH, tasks
from mcca_ml.simulate.manifest import BEGUN, MANIFEST
from mcca_ml.simulate.observe import observe_1c
from mcca_ml.simulate.observe.instrument import Instrument, calibration_error
from mcca_ml.simulate.observe.truth_slice import slice_truth
from mcca_ml.simulate.run import simulate_world
from mcca_ml.simulate.truth.patches import make_cells

BOX = BoxSettings(name="plains", south=34.0, north=35.0, west=-99.0, east=-97.8, elevation=400.0)
SETTINGS = SimulateSettings(
    first_day=date(2015, 4, 3),
    last_day=date(2015, 4, 7),
    spin_up_days=30,
    networks=1,
    stations=2,
    drought=(),
    box=(BOX,),
)
CLEAN = InstrumentSettings(
    noise=0, geolocation_sd=0, offset_sd=0, slope_sd=0, curvature_sd=0, drift_sd=0,
    tmi_boost_step=0, gmi_boost_step=0, rfi_x_band=0, rfi_l_band=0, temperature_sd=0, clay_sd=0,
    water_left=0, bad_scan_share=0,
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world of five days, made by two workers."""
    path = tmp_path_factory.mktemp("world")
    simulate_world(SETTINGS, path, workers=2)
    return path


def contents(folder: Path, below: str = "") -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted((folder / below).rglob("*"))
        if path.is_file()
    }


def test_the_bytes_do_not_depend_on_the_workers(folder: Path, tmp_path: Path):
    simulate_world(SETTINGS, tmp_path, workers=1)
    first, second = contents(folder), contents(tmp_path)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_another_seed_gives_another_world(folder: Path, tmp_path: Path):
    other = SETTINGS.model_copy(update={"seed": 1, "sensors": ("SMAP",)})
    simulate_world(other, tmp_path)
    name = "granules/SPL3SMP"
    assert contents(folder, name).keys() == contents(tmp_path, name).keys()
    assert contents(folder, name) != contents(tmp_path, name)


def test_a_later_end_leaves_the_earlier_granules_as_they_are(folder: Path, tmp_path: Path):
    longer = SETTINGS.model_copy(
        update={"last_day": date(2015, 4, 9), "sensors": ("GMI", "TMI"), "networks": 0}
    )
    simulate_world(longer, tmp_path)
    after = contents(tmp_path, "granules")
    before = {n: b for n, b in contents(folder, "granules").items() if "1C-GMI" in n or "TMI" in n}
    assert len(after) > len(before) > 0
    assert {name: after.get(name) == content for name, content in before.items()} == dict.fromkeys(
        before, True
    )


def test_every_granule_is_read_and_says_that_it_is_simulated(folder: Path):
    found: dict[str, int] = {}
    for path in sorted((folder / "granules").rglob("*.HDF5")):
        swaths = read_1c(path)
        assert {swath.attrs["simulated"] for swath in swaths} == {"true"}
        channels = {str(name) for swath in swaths for name in swath["channel"].to_numpy()}
        assert {"10.65V", "10.65H"} <= channels
        sensor = str(swaths[0].attrs["sensor"])
        found[sensor] = found.get(sensor, 0) + 1
    assert set(found) == {"TMI", "GMI", "AMSR2"}
    assert min(found.values()) >= 4
    days = sorted((folder / "granules" / "SPL3SMP").rglob("*.h5"))
    assert [read_smap(path).attrs["simulated"] for path in days] == ["true"] * len(days)
    assert 3 <= len(days) <= 5
    assert all("SIMULATED" in path.name for path in (folder / "granules").rglob("*.*5"))


def test_the_stations_are_read_as_a_dense_network(folder: Path):
    stations = read_ismn(folder / "stations")
    assert {station.network for station in stations} == {"SIM-PLAINS-1"}
    assert len(stations) == 2


def test_the_truth_store_holds_every_injected_error(folder: Path):
    truth = open_truth(folder / "truth.zarr")
    assert truth.cells.is_core.sum() > 10
    attrs = (folder / "truth.zarr" / "zarr.json").read_text(encoding="utf-8")
    error = calibration_error(GMI, SETTINGS.instrument, SETTINGS.seed)
    for said in (f"{float(error.offset[0])}", "SIM-PLAINS-1", "representativeness_sd", "TMI"):
        assert said in attrs


def test_the_truth_store_holds_the_errors_of_every_pass(folder: Path):
    with xr.open_zarr(folder / "truth.zarr", consolidated=False) as ds:
        passes = ds.load()
    granules = len(list((folder / "granules" / "1C-GMI").rglob("*.HDF5")))
    assert granules <= passes.sizes["pass_GMI"] <= granules + 3
    assert passes["pass_east_GMI"].attrs["units"] == "km"
    assert 0.5 < float(np.hypot(passes["pass_east_GMI"], passes["pass_north_GMI"]).mean()) < 4
    assert (passes["pass_east_SMAP"] == 0).all()
    time = passes["pass_time_TMI"].to_numpy()
    assert (np.diff(time) > np.timedelta64(0)).all()
    assert passes.sizes["rfi_cell"] == int(open_truth(folder / "truth.zarr").land.has_rfi.sum())
    on = passes["interference_AMSR2"].to_numpy()
    assert ((on >= 0) & (on <= 1)).all()


def test_without_errors_a_footprint_sees_the_emission_of_its_place(tmp_path: Path):
    """Time, place and channel of the granules against the emission of the truth."""
    clean = SETTINGS.model_copy(
        update={"instrument": CLEAN, "effects": EffectSettings.none(), "sensors": ("GMI",)}
    )
    simulate_world(clean, tmp_path)
    truth = open_truth(tmp_path / "truth.zarr")
    seen = Instrument(GMI, CLEAN, EffectSettings.none(), 0)
    piece = slice_truth(truth, truth.cells.patches[0], truth.time[0], truth.time[-1])
    differences = []
    for path in sorted((tmp_path / "granules").rglob("*.HDF5")):
        swath = read_1c(path)[0].dropna("footprint", subset=["tb"], how="any")
        row, column = ease2.find_cell(ease2.M25, swath["lat"].to_numpy(), swath["lon"].to_numpy())
        place = np.searchsorted(truth.cells.cell, row.astype(int) * ease2.M25.columns + column)
        when = swath["time"].to_numpy().astype("M8[us]")[[0]]
        angle = swath["incidence"].to_numpy()[[0]]
        field = observe_1c.cell_tb(piece, seen, when, angle)[0][place]
        names = [channel.name for channel in GMI.channels]
        own = field[:, [names.index(str(c)) for c in swath["channel"].to_numpy()]]
        differences.append(swath["tb"].to_numpy() - own)
    every = np.concatenate(differences)
    assert len(every) > 1000
    # A footprint of 10 to 30 km also sees the neighbours of its cell.
    assert np.abs(np.median(every, axis=0)).max() < 0.5
    assert every.std(axis=0).max() < 6.0


def test_a_complete_world_is_left_as_it_is(folder: Path):
    before = contents(folder)
    again = simulate_world(SETTINGS, folder, workers=1)
    assert again.was_there
    assert again.count == len(list((folder / "granules").rglob("*.*5")))
    assert contents(folder) == before


def test_another_world_in_the_folder_is_refused(folder: Path):
    other = SETTINGS.model_copy(update={"seed": 5})
    with pytest.raises(ConfigError, match="contains another simulated world.*choose another --out"):
        simulate_world(other, folder)


def test_an_interrupted_world_is_gone_on_with_and_not_mixed(tmp_path: Path):
    short = SETTINGS.model_copy(update={"sensors": ("GMI",), "last_day": date(2015, 4, 3)})

    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate_world(short, tmp_path, progress=interrupt)
    assert contents(tmp_path, "granules")
    assert not (tmp_path / MANIFEST).exists()
    other = short.model_copy(update={"seed": 5})
    with pytest.raises(ConfigError, match="contains an incomplete other simulated world"):
        simulate_world(other, tmp_path)
    assert not simulate_world(short, tmp_path).was_there
    assert not (tmp_path / BEGUN).exists()
    assert simulate_world(short, tmp_path).was_there


@pytest.mark.parametrize("text", ["{", "3", "[]", '{"identity": ""}'])
def test_notes_that_are_spoilt(tmp_path: Path, text: str):
    (tmp_path / MANIFEST).write_text(text)
    said = r"world.json: found no JSON with identity, granules, size, cells, expected the manifest"
    with pytest.raises(ConfigError, match=said):
        simulate_world(SETTINGS, tmp_path)


def test_settings_that_are_refused_leave_nothing(tmp_path: Path):
    sea = BOX.model_copy(update={"west": -150.0, "east": -149.0})
    with pytest.raises(ConfigError, match="found no land"):
        simulate_world(SETTINGS.model_copy(update={"box": (sea,)}), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_world_without_a_granule_is_refused(tmp_path: Path):
    early = SETTINGS.model_copy(
        update={"first_day": date(1990, 1, 1), "last_day": date(1990, 1, 9)}
    )
    with pytest.raises(ConfigError, match="no sensor of .* has data from 1990-01-01 to 1990-01-09"):
        simulate_world(early, tmp_path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("here")
    with pytest.raises(OutputError, match="a file stands there"):
        simulate_world(SETTINGS, file)


def test_tasks_are_blocks_of_days_counted_from_a_fixed_day():
    cells = make_cells(SETTINGS)
    days = SETTINGS.model_copy(
        update={"first_day": date(2014, 1, 1), "last_day": date(2015, 12, 31)}
    )
    found = [task for task in tasks(days, cells) if task.sensor.name == "TMI"]
    assert found[0].first == np.datetime64("2014-01-01")
    assert found[-1].last == np.datetime64("2015-04-08")
    ends = np.array([task.last for task in found[:-1]])
    assert ((ends - EPOCH).astype(int) % BLOCK_DAYS == BLOCK_DAYS - 1).all()
    assert all(b.first - a.last == 1 for a, b in zip(found, found[1:], strict=False))


def test_a_sensor_that_is_named_twice_is_written_once():
    twice = SETTINGS.model_copy(update={"sensors": ("GMI", "TMI", "GMI")})
    once = SETTINGS.model_copy(update={"sensors": ("GMI", "TMI")})
    cells = make_cells(SETTINGS)
    found = [(task.sensor.name, task.first) for task in tasks(twice, cells)]
    assert found == [(task.sensor.name, task.first) for task in tasks(once, cells)]


WORLD = """
[simulate]
first_day = 2015-04-03
last_day = 2015-04-03
spin_up_days = 30
networks = 0
sensors = ["GMI"]
drought = []

[[simulate.box]]
name = "plains"
south = 34.0
north = 35.0
west = -99.0
east = -97.8
"""


def test_the_command_ends_in_one_line(tmp_path: Path):
    config = tmp_path / "world.toml"
    config.write_text(WORLD)
    out = tmp_path / "out"
    told = CliRunner().invoke(app, ["simulate", str(config), "--out", str(out), "--workers", "1"])
    assert told.exit_code == 0
    assert told.stdout.startswith("SIMULATED: ")
    assert "(GMI " in told.stdout
    again = CliRunner().invoke(app, ["simulate", str(config), "--out", str(out)])
    assert "was there already" in again.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[simulate]\nsede = 1\n", "unknown key 'simulate.sede', known: .*seed"),
        ("[simulate.effects]\nsnow = 1\n", "unknown key 'simulate.effects.snow', known: .*rain"),
        ("[[simulate.box]]\nnorht = 1\n", "unknown key 'simulate.box.0.norht', known: .*north"),
        ('[simulate]\nsensors = ["SMOS"]\n', 'simulate.sensors.0: .*found "SMOS"'),
        ("[simulate]\nrim = 99\n", "simulate.rim: .*found 99"),
        # A name stands in names of files, whose parts ISMN parts by _, and in headers of PPS.
        ('[[simulate.box]]\nname = "a_b"\n', 'simulate.box.0.name: .*found "a_b"'),
        ('[[simulate.box]]\nname = "a/b"\n', 'simulate.box.0.name: .*found "a/b"'),
    ],
)
def test_a_bad_configuration_is_told_in_one_line(tmp_path: Path, text: str, said: str):
    config = tmp_path / "world.toml"
    config.write_text(text)
    told = CliRunner().invoke(app, ["simulate", str(config), "--out", str(tmp_path / "out")])
    assert told.exit_code == 1
    assert len(told.stderr.splitlines()) == 1
    assert re.search(said, told.stderr), told.stderr


def test_no_directory_is_told(tmp_path: Path):
    config = tmp_path / "world.toml"
    config.write_text("[simulate]\n")
    told = CliRunner().invoke(app, ["simulate", str(config)])
    assert told.exit_code == 1
    assert "simulate: no directory for the world, expected --out DIR" in told.stderr
