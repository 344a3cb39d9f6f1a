"""What was imposed on a simulated world, and the record beside its truth in which to find it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.arrays import Booleans, Datetime64, Float32, Float64
from mcca_ml.config.simulate import BoxSettings, DroughtSettings, SimulateSettings
from mcca_ml.report.scores.calibration_error import Shift
from mcca_ml.sensors import networks

_FIRST = tuple(name for names in networks().values() for name in names)
"""Streams by the weight that they have where several look: whose calibration error counts."""


@dataclass(frozen=True)
class Known:
    """What was imposed on a simulated world."""

    settings: SimulateSettings
    changes: Mapping[str, Mapping[str, float]]
    """By box, as in `simulate.imposed.realised_changes`."""

    def droughts_of(self, box: BoxSettings) -> tuple[DroughtSettings, ...]:
        """Droughts of a box; one without a name is of the first box."""
        first = self.settings.box[0].name
        return tuple(d for d in self.settings.drought if (d.box or first) == box.name)


@dataclass(frozen=True)
class Series:
    """The record of one simulated world beside its truth at the same times."""

    days: Datetime64
    record: Float32
    """Recommended values [m3 m-3], (cell, time)."""
    truth: Float32
    """At their times, NaN where the record has none [m3 m-3], (cell, time)."""
    lat: Float64
    lon: Float64
    share: Mapping[str, Booleans]
    """By stream, where its calibration error is that of the record, (cell, time)."""
    shifts: Mapping[str, Shift]
    """By stream, what calibration leaves open; a reference that nothing was found of has none."""

    def inside(self, box: BoxSettings) -> Booleans:
        """Cells of a box, (cell,)."""
        lon_in = (self.lon >= box.west) & (self.lon <= box.east)
        return np.asarray((self.lat >= box.south) & (self.lat <= box.north) & lon_in)


def known_of(truth: Path) -> Known | None:
    """What was imposed on a world; None where its truth does not tell.

    Args:
        truth: store of the truth.
    """
    with xr.open_zarr(truth, chunks=None, consolidated=False) as ds:
        if not {"settings", "realised_changes"} <= set(ds.attrs):
            return None
        settings = SimulateSettings.model_validate_json(ds.attrs["settings"])
        return Known(settings, json.loads(ds.attrs["realised_changes"]))


def shares(record: xr.Dataset, bits: Mapping[str, int]) -> dict[str, Booleans]:
    """By stream, values of the record in which it has the greatest weight, (cell, time).

    Args:
        record: after schema.RECORD.
        bits: of each stream in its variable `sensor`.
    """
    sensor = record["sensor"].to_numpy().T
    left, found = sensor > 0, {}
    for name in _FIRST:
        if name in bits:
            found[name] = left & ((sensor & bits[name]) != 0)
            left = left & ~found[name]
    return found
