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
    simulated,
    swath,
    text,
)
from mcca_ml.read.jaxa import brightness_temperature, checked, sensor_of
from mcca_ml.sensors import AMSR2, AMSRE, SENSORS, Sensor

_SAME_MINUTES = 2
"""Times of one cell that differ by more are of two passes [minute]."""
_MOST_OTHER = 0.1
"""Share of the cells in which times may be of two passes before files do not belong together."""


@dataclass(frozen=True)
class _Map:
    """One file: one frequency of one day and node."""

    where: str
    kind: dict[str, object]
    """Sensor, day, look, grid and simulated: the same in maps that belong together."""
    tb: dict[str, Float32]
    """By channel, (row, column) [K]."""
    minutes: Float64
    """Since 00:00 UTC of the day; NaN where there is none."""


def is_l3(h5: h5py.File) -> bool:
    """Whether an HDF5 file holds brightness temperatures as level 3 names them."""
    return any(name in h5 for name in jaxa.L3_TB.values())


def _name(h5: h5py.File) -> re.Match[str]:
    """Day, node and frequency, by the granule's identification in the file, else by its name.

    Raises:
        GranuleError: neither has them, or they are of a monthly or polar map.
    """
    where = file_name(h5)
    said = text(h5.attrs.get(jaxa.GRANULE_ID))
    found = jaxa.L3_NAME.match(said) or jaxa.L3_NAME.match(where)
    if found is None:
        raise GranuleError(
            f"{where}: neither {jaxa.GRANULE_ID} ({said or 'missing'!r}) nor the name tells day, "
            "node and frequency, expected GW1AM2_YYYYMMDD_01D_EQMA_L3SGT10LA2220220 for instance; "
            "give the file the provider's name"
        )
    if (found["period"], found["map"]) != ("01D", "EQ"):
        raise GranuleError(
            f"{where}: found a {'daily' if found['period'] == '01D' else 'monthly'} "
            f"{'global' if found['map'] == 'EQ' else 'polar'} map, expected daily and global "
            "(01D_EQ); give one of these"
        )
    return found


def _day(name: re.Match[str], where: str) -> str:
    """Nominal UTC day, YYYY-MM-DD.

    Raises:
        GranuleError: there is no such day.
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
    """Our channels of one frequency, and the dataset that holds each.

    Raises:
        GranuleError: the frequency is not among those that are used.
    """
    bands = {channel.name: jaxa.TB_CHANNELS[channel.name] for channel in sensor.channels}
    chosen = {name: jaxa.L3_TB[row[2]] for name, row in bands.items() if row[1] == band}
    if not chosen:
        used = sorted({row[1] for row in bands.values()})
        raise GranuleError(
            f"{where}: holds the frequency {band}, expected one of {', '.join(used)}; leave it out"
        )
    return chosen


def _open_map(h5: h5py.File) -> _Map:
    """What one file holds."""
    where = file_name(h5)
    name = _name(h5)
    day = _day(name, where)
    sensor = sensor_of(h5) or (AMSRE if name["prefix"].endswith("AME") else AMSR2)
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
        "simulated": simulated(h5),
    }
    return _Map(where, kind, tb, np.where(is_time, raw, np.nan))


def _check_alike(maps: Sequence[_Map]) -> None:
    """Raise unless all maps are of one sensor, day, node and grid, each of its own frequency."""
    first = maps[0]
    for other in maps[1:]:
        for what, own in other.kind.items():
            if own != first.kind[what]:
                raise GranuleError(
                    f"{other.where}: {what} is {own}, that of {first.where} is {first.kind[what]}, "
                    "expected the same in all; give files of one sensor, day, node and grid"
                )
    names = [channel for one in maps for channel in one.tb]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise GranuleError(
            f"{maps[-1].where}: the channel {twice[0]} is there twice, expected each frequency "
            "once; leave a file out"
        )


def _joined(maps: Sequence[_Map]) -> tuple[Float64, dict[str, Float32]]:
    """Minutes of each cell, and its channels; those seen at another time than the first are left.

    Raises:
        GranuleError: the times of two files are of different passes in too many cells.
    """
    minutes = maps[0].minutes.copy()
    tb: dict[str, Float32] = {}
    for one in maps:
        both = np.isfinite(minutes) & np.isfinite(one.minutes)
        is_other = both & (np.abs(minutes - one.minutes) > _SAME_MINUTES)
        if is_other.sum() > _MOST_OTHER * both.sum():
            raise GranuleError(
                f"{one.where}: in {int(is_other.sum())} of {int(both.sum())} cells the time "
                f"differs by more than {_SAME_MINUTES} minutes from that of {maps[0].where}, "
                "expected the same passes; give files of one product version"
            )
        minutes = np.where(np.isfinite(minutes), minutes, one.minutes)
        is_mine = np.isfinite(one.minutes) & ~is_other
        tb |= {name: np.where(is_mine, v, np.float32(np.nan)) for name, v in one.tb.items()}
    return minutes, tb


def _dataset(maps: Sequence[_Map]) -> xr.Dataset:
    """The footprints of all cells that were seen."""
    first = maps[0]
    minutes, by_channel = _joined(maps)
    sensor = SENSORS[str(first.kind["sensor"])]
    channels = [channel.name for channel in sensor.channels if channel.name in by_channel]
    # A brightness temperature without a time is gone by now: such a cell was not seen.
    seen = np.any([np.isfinite(by_channel[name]) for name in channels], axis=0)
    row, column = np.nonzero(seen)
    step = jaxa.L3_SHAPES[(seen.shape[0], seen.shape[1])]
    lon = (column + 0.5) * step
    passed = (minutes[seen] * 60).astype("m8[s]")
    columns = {
        "tb": np.stack([by_channel[name][seen] for name in channels], axis=-1),
        "lat": (90 - (row + 0.5) * step).astype(np.float32),
        "lon": np.where(lon > 180, lon - 360, lon).astype(np.float32),
        "time": (np.datetime64(str(first.kind["day"]), "s") + passed).astype("M8[ns]"),
        "incidence": np.full(row.size, np.radians(sensor.incidence_deg), np.float32),
        "quality": np.full(row.size, int(Quality.GOOD), np.int8),
    }
    attrs = {
        "granule": ", ".join(one.where for one in maps),
        "product": f"JAXA L3 TB {step:g} degree",
        "swath": "EQ",
        **{name: first.kind[name] for name in ("sensor", "look", "day", "simulated")},
    }
    return swath(columns, channels, attrs)


def read_l3(paths: Sequence[Path], *, may_be_empty: bool = False) -> xr.Dataset:
    """Read the maps of one day and node: one file a frequency, joined on the channel.

    Each cell that was seen is a footprint at its centre. Incidence is the sensor's nominal one and
    quality good, since the maps hold neither. The day in a name is nominal: times may lie on the
    day before or after it. A channel that was seen at another time than the first file's is left
    out in that cell.

    Args:
        paths: HDF5 files of one sensor, day, node and grid, each of another frequency.
        may_be_empty: whether maps without any brightness temperature will do.

    Returns:
        After schema.SWATH_TB; attribute look is `am` for descending and `pm` for ascending passes.

    Raises:
        GranuleError: no file, one that is not readable or not laid out as documented, files that
            do not belong together, or maps that are all fill.
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
    return checked(_dataset(maps), paths[0].name, may_be_empty=may_be_empty)
