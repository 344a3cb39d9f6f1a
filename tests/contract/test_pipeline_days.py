"""Days in a run: half orbits over midnight, days without a product, sensors and grids together."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from benchmarks.common.scene_dataset import scene_dataset
from made_look import COUNT, TIMES, look_at
from typer.testing import CliRunner

from mcca_ml.cli.app import app
from mcca_ml.cli.terminal import summary_line
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.errors import GranuleError
from mcca_ml.grid import ease2
from mcca_ml.pipeline import daily_product
from mcca_ml.pipeline.daily_product import Options, Summary, retrieve_granules
from mcca_ml.publish import attributes
from mcca_ml.publish.attributes import source
from mcca_ml.read.gridded import write_gridded
from mcca_ml.sensors import SENSORS
from mcca_ml.simulate.files.smap_products import Look, write_spl3smp
from mcca_ml.simulate.scene import uniform_scene
from mcca_ml.stage_one.compose_day import EmptyDayError
from smap_half_orbits import write_spl1ctb, write_spl2smp
from smap_versions import write_version

run = CliRunner().invoke
PLACES = [(100, 200), (100, 201), (101, 200), (150, 500)]
STEPS = np.arange(COUNT) * np.timedelta64(1, "s")
OVER_MIDNIGHT = np.datetime64("2015-07-01T23:59:58", "ns") + STEPS
"""Two cells on the first of July, two on the second."""
FIRST, SECOND = "20150701_smap_m36_simulated.nc", "20150702_smap_m36_simulated.nc"
NOTHING_OF_AM = "2015-07-02: nothing of look am, no product"


def over_midnight() -> Look:
    return replace(look_at(PLACES), obs_time=OVER_MIDNIGHT)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def half_orbits(tmp_path) -> str:
    """A morning orbit, and an evening orbit that ends on the next day; a pattern of both."""
    folder = tmp_path / "half"
    folder.mkdir()
    am = folder / "SIMULATED_SMAP_L2_SM_P_00001_D_20150701T120000_R08000_001.h5"
    pm = folder / "SIMULATED_SMAP_L2_SM_P_00009_A_20150701T235958_R08000_001.h5"
    write_spl2smp(am, look_at(PLACES), "am")
    write_spl2smp(pm, over_midnight(), "pm")
    return str(folder / "*.h5")


@pytest.mark.parametrize("more", [[], ["--keep-going"], ["--mode", "season"]], ids=" ".join)
def test_an_evening_orbit_over_midnight_does_not_stop_the_mornings(half_orbits, tmp_path, more):
    out = tmp_path / "out"
    found = run(app, ["retrieve", half_orbits, "--out", str(out), "--look", "am", *more])
    assert found.exit_code == 0, found.output
    assert names_in(out) == [FIRST]
    assert found.stdout.startswith("1 product in ")
    assert found.stdout.rstrip().endswith(f"; {NOTHING_OF_AM}")
    assert found.stderr == ""


def test_an_orbit_over_midnight_gives_both_days_where_all_looks_are_asked(half_orbits, tmp_path):
    found = run(app, ["retrieve", half_orbits, "--out", str(tmp_path / "out")])
    assert found.exit_code == 0, found.output
    assert names_in(tmp_path / "out") == [FIRST, SECOND]


@pytest.mark.parametrize("more", [[], ["--keep-going"]], ids=" ".join)
def test_a_lender_of_one_day_does_for_an_orbit_over_midnight(tmp_path, more):
    path = tmp_path / "SIMULATED_SMAP_L1C_TB_00001_D_20150701T235958_R05000_001.h5"
    write_spl1ctb(path, over_midnight(), over_midnight(), "am")
    lender = tmp_path / "SIMULATED_SMAP_L3_SM_P_20150701_R09000_001.h5"
    write_spl3smp(lender, {"am": look_at(PLACES), "pm": look_at(PLACES)})
    arguments = ["retrieve", str(path), "--out", str(tmp_path / "out")]
    found = run(app, [*arguments, "--ancillary", str(lender), *more])
    assert found.exit_code == 0, found.output
    assert names_in(tmp_path / "out") == [FIRST]
    note = "2015-07-02: no granule given with --ancillary fits, no product"
    assert found.stdout.rstrip().endswith(f"; {note}")


def test_a_day_whose_lender_was_forgotten_is_a_failure(tmp_path):
    """Two whole half orbits, a lender for the first day only: the work is not complete."""
    lender = tmp_path / "SIMULATED_SMAP_L3_SM_P_20150701_R09000_001.h5"
    write_spl3smp(lender, {"am": look_at(PLACES), "pm": look_at(PLACES)})
    paths = []
    for number in range(2):
        look = replace(look_at(PLACES), obs_time=TIMES + np.timedelta64(number, "D"))
        path = tmp_path / f"SIMULATED_SMAP_L1C_TB_0000{number}_D_2015070{1 + number}.h5"
        write_spl1ctb(path, look, look, "am")
        paths.append(str(path))
    arguments = ["retrieve", *paths, "--out", str(tmp_path / "out"), "--ancillary", str(lender)]
    found = run(app, [*arguments, "--keep-going"])
    assert found.exit_code == 1
    assert names_in(tmp_path / "out") == [FIRST]
    assert "2015-07-02: no granule given with --ancillary fits" in found.stderr


@pytest.mark.parametrize("more", [[], ["--keep-going"]], ids=" ".join)
def test_a_day_of_nothing_but_water_does_not_stop_the_days_after_it(tmp_path, more):
    for number in range(3):
        look = replace(look_at(PLACES), obs_time=TIMES + np.timedelta64(number, "D"))
        if number == 1:
            look = replace(look, water_fraction=np.ones(COUNT, np.float32))
        path = tmp_path / f"SIMULATED_SMAP_L3_SM_P_2015070{1 + number}_R09000_001.h5"
        write_spl3smp(path, {"am": look, "pm": look})
    out = tmp_path / "out"
    found = run(app, ["retrieve", str(tmp_path / "*.h5"), "--out", str(out), *more])
    assert found.exit_code == 0, found.output
    assert names_in(out) == [FIRST, "20150703_smap_m36_simulated.nc"]
    assert "; 2015-07-02: no cell could be retrieved, no product" in found.stdout


@pytest.mark.parametrize("keeps_going", [False, True])
def test_it_is_an_error_if_no_day_at_all_gives_a_product(half_orbits, tmp_path, keeps_going):
    path = sorted(Path(half_orbits).parent.iterdir())[0]
    options = Options(look="pm", keeps_going=keeps_going)
    line = "2015-07-01: nothing of look pm, no product; found am in the granules"
    if keeps_going:
        made = retrieve_granules([path], tmp_path / "out", RetrieveSettings(), options)
        assert made.failures[0].startswith(line)
        assert not made.is_complete
        return
    with pytest.raises(GranuleError, match=line):
        retrieve_granules([path], tmp_path / "out", RetrieveSettings(), options)


@pytest.mark.parametrize("mode", ["look", pytest.param("season", marks=pytest.mark.slow)])
def test_each_sensor_and_grid_of_a_day_makes_its_own_file(tmp_path, mode):
    coarse = tmp_path / "SIMULATED_SMAP_L3_SM_P_20150701_R09000_001.h5"
    fine = tmp_path / "SIMULATED_SMAP_L3_SM_P_E_20150701_R06000_001.h5"
    write_spl3smp(coarse, {"am": look_at(PLACES)})
    write_version(fine, {"am": look_at(PLACES, ease2.M09)}, 6, is_enhanced=True)
    amsr2 = tmp_path / "SIMULATED_AMSR2_20150701.nc"
    moisture, vod = (np.full((1, 2, 3), value, np.float32) for value in (0.2, 0.3))
    cells = np.array([200_500, 200_501, 200_502], np.int64)
    scene = uniform_scene(moisture, vod, incidence_deg=55.0)
    ds = scene_dataset(scene, SENSORS["AMSR2"], ease2.M25, cells, first_day="2015-07-01")
    write_gridded(ds.assign(obs_time=ds["obs_time"].dt.floor("us")), amsr2)
    granules = [str(path) for path in (coarse, fine, amsr2)]
    found = run(app, ["retrieve", *granules, "--out", str(tmp_path / "out"), "--mode", mode])
    assert found.exit_code == 0, found.output
    expected = ["20150701_amsr2_m25_simulated.nc", "20150701_smap_m09_simulated.nc", FIRST]
    assert names_in(tmp_path / "out") == expected
    with xr.open_dataset(tmp_path / "out" / FIRST) as product:
        assert product.attrs["source_granules"] == coarse.name


def test_two_grids_that_would_make_one_file_are_named(tmp_path):
    coarse, fine = tmp_path / "SIMULATED_20150701_a.h5", tmp_path / "SIMULATED_20150701_b.h5"
    write_spl3smp(coarse, {"am": look_at(PLACES)})
    write_version(fine, {"am": look_at(PLACES, ease2.M09)}, 6, is_enhanced=True)
    arguments = ["retrieve", str(coarse), str(fine), "--out", str(tmp_path / "out")]
    found = run(app, [*arguments, "--grid", "m25"])
    assert found.exit_code == 1
    assert f"{coarse.name}, {fine.name}: " in found.stderr
    assert "EASE2_M09, EASE2_M36" in found.stderr
    assert found.stderr.rstrip().endswith("or each by itself")


@pytest.mark.parametrize("mode", ["look", "season"])
def test_each_granule_is_hashed_once_and_the_commit_asked_once(tmp_path, monkeypatch, mode):
    for number in range(3):
        look = replace(look_at(PLACES), obs_time=TIMES + np.timedelta64(number, "D"))
        write_spl3smp(tmp_path / f"SIMULATED_2015070{1 + number}.h5", {"am": look})
    hashed, asked = [], []
    monkeypatch.setattr(daily_product, "source", lambda path: hashed.append(path) or source(path))
    monkeypatch.setattr(attributes, "commit", lambda: asked.append(1) or "c0ffee")
    granules = sorted(tmp_path.glob("*.h5"))
    made = retrieve_granules(granules, tmp_path / "out", RetrieveSettings(mode=mode))
    assert len(made.products) == 3
    assert sorted(hashed) == granules
    assert asked == [1]
    with xr.open_dataset(made.products[0]) as product:
        assert product.attrs["software_commit"] == "c0ffee"
        named = product.attrs["source_granules"].split(", ")
    assert len(named) == (3 if mode == "season" else 1)


def test_a_product_of_other_granules_is_not_replaced_in_silence(half_orbits, tmp_path):
    am, pm = sorted(Path(half_orbits).parent.iterdir(), key=lambda path: "_A_" in path.name)
    warning = "WARNING: replaced 1 product made from other granules"
    said = []
    for granule in (am, am, pm):
        found = run(app, ["retrieve", str(granule), "--out", str(tmp_path / "out")])
        assert found.exit_code == 0, found.output
        said.append(warning in found.stdout)
    assert said == [False, False, True]


def test_what_stands_in_the_place_of_a_product_need_not_be_one(half_orbits, tmp_path):
    path = sorted(Path(half_orbits).parent.iterdir())[0]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / FIRST).write_text("not a product")
    made = retrieve_granules([path], tmp_path / "out", RetrieveSettings())
    assert made.replaced == made.products


def test_many_days_without_a_product_stay_one_line():
    empty = tuple(EmptyDayError(f"2015-07-0{n}: nothing", "") for n in range(1, 6))
    line = summary_line(Summary(empty=empty), "out", 1.0)
    assert line.endswith("; 2015-07-03: nothing; 2 more days without a product")
