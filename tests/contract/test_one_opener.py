"""`series`, `map` and `validate` judge one file or folder alike: same variable, days and values."""

import csv
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

from mcca_ml.cli.app import app
from mcca_ml.errors import GranuleError
from mcca_ml.read.products.extract import extract_product
from mcca_ml.read.products.open import parse_product
from mcca_ml.read.products.point_series import read_day, read_series

run = CliRunner().invoke
DAYS = np.datetime64("2016-03-01", "ns") + np.arange(3) * np.timedelta64(1, "D")
LAT, LON = np.array([40.0, 39.75, 39.5]), np.array([-5.0, -4.75])
MOISTURE = {"units": "m3 m-3", "standard_name": "volume_fraction_of_condensed_water_in_soil"}


def values(name: str = "sm") -> xr.Dataset:
    """Soil moisture 0.1 + day / 100 + row / 1000 on a small grid."""
    day, row, _ = np.indices((3, 3, 2))
    sm = (0.1 + day / 100 + row / 1000).astype("f4")
    return xr.Dataset(
        {name: (("time", "lat", "lon"), sm, MOISTURE)},
        {"time": DAYS, "lat": LAT, "lon": LON},
    )


def one_file(folder: Path) -> Path:
    values().to_netcdf(folder / "p.nc4")
    return folder / "p.nc4"


def days_as_nc4(folder: Path) -> Path:
    for number, day in enumerate(DAYS.astype("M8[D]")):
        name = f"p{str(day).replace('-', '')}.nc4"
        values("soilwater").isel(time=[number]).to_netcdf(folder / name)
    return folder


def date_in_the_name_only(folder: Path) -> Path:
    for number, day in enumerate(DAYS.astype("M8[D]")):
        name = f"p_{str(day).replace('-', '')}.h5"
        values().isel(time=number).drop_vars("time").to_netcdf(folder / name)
    return folder


def other_names(folder: Path) -> Path:
    ds = values("SM_layer").rename(lat="latitude", lon="longitude", time="valid_time")
    ds["valid_time"].attrs["standard_name"] = "time"
    ds.to_netcdf(folder / "p.nc")
    return folder / "p.nc"


def longitudes_to_360(folder: Path) -> Path:
    values().assign_coords(lon=LON % 360).to_netcdf(folder / "p.nc")
    return folder


def cube(folder: Path) -> Path:
    values().to_zarr(folder / "record.zarr", consolidated=False, zarr_format=3)
    return folder


def points(folder: Path) -> Path:
    """The same places as a list, each with a row of times."""
    flat = values().stack(place=("lat", "lon")).reset_index("place")
    flat.to_netcdf(folder / "p.nc")
    return folder


KINDS = [
    one_file,
    days_as_nc4,
    date_in_the_name_only,
    other_names,
    longitudes_to_360,
    cube,
    points,
]


@pytest.mark.parametrize("kind", KINDS)
def test_series_and_validate_read_the_same(kind, tmp_path):
    product = parse_product(str(kind(tmp_path)))
    series = read_series(product, 39.8, -4.8)
    validated = extract_product(product, [(39.8, -4.8)]).series[0]
    np.testing.assert_allclose(series["sm"], [0.101, 0.111, 0.121], atol=1e-6)
    np.testing.assert_array_equal(series["sm"], validated.value)
    np.testing.assert_array_equal(series["time"], validated.begin)
    assert (float(series["lat"]), float(series["lon"])) == (39.75, -4.75)
    assert series.attrs["distance_km"] == validated.distance_km


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not points])
def test_map_reads_the_same(kind, tmp_path):
    ds = read_day(parse_product(str(kind(tmp_path))), np.datetime64("2016-03-02"))
    np.testing.assert_allclose(ds["sm"], values()["sm"][1])
    assert str(ds["time"].to_numpy())[:10] == "2016-03-02"


def test_a_map_of_points_is_refused(tmp_path):
    with pytest.raises(GranuleError, match="expected those of a grid"):
        read_day(parse_product(str(points(tmp_path))), np.datetime64("2016-03-02"))


def rain(folder: Path) -> Path:
    values("rain").assign(rain=values()["sm"].assign_attrs(standard_name="")).to_netcdf(
        folder / "p.nc"
    )
    return folder


def two_units(folder: Path) -> Path:
    values().isel(time=[0]).to_netcdf(folder / "a.nc")
    (100 * values().isel(time=[1])).assign_attrs(a="b").pipe(
        lambda ds: ds.assign(sm=ds["sm"].assign_attrs(units="percent"))
    ).to_netcdf(folder / "b.nc")
    return folder


def nothing(folder: Path) -> Path:
    (folder / "readme.txt").write_text("")
    return folder


@pytest.mark.parametrize("kind", [rain, two_units, nothing])
def test_what_one_refuses_all_refuse_with_the_same_line(kind, tmp_path):
    product = parse_product(str(kind(tmp_path)))
    lines = []
    for read in (
        lambda: read_series(product, 39.8, -4.8),
        lambda: extract_product(product, [(39.8, -4.8)]),
    ):
        with pytest.raises(GranuleError) as caught:
            read()
        lines.append(str(caught.value))
    assert lines[0] == lines[1]
    shown = [["series", str(tmp_path), "--lat", "39.8", "--lon", "-4.8"]]
    shown += [["inspect", str(tmp_path)]] if kind is two_units else []
    for command in shown:
        done = run(app, command)
        assert done.exit_code == 1
        assert lines[0] in done.output


