"""The writer of simulated level 1C: names, exact values, the same bytes, and what it refuses."""

import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest
from made_1c import START, a_granule

from mcca_ml.errors import OutputError
from mcca_ml.formats import pps_1c
from mcca_ml.read.pps_header import file_header, parse_pvl
from mcca_ml.simulate.files.gpm_1c import granule_name, scan_time, write_1c

IMAGERS = tuple(pps_1c.PRODUCTS)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "granule.HDF5"


@pytest.mark.parametrize(
    ("sensor", "start"),
    [
        ("TMI", "SIMULATED_1C.TRMM.TMI.XCAL2021-V."),
        ("AMSRE", "SIMULATED_1C.AQUA.AMSRE.XCAL2017-V."),
        ("GMI", "SIMULATED_1C.GPM.GMI.XCAL2016-C."),
        ("AMSR2", "SIMULATED_1C.GCOMW1.AMSR2.XCAL2016-V."),
    ],
)
def test_name(sensor, start):
    granule = replace(
        a_granule(sensor),
        orbit=10538,
        start=np.datetime64("2016-01-05T23:05:45.9", "us"),
        stop=np.datetime64("2016-01-06T00:38:16", "us"),
    )
    assert granule_name(granule) == f"{start}20160105-S230545-E003816.010538.V07A.HDF5"


@pytest.mark.parametrize("sensor", IMAGERS)
def test_it_says_that_it_is_simulated(path, sensor):
    write_1c(path, a_granule(sensor))
    with h5py.File(path) as h5:
        assert h5.attrs["simulated"] == b"true"
        header = file_header(h5)
        calibration = parse_pvl(h5.attrs["XCALinfo"].decode())
    assert header["Comment"] == (
        "SIMULATED by MCCA-ML in the layout of PPS level 1C; not an observation. cut to a test"
    )
    assert header["FileName"].startswith("SIMULATED_1C.")
    assert header["ProcessingSystem"] == "SIMULATED"
    assert header["DOI"] == ""
    assert calibration["CalibrationStandard"] == "SIMULATED"


def test_values_are_exact(path):
    granule = a_granule("TMI", scans=300, pixels=100)  # chunks of more than one row of values
    first = granule.swaths[0]
    first.tb[3, 4, 1] = np.nan
    first.lat[5, 6] = np.nan
    first.incidence[7, 8] = np.nan
    first.quality[9, 9] = -7
    write_1c(path, granule)
    with h5py.File(path) as h5:
        assert list(h5) == ["S1", "S2"]
        for swath in granule.swaths:
            group = h5[swath.name]
            for name, values in (
                ("Tc", swath.tb),
                ("Latitude", swath.lat),
                ("Longitude", swath.lon),
            ):
                stored = group[name][()]
                assert stored.dtype == np.float32
                expected = np.where(np.isnan(values), np.float32(-9999.9), values)
                assert stored.tobytes() == expected.tobytes()
            assert (group["Quality"][()] == swath.quality).all()
        assert h5["S1/incidenceAngle"].shape == (300, 100, 2)
        assert (h5["S1/incidenceAngle"][7, 8] == np.float32(-9999.9)).all()
        assert (h5["S1/incidenceAngleIndex"][()] == [1, 2]).all()


def test_times():
    """Members as in genuine files; the milliseconds of `SecondOfDay` are not rounded."""
    times = np.array(
        ["2016-12-31T23:59:59.875250", "2016-02-29T00:00:00", "NaT", "2015-03-01T13:05:07.041"],
        "M8[us]",
    )
    found = {name: values.tolist() for name, values in scan_time(times).items()}
    assert found == {
        "Year": [2016, 2016, -9999, 2015],
        "Month": [12, 2, -99, 3],
        "DayOfMonth": [31, 29, -99, 1],
        "Hour": [23, 0, -99, 13],
        "Minute": [59, 0, -99, 5],
        "Second": [59, 0, -99, 7],
        "MilliSecond": [875, 0, -9999, 41],
        "DayOfYear": [366, 60, -9999, 60],
        "SecondOfDay": [86399.87525, 0.0, -9999.9, 47107.041],
    }


def test_scans_without_any_value_are_counted(path):
    granule = a_granule("GMI")
    granule.swaths[0].tb[[2, 5]] = np.nan
    granule.swaths[0].tb[7, 3:] = np.nan
    write_1c(path, granule)
    with h5py.File(path) as h5:
        assert file_header(h5)["MissingData"] == "2"


