"""`mcca-ml inspect` on swath granules, stations and the truth of a simulated world."""

import h5py
import numpy as np
import pytest
import xarray as xr
from made_1c import a_granule
from made_jaxa import DAY, a_map, some_scans
from made_stations import some_networks
from typer.testing import CliRunner

from jaxa_granules import write_l1r, write_l3
from mcca_ml.cli.app import app
from mcca_ml.errors import GranuleError
from mcca_ml.inspect import folders
from mcca_ml.inspect.describe import describe
from mcca_ml.inspect.description import variable_row
from mcca_ml.read.any_granule import open_swaths
from mcca_ml.sensors import AMSR2
from mcca_ml.simulate.files.gpm_1c import write_1c
from mcca_ml.simulate.stations.ismn_files import write_stations
from mcca_ml.simulate.stations.truth_to_readings import Check

SCREEN = 30
"""Lines that a screenful may have."""


def shown(path):
    """What the command prints."""
    result = CliRunner().invoke(app, ["inspect", str(path)])
    assert result.exit_code == 0, result.stderr
    assert len(result.stdout.splitlines()) <= SCREEN
    return result.stdout


@pytest.fixture
def l1r(tmp_path):
    path = tmp_path / "l1r.h5"
    write_l1r(path, AMSR2, some_scans(), "am")
    return path


def test_level_1r(l1r):
    output = shown(l1r)
    assert "SIMULATED, not an observation" in output
    result = describe(l1r)
    assert result.heading["sensor"] == "AMSR2 on GCOM-W1"
    assert result.heading["swaths"] == "res10: 4 scans of 5 pixels"
    assert result.heading["look"] == "am"
    assert result.heading["observed"] == "2015-06-30T23:59:57 to 2015-07-01T00:00:01 UTC"
    assert result.heading["places"] == "10.0° N to 13.0° N, 100.0° E to 104.0° E"
    assert result.heading["quality"] == "20 good, 0 suspect, 0 unusable"
    first = result.rows[0]
    assert (first.name, first.low, first.high, first.share) == ("res10 tb 10.65V", "240", "283", 1)


def test_level_1r_without_any_value(l1r):
    scans = some_scans()
    for tb in scans.tb.values():
        tb[:] = np.nan
    write_l1r(l1r, AMSR2, scans, "am")
    output = shown(l1r)
    assert "0 good, 0 suspect, 20 unusable" in output
    assert describe(l1r).rows[0].share == 0


def test_a_genuine_one_is_not_called_simulated(l1r):
    with h5py.File(l1r, "a") as h5:
        del h5.attrs["simulated"]
    assert "simulated" not in describe(l1r).heading


def test_level_1c(tmp_path):
    path = tmp_path / "1c.HDF5"
    write_1c(path, a_granule("TMI"))
    assert "SIMULATED, not an observation" in shown(path)
    result = describe(path)
    assert result.heading["sensor"] == "TMI on TRMM"
    assert result.heading["product"].startswith("PPS 1C V")
    assert result.heading["swaths"] == "S1: 12 scans of 9 pixels; S2: 12 scans of 9 pixels"
    assert result.heading["quality"] == "216 good, 0 suspect, 0 unusable"
    assert [row.name for row in result.rows][:3] == ["S1 tb 10.65V", "S1 tb 10.65H", "S1 incidence"]
    assert "left out" not in result.heading


def test_level_3(tmp_path):
    path = write_l3(tmp_path, AMSR2, DAY, "pm", a_map())
    shown(path)
    result = describe(path)
    assert result.heading["product"] == "JAXA L3 TB 0.25 degree"
    assert result.heading["swaths"] == "EQ: 3 footprints"
    assert [row.name for row in result.rows] == ["EQ tb 10.65V", "EQ tb 10.65H", "EQ incidence"]


def test_level_3_without_any_value(tmp_path):
    path = write_l3(tmp_path, AMSR2, DAY, "pm", a_map(seen=()))
    output = shown(path)
    assert "times unknown" in output
    assert "places unknown" in output
    assert "0 %" in output


def test_stations(tmp_path):
    write_stations(tmp_path / "stations", some_networks())
    output = shown(tmp_path / "stations")
    assert "SIMULATED, not an observation" in output
    result = describe(tmp_path / "stations")
    assert result.heading["stations"] == "6 with 6 sensors"
    assert result.heading["networks"] == "SIM-NORTH 3, SIM-PLATEAU 3"
    assert result.heading["depths"] == "0.00-0.05 m 6"
    assert [row.name for row in result.rows] == ["SIM-NORTH, good", "SIM-PLATEAU, good"]
    north = some_networks()[1].stations
    lines = sum(int((station.check != Check.ABSENT).sum()) for station in north)
    good = [station.value[station.check == Check.GOOD] for station in north]
    assert result.rows[0].share == pytest.approx(sum(map(len, good)) / lines)
    assert float(result.rows[0].high) == pytest.approx(max(v.max() for v in good), abs=1e-4)


