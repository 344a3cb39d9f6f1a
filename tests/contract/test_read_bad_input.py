"""Every way in which a file can be wrong: one line that says where, what was found and expected."""

import re
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from made_look import COUNT, a_look, numbers

from mcca_ml.errors import GranuleError
from mcca_ml.read import granule
from mcca_ml.read.any_granule import open_granule
from smap_half_orbits import write_spl1ctb, write_spl2smp
from smap_versions import write_version

SINGLE = "Soil_Moisture_Retrieval_Data"


def refusal(path: Path) -> str:
    """The message of the one error that reading must raise."""
    with pytest.raises(GranuleError) as caught:
        open_granule(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(path.name)
    assert str(path.parent) not in message
    return message


@pytest.fixture
def orbit(tmp_path: Path) -> Path:
    path = tmp_path / "orbit.h5"
    write_spl2smp(path, a_look(), "am")
    return path


@pytest.fixture
def day(tmp_path: Path) -> Path:
    path = tmp_path / "day.h5"
    write_version(path, {"am": a_look()}, 3)
    return path


def replace_dataset(path: Path, name: str, values: np.ndarray) -> None:
    with h5py.File(path, "a") as h5:
        attributes = dict(h5[name].attrs)
        del h5[name]
        h5[name] = values
        h5[name].attrs.update(attributes)


def set_metadata(path: Path, name: str, value: str) -> None:
    with h5py.File(path, "a") as h5:
        for group in ("DatasetIdentification", "SeriesIdentification"):
            h5[f"Metadata/{group}"].attrs[name] = value


def test_no_such_file(tmp_path: Path):
    assert "there is no such file; check the name" in refusal(tmp_path / "none.h5")


def test_directory(tmp_path: Path):
    folder = tmp_path / "granules"
    folder.mkdir()
    assert "is a directory, expected a file" in refusal(folder)


def test_empty_file(tmp_path: Path):
    path = tmp_path / "empty.h5"
    path.touch()
    assert "the file is empty, expected HDF5; download it again" in refusal(path)


@pytest.mark.parametrize("content", [b"<html>please log in</html>" * 99, b"CDF\x01" + bytes(99)])
def test_not_hdf5(tmp_path: Path, content: bytes):
    path = tmp_path / "page.h5"
    path.write_bytes(content)
    assert "is not HDF5, expected a SMAP granule" in refusal(path)


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_truncated(day: Path, share: float):
    whole = day.read_bytes()
    day.write_bytes(whole[: int(share * len(whole))])
    assert "truncated, a part is missing; download it again" in refusal(day)


def test_damaged_inside(day: Path):
    """Overwritten chunks show only when they are decompressed."""
    with h5py.File(day) as h5:
        tb = h5[f"{SINGLE}/tb_v_corrected"]
        places = [tb.id.get_chunk_info(i) for i in range(tb.id.get_num_chunks())]
    content = bytearray(day.read_bytes())
    for place in places:
        content[place.byte_offset : place.byte_offset + place.size] = b"\xff" * place.size
    day.write_bytes(content)
    assert "damaged" in refusal(day)


def test_no_permission(day: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(granule.h5py, "File", refuse)
    assert "no permission to read the file; change its permissions" in refusal(day)


def test_another_smap_product(day: Path):
    set_metadata(day, "shortName", "SPL3FTP")
    message = refusal(day)
    assert "found the product SPL3FTP, expected one of SPL3SMP, SPL3SMP_E, SPL2SMP" in message


def pps(h5: h5py.File) -> None:
    h5.attrs["FileHeader"] = "DOI=10.5067;\nAlgorithmID=1CGMI;\nGranuleNumber=79;\n"
    h5["S1/Tc"] = np.zeros(3)


def titled(h5: h5py.File) -> None:
    h5.attrs["title"] = "ESA CCI Surface Soil Moisture PASSIVE active Product"


def anything(h5: h5py.File) -> None:
    h5["temperature"] = np.zeros(3)


@pytest.mark.parametrize(
    ("make", "error_line"),
    [
        (pps, "found the PPS product 1CGMI, expected one of SPL3SMP"),
        (titled, "found 'ESA CCI Surface Soil Moisture PASSIVE active Product', expected"),
        (anything, "found an unnamed product with temperature, expected"),
    ],
)
def test_another_product(tmp_path: Path, make: Callable[[h5py.File], None], error_line: str):
    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as h5:
        make(h5)
    assert error_line in refusal(path)


@pytest.mark.parametrize("version", ["010", "000", "nine"])
def test_unknown_version(day: Path, version: str):
    set_metadata(day, "ECSVersionID", version)
    message = refusal(day)
    assert f"version '{version}' of SPL3SMP" in message
    assert "expected 1 to 9; give a granule of one of those" in message


def test_missing_group(day: Path):
    with h5py.File(day, "a") as h5:
        h5.move(SINGLE, "Soil_Moisture_Data")
    message = refusal(day)
    assert "SPL3SMP without its group Soil_Moisture_Retrieval_Data" in message
    assert "found Metadata, Soil_Moisture_Data" in message


@pytest.mark.parametrize(
    "name",
    [
        "tb_v_corrected",
        "tb_h_corrected",
        "tb_qual_flag_h",
        "surface_flag",
        "boresight_incidence",
        "tb_time_seconds",
    ],
)
def test_missing_dataset(day: Path, name: str):
    with h5py.File(day, "a") as h5:
        del h5[f"{SINGLE}/{name}"]
    message = refusal(day)
    assert f"no dataset '{name}' in /{SINGLE}, found EASE_column_index, " in message
    assert re.search(r"and \d+ more; give a complete granule$", message)


def test_missing_dataset_of_l1c(tmp_path: Path):
    path = tmp_path / "tb.h5"
    write_spl1ctb(path, a_look(), a_look(), "am")
    with h5py.File(path, "a") as h5:
        del h5["Global_Projection/cell_tb_qual_flag_v_aft"]
    assert "no dataset 'cell_tb_qual_flag_v_aft' in /Global_Projection" in refusal(path)


def test_wrong_shape(day: Path):
    replace_dataset(day, f"{SINGLE}/tb_v_corrected", np.full((100, 100), 250, np.float32))
    message = refusal(day)
    assert "tb_v_corrected has shape (100, 100), expected (406, 964)" in message


def test_lists_of_unequal_length(orbit: Path):
    replace_dataset(orbit, f"{SINGLE}/surface_flag", np.zeros(COUNT + 1, np.uint16))
    assert f"surface_flag has shape ({COUNT + 1},), expected ({COUNT},)" in refusal(orbit)


def test_cells_beyond_the_grid(orbit: Path):
    replace_dataset(orbit, f"{SINGLE}/EASE_row_index", np.array([1, 2, 3, 406], np.uint16))
    assert "a cell at row 406, column 700, expected less than 406, 964" in refusal(orbit)


def test_a_cell_listed_twice(orbit: Path):
    for axis in ("row", "column"):
        replace_dataset(orbit, f"{SINGLE}/EASE_{axis}_index", np.array([1, 2, 2, 3], np.uint16))
    assert "a cell occurs twice in one look" in refusal(orbit)


def test_all_fill(tmp_path: Path):
    path = tmp_path / "fill.h5"
    nothing = numbers(*[np.nan] * COUNT)
    write_spl2smp(path, a_look(tb_v=nothing, tb_h=nothing), "am")
    message = refusal(path)
    assert "no brightness temperature in any cell (all fill), expected some" in message


def test_no_time_in_any_cell(tmp_path: Path):
    path = tmp_path / "timeless.h5"
    write_spl2smp(path, a_look(obs_time=np.full(COUNT, np.datetime64("NaT", "ns"))), "am")
    assert "no observation time in any cell (all fill), expected some; leave" in refusal(path)


def test_half_orbit_without_direction(orbit: Path):
    with h5py.File(orbit, "a") as h5:
        h5["Metadata/OrbitMeasuredLocation"].attrs["orbitDirection"] = "Sideways"
    assert "is 'Sideways', expected Ascending or Descending" in refusal(orbit)
    with h5py.File(orbit, "a") as h5:
        del h5["Metadata/OrbitMeasuredLocation"]
    assert "is 'missing', expected Ascending or Descending" in refusal(orbit)


def test_brightness_temperature_of_another_unit(day: Path):
    with h5py.File(day, "a") as h5:
        h5[f"{SINGLE}/tb_h_corrected"].attrs["units"] = np.bytes_("degC")
    assert "tb_h_corrected is in 'degC', expected Kelvin; convert it" in refusal(day)


@pytest.mark.parametrize(
    "convert",
    [lambda kelvin: kelvin - 273.15, lambda kelvin: 100 * kelvin],
    ids=["Celsius", "centikelvin"],
)
def test_brightness_temperature_that_cannot_be_kelvin(
    tmp_path: Path, convert: Callable[[np.ndarray], np.ndarray]
):
    path = tmp_path / "orbit.h5"
    write_spl2smp(path, a_look(tb_v=convert(a_look().tb_v)), "am")
    message = refusal(path)
    assert "tb_v_corrected is between" in message
    assert "expected 30 to 330 K; is it scaled otherwise, or in degrees Celsius?" in message
