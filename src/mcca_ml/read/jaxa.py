"""Common parts of JAXA's AMSR granules: counts, sensor, and time in TAI93 seconds."""

import h5py
import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import Datetime64, Float32, Float64
from mcca_ml.errors import GranuleError
from mcca_ml.formats import jaxa
from mcca_ml.formats.pps_1c import TB_RANGE
from mcca_ml.read.granule import check_kelvin, file_name, number_array, text
from mcca_ml.sensors import AMSR2, AMSRE, Sensor

_FAR = 3.0e9  # TAI93 of the year 2088 [s]: beyond it a number is a fill value, not a time


def _scale(field: h5py.Dataset) -> float:
    """Return the physical units per count.

    Raises:
        GranuleError: the attribute is missing or not a positive number.
    """
    written = text(field.attrs.get(jaxa.SCALE))
    try:
        scale = float(written)
    except ValueError:
        scale = np.nan
    if not scale > 0:
        raise GranuleError(
            f"{file_name(field)}: {field.name} has the attribute {jaxa.SCALE} "
            f"{written or 'missing'!r}, expected a positive number; give the provider's file"
        )
    return scale


def angle(h5: h5py.File, name: str, shape: tuple[int, ...]) -> Float32:
    """Read an angle between 0 and 90 degrees [rad]; NaN outside this range.

    Raises:
        GranuleError: the dataset is absent, has another shape, or has no scale.
    """
    raw = number_array(h5, name, shape)
    degrees = raw.astype(np.float32) * np.float32(_scale(h5[name]))
    return np.radians(np.where((degrees >= 0) & (degrees < 90), degrees, np.float32(np.nan)))


def brightness_temperature(h5: h5py.File, name: str, shape: tuple[int, ...]) -> Float32:
    """Read brightness temperature [K]; NaN for invalid *counts* and values out of range.

    Raises:
        GranuleError: the dataset is absent, has another shape, has no scale, or is not in kelvin.
    """
    raw = number_array(h5, name, shape)
    field = h5[name]
    scale = _scale(field)
    is_known = ~np.isin(raw, np.array(jaxa.MISSING_COUNTS, np.uint16))
    values = raw.astype(np.float32) * np.float32(scale)
    is_inside = is_known & (values >= TB_RANGE[0]) & (values <= TB_RANGE[1])
    check_kelvin(field, text(field.attrs.get(jaxa.UNIT)), values[is_known], TB_RANGE)
    return np.where(is_inside, values, np.float32(np.nan))


def identify_sensor(h5: h5py.File) -> Sensor | None:
    """Return the sensor named in the metadata; None if there is none."""
    for name in jaxa.SENSOR_ATTRIBUTES:
        attribute = text(h5.attrs.get(name)).upper().replace("-", "")
        if "AMSRE" in attribute or "AQUA" in attribute or "AME_" in attribute:
            return AMSRE
        if "AMSR2" in attribute or "GCOMW" in attribute or "AM2_" in attribute:
            return AMSR2
    return None


def check_swath(swath: xr.Dataset, where: str, *, may_be_empty: bool) -> xr.Dataset:
    """Return a swath unchanged if it is valid after schema.SWATH_TB.

    Raises:
        GranuleError: all brightness temperatures are fill and `may_be_empty` is false.
    """
    if not may_be_empty and not bool(np.isfinite(swath["tb"]).any()):
        raise GranuleError(
            f"{where}: brightness temperature is all fill, expected some values; leave it out"
        )
    return schema.check(swath, schema.SWATH_TB, where=where)


def tai93_to_utc(seconds: Float64) -> Datetime64:
    """Convert TAI93 times to UTC; NaT where missing.

    A time within a leap second becomes the second after it: datetime64 has no leap seconds.

    Args:
        seconds: seconds since 1993-01-01 UTC including leap seconds [s]; NaN or <= 0 is missing.

    >>> tai93_to_utc(np.array([0.5, 646825336.158, -1.0])).astype("M8[ms]").astype(str).tolist()
    ['1993-01-01T00:00:00.500', '2013-07-01T09:42:08.158', 'NaT']
    """
    epoch = np.datetime64(jaxa.TAI93_EPOCH, "ns")
    days = (np.array(jaxa.LEAP_DAYS, "M8[s]") - epoch.astype("M8[s]")).astype(np.float64)
    # The n-th leap second ends when the count exceeds the calendar seconds by n.
    ends = days + np.arange(1, days.size + 1)
    is_known = np.isfinite(seconds) & (seconds > 0) & (seconds < _FAR)
    counted = np.where(is_known, seconds, 0.0)
    leaps = np.searchsorted(ends, counted, side="right")
    # A double represents such a time to a tenth of a microsecond.
    whole = np.floor(counted)
    passed = (whole - leaps).astype("m8[s]").astype("m8[ns]")
    rest = np.rint((counted - whole) * 1e6).astype("m8[us]")
    return np.where(is_known, epoch + passed + rest, np.datetime64("NaT", "ns"))
