"""`mcca-ml series` and `mcca-ml map`: a product read by people on the command line."""

import csv

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

from mcca_ml.cli.app import app
from mcca_ml.flags import Flag
from mcca_ml.grid import ease2
from mcca_ml.grid.place_text import place_text

run = CliRunner().invoke
DAYS = 6
ROWS, COLUMNS = slice(100, 104), slice(400, 405)
LAT, LON = ease2.latitude(ease2.M25)[ROWS], ease2.longitude(ease2.M25)[COLUMNS]


def record():
    """A stand-in of the record: value 0.1 + day / 100 + row / 1000, the second day frozen."""
    shape = (DAYS, LAT.size, LON.size)
    day, row, _ = np.indices(shape)
    sm = (0.1 + day / 100 + row / 1000).astype("f4")
    sm[3] = np.nan
    flag = np.zeros(shape, "u4")
    flag[1], flag[3] = int(Flag.FROZEN), int(Flag.NOT_OBSERVED)
    over = ("time", "y", "x")
    units = {"units": "m3 m-3"}
    meanings = {"flag_masks": np.array([1, 32], "u4"), "flag_meanings": "not_observed frozen"}
    sensors = {"flag_masks": np.array([8, 32], "i4"), "flag_meanings": "TMI AMSR2"}
    return xr.Dataset(
        {
            "sm": (over, sm, units),
            "sm_uncertainty": (over, np.full(shape, 0.03, "f4"), units),
            "sensor": (over, np.where(day == 0, 40, 32).astype("i4"), sensors),
            "flag": (over, flag, meanings),
            "sm_amsr2": (over, sm + np.float32(0.01), units),
        },
        {
            "time": np.datetime64("2013-12-29", "ns") + np.arange(DAYS) * np.timedelta64(1, "D"),
            "lat": ("y", LAT),
            "lon": ("x", LON),
            "y": ease2.y(ease2.M25)[ROWS],
            "x": ease2.x(ease2.M25)[COLUMNS],
        },
        {"simulated": "true"},
    )


@pytest.fixture(scope="module", params=["cube", "days"])
def product(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("product")
    ds = record()
    if request.param == "cube":
        ds.to_zarr(folder / "record.zarr", consolidated=False, zarr_format=3)
        return folder
    for number in range(DAYS):
        one = ds.isel(time=[number])
        day = str(one["time"].values[0])[:10].replace("-", "")
        (folder / day[:4]).mkdir(exist_ok=True)
        name = f"MCCAML-SOILMOISTURE-L3S-SSMV-PASSIVE-DAILY-{day}000000-fv01.0-SIMULATED.nc"
        one.to_netcdf(folder / day[:4] / name)
    return folder


def here(row=2, column=1):
    return ["--lat", f"{LAT[row]:.4f}", "--lon", f"{LON[column]:.4f}"]


def test_series_gives_the_cell_with_every_value_and_says_which_is_recommended(product, tmp_path):
    out = tmp_path / "a.csv"
    done = run(app, ["series", str(product), *here(), "--csv", str(out)])
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [row["time"] for row in rows][::5] == ["2013-12-29", "2014-01-03"]
    assert [row["sm"] for row in rows] == ["0.1020", "0.1120", "0.1220", "", "0.1420", "0.1520"]
    assert [row["recommended"] for row in rows] == list("101011")
    assert [row["flag"] for row in rows] == ["", "frozen", "", "not_observed", "", ""]
    assert [row["sensor"] for row in rows][:2] == ["TMI+AMSR2", "AMSR2"]
    assert rows[0]["sm_amsr2"] == "0.1120"
    lines = done.output.splitlines()
    assert lines[0].startswith(f"cell      {place_text(LAT[2], LON[1])}, centre 0.0 km away")
    assert lines[1].endswith("6, of which 4 recommended, 1 other values, 1 without a value")
    assert lines[2].startswith("sm        recommended: mean 0.129")
    assert lines[3].startswith("sm        NOT recommended: mean 0.112")
    assert lines[4] == "sensors   AMSR2 4, TMI 1 recommended days"
    assert lines[5] == "coverage  recommended (all values): 2013 67% (100%), 2014 67% (67%)"


def test_series_of_some_days(product):
    asked = ["--start", "2013-12-30", "--end", "2013-12-31"]
    assert (
        "2013-12-30 to 2013-12-31: 2," in run(app, ["series", str(product), *here(), *asked]).output
    )


def test_map_tells_the_day(product):
    done = run(app, ["map", str(product), "--date", "2013-12-29"])
    assert done.output.startswith("2013-12-29 sm: 20 of 20 cells with a value, 20 recommended")
    assert "; recommended: mean 0.1015, percentiles" in done.output


def test_map_has_the_statistics_of_recommended_values_only_and_none_of_a_flag(product):
    done = run(app, ["map", str(product), "--date", "2013-12-30"])
    assert "20 of 20 cells with a value, 0 recommended; all: mean 0.1115" in done.output
    done = run(app, ["map", str(product), "--date", "2013-12-30", "--variable", "flag"])
    assert done.output.strip().endswith("0 recommended")


def test_pictures_are_the_same_bytes_each_time(product, tmp_path):
    for command, asked in (("series", here()), ("map", ["--date", "2013-12-29"])):
        made = [tmp_path / f"{command}{number}.png" for number in (0, 1)]
        for path in made:
            assert run(app, [command, str(product), *asked, "--png", str(path)]).exit_code == 0
        assert made[0].read_bytes() == made[1].read_bytes()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["series", "--lat", "-30", "--lon", "10"], "outside the product"),
        (["series", *here(), "--start", "2020-01-01"], "no such days"),
        (["map", "--date", "2020-01-01"], "no such day"),
        (["map", "--date", "2013-12-29", "--variable", "rain"], "expected one of sm"),
    ],
)
def test_what_is_not_in_the_product_is_told_in_one_line(product, asked, said):
    done = run(app, [asked[0], str(product), *asked[1:]])
    assert done.exit_code == 1
    assert said in done.output
    assert len(done.output.strip().splitlines()) == 1


@pytest.mark.real_data
def test_another_product_is_read_as_well(real_data, tmp_path):
    folder = real_data / "products" / "esa_cci_v04.2_passive"
    done = run(app, ["series", str(folder), "--lat", "40", "--lon", "-100"])
    assert done.exit_code == 0, done.output
    assert "2016-12-27 to 2016-12-31: 5," in done.output
