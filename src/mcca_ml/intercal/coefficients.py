"""Cross-calibration coefficients as a dataset: build, write, read and describe."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import xarray as xr

from mcca_ml.atomic import replacing
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.errors import GranuleError
from mcca_ml.intercal.deming_regression import Line
from mcca_ml.intercal.drift import Drift
from mcca_ml.intercal.link import LineFlag, Link
from mcca_ml.intercal.step import Step

FORMAT = "MCCA-ML calibration coefficients 2"

ChangeT = TypeVar("ChangeT", Step, Drift)
Change = Step | Drift
"""A change of a sensor's calibration with time."""
_CELL = ("cell", "channel")
_LINE = {
    "centre": ("K", "middle of the pairs, on the scale of the sensor"),
    "level": ("K", "value of the line there, on the scale of the reference"),
    "slope": ("1", "slope of the line"),
    "level_var": ("K2", "variance of the level"),
    "slope_var": ("1", "variance of the slope"),
    "covariance": ("K", "covariance of level and slope"),
}
"""Units and long name of each variable of a regression line."""
_EPOCH = np.datetime64("1970-01-01", "D")
_BEFORE = "before less after the date, scale of the sensor"
_SINCE = "change with time, none at the date, scale of the sensor"
_COMMON = "variance of the error common to all cells, in addition to that of each line"
_PARTS = {"": _CELL, "class_": ("class", "channel"), "all_": ("channel",)}
_OWN = {
    "pairs": "pairs with any weight",
    "level_weight": "weight of the cell's own level",
    "slope_weight": "weight of the cell's own slope",
}
_CHANGE = {"size": np.nan, "sd": np.nan, "p_value": 1.0, "is_removed": 0.0}
"""Variables of a change within a sensor, and their values for a channel without an estimate."""


def _lines(link: Link) -> dict[str, tuple[tuple[str, ...], object, dict[str, str]]]:
    return {
        prefix + name: (dims, values, dict(zip(("units", "long_name"), _LINE[name], strict=True)))
        for prefix, dims in _PARTS.items()
        for name, values in getattr(link, f"{prefix}line")._asdict().items()
    }


def _changes(
    kind: str, changes: Sequence[Change], channels: tuple[str, ...], units: str, meaning: str
) -> dict[str, object]:
    """Variables (kind, channel) of the steps or drifts."""
    attributes = {
        "size": (units, meaning),
        "sd": (units, "its sd"),
        "p_value": ("1", "its p value"),
        "is_removed": ("1", "1 where it is subtracted"),
    }
    out: dict[str, object] = {}
    for name, otherwise in _CHANGE.items():
        rows = [change.at(name, channels, otherwise) for change in changes]
        values = np.array(rows, np.float64).reshape(len(changes), len(channels))
        attrs = dict(zip(("units", "long_name"), attributes[name], strict=True))
        kept = values.astype(np.int8) if name == "is_removed" else values
        out[f"{kind}_{name}"] = ((kind, "channel"), kept, attrs)
    dates = np.array([change.date for change in changes], "datetime64[D]")
    days = (dates - _EPOCH).astype(np.int32)
    of_date = {"units": "days since 1970-01-01", "calendar": "standard"}
    return {f"{kind}_date": ((kind,), days, of_date), **out}


def _read_changes(
    coefficients: xr.Dataset, kind: str, make: Callable[..., ChangeT]
) -> tuple[ChangeT, ...]:
    """Steps or drifts in the coefficients."""
    channels = tuple(map(str, coefficients["source_channel"].to_numpy()))
    size, sd, p_value, is_removed = (coefficients[f"{kind}_{name}"].to_numpy() for name in _CHANGE)
    dates = _EPOCH + coefficients[f"{kind}_date"].to_numpy().astype("timedelta64[D]")
    return tuple(
        make(channels, size[i], sd[i], p_value[i], is_removed[i] > 0, date)
        for i, date in enumerate(dates)
    )


def to_dataset(
    link: Link,
    settings: CalibrateSettings,
    changes: Sequence[Change] = (),
    *,
    is_simulated: bool,
) -> xr.Dataset:
    """Coefficients of a link as a dataset, complete for `apply`.

    Args:
        link: link from `fit_link`, `chain` or `combine`.
        settings: the `[calibrate]` table of the fit.
        changes: tested changes of the sensor; the significant ones are subtracted before the
            regression line is applied.
        is_simulated: True if the link was fitted to simulated granules.

    Returns:
        Lines (cell, channel), (class, channel) and (channel); `flag`, `pairs` and weights; steps
        and drifts.
    """
    steps = [change for change in changes if isinstance(change, Step)]
    drifts = [change for change in changes if isinstance(change, Drift)]
    of_flag = {
        "long_name": "source of the regression line",
        "flag_masks": np.array([int(bit) for bit in LineFlag], np.uint8),
        "flag_meanings": " ".join(str(bit.name).lower() for bit in LineFlag),
    }
    own = {
        name: (_CELL, getattr(link, name), {"units": "1", "long_name": text})
        for name, text in _OWN.items()
    }
    return xr.Dataset(
        {
            **_lines(link),
            **own,
            "common_var": (("channel",), link.common_var, {"units": "K2", "long_name": _COMMON}),
            "flag": (_CELL, link.flag, of_flag),
            **_changes("step", steps, link.source_channels, "K", _BEFORE),
            **_changes("drift", drifts, link.source_channels, "K year-1", _SINCE),
        },
        coords={
            "cell": ("cell", link.cells, {"long_name": "number of the cell, EASE2_M25km"}),
            "channel": ("channel", np.array(link.channels, object)),
            "source_channel": ("channel", np.array(link.source_channels, object)),
            "class": ("class", link.classes),
        },
        attrs={
            "format": FORMAT,
            "title": f"Calibration of {link.sensor} to the scale of {link.reference}",
            "sensor": link.sensor,
            "reference": link.reference,
            "settings": settings.model_dump_json(),
            "simulated": "true" if is_simulated else "false",
        },
    )


