"""Simulated granules against genuine ones: names, types, ranks, attributes."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from made_look import a_look

from mcca_ml.grid import ease2
from mcca_ml.simulate.files.smap_products import write_spl3smp
from smap_half_orbits import write_spl2smp
from smap_versions import write_version

GROUP = "Soil_Moisture_Retrieval_Data"
DAY = "smap/SMAP_L3_SM_P_20150401_R13080_001.h5"
ORBIT = "smap/SMAP_L2_SM_P_02801_A_20150811T013002_R18290_001.h5"

# Differences that are known and remain, with their reason.
OTHER_VALID_RANGE = {
    # Version 3 states ranges that its own values break; the tables hold those of version 8.
    DAY: {"tb_3_corrected", "tb_4_corrected", "tb_time_seconds", "vegetation_opacity"},
    ORBIT: set(),
}
OTHER_UNITS = {DAY: {"vegetation_water_content"}, ORBIT: set()}
"""Version 3 writes kg/m**3, which is wrong."""
OTHER_FLAG_TEXT = {
    # Bit 7 was the radar's; the Stokes quality bits are not read, so the tables leave them out.
    DAY: {"surface_flag", "tb_qual_flag_3", "tb_qual_flag_4"},
    # Later versions write Soil_moisture_retrieval_recommended ..., and explain a fourth bit.
    ORBIT: {
        "tb_qual_flag_3",
        "tb_qual_flag_4",
        "retrieval_qual_flag",
        *(f"retrieval_qual_flag_option{i}" for i in (1, 2, 3)),
    },
}


@pytest.fixture(scope="module", params=[DAY, ORBIT])
def pair(request: pytest.FixtureRequest, real_data: Path, tmp_path_factory: pytest.TempPathFactory):
    """A genuine granule, and a simulated one of the same product and version."""
    path = tmp_path_factory.mktemp("simulated") / "granule.h5"
    if request.param == DAY:
        write_version(path, {"am": a_look()}, 3)
    else:
        write_spl2smp(path, a_look(), "pm", 8)
    with h5py.File(real_data / request.param) as genuine, h5py.File(path) as simulated:
        yield request.param, genuine[GROUP], simulated[GROUP]


def attribute(found: h5py.Dataset, name: str) -> object:
    value = found.attrs.get(name)
    return value.decode() if isinstance(value, bytes) else value


def differing(pair, name: str) -> set[str]:
    """Datasets whose attribute `name` is not the same in both."""
    _, genuine, simulated = pair
    return {n for n in genuine if attribute(genuine[n], name) != attribute(simulated[n], name)}


@pytest.mark.real_data
def test_the_same_datasets(pair):
    _, genuine, simulated = pair
    assert set(simulated) == set(genuine)


@pytest.mark.real_data
def test_of_the_same_type_and_rank(pair):
    _, genuine, simulated = pair
    for name in genuine:
        assert simulated[name].dtype == genuine[name].dtype, name
        assert simulated[name].ndim == genuine[name].ndim, name
        assert simulated[name].compression == genuine[name].compression
        if genuine[name].shape[0] == 406:
            assert simulated[name].shape == genuine[name].shape
            assert simulated[name].chunks == genuine[name].chunks


@pytest.mark.real_data
def test_with_the_same_fill_value_and_of_its_type(pair):
    _, genuine, simulated = pair
    assert differing(pair, "_FillValue") == set()
    for name in genuine:
        kind = np.asarray(genuine[name].attrs.get("_FillValue", 0)).dtype
        assert np.asarray(simulated[name].attrs.get("_FillValue", 0)).dtype == kind, name


@pytest.mark.real_data
def test_with_the_same_units(pair):
    assert differing(pair, "units") == OTHER_UNITS[pair[0]]


@pytest.mark.real_data
def test_with_the_same_valid_range(pair):
    assert differing(pair, "valid_min") | differing(pair, "valid_max") == OTHER_VALID_RANGE[pair[0]]


@pytest.mark.real_data
def test_with_the_same_meaning_of_bits(pair):
    found = differing(pair, "flag_masks") | differing(pair, "flag_meanings")
    assert found == OTHER_FLAG_TEXT[pair[0]]


@pytest.mark.real_data
def test_metadata_that_readers_look_at(pair):
    _, genuine, simulated = pair
    for name in ("shortName", "SMAPShortName", "ECSVersionID"):
        for group in ("DatasetIdentification", "SeriesIdentification"):
            there = genuine.file[f"Metadata/{group}"].attrs.get(name)
            assert there in (None, simulated.file[f"Metadata/{group}"].attrs[name])


def test_a_simulated_file_says_so(tmp_path: Path):
    write_spl3smp(tmp_path / "day.h5", {"am": a_look()})
    with h5py.File(tmp_path / "day.h5") as h5:
        assert h5.attrs["simulated"] == "true"
        assert "SIMULATED" in h5.attrs["title"]
        identification = h5["Metadata/DatasetIdentification"].attrs
        assert "SIMULATED" in identification["abstract"]
        assert identification["fileName"] == "day.h5"  # not that of the half-written file
        long_names = [d.attrs["long_name"] for d in h5["Soil_Moisture_Retrieval_Data_AM"].values()]
        assert all(b"(simulated)" in name for name in long_names)


def test_names_of_the_afternoon_end_in_pm(tmp_path: Path):
    write_spl3smp(tmp_path / "day.h5", {"pm": a_look()})
    with h5py.File(tmp_path / "day.h5") as h5:
        am, pm = (h5[f"{GROUP}_{look}"] for look in ("AM", "PM"))
        assert {f"{name}_pm" for name in am} == set(pm)
        assert (am["tb_v_corrected"][()] == -9999).all()
        assert am["tb_time_utc"][3, 3].strip() == b"N/A"
        assert am["tb_v_corrected"].shape == ease2.M36.shape
