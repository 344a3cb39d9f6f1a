"""Coefficients of the cross-calibration -> tables."""

import numpy as np
import xarray as xr

from mcca_ml.intercal import coefficients
from mcca_ml.intercal.link import LineFlag
from mcca_ml.intercal.step import Step
from mcca_ml.report.scores.sheet import Sheet, number, signed
from mcca_ml.validate.tables import Value

_MIDDLE = 250.0
"""Brightness temperature at which offsets are told [K]."""


def lines_sheet(ds: xr.Dataset) -> Sheet:
    """The line of all cells of each channel.

    Args:
        ds: as `coefficients.read` gives it.
    """
    link = coefficients.link_of(ds)
    own = ((ds["flag"].to_numpy() & int(LineFlag.NO_PAIRS)) == 0).sum(axis=0)
    middle = np.full(len(link.channels), _MIDDLE)
    offset = link.all_line.at(middle) - _MIDDLE
    offset_sd = np.sqrt(link.all_line.variance_at(middle))
    slope, slope_sd = link.all_line.slope, np.sqrt(link.all_line.slope_var)
    common = np.sqrt(link.common_var)
    rows: list[tuple[str, ...]] = []
    data: list[tuple[Value, ...]] = []
    for i, (source, name) in enumerate(zip(link.source_channels, link.channels, strict=True)):
        at, at_sd, by, by_sd, alike = (
            float(one[i]) for one in (offset, offset_sd, slope, slope_sd, common)
        )
        data.append((source, name, at, at_sd, by, by_sd, alike, int(own[i])))
        rows.append(
            (
                f"{source} → {name}",
                f"{signed(at, 2)} ± {number(at_sd, 2)}",
                f"{number(by, 4)} ± {number(by_sd, 4)}",
                number(alike, 2),
                f"{int(own[i]):,}",
            )
        )
    return Sheet(
        str(ds.attrs["title"]),
        ("channel", "offset at 250 K [K]", "slope", "wrong alike, sd [K]", "cells with pairs"),
        tuple(rows),
        f"{len(link.cells):,} cells; ± is the standard deviation of one cell.",
        ("source_channel", "channel", "offset_at_250K", "offset_sd", "slope", "slope_sd")
        + ("common_sd", "cells_with_pairs"),
        tuple(data),
    )


def changes_sheet(ds: xr.Dataset) -> Sheet | None:
    """Steps and drifts that were tested; None where there are none.

    Args:
        ds: as `coefficients.read` gives it.
    """
    data = []
    for change in coefficients.changes_of(ds):
        is_step = isinstance(change, Step)
        kind, factor = ("step [K]", 1.0) if is_step else ("drift [K per decade]", 10.0)
        for i, channel in enumerate(change.channels):
            size, sd = factor * float(change.size[i]), factor * float(change.sd[i])
            gone = "yes" if change.is_removed[i] else "no"
            data.append((channel, kind, str(change.date), size, sd, float(change.p_value[i]), gone))
    if not data:
        return None
    rows = tuple(
        (row[0], row[1], row[2], f"{signed(row[3], 2)} ± {number(row[4], 2)}")
        + (f"{row[5]:.2g}", row[6])
        for row in data
    )
    sensor = str(ds.attrs["sensor"])
    return Sheet(
        f"Steps and drifts of {sensor} that were tested",
        ("channel", "kind", "date", "size", "p", "taken off"),
        rows,
        "A drift is none at its date.",
        ("channel", "kind", "date", "size", "sd", "p_value", "is_removed"),
        tuple(data),
    )
