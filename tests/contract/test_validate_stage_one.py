"""What `retrieve` writes is read by `validate`: files of a day, with their looks and times.

No station at hand is met by the granules with a recommended value, so SIMULATED ones stand on some
cells and read 0.1 m3 m-3.
"""

import csv
from dataclasses import replace
from pathlib import Path

import made_validation as made
import numpy as np
import pytest
import xarray as xr
from made_look import look_at
from typer.testing import CliRunner

from mcca_ml.cli.app import app
from mcca_ml.flags import FLAG_DTYPE, is_recommended
from mcca_ml.simulate.files.smap_products import write_spl3smp

pytest.importorskip("ismn", reason="the extra insitu brings it")
LEVEL = 0.1  # [m3 m-3]


def done(*arguments: object) -> str:
    found = CliRunner().invoke(app, [str(one) for one in arguments])
    assert found.exit_code == 0, found.output
    return found.output


def retrieved(granule: Path, out: Path) -> Path:
    done("retrieve", granule, "--out", out)
    (path,) = out.glob("*.nc")
    return path


def scored(path: Path, places: list[tuple[float, float]], day: str, folder: Path) -> dict:
    """Rows of scores by the number of the station, and what was left out."""
    days = np.arange(np.datetime64(day) - 1, np.datetime64(day) + 2)
    for at, place in enumerate(places):
        lines = made.hourly(np.full(days.size, LEVEL), days=days)
        made.write_station(folder / "stations", lines, name=f"S{at}", place=place)
    settings = folder / "v.toml"
    settings.write_text('[validate]\nstations = "stations"\nwindow_hours = 3.0\n')
    said = done("validate", path, settings, "--out", folder / "scores")
    assert "no median, a station or network has 1 days" in said
    with (folder / "scores" / "scores.csv").open() as file:
        rows = {int(row["unit"].split()[1][1:]): row for row in csv.DictReader(file)}
    with (folder / "scores" / "excluded.csv").open() as file:
        rows["excluded"] = [(row["unit"].split()[1], row["reason"]) for row in csv.DictReader(file)]
    return rows


@pytest.mark.real_data
@pytest.mark.parametrize("pattern", ["SMAP_L3_SM_P_*.h5", "SMAP_L2_SM_P_*.h5"])
def test_a_real_granule_that_was_retrieved_is_scored(real_data, tmp_path, pattern):
    (granule,) = (real_data / "smap").glob(pattern)
    path = retrieved(granule, tmp_path / "out")
    with xr.open_dataset(path, engine="netcdf4") as ds:
        sm, flag = ds["soil_moisture"][0, 0].to_numpy(), ds["flag"][0, 0].to_numpy()
        time = ds["obs_time"][0, 0].to_numpy().astype("M8[s]")
        lat, lon = ds["lat"].to_numpy(), ds["lon"].to_numpy()
    good = np.isfinite(sm) & is_recommended(flag.astype(FLAG_DTYPE))
    doubtful = np.isfinite(sm) & ~good
    here = [*np.argwhere(good)[:: max(good.sum() // 4, 1)][:4], np.argwhere(doubtful)[0]]
    places = [(float(lat[row]), float(lon[column])) for row, column in here]
    found = scored(path, places, str(time[good].min().astype("M8[D]")), tmp_path)
    for number, (row, column) in enumerate(here[:-1]):
        assert int(found[number]["n"]) == 1
        bias = float(found[number]["bias"])
        assert bias == pytest.approx(float(sm[row, column]) - LEVEL, abs=1e-6)
    assert 4 not in found
    assert ("S4", "not recommended by the product's flag") in found["excluded"]


def test_of_two_looks_a_day_the_morning_counts(tmp_path):
    """A SIMULATED granule: the look nearer to six is the pair, the other one is counted."""
    granule = tmp_path / "SIMULATED_SMAP_L3_SM_P_20150701_R09000_001.h5"
    at = look_at([(150, 500), (100, 200), (100, 201), (101, 200)])
    early = np.full(4, np.datetime64("2015-07-01T06:00", "ns"))
    late = replace(at, obs_time=early + np.timedelta64(12, "h"), tb_h=at.tb_h + np.float32(3))
    write_spl3smp(granule, {"am": replace(at, obs_time=early), "pm": late})
    path = retrieved(granule, tmp_path / "out")
    with xr.open_dataset(path, engine="netcdf4") as ds:
        assert ds.sizes["look"] == 2
        morning, evening = ds["soil_moisture"][0, :, 150, 500].to_numpy()
        place = float(ds["lat"][150]), float(ds["lon"][500])
    assert abs(morning - evening) > 0.005
    found = scored(path, [place], "2015-07-01", tmp_path)
    assert float(found[0]["bias"]) == pytest.approx(morning - LEVEL, abs=1e-6)
    assert found["excluded"] == [("S0", "another value of the day nearer to 06:00")]
