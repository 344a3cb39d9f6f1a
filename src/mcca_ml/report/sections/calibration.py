"""Tables of the cross-calibration."""

import numpy as np
import xarray as xr

from mcca_ml.intercal import coefficients
from mcca_ml.intercal.link import LineFlag
from mcca_ml.intercal.step import Step
from mcca_ml.report.scores.sheet import Sheet, make_sheet

_MIDDLE = 250.0
"""Brightness temperature at which offsets are given [K]."""


def lines_sheet(ds: xr.Dataset) -> Sheet:
    """Format the regression over all cells of each channel.

    Args:
        ds: as `coefficients.read` gives it.
    """
    link = coefficients.to_link(ds)
    own = ((ds["flag"].to_numpy() & int(LineFlag.NO_PAIRS)) == 0).sum(axis=0)
    middle = np.full(len(link.channels), _MIDDLE)
    offset = link.all_line.at(middle) - _MIDDLE
    offset_sd = np.sqrt(link.all_line.variance_at(middle))
    slope, slope_sd = link.all_line.slope, np.sqrt(link.all_line.slope_var)
    common = np.sqrt(link.common_var)
    numbers = zip(offset, offset_sd, slope, slope_sd, common, strict=True)
    return make_sheet(
        str(ds.attrs["title"]),
        (
            ("channel", "{} → {}", "source_channel", "channel"),
            ("offset at 250 K [K]", "{:+z.2f} ± {:.2f}", "offset_at_250K", "offset_sd"),
            ("slope", "{:.4f} ± {:.4f}", "slope", "slope_sd"),
            ("systematic error, 1 sd [K]", "{:.2f}", "common_sd"),
            ("cells with pairs", "{:,}", "cells_with_pairs"),
        ),
        (
            (*names, *map(float, values), int(cells))
            for *names, values, cells in zip(
                link.source_channels, link.channels, numbers, own, strict=True
            )
        ),
        f"{len(link.cells):,} cells; ± is the standard deviation of one cell.",
    )


def changes_sheet(ds: xr.Dataset) -> Sheet | None:
    """Format the tested steps and drifts; None without any.

    Args:
        ds: as `coefficients.read` gives it.
    """
    data = []
    for change in coefficients.to_changes(ds):
        is_step = isinstance(change, Step)
        kind, factor = ("step [K]", 1.0) if is_step else ("drift [K per decade]", 10.0)
        for i, channel in enumerate(change.channels):
            size, sd = factor * float(change.size[i]), factor * float(change.sd[i])
            gone = "yes" if change.is_removed[i] else "no"
            data.append((channel, kind, str(change.date), size, sd, float(change.p_value[i]), gone))
    if not data:
        return None
    return make_sheet(
        f"Steps and drifts of {ds.attrs['sensor']} that were tested",
        (
            ("channel", "{}", "channel"),
            ("kind", "{}", "kind"),
            ("date", "{}", "date"),
            ("size", "{:+z.2f} ± {:.2f}", "size", "sd"),
            ("p", "{:.2g}", "p_value"),
            ("subtracted", "{}", "is_removed"),
        ),
        data,
        "A drift is zero at its date.",
    )
