"""Errors that belong to one pass over one box, its pointing and interference, and their table.

They are a function of the seed, the sensor, the box and the pass alone: the granules take them from
here, and so does the truth store.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from mcca_ml.arrays import Booleans, Float32
from mcca_ml.simulate.observe.instrument import Instrument, named_generator, transmitters
from mcca_ml.simulate.observe.truth_slice import TruthSlice
from mcca_ml.simulate.truth.types import Cells


@dataclass(frozen=True)
class PassErrors:
    """Errors of one pass over one box, and the source of what is drawn after them."""

    sensor: str
    box: str
    time: np.datetime64
    """UTC of its first scan or observation."""
    transmitters: Float32
    """Strength of the interference in each cell of the patch, 0 to 1 [1]."""
    east_km: float
    """By how much the antenna really looks east of where it says [km]."""
    north_km: float
    """[km]."""
    rng: np.random.Generator
    """For noise and lost scans."""


def pass_errors(
    truth: TruthSlice, instrument: Instrument, time: np.datetime64, *name: int
) -> PassErrors:
    """Errors of one pass over a patch that every sensor has; its pointing is right.

    Args:
        truth: patch.
        instrument: instrument.
        time: UTC of its first scan or observation.
        name: numbers that tell the pass from others of the sensor over this patch.
    """
    sensor, box = instrument.sensor.name, truth.patch.name
    rng = named_generator(instrument.seed, "pass", sensor, box, *name)
    return PassErrors(sensor, box, time, transmitters(truth.land.has_rfi, rng), 0.0, 0.0, rng)


def table(rows: Sequence[PassErrors], cells: Cells, has_rfi: Booleans) -> xr.Dataset:
    """All passes of a world, by sensor in the order of box and time.

    Args:
        rows: in any order.
        cells: of the world.
        has_rfi: its cells with a transmitter, (cell).

    Returns:
        For each sensor `pass_time_*`, `pass_box_*` (index into the patches), `pass_east_*` and
        `pass_north_*` [km], (pass_*), and `interference_*` (pass_*, rfi_cell) [1], the strength of
        each transmitter, NaN in other boxes; times the sizes of the settings it is the warming.
    """
    names = [patch.name for patch in cells.patches]
    at = np.flatnonzero(has_rfi)
    out = xr.Dataset(coords={"rfi_cell": ("rfi_cell", cells.cell[at])})
    for sensor in sorted({row.sensor for row in rows}):
        own = sorted(
            (row for row in rows if row.sensor == sensor),
            key=lambda row: (names.index(row.box), row.time),
        )
        of = f"pass_{sensor}"
        strength = np.full((len(own), at.size), np.nan, np.float32)
        for number, row in enumerate(own):
            patch = cells.patches[names.index(row.box)].cells
            here = (at >= patch.start) & (at < patch.stop)
            strength[number, here] = row.transmitters[at[here] - patch.start]
        box = np.array([names.index(row.box) for row in own], np.int16)
        out[f"pass_time_{sensor}"] = (of, np.array([row.time for row in own], "M8[ns]"))
        out[f"pass_box_{sensor}"] = (of, box, {"units": "1"})
        for axis in ("east", "north"):
            off = np.array([getattr(row, f"{axis}_km") for row in own], np.float32)
            out[f"pass_{axis}_{sensor}"] = (of, off, {"units": "km"})
        out[f"interference_{sensor}"] = ((of, "rfi_cell"), strength, {"units": "1"})
    return out
