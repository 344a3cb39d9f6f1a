"""Stations through the package ismn: genuine ones, simulated ones, and files that are wrong."""

import shutil
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from made_stations import DAYS, POROSITY, SITES, some_networks

from mcca_ml.errors import ConfigError, GranuleError
from mcca_ml.read.insitu import read_ismn
from mcca_ml.simulate.stations.ismn_files import write_stations
from mcca_ml.simulate.stations.truth_to_readings import Check


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stations")
    write_stations(folder, some_networks())
    return folder


@pytest.fixture
def folder(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "stations"))


def first_file(folder):
    return sorted(folder.glob("**/*.stm"))[0]


def refusal(folder, kind=GranuleError):
    with pytest.raises(kind) as caught:
        read_ismn(folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_simulated_stations_are_read_as_they_were_made(made):
    networks = {network.site.network: network for network in some_networks()}
    result = read_ismn(made)
    assert [(s.network, s.name) for s in result] == [
        (network, f"Sim0{n}") for network in ("SIM-NORTH", "SIM-PLATEAU") for n in (1, 2, 3)
    ]
    for station in result:
        network = networks[station.network]
        made_one = next(s for s in network.stations if s.name == station.name)
        kept = made_one.check != Check.ABSENT
        np.testing.assert_array_equal(station.data["time"], network.time[kept])
        np.testing.assert_allclose(
            station.data["soil_moisture"], made_one.value[kept], atol=1e-7, rtol=0
        )
        np.testing.assert_array_equal(station.data["is_good"], made_one.check[kept] == 0)
        assert station.lat == pytest.approx(made_one.lat, abs=1e-5)
        assert station.lon == pytest.approx(made_one.lon, abs=1e-5)
        assert (station.depth_from, station.depth_to) == (0.0, 0.05)
        assert station.elevation == 4500.0
        assert station.sensor == "Simulated-probe"
        assert station.land_cover == "130"  # grassland


def test_every_kind_of_flag_occurs_and_only_good_ones_are_good(made):
    flags = {str(f) for s in read_ismn(made) for f in s.data["flag"].to_numpy()}
    assert {"G", "D01", "D06", "M"} <= flags
    for station in read_ismn(made):
        data = station.data
        assert (data["is_good"] == (data["flag"] == "G")).all()
        missing = (data["flag"] == "M").to_numpy()
        assert np.isnan(data["soil_moisture"].to_numpy()[missing]).all()
        good = data["soil_moisture"].to_numpy()[data["is_good"].to_numpy()]
        assert good.min() >= 0
        assert good.max() <= POROSITY


def test_the_folder_is_not_written_to_and_nothing_is_said(made, capsys):
    before = set(made.rglob("*"))
    read_ismn(made)
    assert set(made.rglob("*")) == before
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


@pytest.mark.parametrize("below", ["SIM-NORTH", "SIM-NORTH/Sim02"])
def test_a_network_or_a_station_alone(made, below):
    result = read_ismn(made / below)
    assert {s.network for s in result} == {"SIM-NORTH"}
    assert len(result) == (3 if below == "SIM-NORTH" else 1)
    assert result[0].land_cover == "130"


def test_a_plain_list_of_files_and_a_name_with_a_pattern(made, tmp_path):
    flat = tmp_path / "flat [2016]"
    flat.mkdir()
    for file in made.glob("SIM-NORTH/*/*.stm"):
        shutil.copy(file, flat)
    result = read_ismn(flat)
    assert [s.name for s in result] == ["Sim01", "Sim02", "Sim03"]
    assert result[0].land_cover == ""
    named = Path(shutil.copytree(made, tmp_path / "all [2016]"))
    assert len(read_ismn(named)) == 6


def test_deeper_sensors_are_left_out(folder):
    file = first_file(folder)
    deep = file.with_name(file.name.replace("0.000000_0.050000", "0.200000_0.200000"))
    deep.write_text(file.read_text().replace("0.0000 0.0500", "0.2000 0.2000", 1))
    assert len(read_ismn(folder)) == 6
    assert len(read_ismn(folder, max_depth=0.2)) == 7
    with pytest.raises(GranuleError, match="the shallowest sensor ends at 0.05 m, expected one"):
        read_ismn(folder, max_depth=0.02)


def test_package_missing(made, monkeypatch):
    monkeypatch.setitem(sys.modules, "ismn.interface", None)
    message = refusal(made, ConfigError)
    assert "the package ismn is not installed, expected it for reading stations" in message
    assert message.endswith('pip install "mcca-ml[insitu]"')


def test_no_such_folder(tmp_path):
    assert "none: found no such folder, expected one of stations" in refusal(tmp_path / "none")


def test_a_folder_without_stations(tmp_path):
    (tmp_path / "a.txt").touch()
    assert "found a.txt, expected stations of ISMN (*_sm_*.stm)" in refusal(tmp_path)


def test_static_variables_without_land_cover_in_all(folder):
    for table in folder.glob("**/*.csv"):
        lines = table.read_text().splitlines()
        table.write_text("\n".join(line for line in lines if "land cover" not in line))
    message = refusal(folder)
    assert message.startswith("stations: ismn could read no station (KeyError: ")
    assert "land cover classification" in message


def test_static_variables_without_land_cover_in_one(folder):
    """The package passes over the whole station without a word."""
    table = sorted(folder.glob("**/*.csv"))[0]
    table.write_text(table.read_text().replace("land cover", "land use"))
    message = refusal(folder)
    assert "ismn could not read 1 of 6 files, the first SIM-NORTH_SIM-NORTH_Sim01_sm_" in message
    assert "land cover classification" in message


@pytest.mark.parametrize("text", ["", "one line\n", "SIM SIM Sim01 x y 0 0 0 s\n" * 3])
def test_a_file_that_the_package_passes_over(folder, text):
    first_file(folder).write_text(text)
    message = refusal(folder)
    assert "ismn could not read 1 of 6 files, the first SIM-NORTH_SIM-NORTH_Sim01_sm_" in message
    assert "expected all; download them again or remove them" in message


def test_values_that_are_no_numbers(folder):
    file = first_file(folder)
    header, *lines = file.read_text().splitlines()
    lines[5] = "2016/01/02 00:00 wet G M"
    file.write_text("\n".join([header, *lines]))
    message = refusal(folder)
    assert message.startswith(f"{file.name}: ismn cannot read the values (")
    assert "expected date, time, value, flag and the provider's flag" in message


@pytest.mark.parametrize(("column", "value"), [(3, "95.00000"), (3, "nan"), (4, "-181.00000")])
def test_a_place_off_the_earth(folder, column, value):
    file = first_file(folder)
    header, *lines = file.read_text().splitlines()
    file.write_text("\n".join([header.replace(header.split()[column], value), *lines]))
    message = refusal(folder)
    assert message.startswith(f"{file.name}: found latitude ")
    assert "expected a place on the Earth, to 90 and 180 degrees; download it again" in message


def test_a_line_without_a_time_is_left_out(folder):
    file = first_file(folder)
    before = read_ismn(folder)[0].data
    header, *lines = file.read_text().splitlines()
    file.write_text("\n".join([header, *lines[:5], "\0\0", *lines[5:]]) + "\n")
    after = read_ismn(folder)[0].data
    np.testing.assert_array_equal(after["time"].to_numpy(), before["time"].to_numpy())
    np.testing.assert_array_equal(after["is_good"].to_numpy(), before["is_good"].to_numpy())


def test_percent(folder):
    file = first_file(folder)
    header, *lines = file.read_text().splitlines()
    file.write_text("\n".join([header, *(line.replace(" 0.", " 2") for line in lines)]))
    assert "expected m3 m-3, at most 1; divide by 100 if they are percent" in refusal(folder)


def test_a_name_that_tells_nothing(tmp_path, made):
    shutil.copy(first_file(made), tmp_path / "my_sm_file.stm")
    message = refusal(tmp_path)
    assert message.startswith("my_sm_file.stm: found a name of 3 parts, expected NETWORK_")


@pytest.mark.real_data
def test_genuine_stations_of_europe(real_data):
    result = read_ismn(real_data / "insitu" / "ismn_europe_2024_2025")
    assert len(result) == 63
    networks = Counter(station.network for station in result)
    assert networks["REMEDHUS"] == 16
    assert networks["DWD"] == 13
    assert len(networks) == 8
    values = sum(s.data.sizes["time"] for s in result)
    good = sum(int(s.data["is_good"].sum()) for s in result)
    assert values == 328492
    assert good / values == pytest.approx(0.9438, abs=1e-4)
    for station in result:
        assert station.depth_to <= 0.10
        moisture = station.data["soil_moisture"].to_numpy()[station.data["is_good"].to_numpy()]
        assert moisture.min() >= 0
        assert moisture.max() < 0.6  # m3 m-3, not percent
        assert (np.diff(station.data["time"].to_numpy()) > np.timedelta64(0)).all()
        assert station.climate
        assert station.land_cover


@pytest.mark.real_data
def test_genuine_stations_of_oznet_are_files_alone(real_data):
    result = read_ismn(real_data / "insitu" / "oznet" / "ISMN")
    assert len(result) == 18
    assert {s.network for s in result} == {"OZNET"}
    assert {s.sensor for s in result} == {"Stevens-Hydra-Probe"}
    good = np.concatenate([s.data["is_good"] for s in result])
    assert good.mean() == pytest.approx(0.7532, abs=1e-4)
    assert result[0].climate == ""


def test_the_simulated_networks_say_so(made):
    assert (made / "SIMULATED.txt").read_text().startswith("SIMULATED stations")
    assert all(site.network.startswith("SIM-") for site in SITES)
    assert DAYS == 120
