"""JAXA level 3 brightness temperature, a day of one node on a lat/lon grid -> SWATH_TB."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

from mcca_ml.arrays import Float32, Float64
from mcca_ml.errors import GranuleError
from mcca_ml.flags import Quality
from mcca_ml.formats import jaxa
from mcca_ml.read.granule import (
    dataset,
    file_name,
    number_array,
    open_hdf5,
    shorten,
    simulated_attribute,
    swath,
    text,
)
from mcca_ml.read.jaxa import brightness_temperature, check_swath, identify_sensor
from mcca_ml.sensors import AMSR2, AMSRE, SENSORS, Sensor

_SAME_MINUTES = 2
"""Largest time difference within one overpass of a cell [minute]."""
_MOST_OTHER = 0.1
"""Largest share of cells with times of different overpasses for files to be combined."""


@dataclass(frozen=True)
class _Map:
    """One file: one frequency of one day and node."""

    where: str
    kind: dict[str, object]
    """Sensor, day, look, grid and simulated; identical in maps that are combined."""
    tb: dict[str, Float32]
    """Brightness temperature by channel, (row, column) [K]."""
    minutes: Float64
    """Minutes since 00:00 UTC of the day; NaN where missing."""


def is_l3(h5: h5py.File) -> bool:
    """Return True for files with brightness temperatures named as in level 3."""
    return any(name in h5 for name in jaxa.L3_TB.values())


def _name(h5: h5py.File) -> re.Match[str]:
    """Match day, node and frequency in the granule identification of the file, else in its name.

    Raises:
        GranuleError: neither contains them, or the map is monthly or polar.
    """
    where = file_name(h5)
    identification = text(h5.attrs.get(jaxa.GRANULE_ID))
    match = jaxa.L3_NAME.match(identification) or jaxa.L3_NAME.match(where)
    if match is None:
        raise GranuleError(
            f"{where}: neither {jaxa.GRANULE_ID} ({identification or 'missing'!r}) nor the name "
            "contains day, node and frequency, expected for instance "
            "GW1AM2_YYYYMMDD_01D_EQMA_L3SGT10LA2220220; "
            "give the file the provider's name"
        )
    if (match["period"], match["map"]) != ("01D", "EQ"):
        raise GranuleError(
            f"{where}: found a {'daily' if match['period'] == '01D' else 'monthly'} "
            f"{'global' if match['map'] == 'EQ' else 'polar'} map, expected daily and global "
            "(01D_EQ); give one of these"
        )
    return match


def _day(name: re.Match[str], where: str) -> str:
    """Return the nominal UTC day, YYYY-MM-DD.

    Raises:
        GranuleError: the day does not exist.
    """
    day = f"{name['day'][:4]}-{name['day'][4:6]}-{name['day'][6:]}"
    try:
        np.datetime64(day)
    except ValueError as error:
        raise GranuleError(
            f"{where}: the day {day} does not exist, expected YYYYMMDD; "
            "give the file the provider's name"
        ) from error
    return day


def _channels(where: str, band: str, sensor: Sensor) -> dict[str, str]:
    """Return the channels of one frequency and the name of the dataset of each.

    Raises:
        GranuleError: the frequency is not used here.
    """
    bands = {channel.name: jaxa.TB_CHANNELS[channel.name] for channel in sensor.channels}
    chosen = {name: jaxa.L3_TB[row[2]] for name, row in bands.items() if row[1] == band}
    if not chosen:
        used = sorted({row[1] for row in bands.values()})
        raise GranuleError(
            f"{where}: found the frequency {band}, expected one of {', '.join(used)}; leave it out"
        )
    return chosen


def _open_map(h5: h5py.File) -> _Map:
    """Read one file."""
    where = file_name(h5)
    name = _name(h5)
    day = _day(name, where)
    sensor = identify_sensor(h5) or (AMSRE if name["prefix"].endswith("AME") else AMSR2)
    channels = _channels(where, name["band"], sensor)
    shape = dataset(h5, next(iter(channels.values()))).shape
    if shape not in jaxa.L3_SHAPES:
        raise GranuleError(
            f"{where}: brightness temperature has shape {shape}, expected "
            f"{' or '.join(map(str, jaxa.L3_SHAPES))}; give a global map"
        )
    raw = number_array(h5, jaxa.L3_TIME, shape).astype(np.float64)
    is_time = (raw >= jaxa.MINUTES[0]) & (raw < jaxa.MINUTES[1])
    tb = {channel: brightness_temperature(h5, n, shape) for channel, n in channels.items()}
    is_seen = np.any([np.isfinite(values) for values in tb.values()], axis=0)
    if is_seen.any() and not (is_seen & is_time).any():
        raise GranuleError(
            f"{where}: of {int(is_seen.sum())} cells with brightness temperature none has a time "
            f"between {jaxa.MINUTES[0]} and {jaxa.MINUTES[1]} minutes, expected it of all; "
            "download the granule again"
        )
    kind = {
        "sensor": sensor.name,
        "day": day,
        "look": jaxa.LOOK_OF_NODE[name["node"]],
        "grid": shape,
        "simulated": simulated_attribute(h5),
    }
    return _Map(where, kind, tb, np.where(is_time, raw, np.nan))


def _check_alike(maps: Sequence[_Map]) -> None:
    """Raise unless all maps have one sensor, day, node and grid and different frequencies."""
    first = maps[0]
    for other in maps[1:]:
        for what, value in other.kind.items():
            if value != first.kind[what]:
                raise GranuleError(
                    f"{other.where}: {what} is {value}, that of {first.where} is "
                    f"{first.kind[what]}, "
                    "expected the same in all; give files of one sensor, day, node and grid"
                )
    names = [channel for tb_map in maps for channel in tb_map.tb]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise GranuleError(
            f"{maps[-1].where}: found the channel {twice[0]} twice, expected each frequency "
            "once; omit one file"
        )


def _join_maps(maps: Sequence[_Map]) -> tuple[Float64, dict[str, Float32]]:
    """Return minutes and channels of each cell, without channels of another overpass.

    Raises:
        GranuleError: too many cells have times of different overpasses in two files.
    """
    minutes = maps[0].minutes.copy()
    tb: dict[str, Float32] = {}
    for tb_map in maps:
        both = np.isfinite(minutes) & np.isfinite(tb_map.minutes)
        is_other = both & (np.abs(minutes - tb_map.minutes) > _SAME_MINUTES)
        if is_other.sum() > _MOST_OTHER * both.sum():
            raise GranuleError(
                f"{tb_map.where}: in {int(is_other.sum())} of {int(both.sum())} cells the time "
                f"differs by more than {_SAME_MINUTES} minutes from that of {maps[0].where}, "
                "expected the same passes; give files of one product version"
            )
        minutes = np.where(np.isfinite(minutes), minutes, tb_map.minutes)
        is_used = np.isfinite(tb_map.minutes) & ~is_other
        tb |= {name: np.where(is_used, v, np.float32(np.nan)) for name, v in tb_map.tb.items()}
    return minutes, tb


def _dataset(maps: Sequence[_Map]) -> xr.Dataset:
    """Return the observed cells as footprints."""
    first = maps[0]
    minutes, by_channel = _join_maps(maps)
    sensor = SENSORS[str(first.kind["sensor"])]
    channels = [channel.name for channel in sensor.channels if channel.name in by_channel]
    # Brightness temperatures without a time are already NaN.
    observed = np.any([np.isfinite(by_channel[name]) for name in channels], axis=0)
    row, column = np.nonzero(observed)
    step = jaxa.L3_SHAPES[(observed.shape[0], observed.shape[1])]
    lon = (column + 0.5) * step
    passed = (minutes[observed] * 60).astype("m8[s]")
    columns = {
        "tb": np.stack([by_channel[name][observed] for name in channels], axis=-1),
        "lat": (90 - (row + 0.5) * step).astype(np.float32),
        "lon": np.where(lon > 180, lon - 360, lon).astype(np.float32),
        "time": (np.datetime64(str(first.kind["day"]), "s") + passed).astype("M8[ns]"),
        "incidence": np.full(row.size, np.radians(sensor.incidence_deg), np.float32),
        "quality": np.full(row.size, int(Quality.GOOD), np.int8),
    }
    attrs = {
        "granule": ", ".join(tb_map.where for tb_map in maps),
        "product": f"JAXA L3 TB {step:g} degree",
        "swath": "EQ",
        **{name: first.kind[name] for name in ("sensor", "look", "day", "simulated")},
    }
    return swath(columns, channels, attrs)


def read_l3(paths: Sequence[Path], *, may_be_empty: bool = False) -> xr.Dataset:
    """Read the maps of one day and node: one file a frequency, joined on the channel.

    Each observed cell becomes a footprint at its centre. Incidence is the nominal value of the
    sensor and quality is good, since the maps contain neither. The day in a name is nominal: times
    may be on the day before or after. A channel observed at another time than that of the first
    file is omitted in that cell.

    Args:
        paths: HDF5 files of one sensor, day, node and grid, with different frequencies.
        may_be_empty: accept maps without any brightness temperature.

    Returns:
        Dataset after schema.SWATH_TB; attribute look is `am` for descending and `pm` for ascending
        overpasses.

    Raises:
        GranuleError: no file, an unreadable file, another layout than documented, files that do
            not belong together, or only fill values.
    """
    if not paths:
        raise GranuleError("read_l3: found no file, expected at least one; name some granules")
    maps = []
    for path in paths:
        with open_hdf5(path) as h5:
            if not is_l3(h5):
                raise GranuleError(
                    f"{path.name}: found {shorten(h5)}, expected {', '.join(jaxa.L3_TB.values())}; "
                    "give a map of JAXA's level 3 brightness temperature"
                )
            maps.append(_open_map(h5))
    _check_alike(maps)
    return check_swath(_dataset(maps), paths[0].name, may_be_empty=may_be_empty)
