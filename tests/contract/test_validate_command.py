"""`mcca-ml validate`: tables of any product against stations, and one line for bad input."""

import csv
from pathlib import Path

import made_validation as made
import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

from mcca_ml.cli.app import app
from mcca_ml.flags import Flag

pytest.importorskip("ismn", reason="the extra insitu brings it")


def invoke(*arguments: object) -> tuple[int, str]:
    """Exit status and everything that was printed."""
    result = CliRunner().invoke(app, ["validate", *map(str, arguments)])
    return result.exit_code, result.output


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def scored(tmp_path: Path, *products: Path, options: tuple[str, ...] = ()) -> Path:
    """Tables of products against the dense network."""
    stations = tmp_path / "stations"
    if not stations.exists():
        made.write_stations(stations)
    out = tmp_path / "out"
    status, said = invoke(*products, "--stations", stations, "--out", out, *options)
    assert status == 0, said
    return out


def refused(*arguments: object) -> str:
    """The one line of an error."""
    status, said = invoke(*arguments)
    assert status == 1
    assert said.count("\n") == 1
    assert said.startswith("error: ")
    return said


def counts(folder: Path) -> dict[str, int]:
    """What was left out, by reason, of all units."""
    found: dict[str, int] = {}
    for row in table(folder, "excluded"):
        found[row["reason"]] = found.get(row["reason"], 0) + int(row["count"])
    return found


def test_a_dense_network_is_averaged_and_the_scores_are_the_known_ones(tmp_path):
    out = scored(tmp_path, made.write_product(tmp_path / "p.nc"))
    (row,) = table(out, "scores")
    assert (row["kind"], row["stations"], row["days"]) == ("network", "5", "own")
    assert int(row["n"]) == made.DAYS.size - 1  # one day has no value
    assert float(row["bias"]) == pytest.approx(0.03, abs=1e-6)
    assert float(row["ubrmsd"]) == pytest.approx(0, abs=1e-6)
    assert float(row["r"]) == pytest.approx(1, abs=1e-6)
    assert float(row["reference_lasting_sd"]) == pytest.approx(
        np.linspace(-0.04, 0.04, 5).std(ddof=1) / np.sqrt(5), rel=1e-5
    )
    assert float(row["reference_varying_sd"]) == pytest.approx(0, abs=1e-6)
    assert counts(out) == {"no value": 1}
    (first, *_) = table(out, "summary")
    assert (first["group"], first["units"]) == ("all", "1")


def test_the_same_as_a_folder_of_daily_files(tmp_path):
    month = made.product().isel(time=slice(30))
    whole = table(scored(tmp_path, made.write_product(tmp_path / "p.nc", month)), "scores")
    folder = tmp_path / "daily"
    folder.mkdir()
    for number, day in enumerate(made.DAYS[:30]):
        one = made.product().isel(time=[number])
        made.write_product(folder / f"X-{str(day).replace('-', '')}.nc", one)
    daily = table(scored(tmp_path, folder), "scores")
    for row in (*whole, *daily):
        del row["product"]
    assert whole == daily


def test_files_in_other_units_than_the_first_are_refused(tmp_path):
    folder = tmp_path / "daily"
    folder.mkdir()
    for number, units in enumerate(["m3 m-3", "percent"]):
        one = made.product(100.0 if number else 1.0).isel(time=[number])
        one["sm"].attrs["units"] = units
        made.write_product(folder / f"X-2016010{number + 1}.nc", one)
    said = refused(folder, "--stations", made.write_stations(tmp_path / "stations"))
    assert "X-20160102.nc: sm in units percent, divided by 100, expected m3 m-3 as in" in said


def test_the_same_as_a_cube(tmp_path):
    whole = table(scored(tmp_path, made.write_product(tmp_path / "p.nc")), "scores")
    made.product().to_zarr(tmp_path / "p.zarr", consolidated=False, zarr_format=3)
    cube = table(scored(tmp_path, tmp_path / "p.zarr"), "scores")
    assert whole == cube


@pytest.mark.parametrize(
    ("factor", "units"), [(100.0, "percent"), (100.0, "%"), (1.0, "m**3 m**-3"), (1.0, "")]
)
def test_units_are_converted_and_told(tmp_path, factor, units):
    ds = made.product(factor)
    ds["sm"].attrs["units"] = units
    out = scored(tmp_path, made.write_product(tmp_path / "p.nc", ds))
    assert float(table(out, "scores")[0]["bias"]) == pytest.approx(0.03, abs=1e-5)
    assert units in table(out, "products")[0]["units"]


