"""Describe swath granules for `mcca-ml inspect`."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.flags import Quality
from mcca_ml.inspect.description import (
    SIMULATED,
    Description,
    VariableRow,
    extent,
    period,
    variable_row,
)
from mcca_ml.read.any_granule import open_swaths
from mcca_ml.schema import is_simulated
from mcca_ml.sensors import SENSORS


def _shape(swath: xr.Dataset) -> str:
    """Return the scans and pixels of a swath if known, else its number of footprints."""
    if "scans" in swath.attrs:
        size = f"{int(swath.attrs['scans']):,} scans of {int(swath.attrs['pixels']):,} pixels"
    else:
        size = f"{swath.sizes['footprint']:,} footprints"
    return f"{swath.attrs.get('swath', '')}: {size}"


def _quality(swaths: Sequence[xr.Dataset]) -> str:
    """Return the number of footprints of each quality, over all swaths."""
    quality = np.concatenate([swath["quality"].to_numpy() for swath in swaths])
    return ", ".join(f"{int((quality == q).sum()):,} {q.name.lower()}" for q in Quality)


def _left_out(swaths: Sequence[xr.Dataset]) -> dict[str, str]:
    """Return the number of footprints omitted by the reader, without place or time."""
    counts = {
        what: sum(int(swath.attrs.get(f"without_{what}", 0)) for swath in swaths)
        for what in ("place", "time")
    }
    listed = [f"{count:,} footprints without {what}" for what, count in counts.items() if count]
    return {"left out": ", ".join(listed)} if listed else {}


def _rows(swath: xr.Dataset) -> list[VariableRow]:
    """Return a row for each channel, and for the incidence angle in degrees."""
    name = swath.attrs.get("swath", "")
    tb = swath["tb"].to_numpy()
    rows = [
        variable_row(f"{name} tb {channel}", "K", tb[:, number])
        for number, channel in enumerate(swath["channel"].to_numpy())
    ]
    degrees = np.degrees(swath["incidence"].to_numpy())
    return [*rows, variable_row(f"{name} incidence", "degree", degrees)]


def describe_swaths(path: Path) -> Description:
    """Describe a granule of one or more swaths.

    Args:
        path: PPS 1C, or JAXA level 1R or 3.

    Raises:
        GranuleError: the granule cannot be read.
    """
    swaths = open_swaths(path, may_be_empty=True)
    first = swaths[0]
    sensor = str(first.attrs["sensor"])
    flat = {
        name: np.concatenate([swath[name].to_numpy() for swath in swaths])
        for name in ("lat", "lon", "time")
    }
    simulated = is_simulated(first)
    heading = {
        "file": path.name,
        "product": f"{first.attrs['product']} {first.attrs.get('version', '')}".strip(),
        **({"simulated": SIMULATED} if simulated else {}),
        "sensor": f"{sensor} on {SENSORS[sensor].platform}",
        "swaths": "; ".join(map(_shape, swaths)),
        **({"look": str(first.attrs["look"])} if "look" in first.attrs else {}),
        "observed": period(flat["time"]),
        "places": extent(flat["lat"], flat["lon"]),
        "quality": _quality(swaths),
        **_left_out(swaths),
    }
    return Description(heading, tuple(row for swath in swaths for row in _rows(swath)))
