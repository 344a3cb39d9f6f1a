"""Level 1C that cannot be read: one line says where, what was found, what was expected."""

import re

import h5py
import numpy as np
import pytest
from made_1c import a_granule

from mcca_ml.errors import GranuleError
from mcca_ml.formats import pps_1c
from mcca_ml.read.gpm_1c import read_1c
from mcca_ml.simulate.files.gpm_1c import granule_name, write_1c

SCANS, PIXELS = 12, 9
ORDERED = "the parts of this swath are not of one orbit: download it again"


@pytest.fixture
def gmi(tmp_path):
    granule = a_granule("GMI")
    path = tmp_path / granule_name(granule)
    write_1c(path, granule)
    return path


def refusal(path):
    with pytest.raises(GranuleError) as caught:
        read_1c(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path.name}: ")
    return message.removeprefix(f"{path.name}: ")


def say(path, key, value):
    """Change one entry of the file header."""
    with h5py.File(path, "a") as h5:
        lines = h5.attrs["FileHeader"].decode().splitlines()
        kept = [line for line in lines if not line.startswith(f"{key}=")]
        h5.attrs["FileHeader"] = np.bytes_("\n".join([*kept, f"{key}={value};"]))


def change(path, name, values):
    """Other values of another shape, same attributes."""
    with h5py.File(path, "a") as h5:
        attributes = dict(h5[name].attrs)
        del h5[name]
        h5[name] = values
        h5[name].attrs.update(attributes)


def fill(path, name, where=...):
    with h5py.File(path, "a") as h5:
        h5[name][where] = h5[name].attrs["_FillValue"]


def test_no_file(tmp_path):
    assert refusal(tmp_path / "1C.HDF5") == "there is no such file; check the name"


def test_a_directory(tmp_path):
    assert "is a directory, expected a file" in refusal(tmp_path)


def test_an_empty_file(gmi):
    gmi.write_bytes(b"")
    assert refusal(gmi) == "the file is empty, expected HDF5; download it again"


def test_not_hdf5(gmi):
    gmi.write_bytes(b"<html>401 Unauthorized</html>" * 50)
    assert refusal(gmi) == (
        "the file is not HDF5, expected a SMAP granule, one of an imager or gridded NetCDF-4"
    )


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_truncated(gmi, share):
    whole = gmi.read_bytes()
    gmi.write_bytes(whole[: int(share * len(whole))])
    error_line = refusal(gmi)
    assert error_line == "the HDF5 file is truncated, a part is missing; download it again"


def test_damage_that_shows_while_reading(gmi):
    with h5py.File(gmi) as h5:
        where = h5["S1/Tc"].id.get_chunk_info(0).byte_offset
    content = bytearray(gmi.read_bytes())
    content[where : where + 200] = b"\xff" * 200
    gmi.write_bytes(content)
    error_line = refusal(gmi)
    assert error_line.startswith("the HDF5 file is damaged (")
    assert error_line.endswith("; download it again")


def test_another_file(tmp_path):
    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as h5:
        h5["temperature"] = np.zeros(3)
    assert refusal(path) == (
        "found no FileHeader but temperature, expected level 1C of TMI, AMSRE, GMI, AMSR2; "
        "give such a granule"
    )


@pytest.mark.parametrize(
    ("key", "value", "error_line"),
    [
        ("AlgorithmID", "2AGPROF", "found 2AGPROF, expected level 1C of TMI, AMSRE, GMI, AMSR2;"),
        ("AlgorithmID", "1CSSMIS", "1CSSMIS of GPM GMI, expected level 1C of TMI, AMSRE, GMI"),
        ("InstrumentName", "MHS", "1CGMI of GPM MHS, expected level 1C of TMI, AMSRE, GMI, AMSR2"),
        ("SatelliteName", "NOAA19", "1CGMI of NOAA19 GMI, expected level 1C of TMI, AMSRE, GMI"),
        ("DOIshortName", "1CGPMGMI_R", "1C-R, whose swaths are remapped onto one another"),
        ("ProductVersion", "V03B", "ProductVersion 'V03B', expected V05, V07 or V08; give a"),
        ("ProductVersion", "V06A", "ProductVersion 'V06A', expected V05, V07 or V08; give a"),
        ("ProductVersion", "V07AB", "ProductVersion 'V07AB', expected V05, V07 or V08; give a"),
        ("ProductVersion", "", "ProductVersion 'missing', expected V05, V07 or V08; give a"),
        ("EmptyGranule", "EMPTY", "EmptyGranule is EMPTY, expected an orbit with data; leave it"),
    ],
)
def test_what_the_header_says(gmi, key, value, error_line):
    say(gmi, key, value)
    assert error_line in refusal(gmi)


def test_a_granule_without_values_says_that_it_is_empty(tmp_path):
    granule = a_granule("TMI")
    for swath in granule.swaths:
        swath.tb[:] = np.nan
    path = tmp_path / "1C.HDF5"
    write_1c(path, granule)
    assert refusal(path) == "EmptyGranule is EMPTY, expected an orbit with data; leave it out"


def test_all_fill(gmi):
    fill(gmi, "S1/Tc")
    assert refusal(gmi) == (
        "no brightness temperature in any footprint of S1, expected some; leave it out"
    )


def test_all_of_bad_quality(gmi):
    fill(gmi, "S1/Quality")
    assert "no brightness temperature in any footprint of S1, expected some" in refusal(gmi)


def test_no_latitude_on_the_earth(gmi):
    change(gmi, "S1/Latitude", np.full((SCANS, PIXELS), 91, np.float32))
    assert refusal(gmi) == (
        "S1: of 108 footprints with brightness temperature none has a latitude and longitude on "
        "the Earth, expected it of nearly all; download the granule again"
    )


