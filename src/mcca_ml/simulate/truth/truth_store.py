"""The truth of a simulated world as a Zarr store that no stage of the pipeline opens.

Arrays (time, cell) are counts of 16 bits; the quanta stand in `PACKED`, each far below what any
comparison resolves. The store appears whole or not at all, and the same truth gives the same bytes.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.arrays import AnyArray
from mcca_ml.atomic import replacing_directory
from mcca_ml.config.simulate import SimulateSettings
from mcca_ml.errors import OutputError
from mcca_ml.formats.smap import SIMULATED
from mcca_ml.simulate.truth.imposed_signals import Changes
from mcca_ml.simulate.truth.types import State, Surface, Truth

FILL = 65535
"""Count that means no value; every other counts quanta."""
CHUNK = {"time": 2920, "cell": 64}
"""Steps, a year of them, and cells of a chunk."""


@dataclass(frozen=True)
class Packed:
    """How a variable of the state is stored."""

    quantum: float
    """Value of one count, in the units of the variable."""
    lowest: float
    """Value of count 0."""
    units: str
    name: str


PACKED: Mapping[str, Packed] = {
    "soil_moisture": Packed(2e-5, 0, "m3 m-3", "liquid water of 0-5 cm"),
    "total_water": Packed(2e-5, 0, "m3 m-3", "liquid water and ice of 0-5 cm"),
    "surface_temperature": Packed(0.004, 150, "K", "soil temperature of 0-5 cm"),
    "deep_temperature": Packed(0.004, 150, "K", "soil temperature at 50 cm"),
    "canopy_temperature": Packed(0.004, 150, "K", "canopy temperature"),
    "air_temperature": Packed(0.004, 150, "K", "air temperature at 2 m"),
    "vod_v": Packed(5e-5, 0, "1", "vegetation optical depth at V, 1.41 GHz, nadir"),
    "snow_water": Packed(0.05, 0, "mm", "water equivalent of snow"),
    "rain_rate": Packed(0.004, 0, "mm h-1", "rain rate"),
    "vapour": Packed(0.002, 0, "kg m-2", "precipitable water"),
    "cloud_water": Packed(2e-5, 0, "kg m-2", "liquid water of clouds"),
}
"""Packing of the state, by the name of the field."""

LAND_UNITS: Mapping[str, str] = {
    "bulk_density": "g cm-3",
    "porosity": "m3 m-3",
    "elevation": "m",
}
"""Units of the land that are not 1."""


def write_truth(
    truth: Truth,
    path: Path,
    settings: SimulateSettings,
    errors: Mapping[str, object],
    changes: Changes,
    passes: xr.Dataset,
) -> None:
    """Write the truth of a world; a store of that name is replaced at the end.

    Args:
        truth: whole world.
        path: name of the store, such as truth.zarr, in a directory that exists.
        settings: of the world, for the attributes.
        errors: every injected error of the sensors, as plain numbers, texts, lists and mappings.
        changes: of each box, as the jobs of `imposed_signals.change_jobs` give them.
        passes: errors of single passes, of `overpass_errors.table`.

    Raises:
        OutputError: it cannot be written, or a value does not fit its packing.
    """
    _check_range(truth.state, path)
    ds = (
        _dataset(truth)
        .merge(passes)
        .assign_attrs(
            {
                SIMULATED: "true",
                "title": "Truth of a simulated world; nothing in it was observed",
                "seed": settings.seed,
                "settings": settings.model_dump_json(),
                "injected_errors": json.dumps(errors, sort_keys=True),
                "realised_changes": json.dumps(changes, sort_keys=True),
                "patches": json.dumps([asdict(patch) for patch in truth.cells.patches]),
            }
        )
    )
    encoding: dict[str, dict[str, object]] = {
        name: {
            "dtype": "uint16",
            "scale_factor": packed.quantum,
            "add_offset": float(packed.lowest),
            "_FillValue": np.uint16(FILL),
            "chunks": tuple(min(CHUNK[d], ds.sizes[d]) for d in ("time", "cell")),
        }
        for name, packed in PACKED.items()
    }
    encoding["time"] = {"units": "seconds since 1970-01-01", "dtype": "int64"}
    with replacing_directory(path) as beside:
        ds.to_zarr(beside, mode="w", zarr_format=3, consolidated=False, encoding=encoding)


def _check_range(state: State, path: Path) -> None:
    """Raise where a value has no count: it would come back as another."""
    for name, packed in PACKED.items():
        values = getattr(state, name)
        low, high = packed.lowest, packed.lowest + packed.quantum * (FILL - 1)
        if values.size and not (values.min() >= low and values.max() <= high):
            raise OutputError(
                f"{path}: found {name} {values.min():g} to {values.max():g}, expected {low:g} to "
                f"{high:g} {packed.units}; simulate a milder world or widen its packing"
            )


def _dataset(truth: Truth) -> xr.Dataset:
    """All of a truth as one dataset."""
    cells = truth.cells
    found: dict[str, tuple[object, ...]] = {
        name: (
            ("time", "cell"),
            getattr(truth.state, name),
            {"units": p.units, "long_name": p.name},
        )
        for name, p in PACKED.items()
    }
    select_cell: dict[str, AnyArray] = {"is_land": cells.is_land, "is_core": cells.is_core}
    for name, value in vars(truth.land).items():
        if isinstance(value, Surface):
            select_cell |= {f"{name}_{part}": values for part, values in vars(value).items()}
        else:
            select_cell[name] = value
    for name, values in select_cell.items():
        found[name] = ("cell", values, {"units": LAND_UNITS.get(name, "1")})
    coords = {
        "time": truth.time.astype("datetime64[ns]"),
        "cell": ("cell", cells.cell, {"long_name": "flat index on EASE2_M25"}),
        "lat": ("cell", cells.lat, {"units": "degrees_north"}),
        "lon": ("cell", cells.lon, {"units": "degrees_east"}),
    }
    return xr.Dataset(found, coords)
