"""What JAXA's AMSR granules have in common: counts, sensor, and time in TAI93 seconds."""

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


def _scale(found: h5py.Dataset) -> float:
    """Physical units per count.

    Raises:
        GranuleError: the attribute is missing or no positive number.
    """
    written = text(found.attrs.get(jaxa.SCALE))
    try:
        scale = float(written)
    except ValueError:
        scale = np.nan
    if not scale > 0:
        raise GranuleError(
            f"{file_name(found)}: {found.name} has the attribute {jaxa.SCALE} "
            f"{written or 'missing'!r}, expected a positive number; give the provider's file"
        )
    return scale


def angle(h5: h5py.File, name: str, shape: tuple[int, ...]) -> Float32:
    """An angle between 0 and 90 degrees [rad]; NaN where the value is none.

    Raises:
        GranuleError: the dataset is absent, of another shape, or without its scale.
    """
    raw = number_array(h5, name, shape)
    degrees = raw.astype(np.float32) * np.float32(_scale(h5[name]))
    return np.radians(np.where((degrees >= 0) & (degrees < 90), degrees, np.float32(np.nan)))


def brightness_temperature(h5: h5py.File, name: str, shape: tuple[int, ...]) -> Float32:
    """Brightness temperature [K]; NaN where the *count* is invalid, or the value out of range.

    Raises:
        GranuleError: the dataset is absent, of another shape, without its scale, or not in kelvin.
    """
    raw = number_array(h5, name, shape)
    found = h5[name]
    scale = _scale(found)
    is_known = ~np.isin(raw, np.array(jaxa.MISSING_COUNTS, np.uint16))
    values = raw.astype(np.float32) * np.float32(scale)
    is_inside = is_known & (values >= TB_RANGE[0]) & (values <= TB_RANGE[1])
    check_kelvin(found, text(found.attrs.get(jaxa.UNIT)), values[is_known], TB_RANGE)
    return np.where(is_inside, values, np.float32(np.nan))


def sensor_of(h5: h5py.File) -> Sensor | None:
    """The sensor that the metadata name; None where they are silent."""
    for name in jaxa.SENSOR_ATTRIBUTES:
        said = text(h5.attrs.get(name)).upper().replace("-", "")
        if "AMSRE" in said or "AQUA" in said or "AME_" in said:
            return AMSRE
        if "AMSR2" in said or "GCOMW" in said or "AM2_" in said:
            return AMSR2
    return None


def checked(swath: xr.Dataset, where: str, *, may_be_empty: bool) -> xr.Dataset:
    """Return a swath unchanged that is after schema.SWATH_TB.

    Raises:
        GranuleError: all its brightness temperatures are fill, and it may not be empty.
    """
    if not may_be_empty and not bool(np.isfinite(swath["tb"]).any()):
        raise GranuleError(
            f"{where}: brightness temperature is all fill, expected some values; leave it out"
        )
    return schema.check(swath, schema.SWATH_TB, where=where)


def utc_of_tai93(seconds: Float64) -> Datetime64:
    """UTC of TAI93 times; NaT where there is none.

    A time inside a leap second is given as that of the second after it, since datetime64 has none.

    Args:
        seconds: since 1993-01-01 UTC, leap seconds counted [s]; not positive or NaN is none.

    >>> utc_of_tai93(np.array([0.5, 646825336.158, -1.0])).astype("M8[ms]").astype(str).tolist()
    ['1993-01-01T00:00:00.500', '2013-07-01T09:42:08.158', 'NaT']
    """
    epoch = np.datetime64(jaxa.TAI93_EPOCH, "ns")
    days = (np.array(jaxa.LEAP_DAYS, "M8[s]") - epoch.astype("M8[s]")).astype(np.float64)
    # The n-th leap second ends when n seconds more than those of the calendar have been counted.
    ends = days + np.arange(1, days.size + 1)
    is_known = np.isfinite(seconds) & (seconds > 0) & (seconds < _FAR)
    counted = np.where(is_known, seconds, 0.0)
    leaps = np.searchsorted(ends, counted, side="right")
    # A double holds such a time to a tenth of a microsecond.
    whole = np.floor(counted)
    passed = (whole - leaps).astype("m8[s]").astype("m8[ns]")
    rest = np.rint((counted - whole) * 1e6).astype("m8[us]")
    return np.where(is_known, epoch + passed + rest, np.datetime64("NaT", "ns"))
