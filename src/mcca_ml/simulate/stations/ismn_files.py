"""Write simulated stations in the file format of the International Soil Moisture Network (ISMN).

File names, header, lines and the table of static variables follow genuine files byte by byte. The
names of the networks, the sensor and a note in the folder state that the data are simulated.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mcca_ml.arrays import Datetime64
from mcca_ml.atomic import make_directory, replacing
from mcca_ml.simulate.stations.truth_to_readings import (
    Check,
    SimulatedStation,
    Site,
    StationNetwork,
)

DEPTH = (0.0, 0.05)
"""Upper and lower depth of all sensors [m]."""
SENSOR = "Simulated probe"
NOTE_NAME = "SIMULATED.txt"
_NOTE = (
    "SIMULATED stations, made by MCCA-ML in the layout of the International Soil Moisture Network."
    "\nThey are no observations and not part of that network.\n"
)
_MISSING = "-9999"
_PER_UNIT = 10_000  # values have four decimals
_COLUMNS = (
    "quantity_name;unit;depth_from[m];depth_to[m];value;description;quantity_source_name;"
    "quantity_source_description;quantity_source_provider;quantity_source_version;"
    "quantity_source_resolution;quantity_source_timerange;quantity_source_url;"
)
_SOURCE = "simulated;MCCA-ML;;25 km;;"
CCI_OF_IGBP = (210, 70, 50, 80, 60, 90, 120, 120, 62, 130, 130, 180, 10, 190, 30, 220, 200)
"""ESA CCI land-cover class, as the ISMN writes it, for each IGBP class from 0."""


def _stamps(time: Datetime64) -> list[str]:
    """Times in the form of the ISMN: `2015/04/01 06:00`."""
    minutes = time.astype("M8[m]")
    days = minutes.astype("M8[D]")
    each_day, number = np.unique(days, return_inverse=True)
    dates = [str(day).replace("-", "/") for day in each_day]
    minute = ((minutes - days) / np.timedelta64(1, "m")).astype(np.int64)
    clock = [f" {m // 60:02d}:{m % 60:02d} " for m in range(24 * 60)]
    pairs = zip(number.tolist(), minute.tolist(), strict=True)
    return [dates[day] + clock[m] for day, m in pairs]


def _flag(code: int) -> str:
    """ISMN flags of one reading, those of range first: `C03,D01`; `G` if none is set."""
    names = [check.name for check in Check if check and code & check]
    return ",".join(name for name in names if name) or "G"


def _lines(stamps: list[str], station: SimulatedStation) -> str:
    """All lines of values, without outages."""
    ends = [f" {_flag(code)} M\n" for code in range(Check.ABSENT)]
    kept = np.flatnonzero(station.check != Check.ABSENT)
    values = station.value[kept]
    counts = np.rint(np.where(np.isnan(values), 0, values) * _PER_UNIT).astype(np.int64)
    # Format each distinct value once: there are far fewer of them than lines.
    unique, index = np.unique(counts, return_inverse=True)
    words = [f"{count / _PER_UNIT:g}" for count in unique.tolist()]
    texts = [words[number] for number in index.tolist()]
    missing = np.isnan(values).tolist()
    rows = zip(kept.tolist(), texts, missing, station.check[kept].tolist(), strict=True)
    return "".join(
        stamps[place] + (_MISSING if is_missing else word) + ends[code]
        for place, word, is_missing, code in rows
    )


def _header(network: str, station: SimulatedStation) -> str:
    """Header line of a file."""
    return (
        f"{network:<10} {network:<10} {station.name:<15} {station.lat:.5f} {station.lon:.5f}"
        f"{'':17}{station.elevation:.1f} {DEPTH[0]:.4f} {DEPTH[1]:.4f} {SENSOR}\n"
    )


def _static(site: Site) -> str:
    """Table of static variables of a station."""
    numbers = (
        ("saturation", "m^3*m^-3", site.porosity),
        ("clay fraction", "% weight", 100 * site.clay),
        ("sand fraction", "% weight", 100 * site.sand),
        ("silt fraction", "% weight", 100 * (1 - site.clay - site.sand)),
    )
    rows = [f"{name};{unit};0.00;0.30;{v:.2f};;SIM;{_SOURCE};" for name, unit, v in numbers]
    cover = CCI_OF_IGBP[site.land_cover] if site.land_cover < len(CCI_OF_IGBP) else 0
    for year in (2000, 2005, 2010):
        rows.append(f"land cover classification;;;;{cover};;CCI_landcover_{year};{_SOURCE};")
    return "\n".join([_COLUMNS, *rows]) + "\n"


def _write(path: Path, text: str) -> Path:
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")
    return path


def write_stations(folder: Path, networks: Sequence[StationNetwork]) -> tuple[Path, ...]:
    """Write networks of simulated stations in the layout of an ISMN archive.

    Args:
        folder: output folder, created if missing; each network has a subfolder.
        networks: networks with unique names.

    Returns:
        Paths of the soil-moisture files, network by network.

    Raises:
        OutputError: a file cannot be written.
    """
    paths = []
    _write(make_directory(folder) / NOTE_NAME, _NOTE)
    for network in networks:
        name = network.site.network
        stamps = _stamps(network.time)
        first, last = (str(day).replace("-", "") for day in network.time[[0, -1]].astype("M8[D]"))
        static = _static(network.site)
        for station in network.stations:
            place = make_directory(folder / name / station.name)
            begin = f"{name}_{name}_{station.name}"
            _write(place / f"{begin}_static_variables.csv", static)
            depths = "_".join(f"{depth:.6f}" for depth in DEPTH)
            file = f"{begin}_sm_{depths}_{SENSOR.replace(' ', '-')}_{first}_{last}.stm"
            paths.append(_write(place / file, _header(name, station) + _lines(stamps, station)))
    return tuple(paths)
