"""`mcca-ml validate` on input that cannot be scored: one line that says what to do."""

import made_validation as made
import numpy as np
import pytest
from typer.testing import CliRunner

from mcca_ml.cli.app import app

pytest.importorskip("ismn", reason="the extra insitu brings it")


def refused(*arguments: object) -> str:
    """The one line of an error."""
    result = CliRunner().invoke(app, ["validate", *map(str, arguments)])
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert result.output.startswith("error: ")
    return result.output


@pytest.mark.parametrize(
    ("units", "calendar", "words"),
    [
        ("hours since 2016-01-01 00:00 CET", "", "expected a date in UTC or with a zone in hours"),
        ("hours since yesterday", "", "units of time since 'yesterday', expected a date in UTC"),
        ("months since 2016-01-01", "", "found time in units 'months since 2016-01-01' and no"),
        ("days since 2016-01-01", "360_day", "times of the calendar '360_day', expected one of"),
    ],
)
def test_times_that_cannot_be_told_are_one_line(tmp_path, units, calendar, words):
    stations = made.write_stations(tmp_path / "stations")
    ds = made.product().drop_vars("time")
    ds["time"] = ("time", np.arange(made.DAYS.size) * 24.0, {"units": units})
    if calendar:
        ds["time"].attrs["calendar"] = calendar
    assert words in refused(made.write_product(tmp_path / "p.nc", ds), "--stations", stations)


def test_fractions_that_are_called_percent_are_refused(tmp_path):
    """Read as told they would be a hundredth, with a bias that looks like a finding."""
    stations = made.write_stations(tmp_path / "stations")
    ds = made.product()
    ds["sm"].attrs["units"] = "percent"
    said = refused(made.write_product(tmp_path / "p.nc", ds), "--stations", stations)
    assert "with units percent, divided by 100, expected more than 1 unless they are" in said


def test_a_fill_value_that_is_not_declared_is_one_line(tmp_path):
    stations = made.write_stations(tmp_path / "stations")
    ds = made.product()
    ds["sm"] = ds["sm"].where(ds["sm"] < 0.2, -9999.0).assign_attrs(units="m3 m-3")
    said = refused(made.write_product(tmp_path / "p.nc", ds), "--stations", stations)
    assert "are -1e+04 / -1e+04 / " in said
    assert "correct the units, or declare the fill value" in said


def test_a_file_without_a_time_step_is_one_line(tmp_path):
    stations = made.write_stations(tmp_path / "stations")
    path = made.write_product(tmp_path / "p.nc", made.product().isel(time=slice(0)))
    assert "no value at the stations (no time step)" in refused(path, "--stations", stations)


def test_two_products_of_one_name_are_one_line(tmp_path):
    """Tables are by name: one of two would be lost."""
    stations = made.write_stations(tmp_path / "stations")
    paths = [tmp_path / folder / "p.nc" for folder in "ab"]
    for path in paths:
        path.parent.mkdir()
        made.write_product(path)
    said = refused(*paths, "--stations", stations)
    assert "found 2 products of the name p, expected unique names" in said


def test_an_archive_that_is_still_packed_is_one_line(tmp_path):
    path = made.write_product(tmp_path / "p.nc")
    packed = tmp_path / "ismn.zip"
    packed.write_bytes(b"PK")
    assert "ismn.zip: found a file, expected a folder" in refused(path, "--stations", packed)
