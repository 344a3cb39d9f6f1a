"""Calibrate the GRID_TB of a sensor to its reference, with the calibration uncertainty."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from mcca_ml import flags, schema
from mcca_ml.arrays import Float64, Int64
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.errors import SchemaError
from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.intercal.coefficients import to_changes, to_link
from mcca_ml.intercal.link import Link

CURVATURE_SPAN = 50.0
"""Distance from the middle of the pairs at which the error is `curvature_sd` [K]."""


def select_channels(ds: xr.Dataset, wanted: Sequence[str], where: str, advice: str) -> xr.Dataset:
    """Select channels by name, in the order given.

    Args:
        ds: dataset with the dimension channel.
        wanted: channel names.
        where: stage, the first word of the message.
        advice: what to do where one is missing.

    Raises:
        SchemaError: one is missing.
    """
    available = [str(name) for name in ds["channel"].to_numpy()]
    missing = [name for name in wanted if name not in available]
    if missing:
        raise SchemaError(
            f"{where}: {ds.attrs.get('sensor')} without {', '.join(missing)}, expected "
            f"{', '.join(wanted)}; {advice}"
        )
    return ds.isel(channel=[available.index(name) for name in wanted])


def _matching(ds: xr.Dataset, link: Link) -> xr.Dataset:
    """Select the source channels of the link, in its order."""
    sensor = ds.attrs.get("sensor")
    if sensor != link.sensor:
        raise SchemaError(
            f"calibrate: brightness temperatures of {sensor}, expected {link.sensor}; give the "
            "coefficients of that sensor"
        )
    return select_channels(ds, link.source_channels, "calibrate", "grid these channels")


def _subtract_changes(
    tb: Float64, when: xr.DataArray, coefficients: xr.Dataset
) -> tuple[Float64, Float64]:
    """Brightness temperature without steps and drifts [K], and the variance this adds [K2]."""
    channels = tuple(map(str, coefficients["source_channel"].to_numpy()))
    variance = np.zeros(tb.shape)
    for change in to_changes(coefficients):
        off, more = change.correction(when.to_numpy(), channels)
        tb, variance = tb - off, variance + more
    return tb, variance


def rename_channels(ds: xr.Dataset, coefficients: xr.Dataset) -> xr.Dataset:
    """Rename the channels to those of the reference, without calibration.

    For comparison with `apply`, never for a record.

    Args:
        ds: dataset after schema.GRID_TB of the sensor that the coefficients are for.
        coefficients: dataset from `to_dataset` or `read`.

    Raises:
        SchemaError: another sensor, or a channel is missing.
    """
    link = to_link(coefficients)
    return _matching(ds, link).assign_coords(channel=np.array(link.channels, object))


def apply(
    ds: xr.Dataset, coefficients: xr.Dataset, *, cell_class: Int64 | None = None
) -> xr.Dataset:
    """Calibrate the brightness temperatures of a sensor to the scale of its reference.

    Args:
        ds: dataset after schema.GRID_TB of the sensor that the coefficients are for.
        coefficients: dataset from `to_dataset` or `read`.
        cell_class: class of each cell of `ds`, for cells without coefficients.

    Returns:
        New dataset after schema.GRID_TB, channels named as on the reference, with
        `tb_calibration_sd` [K] of the shape of `tb`: one error common to all days of a cell, not
        the noise of a look. A value without a regression line, or outside its physical range, is
        NaN and flagged `tb_invalid`; `calibration_flag` (cell, channel) gives the source of each
        line (`link.LineFlag`).

    Raises:
        SchemaError: another sensor, or a channel is missing.
    """
    link = to_link(coefficients)
    ds = _matching(ds, link)
    at = link.at_cells(ds["cell"].to_numpy().astype(np.int64), cell_class)
    order = (*schema.LOOK, "channel")
    tb = ds["tb"].transpose(*order).to_numpy().astype(np.float64)
    tb, variance = _subtract_changes(tb, ds["obs_time"].transpose(*schema.LOOK), coefficients)
    settings = CalibrateSettings.model_validate_json(coefficients.attrs["settings"])
    # The error of a straight line grows with the square of the distance from its pairs.
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
