"""SWATH_TB of one sensor -> GRID_TB on cells of EASE2_M25 by UTC day and look."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import Datetime64, Integer
from mcca_ml.errors import SchemaError
from mcca_ml.flags import Flag, Quality
from mcca_ml.grid import footprint_bins, overpasses
from mcca_ml.grid.daily_composite import TARGET_HOUR
from mcca_ml.grid.ease2 import M25, cell_coordinates, cell_latlon, positions
from mcca_ml.grid.footprint_bins import FootprintArrays, Kernel
from mcca_ml.grid.overpasses import Key, Passes
from mcca_ml.sensors import SENSORS, Sensor

KERNEL = Kernel(0.5, spread=0.3)
"""Weights used for the record; docs/gridding.md describes their choice."""

_ONE_DAY = np.timedelta64(1, "D")
_MARGIN = np.timedelta64(
    2 * footprint_bins.SLOT_MS, "ms"
)  # includes complete overpasses at the edges of the days
_KEEP = 64  # number of sums of one key after which they are added
_TYPES: Mapping[str, tuple[str, str | None]] = {
    "tb": ("f4", "K"),
    "incidence": ("f4", "rad"),
    "local_time": ("f4", "h"),
    "obs_time": ("M8[ns]", None),
    "nobs": ("u2", "1"),
    "flag": ("u4", "1"),
}


def grid_swaths(
    swaths: Iterable[xr.Dataset],
    cells: Integer,
    first_day: np.datetime64,
    last_day: np.datetime64,
    *,
    sensor: Sensor | None = None,
    channels: Sequence[str] | None = None,
    kernel: Kernel = KERNEL,
) -> xr.Dataset:
    """Return gridded brightness temperature of some days; the swaths are not modified.

    A bin (day, look, cell) contains the weighted mean over the footprints of one overpass: the one
    nearest to 06:00 (am) or 18:00 (pm) local mean solar time. See `footprint_bins.Kernel` for the
    weights, `overpasses.find_passes` for suspect footprints, `overpasses.is_evening` for the look.
    An overpass belongs to the UTC day of its mean time.

    The result is bit-identical for any division of the footprints into swaths and any order of the
    swaths. The swaths are read one at a time; only sums are kept, some 70 bytes for each cell,
    overpass and swath: 80 MB for a day of AMSR2 over all land. Days are independent, so many days
    are best gridded one by one.

    Args:
        swaths: datasets after `schema.SWATH_TB`, of one sensor; swaths with different channels are
            joined. All granules that overlap the days must be included.
        cells: flat cells of EASE2_M25, increasing.
        first_day: first UTC day.
        last_day: last UTC day, inclusive.
        sensor: sensor of the swaths; default that of the first swath.
        channels: channels of the result; default those of the swaths, in the sensor's order.
        kernel: weights by distance.

    Returns:
        New dataset after `schema.GRID_TB`, with `lat` and `lon` of the cells. Where nothing was
        observed, `flag` is NOT_OBSERVED; where only some channels were observed, TB_INVALID is set.
        Attributes: sensor, grid, granules (one per line), simulated.

    Raises:
        SchemaError: a swath breaks its contract or is of another sensor; no swath and no `sensor`;
            cells not increasing or off the grid; or the last day before the first.
    """
    days = np.arange(first_day.astype("M8[D]"), last_day.astype("M8[D]") + _ONE_DAY)
    _check_frame(days, cells)
    table = positions(M25, cells)
    window = (days[0] - _MARGIN).astype("M8[ms]"), (days[-1] + _ONE_DAY + _MARGIN).astype("M8[ms]")
    sums: dict[Key, list[footprint_bins.CellSums]] = {}
    granules: dict[str, bool] = {}
    present: set[str] = set()
    for swath in swaths:
        sensor = _checked(swath, sensor)
        names = tuple(map(str, swath.variables["channel"].to_numpy()))
        present |= set(names)
        footprints = _footprints(swath, *window)
        binned = footprint_bins.bin_footprints(footprints, names, table, kernel)
        for (slot, is_suspect), part in binned:
            parts = sums.setdefault((names, slot, is_suspect), [])
            parts.append(part)
            if len(parts) >= _KEEP:
                parts[:] = [footprint_bins.merge_sums(parts)]
        granules[str(swath.attrs.get("granule", ""))] = schema.is_simulated(swath)
    if sensor is None:
        raise SchemaError("grid_swaths: found no swath, expected one or more; or give the sensor")
    wanted = _channels(sensor, present, channels)
    passes = overpasses.find_passes(sums, wanted)
    out = _dataset(passes, sensor, cells, days).assign_coords(channel=wanted)
    out.attrs |= {
        "sensor": sensor.name,
        "grid": M25.name,
        "granules": "\n".join(sorted(granules)),
        "simulated": "true" if any(granules.values()) else "false",
    }
    return schema.check(out, schema.GRID_TB, where="grid_swaths: output")


def _check_frame(days: Datetime64, cells: Integer) -> None:
    """Raise if there are no days, or the cells are not increasing cells of the grid."""
    if not days.size:
        raise SchemaError("grid_swaths: found a last day before the first; swap them")
    if np.any(np.diff(cells) <= 0):
        raise SchemaError(
            "grid_swaths: found cells out of order or twice, expected increasing cells"
        )
    if cells.size and not (cells[0] >= 0 and cells[-1] < M25.size):
        raise SchemaError(
            f"grid_swaths: found cells {cells[0]} to {cells[-1]}, expected 0 to {M25.size - 1}"
        )


def _checked(swath: xr.Dataset, sensor: Sensor | None) -> Sensor:
    """Return the sensor of a swath, which must be `sensor` if that is given."""
    where = f"grid_swaths: {swath.attrs.get('granule', 'a swath')}"
    schema.check(swath, schema.SWATH_TB, where=where)
    name = str(swath.attrs.get("sensor"))
    expected = [sensor.name] if sensor else list(SENSORS)
    if name not in expected:
        raise SchemaError(
            f"{where}: found sensor {name!r}, expected {' or '.join(expected)}; "
            "grid each sensor separately"
        )
    return sensor or SENSORS[name]


def _channels(sensor: Sensor, present: set[str], channels: Sequence[str] | None) -> list[str]:
    """Return the channels of the result."""
    known = [channel.name for channel in sensor.channels]
    if channels is None:
        return [name for name in known if name in present] or known
    unknown = sorted(set(channels) - set(known))
    if unknown:
        raise SchemaError(
            f"grid_swaths: found channel {', '.join(unknown)}, expected of {sensor.name} "
            f"{', '.join(known)}"
        )
    return list(channels)


def _footprints(swath: xr.Dataset, first: np.datetime64, last: np.datetime64) -> FootprintArrays:
    """Return the footprints of a swath with `first` <= time < `last`."""
    # Not swath["lat"]: building its coordinates takes longer than gridding a small swath.
    lat, lon, incidence, tb, quality = (
        swath.variables[name].to_numpy() for name in ("lat", "lon", "incidence", "tb", "quality")
    )
    time = swath.variables["time"].to_numpy().astype("M8[ms]")
    is_wanted = (time >= first) & (time < last)  # False for NaT
    every = lat, lon, time.astype(np.int64), incidence, tb, quality == Quality.SUSPECT
    # Copying a whole granule takes longer than this test.
    return FootprintArrays._make(
        every if is_wanted.all() else (values[is_wanted] for values in every)
    )


def _dataset(passes: Passes, sensor: Sensor, cells: Integer, days: Datetime64) -> xr.Dataset:
    """Return the chosen overpasses as arrays over day, look and cell."""
    hours = overpasses.local_time(passes.time, cell_latlon(M25, cells).lon[passes.cell])
    is_pm = overpasses.is_evening(sensor, hours)
    taken, bin_of = overpasses.choose_passes(passes, hours, is_pm, days.size, days[0])
    values = {**vars(passes), "local_time": hours, "obs_time": passes.time}
    shape = (days.size, len(TARGET_HOUR), cells.size)
    variables = {}
    for name, (dtype, units) in _TYPES.items():
        empty = int(Flag.NOT_OBSERVED) if name == "flag" else schema.missing_like(name, dtype)
        full = np.full((*shape, *values[name].shape[1:]), empty, dtype)
        full[bin_of] = values[name][taken]
        variables[name] = (schema.GRID_TB[name].dims, full, {"units": units} if units else {})
    return xr.Dataset(
        variables,
        coords={
            "time": days.astype("M8[ns]"),
            "look": list(TARGET_HOUR),
            **cell_coordinates(
                M25, cells.astype(np.int64), {"long_name": f"flat index on {M25.name}"}
            ),
        },
    )