def test_kg_per_square_metre_needs_a_layer(tmp_path):
    ds = made.product(100.0).rename(sm="SoilMoi0_10cm_inst")
    ds["SoilMoi0_10cm_inst"].attrs["units"] = "kg m-2"
    out = scored(tmp_path, made.write_product(tmp_path / "p.nc", ds))
    assert float(table(out, "scores")[0]["bias"]) == pytest.approx(0.03, abs=1e-5)
    assert "0.1 m" in table(out, "products")[0]["units"]
    bare = ds.rename(SoilMoi0_10cm_inst="sm")
    path = made.write_product(tmp_path / "q.nc", bare)
    said = refused(path, "--stations", tmp_path / "stations")
    assert "sm is in kg m-2, expected m3 m-3, or a layer in the name" in said


def test_degrees_of_saturation_have_no_bias(tmp_path):
    ds = made.product(100.0)
    ds["sm"].attrs["units"] = "degree of saturation (%)"
    (row,) = table(scored(tmp_path, made.write_product(tmp_path / "p.nc", ds)), "scores")
    assert float(row["r"]) == pytest.approx(1, abs=1e-6)
    assert [row[name] for name in ("bias", "ubrmsd", "rmsd", "slope", "cell_bias_low")] == [""] * 5


@pytest.mark.parametrize(
    ("factor", "units", "words"),
    [
        (1.0, "K", "is in 'K', expected m3 m-3, percent or kg m-2"),
        (100.0, "m3 m-3", "expected 0 to 1 m3 m-3; correct the units"),
        (100.0, "", "expected 0 to 1 m3 m-3; correct the units"),
    ],
)
def test_wrong_units_are_refused(tmp_path, factor, units, words):
    made.write_stations(tmp_path / "stations")
    ds = made.product(factor)
    ds["sm"].attrs["units"] = units
    path = made.write_product(tmp_path / "p.nc", ds)
    assert words in refused(path, "--stations", tmp_path / "stations")


def test_stations_in_percent_are_refused(tmp_path):
    made.write_station(tmp_path / "s", made.hourly(100 * made.wave()))
    said = refused(made.write_product(tmp_path / "p.nc"), "--stations", tmp_path / "s")
    assert "expected m3 m-3, at most 1; divide by 100 if they are percent" in said


def test_stations_outside_are_counted(tmp_path):
    made.write_stations(tmp_path / "stations")
    made.write_station(tmp_path / "stations", made.hourly(), name="FAR", place=(10.0, 10.0))
    out = scored(tmp_path, made.write_product(tmp_path / "p.nc"))
    assert counts(out)["outside the product"] == 1
    assert len(table(out, "scores")) == 1


def test_a_product_without_overlap_is_one_line(tmp_path):
    stations = made.write_stations(tmp_path / "stations")
    late = made.product(days=made.DAYS + np.timedelta64(400, "D"))
    said = refused(made.write_product(tmp_path / "p.nc", late), "--stations", stations)
    assert "no pair with the stations: values of 2017-02-04 to" in said
    assert "readings of 2016-01-01 to 2016-04-30" in said
    far = made.product().assign_coords(lat=made.LAT - 60)
    said = refused(made.write_product(tmp_path / "q.nc", far), "--stations", stations)
    assert "none of 1 stations or networks is inside its area" in said


def test_an_empty_archive_and_an_empty_folder_are_one_line(tmp_path):
    path = made.write_product(tmp_path / "p.nc")
    (tmp_path / "none").mkdir()
    assert "expected stations of ISMN" in refused(path, "--stations", tmp_path / "none")
    stations = made.write_stations(tmp_path / "stations")
    said = refused(tmp_path / "none", "--stations", stations)
    assert "found no file that ends in .nc" in said
    assert "found nothing" in refused(tmp_path / "absent.nc", "--stations", stations)
    empty = tmp_path / "empty.nc"
    empty.touch()
    assert "cannot be read" in refused(empty, "--stations", stations)


def test_flags_that_are_not_good_are_counted_by_reason(tmp_path):
    lines = made.hourly()
    for at, flag in enumerate(["C02", "D06", "D01", "D02,D03", "M", "X9", "U", "C01,D01"]):
        lines[at] = lines[at].replace(" G ", f" {flag} ")
    made.write_station(tmp_path / "stations", lines)
    made.write_station(tmp_path / "stations", lines, name="B")
    path = made.write_product(tmp_path / "p.nc")
    out = scored(tmp_path, path)
    found = counts(out)
    assert found["station flag C: out of range"] == 2 * 2
    assert found["station flag D: dubious"] == 2
    assert found["station flag of frozen soil"] == 2 * 2
    assert found["station value missing"] == 2
    assert found["station flag not known: X9"] == 2
    assert all(row["kind"] == "station" for row in table(out, "scores"))


