"""Files of simulated stations against genuine ones, byte by byte where they should be alike."""

import re
import time

import numpy as np
import pytest
from made_stations import a_site, some_networks

from mcca_ml.errors import OutputError
from mcca_ml.simulate.stations.ismn_files import CCI_OF_IGBP, write_stations
from mcca_ml.simulate.stations.truth_to_readings import (
    Check,
    StationSettings,
    make_network,
    make_site,
)

HEADER = re.compile(
    rb"(\S+) +(\S+) +(\S+) +-?\d+\.\d{5} -?\d+\.\d{5} {17}-?\d+\.\d+ \d\.\d{4} \d\.\d{4} \S.*"
)
LINE = re.compile(
    rb"\d{4}/\d\d/\d\d \d\d:\d\d (-9999|-?[01](\.\d{1,4})?) (M|G|[CD]\d\d(,[CD]\d\d)*) \S+"
)


def lines_of(path):
    text = path.read_bytes()
    assert text.endswith(b"\n")
    assert b"\r" not in text
    return text[:-1].split(b"\n")


def plain(name):
    """A name without what genuine headers and file names write differently."""
    return name.replace("_", "").replace("-", "")


def check_form(path):
    header, *lines = lines_of(path)
    assert HEADER.fullmatch(header), header
    strange = [line for line in lines if not LINE.fullmatch(line)]
    assert strange == []
    network, network_again, station = HEADER.fullmatch(header).groups()
    assert network == network_again
    parts = path.name.removesuffix(".stm").split("_")
    assert plain(parts[0]) == plain(parts[1]) == plain(network.decode())
    assert plain(parts[2]) == plain(station.decode())
    assert parts[3:6] == ["sm", parts[4], parts[5]]


def test_simulated_files(tmp_path):
    files = write_stations(tmp_path, some_networks())
    assert files[0].relative_to(tmp_path).as_posix() == (
        "SIM-PLATEAU/Sim01/SIM-PLATEAU_SIM-PLATEAU_Sim01_sm_0.000000_0.050000_Simulated-probe_"
        "20160101_20160429.stm"
    )
    for file in files:
        check_form(file)


@pytest.mark.real_data
def test_genuine_files_have_the_same_form(real_data):
    files = sorted((real_data / "insitu" / "ismn_europe_2024_2025").glob("*/*/*_sm_*.stm"))
    for file in files:
        check_form(file)


@pytest.mark.real_data
def test_static_variables_have_the_genuine_columns(real_data, tmp_path):
    genuine = next((real_data / "insitu").glob("ismn_europe*/REMEDHUS/*/*_static_variables.csv"))
    write_stations(tmp_path, some_networks())
    simulated = next(tmp_path.glob("*/*/*_static_variables.csv"))
    ours, theirs = (path.read_text().splitlines() for path in (simulated, genuine))
    assert ours[0] == theirs[0]
    assert {line.count(";") for line in ours} == {line.count(";") for line in theirs}
    names = [line.split(";")[0] for line in ours[1:]]
    assert {"saturation", "land cover classification"} <= set(names)
    assert set(names) <= {line.split(";")[0] for line in theirs}


def test_the_same_networks_give_the_same_bytes(tmp_path):
    one, other = (
        write_stations(tmp_path / name, some_networks(seed=7)) for name in ("one", "other")
    )
    for a, b in zip(one, other, strict=True):
        assert a.read_bytes() == b.read_bytes()


def test_eight_years_of_twenty_stations_take_seconds(tmp_path):
    every = np.timedelta64(3, "h")
    moments = np.arange(np.datetime64("2011-01-01", "ns"), np.datetime64("2019-01-01", "ns"), every)
    values = np.full(moments.size, 0.2, np.float32)
    site = a_site()
    long = type(site)(**{**vars(site), "time": moments, "soil_moisture": values,
                         "temperature": values + 280})  # fmt: skip
    begun = time.monotonic()
    network = make_network(long, np.random.default_rng(0), StationSettings(stations=20))
    files = write_stations(tmp_path, [network])
    assert time.monotonic() - begun < 10
    assert len(files) == 20
    assert len(lines_of(files[0])) > 60_000


def test_flags_are_written_in_words(tmp_path):
    network = some_networks()[0]
    station = network.stations[0]
    station.check[:5] = [0, Check.C02 | Check.C03, Check.C03 | Check.D01, Check.M, Check.ABSENT]
    station.value[:5] = [0.25, 0.7, 0.5, np.nan, np.nan]
    (first, *_) = write_stations(tmp_path, [network])
    assert lines_of(first)[1:5] == [
        b"2016/01/01 00:00 0.25 G M",
        b"2016/01/01 01:00 0.7 C02,C03 M",
        b"2016/01/01 02:00 0.5 C03,D01 M",
        b"2016/01/01 03:00 -9999 M M",
    ]
    assert not lines_of(first)[5].startswith(b"2016/01/01 04:00")


def test_every_class_of_land_cover_has_a_counterpart():
    assert len(CCI_OF_IGBP) == 17


def test_cannot_write(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="a file stands there"):
        write_stations(tmp_path / "file", some_networks())


def test_site_of_a_world():
    from mcca_ml.simulate.truth.types import Cells, Land, State, Surface, WorldTruth

    cells, steps = 3, 4
    of_cells = np.arange(cells, dtype=np.float32)
    surface = Surface(*(of_cells.astype(np.uint8) if n == 0 else of_cells for n in range(6)))
    land = Land(*([of_cells] * 7), surface, surface, *([of_cells] * 3))
    state = State(*(np.arange(steps * cells, dtype=np.float32).reshape(steps, cells) + n
                    for n in range(11)))  # fmt: skip
    world = WorldTruth(Cells((), of_cells, of_cells + 30, of_cells, of_cells, of_cells), land,
                  np.arange(steps).astype("M8[h]").astype("M8[ns]"), state)  # fmt: skip
    site = make_site(world, 2, "SIM-X")
    assert (site.lat, site.lon, site.land_cover, site.network) == (32.0, 2.0, 2, "SIM-X")
    assert site.soil_moisture.tolist() == [2, 5, 8, 11]
    assert site.temperature.tolist() == [4, 7, 10, 13]