@pytest.fixture
def truth(tmp_path):
    days = np.datetime64("2011-01-01", "ns") + np.arange(400) * np.timedelta64(1, "D")
    moisture = np.linspace(0.1, 0.4, 400 * 5, dtype=np.float32).reshape(400, 5)
    ds = xr.Dataset(
        {
            "soil_moisture": (("time", "cell"), moisture, {"units": "m3 m-3"}),
            "frozen": (("time", "cell"), moisture > 0.3),
            "place": ("cell", ["a", "b", "c", "d", "e"]),
        },
        coords={
            "time": days,
            "cell": np.arange(5),
            "lat": ("cell", np.linspace(33, 35, 5)),
            "lon": ("cell", np.linspace(90, 92, 5)),
        },
        attrs={"seed": 3, "simulated": "true", "settings": "x" * 200},
    )
    path = tmp_path / "truth.zarr"
    ds.to_zarr(path, consolidated=False)
    return path


@pytest.mark.filterwarnings("ignore:The data type")  # fixed-length text has no specification yet
def test_truth(truth):
    output = shown(truth)
    assert "SIMULATED TRUTH of a world; no observation in it" in output
    result = describe(truth)
    assert result.heading["dimensions"] in ("time 400, cell 5", "cell 5, time 400")
    assert result.heading["period"] == "2011-01-01T00:00:00 to 2012-02-04T00:00:00 UTC"
    assert result.heading["places"] == "33.0° N to 35.0° N, 90.0° E to 92.0° E"
    assert result.heading["seed"] == "3"
    assert "settings" not in result.heading
    assert [row.name for row in result.rows] == ["frozen", "soil_moisture"]
    assert (result.rows[1].low, result.rows[1].high) == ("0.1", "0.4")
    assert "statistics" not in result.heading


@pytest.mark.filterwarnings("ignore:The data type")
def test_of_a_large_truth_a_part_is_read(truth):
    result = folders.describe_store(truth, most=400)
    assert result.heading["statistics"] == "of 4 parts of the record"
    row = result.rows[1]
    assert (row.low, row.high) == ("0.1", "0.4")  # first and last block hold the ends


@pytest.mark.filterwarnings("ignore:The data type")
def test_a_store_that_is_not_simulated_is_no_truth(tmp_path):
    xr.Dataset({"tb": ("cell", np.zeros(3))}).to_zarr(tmp_path / "grid.zarr", consolidated=False)
    output = r"grid.zarr: the attribute simulated is 'missing', expected 'true' as in the truth"
    with pytest.raises(GranuleError, match=output):
        describe(tmp_path / "grid.zarr")


def test_a_store_that_is_damaged(tmp_path):
    (tmp_path / "truth.zarr").mkdir()
    (tmp_path / "truth.zarr" / "zarr.json").write_text("{")
    with pytest.raises(GranuleError, match=r"truth.zarr: cannot be read \("):
        describe(tmp_path / "truth.zarr")


def test_a_folder_of_something_else(tmp_path):
    (tmp_path / "a.h5").touch()
    with pytest.raises(GranuleError, match="is a directory, expected a file; name the granules"):
        describe(tmp_path)


def test_no_swath(tmp_path):
    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as h5:
        h5["temperature"] = np.zeros(3)
    with pytest.raises(GranuleError) as caught:
        open_swaths(path)
    assert str(caught.value) == (
        "other.h5: found an unnamed product with temperature, expected swaths of brightness "
        "temperature (PPS 1C of TMI, GMI, AMSR2 or AMSR-E, JAXA L1R or L3); give one of these"
    )


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("insitu/ismn_europe_2024_2025", "54 with 63 sensors"),
        ("insitu/oznet", "OZNET 18"),
        ("insitu/ismn_europe_2024_2025/REMEDHUS", "REMEDHUS 16"),
        ("smap/SMAP_L3_SM_P_20150401_R13080_001.h5", "SPL3SMP version 3, SMAP"),
        (
            "gpm_1c/1C.TRMM.TMI.XCAL2021-V.19971207-S235717-E012836.000160.V07A.HDF5",
            "200 good, 0 suspect, 0 unusable",
        ),
        # These hold no value at all, and are described all the same.
        (
            "gpm_1c/1C.GPM.GMI.XCAL2016-C.20140304-S175932-E193159.000079.V07A.HDF5",
            "0 good, 0 suspect, 100 unusable",
        ),
        (
            "gpm_1c/1C.GCOMW1.AMSR2.XCAL2016-V.20120702-S223117-E001009.000676.V07A.HDF5",
            "400 footprints without place",
        ),
        (
            "gpm_1c/1C.AQUA.AMSRE.XCAL2017-V.20020601-S154829-E172652.000414.V07A.HDF5",
            "places unknown",
        ),
    ],
)
def test_genuine(real_data, name, output):
    text = shown(real_data / name)
    assert output in text
    assert "SIMULATED" not in text


def test_a_row_without_values():
    assert variable_row("x", "K", np.full(3, np.nan)).median == "-"
    assert variable_row("x", "K", np.zeros(0)).share == 0