def test_frozen_readings_are_kept_on_request(tmp_path):
    made.write_station(tmp_path / "stations", made.hourly(flag="D01"))
    path = made.write_product(tmp_path / "p.nc")
    said = refused(path, "--stations", tmp_path / "stations")
    assert "1 sensors without one good reading (station flag of frozen soil (484))" in said
    settings = tmp_path / "v.toml"
    settings.write_text('[validate]\nstations = "stations"\nkeep_frozen = true\n')
    status, said = invoke(path, settings)
    assert (status, "1 x station: r 1.000" in said) == (0, True)


@pytest.mark.parametrize(
    ("name", "good", "bad", "attrs"),
    [
        ("flag", 0, 2, {}),
        ("retrieval_qual_flag", 8, 9, {}),
        ("flag", int(Flag.COAST), int(Flag.FROZEN), {"flag_meanings": "not_observed"}),
    ],
)
def test_what_a_product_does_not_recommend_is_left_out(tmp_path, name, good, bad, attrs):
    """Zero of a plain flag, the first bit of SMAP's, the mask of our own, which keeps coasts."""
    ds = made.product()
    values = np.full(ds["sm"].shape, good, "u4")
    values[10:30] = bad
    ds["sm"][10:30] = 0.9
    ds[name] = ds["sm"].dims, values, attrs
    path = made.write_product(tmp_path / "p.nc", ds)
    out = scored(tmp_path, path)
    assert counts(out)["not recommended by the product's flag"] == 20
    (row,) = table(out, "scores")
    assert int(row["n"]) == 100
    assert float(row["ubrmsd"]) == pytest.approx(0, abs=1e-6)
    (row,) = table(scored(tmp_path, path, options=("--all-values",)), "scores")
    assert int(row["n"]) == 120
    assert float(row["ubrmsd"]) > 0.1


def test_duplicates_are_counted_and_the_first_one_counts(tmp_path):
    lines = made.hourly()
    lines.insert(9, lines[8].replace(lines[8].split()[2], "0.9"))
    made.write_station(tmp_path / "stations", lines)
    ds = made.product()
    again = ds.isel(time=[5]) + 0.2
    again["sm"].attrs.update(ds["sm"].attrs)
    twice = xr.concat([ds, again], "time", combine_attrs="override")
    out = scored(tmp_path, made.write_product(tmp_path / "p.nc", twice))
    assert counts(out)["station time given twice"] == 1
    assert counts(out)["the same place and time again"] == 1
    (row,) = table(out, "scores")
    assert float(row["ubrmsd"]) == pytest.approx(0, abs=1e-6)


def test_a_time_zone_in_the_units_of_time_is_heeded(tmp_path):
    """The same instants told in the time of Kathmandu are the same pairs."""
    made.write_station(tmp_path / "stations", made.hourly())
    shifted = {}
    for name, epoch, hours in (("utc", "", 12.25), ("zone", " +05:45", 18.0)):
        ds = made.product().drop_vars("time")
        ds["time"] = ("time", np.arange(made.DAYS.size) * 24.0 + hours)
        ds["time"].attrs.update(units=f"hours since 2016-01-01 00:00:00{epoch}")
        path = made.write_product(tmp_path / f"{name}.nc", ds)
        (shifted[name],) = table(scored(tmp_path, path), "scores")
        del shifted[name]["product"]
    assert shifted["utc"] == shifted["zone"]
    assert float(shifted["utc"]["bias"]) == pytest.approx(0.03, abs=1e-6)


def test_several_variables_and_none_are_one_line(tmp_path):
    stations = made.write_stations(tmp_path / "stations")
    ds = made.product().rename(sm="soil_moisture_c1")
    ds["soil_moisture_x"] = ds["soil_moisture_c1"]
    path = made.write_product(tmp_path / "p.nc", ds)
    said = refused(path, "--stations", stations)
    assert "found 2 variables of soil moisture (soil_moisture_c1, soil_moisture_x)" in said
    assert invoke(f"{path}::soil_moisture_x", "--stations", stations)[0] == 0
    assert "found no variable 'sm'" in refused(f"{path}::sm", "--stations", stations)
    bare = made.product().rename(sm="tb").drop_attrs()
    said = refused(made.write_product(tmp_path / "q.nc", bare), "--stations", stations)
    assert "found no soil moisture among tb" in said


def test_no_time_anywhere_is_one_line(tmp_path):
    stations = made.write_stations(tmp_path / "stations")
    ds = made.product().isel(time=0, drop=True)
    said = refused(made.write_product(tmp_path / "map.nc", ds), "--stations", stations)
    assert "found no time in the file and no date in its name" in said


def test_no_place_is_one_line(tmp_path):
    stations = made.write_stations(tmp_path / "stations")
    ds = made.product().drop_vars(["lat", "lon"])
    said = refused(made.write_product(tmp_path / "map.nc", ds), "--stations", stations)
    assert "expected latitude and longitude of a grid, or of points" in said


