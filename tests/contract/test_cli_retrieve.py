"""`retrieve`, `inspect` and `demo-day` on simulated granules, and `retrieve` on a real day."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from made_look import TIMES, a_look, look_at
from typer.testing import CliRunner

from mcca_ml.cli.app import app
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.demo.day import Report, run_demo_day
from mcca_ml.errors import GranuleError
from mcca_ml.grid import ease2
from mcca_ml.inspect.describe import describe
from mcca_ml.metrics.scores import score_pairs
from mcca_ml.pipeline.daily_product import Options, retrieve_granules
from mcca_ml.simulate.files.smap_products import write_spl3smp
from smap_half_orbits import write_spl1ctb

run = CliRunner().invoke
PLACES = [(100, 200), (100, 201), (101, 200), (150, 500)]
NAME = "20150701_smap_m36_simulated.nc"
"""The product of the granules of this file: 2015-07-01 is the day of `a_look`."""


def opened(path: Path) -> xr.Dataset:
    with xr.open_dataset(path, engine="netcdf4") as found:
        return found.load()


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Report:
    return run_demo_day(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def granule(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("granule") / "SIMULATED_SMAP_L3_SM_P_20150701_R09000_001.h5"
    write_spl3smp(path, {"am": look_at(PLACES), "pm": look_at(PLACES)})
    return path


def test_the_demo_day_recovers_its_truth(demo):
    """Noise of 1.3 K alone makes 0.016 m3 m-3 where vegetation is thin (science text, 1.5)."""
    soil_moisture = demo.scores["soil_moisture"]
    assert soil_moisture.n > 1000
    assert abs(soil_moisture.bias) < 0.01
    assert soil_moisture.ubrmsd < 0.04
    assert soil_moisture.r > 0.9


def test_the_demo_day_says_that_it_is_simulated(demo):
    assert "SIMULATED" in demo.granule.name
    assert "SIMULATED" in demo.truth.name
    assert opened(demo.summary.products[0]).attrs["simulated"] == "true"


def test_the_demo_day_command_shows_scores(tmp_path, demo, monkeypatch):
    monkeypatch.setattr("mcca_ml.demo.day.run_demo_day", lambda *_, **__: demo)
    found = run(app, ["demo-day", "--out", str(tmp_path)])
    assert found.exit_code == 0, found.output
    lines = found.stdout.splitlines()
    assert lines[0].startswith("SIMULATED")
    assert lines[-1].startswith("SIMULATED: 1 product in ")
    assert any(line.startswith("soil_moisture") for line in lines)


def test_scores_are_those_of_the_definition():
    """Worked by hand: differences 1, -1, 3 about the mean 1."""
    found = score_pairs(np.array([2.0, 1.0, 6.0]), np.array([1.0, 2.0, 3.0]))
    assert found.bias == pytest.approx(1.0)
    assert found.ubrmsd == pytest.approx(np.sqrt(8 / 3))
    assert found.r == pytest.approx(4 / np.sqrt(14 * 2))


def test_the_same_granule_and_settings_give_the_same_bytes(demo, tmp_path):
    options = Options(has_maps=True)
    again = retrieve_granules([demo.granule], tmp_path, RetrieveSettings(), options)
    for one, two in zip(
        (*demo.summary.products, *demo.summary.maps), (*again.products, *again.maps), strict=True
    ):
        assert one.read_bytes() == two.read_bytes(), one.name


def test_retrieve_writes_a_product_and_one_line(granule, tmp_path):
    out = tmp_path / "new" / "folder"
    found = run(app, ["retrieve", str(granule), "--out", str(out)])
    assert found.exit_code == 0, found.output
    assert [path.name for path in out.iterdir()] == [NAME]
    assert len(found.stdout.splitlines()) == 1
    assert found.stdout.startswith(f"1 product in {out}, 8 values, ")
    product = opened(out / NAME)
    assert product.attrs["source_granules"] == granule.name
    for row, column in PLACES:
        assert np.isfinite(product["soil_moisture"][0, :, row, column]).all()
    assert int(np.isfinite(product["soil_moisture"]).sum()) == 8


@pytest.mark.parametrize("look", ["am", "pm"])
def test_one_look_alone(granule, tmp_path, look):
    arguments = ["retrieve", str(granule), "--out", str(tmp_path), "--look", look, "--png"]
    assert run(app, arguments).exit_code == 0
    assert opened(tmp_path / NAME)["look"].to_numpy().tolist() == [["am", "pm"].index(look)]
    assert (tmp_path / f"20150701_smap_m36_simulated_{look}.png").is_file()


def test_a_look_that_the_granule_lacks(tmp_path):
    path = tmp_path / "SIMULATED_am.h5"
    write_spl3smp(path, {"am": look_at(PLACES), "pm": a_look(tb_v=np.full(4, np.nan, np.float32),
                  tb_h=np.full(4, np.nan, np.float32))})  # fmt: skip
    out = tmp_path / "out"
    found = run(app, ["retrieve", str(path), "--out", str(out), "--look", "pm"])
    assert found.exit_code == 1
    assert "found am in the granules, expected pm" in found.stderr
    assert not list(out.iterdir())


def test_the_25_km_grid(demo, tmp_path):
    arguments = ["retrieve", str(demo.granule), "--out", str(tmp_path), "--grid", "m25"]
    found = run(app, arguments)
    assert found.exit_code == 0, found.output
    coarse = opened(tmp_path / "20150701_smap_m25_simulated.nc")
    assert coarse.attrs["grid"] == "EASE2_M25"
    assert coarse.sizes["x"] == 1388
    fine = opened(demo.summary.products[0])
    means = [float(one["soil_moisture"].mean()) for one in (coarse, fine)]
    assert means[0] == pytest.approx(means[1], abs=0.02)


def test_a_season_is_written_day_by_day_with_its_ratio(tmp_path):
    for number in range(4):
        when = TIMES + np.timedelta64(number, "D")
        look = replace(look_at(PLACES), obs_time=when)
        write_spl3smp(tmp_path / f"SIMULATED_2015070{1 + number}.h5", {"am": look, "pm": look})
    out = tmp_path / "out"
    pattern = str(tmp_path / "*.h5")
    found = run(app, ["retrieve", pattern, "--out", str(out), "--mode", "season"])
    assert found.exit_code == 0, found.output
    products = sorted(out.iterdir())
    assert [path.name[:8] for path in products] == [f"2015070{1 + n}" for n in range(4)]
    for path in products:
        product = opened(path)
        assert int(np.isfinite(product["vod_ratio"]).sum()) == len(PLACES)
        assert len(product.attrs["source_granules"].split(", ")) == 4, "all lend to each"


def test_keep_going_lists_what_failed_and_does_the_rest(granule, tmp_path):
    bad = tmp_path / "SMAP_20150630_bad.h5"
    bad.write_bytes(granule.read_bytes()[:5000])
    arguments = ["retrieve", str(bad), str(granule), "--out", str(tmp_path / "out")]
    strict = run(app, arguments)
    assert strict.exit_code == 1
    assert not list((tmp_path / "out").iterdir())
    found = run(app, [*arguments, "--keep-going"])
    assert found.exit_code == 1, "incomplete work is no success"
    assert [path.name for path in (tmp_path / "out").iterdir()] == [NAME]
    assert found.stderr.startswith(f"failed: {bad.name}: ")
    assert found.stdout.rstrip().endswith("INCOMPLETE: 1 failure")
    assert "from 1 granule," in found.stdout


def test_brightness_temperature_alone_needs_an_ancillary_granule(granule, tmp_path):
    path = tmp_path / "SIMULATED_SMAP_L1C_TB_00001_D_20150701T120000_R05000_001.h5"
    look = look_at(PLACES)
    write_spl1ctb(path, look, look, "am")
    out = tmp_path / "out"
    found = run(app, ["retrieve", str(path), "--out", str(out)])
    assert found.exit_code == 1
    assert "--ancillary" in found.stderr
    found = run(app, ["retrieve", str(path), "--out", str(out), "--ancillary", str(granule)])
    assert found.exit_code == 0, found.output
    product = opened(out / NAME)
    assert product.attrs["source_granules"] == f"{path.name}, {granule.name}"
    assert int(np.isfinite(product["soil_moisture"]).sum()) == len(PLACES)


def test_an_ancillary_granule_of_another_day_does_not_help(granule, tmp_path):
    path = tmp_path / "SIMULATED_20150701.h5"
    write_spl1ctb(path, look_at(PLACES), look_at(PLACES), "am")
    other = tmp_path / "SIMULATED_20150801.h5"
    shutil.copy(granule, other)
    with pytest.raises(GranuleError, match="2015-07-01: no granule given with --ancillary fits"):
        retrieve_granules([path], tmp_path / "out", RetrieveSettings(), Options(ancillary=(other,)))


def test_a_granule_in_which_nothing_can_be_retrieved(tmp_path):
    path = tmp_path / "SIMULATED_20150701.h5"
    cold = look_at(PLACES)
    nothing = np.full(4, np.nan, np.float32)
    write_spl3smp(path, dict.fromkeys(("am", "pm"), a_look(row=cold.row, column=cold.column,
                  soil_temperature=nothing)))  # fmt: skip
    found = run(app, ["retrieve", str(path), "--out", str(tmp_path / "out")])
    assert found.exit_code == 1
    assert "no cell could be retrieved" in found.stderr
    assert "no_temperature 8" in found.stderr
    assert not list((tmp_path / "out").iterdir())


def test_inspect_a_granule(granule):
    found = run(app, ["inspect", str(granule)])
    assert found.exit_code == 0, found.output
    for words in ("SPL3SMP version 9", "SIMULATED", "EASE2_M36", "2015-07-01", "am, pm"):
        assert words in found.stdout
    row = next(row for row in describe(granule).rows if row.name == "tb 1.41V")
    assert (row.units, row.low, row.high, row.share) == ("K", "250", "265", 1.0)


def test_a_series_of_a_product_with_looks_has_their_times(demo, tmp_path):
    out = tmp_path / "a.csv"
    asked = ["--lat", "35", "--lon", "-100", "--csv", str(out)]
    done = run(app, ["series", str(demo.summary.products[0]), *asked])
    assert done.exit_code == 0, done.output
    rows = out.read_text().splitlines()
    assert [row[:11] for row in rows[1:]] == ["2015-07-01T"] * 2


def test_a_map_of_a_product_with_looks_is_refused(demo):
    done = run(app, ["map", str(demo.summary.products[0]), "--date", "2015-07-01"])
    assert done.exit_code == 1
    assert (
        "soil_moisture has dimensions ('look', 'y', 'x'), expected those of a grid" in done.stderr
    )
    assert len(done.stderr.strip().splitlines()) == 1


def test_inspect_a_product_in_a_screenful(demo):
    path = demo.summary.products[0]
    found = run(app, ["inspect", str(path)])
    assert found.exit_code == 0, found.output
    assert len(found.stdout.splitlines()) <= 40
    assert max(map(len, found.stdout.splitlines())) <= 80
    description = describe(path)
    assert description.values == demo.summary.cells
    assert description.recommended == demo.summary.recommended
    assert f"{demo.summary.recommended:,} of {demo.summary.cells:,}" in found.stdout
    values = opened(path)["soil_moisture"].to_numpy()
    row = next(row for row in description.rows if row.name == "soil_moisture")
    assert float(row.median) == pytest.approx(np.nanmedian(values), abs=1e-4)
    assert "open_water" in found.stdout


@pytest.mark.real_data
def test_a_real_day(real_data, tmp_path):
    path = real_data / "smap" / "SMAP_L3_SM_P_20150401_R13080_001.h5"
    found = run(app, ["retrieve", str(path), "--out", str(tmp_path), "--png"])
    assert found.exit_code == 0, found.output
    product = opened(tmp_path / "20150401_smap_m36.nc")
    assert int(np.isfinite(product["soil_moisture"]).sum()) > 35_000
    operational = product["soil_moisture_operational"].to_numpy()
    assert int(np.isfinite(operational).sum()) > 35_000
    assert product.attrs["simulated"] == "false"
    assert (tmp_path / "20150401_smap_m36_am.png").stat().st_size > 100_000


@pytest.mark.real_data
def test_a_real_day_on_the_25_km_grid(real_data, tmp_path):
    """The 25 km product says of the same ground what the native one says."""
    path = real_data / "smap" / "SMAP_L3_SM_P_20150401_R13080_001.h5"
    for grid in ("native", "m25"):
        found = run(app, ["retrieve", str(path), "--out", str(tmp_path), "--grid", grid])
        assert found.exit_code == 0, found.output
    fine, coarse = (opened(tmp_path / f"20150401_smap_{grid}.nc") for grid in ("m25", "m36"))
    values = fine["soil_moisture"].to_numpy()[0, 0]
    operational = fine["soil_moisture_operational"].to_numpy()[0, 0]
    # The native value whose cell holds the centre of the 25 km cell; both grids are equal-area.
    rows = np.searchsorted(-ease2.y_edges(ease2.M36), -ease2.y(ease2.M25)) - 1
    columns = np.searchsorted(ease2.x_edges(ease2.M36), ease2.x(ease2.M25)) - 1
    native = coarse["soil_moisture"].to_numpy()[0, 0][np.ix_(rows, columns)]
    common = np.isfinite(values) & np.isfinite(native)
    both = np.isfinite(values) & np.isfinite(operational)
    r = np.corrcoef(values[both], operational[both])[0, 1]
    cells = (ease2.M36.cell_m / ease2.M25.cell_m) ** 2 * np.isfinite(coarse["soil_moisture"]).sum()
    assert np.isfinite(values).sum() == pytest.approx(float(cells), rel=0.05)
    assert common.sum() > 0.9 * np.isfinite(values).sum()
    assert values[common].mean() == pytest.approx(native[common].mean(), abs=0.01)
    assert r > 0.8