def test_the_file_begins_in_the_first_form(path):
    """Version of the superblock; HDF5 1.14 would write a wrong checksum into later ones."""
    write_1c(path, a_granule("GMI"))
    assert path.read_bytes()[8] == 0


def test_no_value_at_all_is_empty(path):
    granule = a_granule("TMI")
    granule.swaths[0].tb[:] = np.nan
    write_1c(path, granule)
    with h5py.File(path) as h5:
        header = file_header(h5)
    assert (header["EmptyGranule"], header["MissingData"]) == ("NOT_EMPTY", "12")
    granule.swaths[1].tb[:] = np.nan
    write_1c(path, granule)
    with h5py.File(path) as h5:
        assert file_header(h5)["EmptyGranule"] == "EMPTY"


WRITE = """
    import sys
    sys.path.insert(0, {folder!r})
    from pathlib import Path
    from made_1c import a_granule
    from mcca_ml.simulate.files.gpm_1c import write_1c
    for number in {order}:
        write_1c(Path({out!r}) / str(number), a_granule({imagers}[number]))
"""


def test_same_input_same_bytes(tmp_path):
    """In another process, another order, another second, over a file that stands."""
    numbers = range(len(IMAGERS))
    for number, sensor in enumerate(IMAGERS):
        write_1c(tmp_path / str(number), a_granule(sensor))
    before = [(tmp_path / str(number)).read_bytes() for number in numbers]
    time.sleep(1.1)
    code = textwrap.dedent(WRITE).format(
        folder=str(Path(__file__).parent),
        order=[*reversed(numbers)],
        imagers=IMAGERS,
        out=str(tmp_path),
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert [(tmp_path / str(number)).read_bytes() for number in numbers] == before


def test_a_written_granule_leaves_nothing_in_the_next(tmp_path):
    """Files are copies of one image: what one was given must not show in another."""
    granule = a_granule("GMI")
    write_1c(tmp_path / "first", granule)
    write_1c(tmp_path / "second", a_granule("GMI", start=START + np.timedelta64(7, "s"), seed=9))
    write_1c(tmp_path / "third", granule)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "third").read_bytes()


def test_other_libraries_read_it(path):
    """NetCDF has its own opinions of HDF5."""
    granule = a_granule("GMI")
    write_1c(path, granule)
    with netCDF4.Dataset(path) as nc:
        assert nc["S1"]["Tc"].units == "K"
        np.testing.assert_array_equal(nc["S1"]["Tc"][()], granule.swaths[0].tb)
        assert nc.simulated == "true"


@pytest.mark.parametrize(("scans", "pixels"), [(0, 9), (1, 1), (2959, 221)])
def test_other_sizes(path, scans, pixels):
    granule = a_granule("GMI", scans=scans, pixels=pixels)
    write_1c(path, granule)
    with h5py.File(path) as h5:
        np.testing.assert_array_equal(h5["S1/Tc"][()], granule.swaths[0].tb)


def test_a_swath_of_another_product(path):
    granule = replace(a_granule("TMI"), product=pps_1c.PRODUCTS["GMI"])
    with pytest.raises(OutputError) as caught:
        write_1c(path, granule)
    assert str(caught.value) == (
        f"{path}: swath S1 with 2 channels, expected of GMI S1 with 9, S2 with 4; "
        "give all channels of each swath"
    )
    assert not path.exists()


def test_parts_of_different_size(path):
    """HDF5 itself would read what lies in memory behind the smaller one."""
    granule = a_granule("GMI")
    short = replace(granule.swaths[0], scan_time=granule.swaths[0].scan_time[:-1])
    with pytest.raises(ValueError, match=r"values of shape \(11,\), expected \(12,\)"):
        write_1c(path, replace(granule, swaths=(short,)))
    assert not path.exists()


def test_no_swath(path):
    with pytest.raises(OutputError, match="no swath, expected some of S1, S2; give one"):
        write_1c(path, replace(a_granule("GMI"), swaths=()))


def test_no_folder(tmp_path):
    with pytest.raises(OutputError, match="cannot write"):
        write_1c(tmp_path / "missing" / "granule.HDF5", a_granule("GMI"))
