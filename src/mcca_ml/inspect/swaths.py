"""What a swath granule holds: the content of `mcca-ml inspect` for those."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.flags import Quality
from mcca_ml.inspect.description import SIMULATED, Description, Row, extent, period, row_of
from mcca_ml.read.any_granule import open_swaths
from mcca_ml.schema import is_simulated
from mcca_ml.sensors import SENSORS


def _shape(swath: xr.Dataset) -> str:
    """Scans and pixels of a swath where they are known, else its footprints."""
    if "scans" in swath.attrs:
        size = f"{int(swath.attrs['scans']):,} scans of {int(swath.attrs['pixels']):,} pixels"
    else:
        size = f"{swath.sizes['footprint']:,} footprints"
    return f"{swath.attrs.get('swath', '')}: {size}"


def _quality(swaths: Sequence[xr.Dataset]) -> str:
    """Footprints of each quality, over all swaths."""
    found = np.concatenate([swath["quality"].to_numpy() for swath in swaths])
    return ", ".join(f"{int((found == q).sum()):,} {q.name.lower()}" for q in Quality)


def _left_out(swaths: Sequence[xr.Dataset]) -> dict[str, str]:
    """How many footprints have no place or no time, where readers leave these out."""
    counts = {
        what: sum(int(swath.attrs.get(f"without_{what}", 0)) for swath in swaths)
        for what in ("place", "time")
    }
    said = [f"{count:,} footprints without {what}" for what, count in counts.items() if count]
    return {"left out": ", ".join(said)} if said else {}


def _rows(swath: xr.Dataset) -> list[Row]:
    """A row for each channel, and the incidence angle in degrees."""
    name = swath.attrs.get("swath", "")
    tb = swath["tb"].to_numpy()
    rows = [
        row_of(f"{name} tb {channel}", "K", tb[:, number])
        for number, channel in enumerate(swath["channel"].to_numpy())
    ]
    degrees = np.degrees(swath["incidence"].to_numpy())
    return [*rows, row_of(f"{name} incidence", "degree", degrees)]


def describe_swaths(path: Path) -> Description:
    """What a granule of one or more swaths holds.

    Args:
        path: PPS 1C, or JAXA's level 1R or 3.

    Raises:
        GranuleError: it cannot be read.
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