def write(coefficients: xr.Dataset, path: Path) -> None:
    """Write coefficients as NetCDF; the file appears only when complete.

    Raises:
        OutputError: the file cannot be written.
    """
    packed = {"zlib": True, "complevel": 1, "shuffle": True}
    encoding = {
        name: packed
        for name, variable in coefficients.data_vars.items()
        if variable.size and variable.dtype.kind in "fiu"
    }
    with replacing(path) as beside:
        coefficients.to_netcdf(beside, engine="netcdf4", encoding=encoding)


def read(path: Path) -> xr.Dataset:
    """Read coefficients from a file written by `write`.

    Raises:
        GranuleError: the file is missing, damaged, or of another kind.
    """
    try:
        with xr.open_dataset(path, engine="netcdf4", decode_times=False) as opened:
            ds = opened.load()
    except (OSError, RuntimeError, ValueError) as error:
        raise GranuleError(
            f"{path}: cannot be read as NetCDF ({error}), expected {FORMAT}; make it again"
        ) from error
    missing = sorted(
        {*_OWN, "flag", "step_date", "drift_date", *_LINE} - {str(name) for name in ds.variables}
    )
    if ds.attrs.get("format") != FORMAT or missing:
        state = f"without {missing[0]}" if missing else str(ds.attrs.get("format"))
        raise GranuleError(f"{path}: found a file {state}, expected {FORMAT}; make it again")
    return ds


def to_link(coefficients: xr.Dataset) -> Link:
    """Link from its coefficients; the inverse of `to_dataset`."""
    arrays: dict[str, Any] = {
        name: coefficients[name].to_numpy() for name in (*_OWN, "flag", "common_var")
    }
    for prefix in _PARTS:
        line = (coefficients[prefix + name].to_numpy() for name in Line._fields)
        arrays[f"{prefix}line"] = Line(*line)
    return Link(
        sensor=str(coefficients.attrs["sensor"]),
        reference=str(coefficients.attrs["reference"]),
        source_channels=tuple(map(str, coefficients["source_channel"].to_numpy())),
        channels=tuple(map(str, coefficients["channel"].to_numpy())),
        cells=coefficients["cell"].to_numpy().astype(np.int64),
        classes=coefficients["class"].to_numpy().astype(np.int64),
        **arrays,
    )


def to_changes(coefficients: xr.Dataset) -> tuple[Change, ...]:
    """Steps and drifts in the coefficients."""
    return *_read_changes(coefficients, "step", Step), *_read_changes(coefficients, "drift", Drift)


def describe(coefficients: xr.Dataset) -> str:
    """Text summary of the coefficients, one line per channel and change."""
    link, flag = to_link(coefficients), coefficients["flag"].to_numpy()
    # A cell with pairs has its own line, however far it is shrunk.
    own = ((flag & int(LineFlag.NO_PAIRS)) == 0).sum(axis=0)
    lines = [
        f"{coefficients.attrs['title']}; {len(link.cells)} cells",
        "channel: offset at 250 K, slope, each with the sd of one cell, and cells with pairs",
    ]
    middle = np.full(len(link.channels), 250.0)
    level, sd = link.all_line.at(middle), np.sqrt(link.all_line.variance_at(middle))
    for i, name in enumerate(link.channels):
        pair = f"{link.source_channels[i]} -> {name}"
        slope = f"{link.all_line.slope[i]:.4f}"
        spread = f"{np.sqrt(link.all_line.slope_var[i]):.4f}"
        offset = f"{level[i] - 250:+.2f} +- {sd[i]:.2f}"
        lines.append(f"{pair:<17}  {offset}  {slope} +- {spread}  {own[i]}")
    for change in to_changes(coefficients):
        is_step = isinstance(change, Step)
        # A decade of drift reads better than a year of it.
        factor, kind = (1, "step") if is_step else (10, "drift a decade, none at")
        sizes = ", ".join(
            f"{name} {size:+.2f} +- {error:.2f}{' removed' if is_removed else ''}"
            for name, size, error, is_removed in zip(
                change.channels,
                factor * change.size,
                factor * change.sd,
                change.is_removed,
                strict=True,
            )
        )
        lines.append(f"{kind} {change.date}: {sizes}")
    return "\n".join(lines)
