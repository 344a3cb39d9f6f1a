"""Write the truth of a simulated world to a Zarr store, which no stage of the pipeline opens.

Arrays (time, cell) are packed to 16 bits; `PACKED` has the quanta, each far below the resolution of
any comparison. The store is written atomically, and the same truth gives the same bytes.
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
from mcca_ml.simulate.truth.types import State, Surface, WorldTruth

FILL = 65535
"""Packed value of missing data."""
CHUNK = {"time": 2920, "cell": 64}
"""Chunk size: one year of steps, 64 cells."""


@dataclass(frozen=True)
class StatePacking:
    """Packing of a variable of the state."""

    quantum: float
    """Scale factor, in the units of the variable."""
    lowest: float
    """Offset: value of the packed 0, in the units of the variable."""
    units: str
    name: str


PACKED: Mapping[str, StatePacking] = {
    "soil_moisture": StatePacking(2e-5, 0, "m3 m-3", "liquid water of 0-5 cm"),
    "total_water": StatePacking(2e-5, 0, "m3 m-3", "liquid water and ice of 0-5 cm"),
    "surface_temperature": StatePacking(0.004, 150, "K", "soil temperature of 0-5 cm"),
    "deep_temperature": StatePacking(0.004, 150, "K", "soil temperature at 50 cm"),
    "canopy_temperature": StatePacking(0.004, 150, "K", "canopy temperature"),
    "air_temperature": StatePacking(0.004, 150, "K", "air temperature at 2 m"),
    "vod_v": StatePacking(5e-5, 0, "1", "vegetation optical depth at V, 1.41 GHz, nadir"),
    "snow_water": StatePacking(0.05, 0, "mm", "water equivalent of snow"),
    "rain_rate": StatePacking(0.004, 0, "mm h-1", "rain rate"),
    "vapour": StatePacking(0.002, 0, "kg m-2", "precipitable water"),
    "cloud_water": StatePacking(2e-5, 0, "kg m-2", "liquid water of clouds"),
}
"""Packing of the state, by field of `State`."""

LAND_UNITS: Mapping[str, str] = {
    "bulk_density": "g cm-3",
    "porosity": "m3 m-3",
    "elevation": "m",
}
"""Units of the fields of `Land` that have one."""


def write_truth(
    truth: WorldTruth,
    path: Path,
    settings: SimulateSettings,
    errors: Mapping[str, object],
    changes: Changes,
    passes: xr.Dataset,
) -> None:
    """Write the truth of a world; an existing store of that name is replaced at the end.

    Args:
        truth: truth of the whole world.
        path: path of the store, such as truth.zarr, in an existing directory.
        settings: settings of the world, for the attributes.
        errors: injected errors of the sensors, as JSON-serialisable values.
        changes: effect of trend and droughts by box, from `imposed_signals.change_jobs`.
        passes: errors of single passes, from `overpass_errors.table`.

    Raises:
        OutputError: the store cannot be written, or a value is outside the range of its packing.
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
    """Raise if a value is outside the range of its packing."""
    for name, packed in PACKED.items():
        values = getattr(state, name)
        low, high = packed.lowest, packed.lowest + packed.quantum * (FILL - 1)
        if values.size and not (values.min() >= low and values.max() <= high):
            raise OutputError(
                f"{path}: found {name} {values.min():g} to {values.max():g}, expected {low:g} to "
                f"{high:g} {packed.units}; simulate a milder world or widen its packing"
            )


def _dataset(truth: WorldTruth) -> xr.Dataset:
    """Dataset of state, land and cells."""
    cells = truth.cells
    variables: dict[str, tuple[object, ...]] = {
        name: (
            ("time", "cell"),
            getattr(truth.state, name),
            {"units": p.units, "long_name": p.name},
        )
        for name, p in PACKED.items()
    }
    static: dict[str, AnyArray] = {"is_land": cells.is_land, "is_core": cells.is_core}
    for name, value in vars(truth.land).items():
        if isinstance(value, Surface):
            static |= {f"{name}_{field}": values for field, values in vars(value).items()}
        else:
            static[name] = value
    for name, values in static.items():
        variables[name] = ("cell", values, {"units": LAND_UNITS.get(name, "1")})
    coords = {
        "time": truth.time.astype("datetime64[ns]"),
        "cell": ("cell", cells.cell, {"long_name": "flat index on EASE2_M25"}),
        "lat": ("cell", cells.lat, {"units": "degrees_north"}),
        "lon": ("cell", cells.lon, {"units": "degrees_east"}),
    }
    return xr.Dataset(variables, coords)