def test_products_are_masked_identically_on_common_days(tmp_path):
    other = made.product(bias=0.01)
    other["sm"][40:] = np.nan
    paths = made.write_product(tmp_path / "a.nc"), made.write_product(tmp_path / "b.nc", other)
    out = scored(tmp_path, *paths)
    n = {(row["product"], row["days"]): int(row["n"]) for row in table(out, "scores")}
    assert n == {("a", "own"): 120, ("a", "common"): 39, ("b", "own"): 39, ("b", "common"): 39}
    assert counts(out)["a day on which another product has no value"] == 81


def test_too_few_days_for_a_median_are_told(tmp_path):
    """A product of five days, beside one of months: neither is passed over in silence."""
    stations = made.write_stations(tmp_path / "stations")
    a = made.write_product(tmp_path / "a.nc")
    b = made.write_product(tmp_path / "b.nc", made.product().isel(time=slice(5)))
    words = "no median, a station or network has 5 days with a pair at most, expected 20"
    status, said = invoke(a, b, "--stations", stations)
    assert status == 0
    assert [line.split(":")[0] for line in said.splitlines() if words in line] == [
        "a, common days",
        "b, own days",
        "b, common days",
    ]
    assert "not collocated: 1 triplet, the first a / b / stations: 5 days in common at any" in said


def test_products_that_share_a_target_are_not_collocated(tmp_path):
    for name in ("a", "b", "c"):
        ds = made.product().assign_attrs(title="SMAP" if name < "c" else "ERA5 model")
        ds["sm"] = ds["sm"] + 0.02 * np.random.default_rng(ord(name)).normal(size=ds["sm"].shape)
        ds["sm"].attrs["units"] = "m3 m-3"
        made.write_product(tmp_path / f"{name}.nc", ds)
    out = scored(tmp_path, *(tmp_path / f"{name}.nc" for name in "abc"))
    rows = {row["triplet"]: row for row in table(out, "triple")}
    status, said = invoke(
        *(tmp_path / f"{n}.nc" for n in "abc"), "--stations", tmp_path / "stations"
    )
    assert (status, said.count("not collocated")) == (0, 1)
    assert "not collocated: 2 triplets, the first a / b / stations: a and b share SMAP" in said
    assert "share SMAP" in rows["a / b / stations"]["refused"]
    assert "share SMAP" in rows["a / b / c"]["refused"]
    found = [row for row in table(out, "triple") if row["triplet"] == "a / c / stations"]
    errors = {row["product"]: float(row["error_sd"] or "nan") for row in found}
    assert errors["a"] == pytest.approx(0.02, rel=0.2)
    assert errors["c"] == pytest.approx(0.02, rel=0.2)


def test_medians_are_told_by_class_of_place_and_of_days(tmp_path):
    ds = made.product()
    ds["vod"] = xr.full_like(ds["sm"], 0.4).assign_attrs(long_name="vegetation optical depth")
    out = scored(tmp_path, made.write_product(tmp_path / "p.nc", ds))
    found = {
        (row["group"], row["class"]): row for row in table(out, "summary") if row["score"] == "n"
    }
    assert found["VOD", "VOD 0.3 to 0.6"]["median"] == "120"
    assert found["climate", "temperate"]["median"] == "120"
    assert found["land cover", "cropland"]["median"] == "120"
    assert found["network", made.NETWORK]["median"] == "120"
    assert (found["season", "DJF"]["median"], found["season", "MAM"]["median"]) == ("59", "61")
    assert found["sensor period", "2016-01-01 to 2016-04-30"]["median"] == "120"


def test_a_configuration_names_products_and_stations(tmp_path):
    made.write_stations(tmp_path / "stations")
    made.write_product(tmp_path / "p.nc")
    settings = tmp_path / "v.toml"
    settings.write_text(
        '[output]\ndirectory = "out"\n[validate]\nstations = "stations"\n'
        '[[validate.product]]\npath = "p.nc::sm"\nname = "mine"\nshares = ["SMAP"]\n'
    )
    assert invoke(settings)[0] == 0
    out = tmp_path / "out" / "validation"
    assert table(out, "scores")[0]["product"] == "mine"
    assert table(out, "products")[0]["shares"] == "SMAP"
    settings.write_text("[validate]\nstation = 1\n")
    assert "unknown key 'validate.station', known: fewest_pairs" in refused(settings)


def test_nothing_asked_is_one_line(tmp_path):
    path = made.write_product(tmp_path / "p.nc")
    assert "validate: no stations, expected --stations DIR" in refused(path)
    settings = tmp_path / "v.toml"
    settings.write_text('[validate]\nstations = "stations"\n')
    assert "validate: found no product" in refused(settings)
    assert "found 2 configurations" in refused(settings, settings)
