"""Errors of one pass over one box, pointing and interference, and their table.

They depend only on the seed, the sensor, the box and the pass; the granules and the truth store
both use the values drawn here.
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
    """Errors of one pass over one box, and its random generator."""

    sensor: str
    box: str
    time: np.datetime64
    """UTC of its first scan or observation."""
    transmitters: Float32
    """Strength of the interference in each cell of the patch, 0 to 1 [1], (cell)."""
    east_km: float
    """Eastward geolocation error: true minus reported position [km]."""
    north_km: float
    """Northward geolocation error [km]."""
    rng: np.random.Generator
    """Random generator for noise and lost scans."""


def pass_errors(
    truth: TruthSlice, instrument: Instrument, time: np.datetime64, *name: int
) -> PassErrors:
    """Draw the interference of one pass over a patch; the pointing errors are 0.

    Args:
        truth: subset of the truth of the patch.
        instrument: sensor and seed.
        time: UTC of the first scan or observation.
        name: numbers that identify the pass among those of the sensor over this patch.
    """
    sensor, box = instrument.sensor.name, truth.patch.name
    rng = named_generator(instrument.seed, "pass", sensor, box, *name)
    return PassErrors(sensor, box, time, transmitters(truth.land.has_rfi, rng), 0.0, 0.0, rng)


def table(rows: Sequence[PassErrors], cells: Cells, has_rfi: Booleans) -> xr.Dataset:
    """Dataset of the errors of all passes, for each sensor ordered by box and time.

    Args:
        rows: errors of passes, in any order.
        cells: cells of the world.
        has_rfi: True for cells with a transmitter, (cell).

    Returns:
        For each sensor `pass_time_*`, `pass_box_*` (index into the patches), `pass_east_*` and
        `pass_north_*` [km], (pass_*), and `interference_*` (pass_*, rfi_cell) [1], the strength of
        each transmitter, NaN in other boxes. Strength times the sizes of the settings is the
        warming [K].
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