def test_a_swath_with_times_of_its_lines_is_read(tmp_path):
    """A line of a scan has one time, each footprint a place."""
    lat, lon = np.meshgrid(LAT, LON, indexing="ij")
    ds = xr.Dataset(
        {"soil_moisture": (("line", "footprint"), np.arange(6.0).reshape(3, 2) / 10, MOISTURE)},
        {
            "lat": (("line", "footprint"), lat),
            "lon": (("line", "footprint"), lon),
            "time": ("line", DAYS[0] + np.arange(3) * np.timedelta64(7, "s")),
        },
    )
    ds.to_netcdf(tmp_path / "swath.nc")
    product = parse_product(str(tmp_path / "swath.nc"))
    series = read_series(product, 39.76, -4.76)
    assert series["sm"].to_numpy().tolist() == [0.3]
    assert str(series["time"].to_numpy()[0])[:19] == "2016-03-01T00:00:07"
    np.testing.assert_array_equal(
        extract_product(product, [(39.76, -4.76)]).series[0].begin, series["time"]
    )


def test_days_that_cut_a_swath_leave_its_places(tmp_path):
    """The first line is of the day before: without it every place would be another."""
    lat, lon = np.meshgrid(LAT, LON, indexing="ij")
    ds = xr.Dataset(
        {"soil_moisture": (("line", "footprint"), np.arange(6.0).reshape(3, 2) / 10, MOISTURE)},
        {
            "lat": (("line", "footprint"), lat),
            "lon": (("line", "footprint"), lon),
            "time": ("line", DAYS[1] + np.array([-7, 7, 14]) * np.timedelta64(1, "s")),
        },
    )
    ds.to_netcdf(tmp_path / "swath.nc")
    product, day = parse_product(str(tmp_path / "swath.nc")), DAYS[1].astype("M8[D]")
    assert read_series(product, 39.76, -4.76, day, day)["sm"].to_numpy().tolist() == [0.3]


def test_the_csv_of_several_looks_a_day_has_their_times(tmp_path):
    times = DAYS[:2, None] + np.array([6, 18]) * np.timedelta64(1, "h")
    at = np.broadcast_to(times[:, :, None, None], (2, 2, 3, 2)).astype("M8[ns]")
    sm = np.arange(24, dtype="f4").reshape(2, 2, 3, 2) / 100
    over = ("time", "look", "lat", "lon")
    ds = xr.Dataset(
        {"sm": (over, sm, MOISTURE), "obs_time": (over, at)},
        {"time": DAYS[:2], "lat": LAT, "lon": LON},
    )
    ds.to_netcdf(tmp_path / "p.nc")
    out = tmp_path / "a.csv"
    asked = ["series", str(tmp_path / "p.nc"), "--lat", "40", "--lon", "-5", "--csv", str(out)]
    assert run(app, asked).exit_code == 0
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [row["time"] for row in rows] == [
        "2016-03-01T06:00:00",
        "2016-03-01T18:00:00",
        "2016-03-02T06:00:00",
        "2016-03-02T18:00:00",
    ]
    assert [row["sm"] for row in rows] == ["0.0000", "0.0600", "0.1200", "0.1800"]


@pytest.mark.parametrize("kind", KINDS)
def test_inspect_finds_the_same_variable_and_days(kind, tmp_path):
    path = kind(tmp_path)
    name = "soilwater" if kind is days_as_nc4 else "SM_layer" if kind is other_names else "sm"
    done = run(app, ["inspect", str(path)])
    assert done.exit_code == 0, done.output
    assert f"{name} in m3 m-3" in done.output
    assert "2016-03-01 to 2016-03-03" in done.output


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["esa_cci_v04.2_passive", "ascat_l2", "gldas"])
def test_products_of_others_are_inspected(real_data, name):
    done = run(app, ["inspect", str(real_data / "products" / name)])
    assert done.exit_code == 0, done.output
    assert "recommended" in done.output


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "lat", "lon"),
    [("esa_cci_v04.2_passive", 40, -5), ("ascat_l2", 20, -156), ("gldas", 50, 10)],
)
def test_products_of_others_have_the_same_values_in_series_and_validate(real_data, name, lat, lon):
    """Validate drops missing values and takes the exact time of a value; series keeps the day."""
    product = parse_product(str(real_data / "products" / name))
    series = read_series(product, lat, lon)
    validated = extract_product(product, [(lat, lon)]).series[0]
    known = series.isel(time=np.flatnonzero(np.isfinite(series["sm"])))
    factor = np.unique(np.round(validated.value / known["sm"].to_numpy(), 6))
    assert known.sizes["time"] == validated.value.size > 0
    assert factor.size == 1  # validate converts the units of the file to m3 m-3
    away = np.abs(known["time"].to_numpy() - validated.begin)
    assert (away <= np.timedelta64(1, "D")).all()


@pytest.mark.real_data
@pytest.mark.parametrize(
    "name", ["LPRM-AMSR2_L3_D_SOILM3_V001_20150401013507.nc4", "c3s", "cgls_1km", "stacks_hawaii"]
)
def test_products_of_others_are_refused_with_the_same_line(real_data, name):
    product = parse_product(str(real_data / "products" / name))
    with pytest.raises(GranuleError) as series:
        read_series(product, 20.0, -156.0)
    with pytest.raises(GranuleError) as validated:
        extract_product(product, [(20.0, -156.0)])
    assert str(series.value) == str(validated.value)
