"""How well does the cross-calibration find the injected errors of a simulated world?

    python -m benchmarks.science.calibration_truth --world world --stores work/grid
        [--last 2018-12-31] [--without-errors OTHER_STORES]

WORLD has truth.zarr, which only this report opens; STORES one Zarr store a sensor. Prints a table
in Markdown for each sensor and half (cells with pairs of their own, and without): at the median
brightness temperature of each cell, the line less what the injected errors of both sensors ask for,
mean and rms over cells [K]; the slope over the true one; the median number of pairs.

Frequency, angle and footprint make two sensors differ too, which a line has to take up and this
table counts as a fault. OTHER_STORES are those of the same boxes in other weather, seen by
sensors without any error (worlds/full_without_errors.toml): the lines found there are what the
ground asks for, and a row more tells the bias beside both.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import xarray as xr
import zarr

from benchmarks.common.markdown import table
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.intercal.coefficients import to_changes, to_link
from mcca_ml.intercal.drift import Drift
from mcca_ml.intercal.link import LineFlag, Link
from mcca_ml.intercal.sensor_graph import calibrate_sensors
from mcca_ml.simulate.observe.instrument import CalibrationError
from mcca_ml.store.read_blocks import open_store

SENSORS = ("TMI", "AMSRE", "GMI", "AMSR2")
OVERLAP = {"TMI": "2014-09-15", "AMSRE": "2011-05-15", "AMSR2": "2013-11-15", "GMI": "2014-09-15"}
"""Day at which the drift of each sensor is looked at, in the middle of its pairs."""


BESIDE = "bias after, beside the ground's share"


def injected(world: Path) -> dict[str, tuple[list[str], CalibrationError]]:
    """Channels and calibration errors of each sensor."""
    group = zarr.open_group(world / "truth.zarr", mode="r")
    found = {}
    for name, values in json.loads(str(group.attrs["injected_errors"])).items():
        if name not in SENSORS:
            continue
        floats = ("offset", "slope", "curvature", "drift", "step")
        errors = {key: np.array(values[key], np.float64) for key in floats}
        days = (np.datetime64(values[key]) for key in ("first_day", "boost"))
        found[name] = values["channels"], CalibrationError(*errors.values(), *days)
    return found


def off(error: tuple[list[str], CalibrationError], channel: str, tb, day: str) -> np.ndarray:
    """Observed less true brightness temperature of one channel [K]."""
    channels, of = error
    full = np.full((*np.shape(tb), len(channels)), 250.0)
    i = channels.index(channel)
    full[..., i] = tb
    return (of.apply(full, np.datetime64(day)) - full)[..., i].astype(np.float64)


def truths(link: Link, tb: np.ndarray, errors, days: tuple[str, str]) -> np.ndarray:
    """What the reference would show where the sensor shows `tb`, (cell, channel) [K]."""
    out = np.empty_like(tb)
    for i, (name, other) in enumerate(zip(link.source_channels, link.channels, strict=True)):
        true = tb[:, i]
        for _ in range(4):  # the errors are small: this converges
            true = tb[:, i] - off(errors[link.sensor], name, true, days[0])
        out[:, i] = true + off(errors[link.reference], other, true, days[1])
    return out


def of_the_ground(stores: Path, link: Link, tb: np.ndarray, span) -> np.ndarray | None:
    """Line of sensors without errors less brightness temperature, mean over cells [K]."""
    paths = {name: stores / f"{name}.zarr" for name in (link.sensor, link.reference)}
    if not all(path.is_dir() for path in paths.values()):
        return None
    found = calibrate_sensors(paths, CalibrateSettings(), **span)
    same = to_link(found[link.sensor]).at_cells(link.cells)
    return np.nanmean(same.line.at(tb) - tb, axis=0)


def medians(ds: xr.Dataset, names: tuple[str, ...]) -> np.ndarray:
    """Median brightness temperature, (cell, channel) [K]."""
    tb = ds["tb"].sel(channel=list(names)).transpose("cell", "channel", "time", "look").to_numpy()
    return np.nanmedian(tb.reshape(*tb.shape[:2], -1), axis=-1)


def rows(link: Link, tb: np.ndarray, errors, dates) -> dict[str, np.ndarray]:
    """Figures of some cells by channel."""
    days = OVERLAP[link.sensor], dates.get(link.reference, OVERLAP[link.reference])
    wanted = truths(link, tb, errors, days)
    far = tb + 5.0
    slope = (truths(link, far, errors, days) - truths(link, tb - 5.0, errors, days)) / 10.0
    after = link.line.at(tb) - wanted
    return {
        "bias before": np.nanmean(tb - wanted, axis=0),
        "bias after": np.nanmean(after, axis=0),
        "rms after": np.sqrt(np.nanmean(after**2, axis=0)),
        "stated sd": np.sqrt(np.nanmean(link.line.variance_at(tb), axis=0)),
        "slope over the true one, before": np.nanmean(1 / slope, axis=0),
        "after": np.nanmean(link.line.slope / slope, axis=0),
        "pairs a cell": np.median(link.pairs, axis=0),
    }


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--world", type=Path, required=True)
    parser.add_argument("--stores", type=Path, required=True)
    parser.add_argument("--without-errors", type=Path)
    parser.add_argument("--first", default="1997-12-01")
    parser.add_argument("--last", default="2018-12-31")
    asked = parser.parse_args()
    paths = {name: asked.stores / f"{name}.zarr" for name in SENSORS}
    stores = {name: path for name, path in paths.items() if path.is_dir()}
    span = {"first_day": np.datetime64(asked.first), "last_day": np.datetime64(asked.last)}
    errors = injected(asked.world)
    made_of = calibrate_sensors(stores, CalibrateSettings(), **span)
    # Its drift taken off, a reference has the scale of that day.
    dates = {n: str(one.date) for n, f in made_of.items() for one in to_changes(f)
             if isinstance(one, Drift)}  # fmt: skip
    for name, found in made_of.items():
        link = to_link(found)
        if link.sensor == link.reference:
            continue
        ds = open_store(stores[name], **span, variables=("tb",))
        tb = medians(ds, link.source_channels)
        is_own = ((link.flag & LineFlag.NO_PAIRS) == 0).any(axis=1)
        for what, cells in (("with pairs", is_own), ("without pairs", ~is_own)):
            chosen = cells & np.isfinite(tb).any(axis=1)
            if not chosen.any():
                continue
            part = link.at_cells(link.cells[chosen])
            figures = rows(part, tb[chosen], errors, dates)
            if asked.without_errors:
                ground = of_the_ground(asked.without_errors, part, tb[chosen], span)
                if ground is not None:
                    figures[BESIDE] = figures["bias after"] - ground
            made = []
            for label, values in figures.items():
                digits = 3 if "slope" in label or label == "after" else 2
                made.append([label, *(f"{value:.{digits}f}" for value in values)])
            title = f"{name} to {link.reference}, {chosen.sum()} cells {what}"
            print("\n" + table([title, *link.channels], made))


if __name__ == "__main__":
    main()
