"""GRID_TB of a sensor on the scale of its reference, with what the calibration leaves uncertain."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from mcca_ml import flags, schema
from mcca_ml.arrays import Float64, Int64
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.errors import SchemaError
from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.intercal.coefficients import changes_of, link_of
from mcca_ml.intercal.link import Link

CURVATURE_SPAN = 50.0
"""Distance from the middle of its pairs at which `curvature_sd` is meant [K]."""


def select_channels(ds: xr.Dataset, wanted: Sequence[str], where: str, advice: str) -> xr.Dataset:
    """The dataset with some channels, in their order.

    Args:
        ds: with the dimension channel.
        wanted: names of channels.
        where: the stage that asks, first word of the message.
        advice: what to do where one is missing.

    Raises:
        SchemaError: one is missing.
    """
    held = [str(name) for name in ds["channel"].to_numpy()]
    missing = [name for name in wanted if name not in held]
    if missing:
        raise SchemaError(
            f"{where}: {ds.attrs.get('sensor')} without {', '.join(missing)}, expected "
            f"{', '.join(wanted)}; {advice}"
        )
    return ds.isel(channel=[held.index(name) for name in wanted])


def _matching(ds: xr.Dataset, link: Link) -> xr.Dataset:
    """The dataset with the channels that the link takes, in its order."""
    sensor = ds.attrs.get("sensor")
    if sensor != link.sensor:
        raise SchemaError(
            f"calibrate: brightness temperatures of {sensor}, expected {link.sensor}; give the "
            "coefficients of that sensor"
        )
    return select_channels(ds, link.source_channels, "calibrate", "grid these channels")


def _steadied(tb: Float64, when: xr.DataArray, coefficients: xr.Dataset) -> tuple[Float64, Float64]:
    """Brightness temperature without steps and drifts, and the variance that this adds [K, K2]."""
    channels = tuple(map(str, coefficients["source_channel"].to_numpy()))
    variance = np.zeros(tb.shape)
    for change in changes_of(coefficients):
        off, more = change.correction(when.to_numpy(), channels)
        tb, variance = tb - off, variance + more
    return tb, variance


def as_it_came(ds: xr.Dataset, coefficients: xr.Dataset) -> xr.Dataset:
    """Brightness temperatures of a sensor unchanged, under the names of its reference's channels.

    For a comparison with `apply`, never for a record.

    Args:
        ds: after schema.GRID_TB, of the sensor that the coefficients are for.
        coefficients: of `to_dataset` or `read`.

    Raises:
        SchemaError: another sensor, or a channel is missing.
    """
    link = link_of(coefficients)
    return _matching(ds, link).assign_coords(channel=np.array(link.channels, object))


def apply(
    ds: xr.Dataset, coefficients: xr.Dataset, *, cell_class: Int64 | None = None
) -> xr.Dataset:
    """Brightness temperatures of a sensor on the scale of its reference.

    Args:
        ds: after schema.GRID_TB, of the sensor that the coefficients are for.
        coefficients: of `to_dataset` or `read`; nothing else is needed.
        cell_class: class of each cell of `ds`, for cells that the coefficients do not know.

    Returns:
        New dataset after schema.GRID_TB, channels named as on the reference, with
        `tb_calibration_sd` [K] of the shape of `tb`: one error shared by all days of a cell, not
        noise of a look. A value without a line, or outside its physical range, is NaN and flagged
        `tb_invalid`; `calibration_flag` (cell, channel) says what each line rests on.

    Raises:
        SchemaError: another sensor, or a channel is missing.
    """
    link = link_of(coefficients)
    ds = _matching(ds, link)
    at = link.of(ds["cell"].to_numpy().astype(np.int64), cell_class)
    order = (*schema.LOOK, "channel")
    tb = ds["tb"].transpose(*order).to_numpy().astype(np.float64)
    tb, variance = _steadied(tb, ds["obs_time"].transpose(*schema.LOOK), coefficients)
    settings = CalibrateSettings.model_validate_json(coefficients.attrs["settings"])
    # What a straight line misses grows with the square of the distance from its pairs.
    bend = settings.curvature_sd * ((tb - at.line.centre) / CURVATURE_SPAN) ** 2
    # slope^2 brings a variance from the scale of the sensor to that of the reference.
    variance = at.line.variance_at(tb) + at.line.slope**2 * variance + bend**2 + link.common_var
    value = at.line.at(tb)
    limits = schema.GRID_TB["tb"]
    is_good = np.isfinite(value) & (value >= limits.low) & (value <= limits.high)
    is_lost = (np.isfinite(tb) & ~is_good).any(axis=-1)
    sd = np.where(is_good, np.sqrt(variance), np.nan).astype(np.float32)
    flag = ds["flag"].transpose(*schema.LOOK).to_numpy().astype(FLAG_DTYPE)
    flag |= flags.where(is_lost, Flag.TB_INVALID)
    out = ds.assign(
        tb=(order, np.where(is_good, value, np.nan).astype(np.float32), {"units": "K"}),
        flag=(schema.LOOK, flag, {"units": "1"}),
        tb_calibration_sd=(order, sd, {"units": "K"}),
        calibration_flag=(("cell", "channel"), at.flag, {"units": "1"}),
    ).assign_coords(channel=np.array(link.channels, object))
    return out.assign_attrs(calibrated_to=link.reference)
