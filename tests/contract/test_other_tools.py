"""What GDAL, rioxarray and CDO read from a daily file of the record: docs/how_to.md says so."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rioxarray  # noqa: F401 gives datasets their attribute `rio`

from mcca_ml.read.open_record import open_record

pytestmark = pytest.mark.filterwarnings(
    "ignore:Use `@` matmul:PendingDeprecationWarning"
)  # rasterio

M25_M = 25025.26


@pytest.fixture
def day(tiny_record: Path) -> Path:
    """A daily file with values."""
    files = sorted((tiny_record / "product").rglob("*.nc"))
    return next(f for f in files if open_record(f, recommended=False)["sm"].count() == 6)


def _values(path: Path) -> np.ndarray:
    return open_record(path, recommended=False)["sm"].to_numpy()[0]


def test_gdal_reads_projection_place_and_values(day):
    with rasterio.open(f"netcdf:{day}:sm") as band:
        assert band.crs.to_epsg() == 6933
        assert band.res == pytest.approx((M25_M, M25_M))
        assert band.shape == (2, 3)
        east, north = band.xy(0, 0)
        sm = band.read(1) * band.scales[0]
    record = open_record(day)
    assert (east, north) == pytest.approx((float(record["x"][0]), float(record["y"][0])))
    np.testing.assert_allclose(sm, _values(day), rtol=1e-5)


def test_rioxarray_reads_the_projection_and_resamples(tiny_record, tmp_path):
    record = open_record(tiny_record / "product", recommended=False)
    assert record.rio.crs.to_epsg() == record["sm"].rio.crs.to_epsg() == 6933
    # It keeps latitude of y alone at its old length: findings/, and docs/how_to.md.
    plain = record["sm"].drop_vars(["lat", "lon"]).mean("time").rio.write_nodata(np.nan)
    plain.rio.to_raster(tmp_path / "mean.tif")
    with rasterio.open(tmp_path / "mean.tif") as band:
        np.testing.assert_allclose(band.read(1), plain.to_numpy(), rtol=1e-6)
    degrees = plain.rio.reproject("EPSG:4326")
    assert float(degrees.mean()) == pytest.approx(float(plain.mean()), rel=0.05)
    west, south, east, north = degrees.rio.bounds()
    assert west < float(record["lon"].min()) < float(record["lon"].max()) < east
    assert south < float(record["lat"].min()) < float(record["lat"].max()) < north


def _run(*command: str | Path) -> str:
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout


def test_gdal_commands(day, tmp_path):
    info = json.loads(_run("gdalinfo", "-json", f"NETCDF:{day}:sm"))
    assert info["size"] == [3, 2]
    assert 'ID["EPSG",6933]' in info["coordinateSystem"]["wkt"]
    out = tmp_path / "degrees.tif"
    _run("gdalwarp", "-q", "-t_srs", "EPSG:4326", f"NETCDF:{day}:sm", out)
    assert out.stat().st_size > 0


def test_cdo_commands(day, tmp_path):
    place, box = tmp_path / "place.nc", tmp_path / "box.nc"
    record = open_record(day, recommended=False)
    lat, lon = float(record["lat"][1]), float(record["lon"][2])
    _run("cdo", "-s", f"remapnn,lon={lon}_lat={lat}", "-selname,sm", day, place)
    assert float(_run("cdo", "-s", "output", place)) == pytest.approx(_values(day)[1, 2], abs=1e-4)
    _run("cdo", "-s", f"sellonlatbox,{lon - 0.1},{lon + 0.1},{lat - 0.1},{lat + 0.1}", day, box)
    assert "gridsize  = 1" in _run("cdo", "-s", "griddes", box)
    days = sorted(day.parent.glob("*.nc"))[:40]
    mean = tmp_path / "mean.nc"
    _run("cdo", "-s", "-timmean", "-select,name=sm", *days, mean)
    found = np.array(_run("cdo", "-s", "output", mean).split(), float)
    expected = open_record(days, recommended=False)["sm"].mean("time").to_numpy().ravel()
    np.testing.assert_allclose(found, expected, atol=1e-4)