def test_no_scan_has_a_time(gmi):
    fill(gmi, "S1/ScanTime/SecondOfDay")
    assert "of 108 footprints with brightness temperature none has a time" in refusal(gmi)


@pytest.mark.parametrize(
    "name",
    [
        *("Tc", "Latitude", "Longitude", "Quality", "incidenceAngle", "incidenceAngleIndex"),
        *(f"ScanTime/{name}" for name in ("Year", "DayOfYear", "SecondOfDay")),
    ],
)
def test_missing_dataset(gmi, name):
    with h5py.File(gmi, "a") as h5:
        del h5[f"S1/{name}"]
    error_line = refusal(gmi)
    assert error_line.startswith(f"no dataset {name!r} in /S1, found ")
    assert error_line.endswith("; give a complete granule")


def test_a_group_in_the_place_of_a_dataset(gmi):
    with h5py.File(gmi, "a") as h5:
        del h5["S1/Tc"]
        h5.create_group("S1/Tc")
    assert "no dataset 'Tc' in /S1, found " in refusal(gmi)


@pytest.mark.parametrize(
    ("name", "shape", "expected"),
    [
        ("Latitude", (SCANS + 1, PIXELS), (SCANS, PIXELS)),
        ("Longitude", (SCANS, PIXELS + 1), (SCANS, PIXELS)),
        ("Quality", (SCANS,), (SCANS, PIXELS)),
        ("ScanTime/Year", (SCANS - 1,), (SCANS,)),
        ("ScanTime/DayOfYear", (2959,), (SCANS,)),
        ("ScanTime/SecondOfDay", (SCANS, 1), (SCANS,)),
        ("incidenceAngle", (PIXELS, SCANS, 1), (SCANS, PIXELS, 1)),
        ("incidenceAngleIndex", (SCANS, 4), (SCANS, 9)),
    ],
)
def test_parts_of_different_orbits(gmi, name, shape, expected):
    change(gmi, f"S1/{name}", np.ones(shape, np.float32))
    assert refusal(gmi) == f"/S1/{name} has shape {shape}, expected {expected} as Tc; {ORDERED}"


@pytest.mark.parametrize(
    "shape", [(3101, 9, 9), (12, 222, 9), (12, 9, 5), (12, 9, 10), (12, 9), (12, 9, 9, 1)]
)
def test_dimensions_of_another_sensor(gmi, shape):
    change(gmi, "S1/Tc", np.full(shape, 250, np.float32))
    assert refusal(gmi) == (
        f"/S1/Tc has shape {shape}, expected up to 3100 scans, up to 221 pixels and 9 channels of "
        "GMI; is it of another sensor?"
    )


@pytest.mark.parametrize(
    ("old", "new", "result"),
    [
        ("10.65 GHz V-Pol 2) 10.65 GHz H-Pol", "10.65 GHz H-Pol 2) 10.65 GHz V-Pol", "10.65H, 1"),
        ("18.7", "22.2", "10.65V, 10.65H, 22.2V, 22.2H, 23.8V, 36.64V, 36.64H, expected 10.65V"),
    ],
)
def test_channels_in_another_order(gmi, old, new, result):
    with h5py.File(gmi, "a") as h5:
        tc = h5["S1/Tc"]
        tc.attrs["LongName"] = np.bytes_(tc.attrs["LongName"].decode().replace(old, new))
    error_line = refusal(gmi)
    assert error_line.startswith(f"/S1/Tc has channels {result}")
    assert error_line.endswith("36.5V, 36.5H first; give a granule of V05, V07 or V08")


def test_swaths_of_high_frequency_only(tmp_path):
    granule = a_granule("AMSR2", names=("S5", "S6"))
    path = tmp_path / "high.HDF5"
    write_1c(path, granule)
    assert refusal(path) == (
        "found S5, S6, expected one of S1, S2, S3, S4 of AMSR2; order these swaths too"
    )


@pytest.mark.parametrize("sensor", pps_1c.PRODUCTS)
def test_a_scan_longer_than_that_of_the_sensor(tmp_path, sensor):
    pixels = pps_1c.PRODUCTS[sensor].swaths[0].pixels
    path = tmp_path / "long.HDF5"
    write_1c(path, a_granule(sensor, scans=2, pixels=pixels))
    assert read_1c(path)[0].sizes["footprint"] == 2 * pixels
    write_1c(path, a_granule(sensor, scans=2, pixels=pixels + 1))
    assert f"up to {pixels} pixels and " in refusal(path)


@pytest.mark.parametrize(
    "name", ["Tc", "Latitude", "Quality", "ScanTime/Year", "incidenceAngle", "incidenceAngleIndex"]
)
def test_texts_in_the_place_of_numbers(gmi, name):
    with h5py.File(gmi) as h5:
        shape = h5[f"S1/{name}"].shape
    change(gmi, f"S1/{name}", np.full(shape, b"N/A"))
    assert refusal(gmi) == (
        f"/S1/{name} is of type |S3, expected numbers; give the provider's file"
    )


@pytest.mark.parametrize("values", [1.0, h5py.Empty("f4")])
def test_one_number_or_none_in_the_place_of_many(gmi, values):
    for name in ("incidenceAngle", "Tc"):
        change(gmi, f"S1/{name}", values)
        assert re.search(r"incidenceAngle|Tc has shape|no dataset 'Tc'", refusal(gmi))


def test_a_dataset_in_the_place_of_a_swath(gmi):
    change(gmi, "S1", np.zeros(3))
    assert refusal(gmi).endswith("S1 of GMI; order these swaths too")
