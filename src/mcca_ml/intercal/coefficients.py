"""The coefficients of a cross-calibration as a product: made, written, read, and applied alone."""

from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.atomic import replacing
from mcca_ml.config_calibrate import CalibrateSettings
from mcca_ml.errors import GranuleError
from mcca_ml.intercal.line import Floats, Line
from mcca_ml.intercal.link import LineFlag, Link
from mcca_ml.intercal.step import Step

FORMAT = "MCCA-ML calibration coefficients 1"
_CELL = ("cell", "channel")
_UNITS = {
    "centre": "K",
    "level": "K",
    "slope": "1",
    "level_var": "K2",
    "slope_var": "1",
    "covariance": "K",
}
_MEANING = {
    "centre": "middle of the pairs, on the scale of the sensor",
    "level": "value of the line there, on the scale of the reference",
    "slope": "slope of the line",
    "level_var": "variance of the level",
    "slope_var": "variance of the slope",
    "covariance": "covariance of level and slope",
}
_PARTS = {"": _CELL, "class_": ("class", "channel"), "all_": ("channel",)}
_OWN = {
    "pairs": "pairs with any weight",
    "level_weight": "weight of the cell's own level",
    "slope_weight": "weight of the cell's own slope",
}


def _lines(link: Link) -> dict[str, tuple[tuple[str, ...], object, dict[str, str]]]:
    made = {}
    of_part = {"": link.line, "class_": link.class_line, "all_": link.all_line}
    for prefix, line in of_part.items():
        for name, values in line._asdict().items():
            attrs = {"units": _UNITS[name], "long_name": _MEANING[name]}
            made[prefix + name] = (_PARTS[prefix], values, attrs)
    return made


def _flag_attributes() -> dict[str, object]:
    return {
        "long_name": "what the line rests on",
        "flag_masks": np.array([int(bit) for bit in LineFlag], np.uint8),
        "flag_meanings": " ".join(str(bit.name).lower() for bit in LineFlag),
    }


def _steps(steps: tuple[Step, ...], channels: tuple[str, ...]) -> dict[str, object]:
    """Variables (step, channel); a channel that a step does not know has none."""
    dims = ("step", "channel")

    def rows(name: str, otherwise: float) -> Floats:
        out = np.full((len(steps), len(channels)), otherwise)
        for i, step in enumerate(steps):
            for j, channel in enumerate(channels):
                if channel in step.channels:
                    out[i, j] = getattr(step, name)[step.channels.index(channel)]
        return out

    dates = np.array([step.date for step in steps], "datetime64[D]")
    days = (dates - np.datetime64("1970-01-01")).astype(np.int32)
    kelvin = {"units": "K", "long_name": "before less after the date, scale of the sensor"}
    return {
        "step_date": (("step",), days, {"units": "days since 1970-01-01", "calendar": "standard"}),
        "step_size": (dims, rows("size", np.nan), kelvin),
        "step_sd": (dims, rows("sd", np.nan), {"units": "K", "long_name": "its sd"}),
        "step_p_value": (dims, rows("p_value", 1.0), {"units": "1", "long_name": "its p value"}),
        "step_is_removed": (
            dims,
            rows("is_removed", 0.0).astype(np.int8),
            {"units": "1", "long_name": "1 where it is taken off"},
        ),
    }


def to_dataset(
    link: Link,
    settings: CalibrateSettings,
    steps: tuple[Step, ...] = (),
    *,
    is_simulated: bool,
) -> xr.Dataset:
    """Coefficients of a link, with everything that is needed to apply them.

    Args:
        link: of `calibrate`, `chain` or `combine`.
        settings: the `[calibrate]` table that it was made with.
        steps: of the sensor, tested; those that are significant are taken off before the line.
        is_simulated: whether it was made from simulated granules.

    Returns:
        Lines (cell, channel), (class, channel) and (channel); `flag`, `pairs` and weights; steps.
    """
    own = {
        name: (_CELL, getattr(link, name), {"units": "1", "long_name": text})
        for name, text in _OWN.items()
    }
    return xr.Dataset(
        {
            **_lines(link),
            **own,
            "flag": (_CELL, link.flag, _flag_attributes()),
            **_steps(steps, link.source_channels),
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
    """Write coefficients as NetCDF, whole or not at all.

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
    """Coefficients from a file of `write`.

    Raises:
        GranuleError: the file is missing, damaged, or holds something else.
    """
    try:
        with xr.open_dataset(path, engine="netcdf4", decode_times=False) as opened:
            ds = opened.load()
    except (OSError, RuntimeError, ValueError) as error:
        raise GranuleError(
            f"{path}: cannot be read as NetCDF ({error}), expected {FORMAT}; make it again"
        ) from error
    missing = sorted({*_OWN, "flag", "step_date", *_UNITS} - {str(name) for name in ds.variables})
    if ds.attrs.get("format") != FORMAT or missing:
        found = f"without {missing[0]}" if missing else str(ds.attrs.get("format"))
        raise GranuleError(f"{path}: found a file {found}, expected {FORMAT}; make it again")
    return ds


def link_of(coefficients: xr.Dataset) -> Link:
    """The link that coefficients hold."""
    lines = {
        prefix: Line(*(coefficients[prefix + name].to_numpy() for name in Line._fields))
        for prefix in _PARTS
    }
    return Link(
        sensor=str(coefficients.attrs["sensor"]),
        reference=str(coefficients.attrs["reference"]),
        source_channels=tuple(map(str, coefficients["source_channel"].to_numpy())),
        channels=tuple(map(str, coefficients["channel"].to_numpy())),
        cells=coefficients["cell"].to_numpy().astype(np.int64),
        line=lines[""],
        flag=coefficients["flag"].to_numpy().astype(np.uint8),
        pairs=coefficients["pairs"].to_numpy(),
        level_weight=coefficients["level_weight"].to_numpy(),
        slope_weight=coefficients["slope_weight"].to_numpy(),
        classes=coefficients["class"].to_numpy().astype(np.int64),
        class_line=lines["class_"],
        all_line=lines["all_"],
    )


def steps_of(coefficients: xr.Dataset) -> tuple[Step, ...]:
    """The steps that coefficients hold."""
    channels = tuple(map(str, coefficients["source_channel"].to_numpy()))
    size, sd, p_value, is_removed = (
        coefficients[f"step_{name}"].to_numpy() for name in ("size", "sd", "p_value", "is_removed")
    )
    days = coefficients["step_date"].to_numpy().astype("timedelta64[D]")
    dates = np.datetime64("1970-01-01", "D") + days
    return tuple(
        Step(date, channels, size[i], sd[i], p_value[i], is_removed[i] > 0)
        for i, date in enumerate(dates)
    )


def describe(coefficients: xr.Dataset) -> str:
    """What coefficients hold, in a screenful."""
    link, flag = link_of(coefficients), coefficients["flag"].to_numpy()
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
    for step in steps_of(coefficients):
        sizes = ", ".join(
            f"{name} {size:+.2f} +- {error:.2f}{' removed' if gone else ''}"
            for name, size, error, gone in zip(
                step.channels, step.size, step.sd, step.is_removed, strict=True
            )
        )
        lines.append(f"step {step.date}: {sizes}")
    return "\n".join(lines)
