"""Observations of many days, looks and cells as one row each, so that no room is spent on gaps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from mcca_ml import schema
from mcca_ml.arrays import AnyArray, Booleans, Datetime64, Int64
from mcca_ml.errors import GranuleError
from mcca_ml.flags import FLAG_DTYPE
from mcca_ml.formats.smap import COVERS
from mcca_ml.grid.daily_composite import TARGET_HOUR
from mcca_ml.sensors import SMAP

CHANNELS = tuple(channel.name for channel in SMAP.channels)

FIELDS: Mapping[str, tuple[type[np.generic], int | None]] = {
    "tb": (np.float32, len(CHANNELS)),
    "incidence": (np.float32, None),
    "local_time": (np.float32, None),
    "nobs": (np.uint16, None),
    "flag": (FLAG_DTYPE, None),
    "soil_temperature": (np.float32, None),
    "canopy_temperature": (np.float32, None),
    "clay_fraction": (np.float32, None),
    "bulk_density": (np.float32, None),
    "roughness_h": (np.float32, None),
    "water_fraction": (np.float32, None),
    "land_cover": (np.uint8, COVERS),
    "land_cover_fraction": (np.float32, COVERS),
}
"""What a row holds beside its time: type and, where it has one, the length of its last axis."""

_DTYPES = {
    "flag": np.dtype(FLAG_DTYPE),
    "obs_time": np.dtype("M8[ns]"),
    "land_cover_main": np.dtype(np.uint8),
}
"""Types of the target that are no float32."""

CONTRACT = {**schema.GRID_TB, **schema.ANCILLARY}

CARRIED = ("soil_temperature", "clay_fraction", "roughness_h", "water_fraction")
"""Variables of the target that are not retrieved."""


@dataclass(frozen=True)
class Rows:
    """Every observation as one row."""

    place: tuple[Int64, Int64, Int64]
    """Its day, look and cell, as positions among those asked for."""
    obs_time: Datetime64
    values: Mapping[str, AnyArray]
    """By the names of `FIELDS`."""

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.obs_time)

    @staticmethod
    def joined(parts: "Sequence[Rows]") -> "Rows":
        """All rows of the parts, of which there is at least one, one after the other."""
        day, look, cell = (np.concatenate([part.place[i] for part in parts]) for i in range(3))
        return Rows(
            (day, look, cell),
            np.concatenate([part.obs_time for part in parts]),
            {name: np.concatenate([part.values[name] for part in parts]) for name in FIELDS},
        )

    def dataset(self, attrs: Mapping[str, object]) -> xr.Dataset:
        """The rows after schema.GRID_TB and schema.ANCILLARY, as cells of one time and look."""
        both = {**self.values, "obs_time": self.obs_time}
        variables = {}
        for name, values in both.items():
            var = CONTRACT[name]
            units = {} if var.units is None else {"units": var.units}
            variables[name] = (var.dims, values[None, None], units)
        return xr.Dataset(variables, coords={"channel": list(CHANNELS)}, attrs=dict(attrs))


def _column(ds: xr.Dataset, name: str, where: Booleans) -> AnyArray:
    """Values of a variable in the rows `where`; missing where the dataset has none."""
    dtype, inner = FIELDS[name]
    if name in ds:
        return np.asarray(ds[name].to_numpy()[where], dtype)
    count = int(where.sum())
    shape = (count,) if inner is None else (count, inner)
    # A share of 0 is none, which the retrieval takes as it takes no shares: the first class is all.
    return np.full(shape, schema.missing_like(name, dtype), dtype)


def rows_of(ds: xr.Dataset, days: Datetime64, cells: Int64) -> Rows:
    """The observations of a dataset.

    Args:
        ds: after schema.GRID_TB, with looks am and pm; all its days and cells are among those.
        days: UTC days, rising.
        cells: flat indices, rising.

    Raises:
        GranuleError: it lacks a channel of SMAP.
    """
    absent = [name for name in CHANNELS if name not in ds["channel"].to_numpy()]
    if absent:
        raise GranuleError(
            f"{ds.attrs.get('granules', 'retrieve_days')}: no channel {', '.join(absent)}, "
            f"expected {', '.join(CHANNELS)}; give granules that have it"
        )
    ds = ds.sel(channel=list(CHANNELS), look=list(TARGET_HOUR))
    where = schema.is_observed(ds)
    time, look, cell = np.nonzero(where)
    day = np.searchsorted(days, ds["time"].to_numpy().astype("M8[D]"))
    position = np.searchsorted(cells, ds["cell"].to_numpy())
    return Rows(
        (day[time], look, position[cell]),
        ds["obs_time"].to_numpy()[where].astype("M8[ns]"),
        {name: _column(ds, name, where) for name in FIELDS},
    )


@dataclass(frozen=True)
class Table:
    """The variables of schema.TARGET over days, looks and cells, to be filled row by row."""

    values: Mapping[str, AnyArray]

    @staticmethod
    def blank(shape: tuple[int, int, int]) -> "Table":
        """All of it missing.

        Args:
            shape: days, looks and cells.
        """
        types = {name: _DTYPES.get(name, np.dtype(np.float32)) for name in schema.TARGET}
        return Table(
            {
                name: np.full(shape, schema.missing_like(name, dtype), dtype)
                for name, dtype in types.items()
            }
        )

    def put(self, rows: Rows, found: xr.Dataset) -> None:
        """Set the rows; `found` is what was retrieved of them, after schema.RETRIEVAL."""
        for name in schema.RETRIEVAL:
            self.values[name][rows.place] = found[name].to_numpy().ravel()
        for name in CARRIED:
            self.values[name][rows.place] = rows.values[name]
        self.values["land_cover_main"][rows.place] = rows.values["land_cover"][:, 0]

    def variables(self) -> dict[str, xr.Variable]:
        """The variables with their dimensions and units."""
        return {
            name: xr.Variable(
                var.dims, self.values[name], {} if var.units is None else {"units": var.units}
            )
            for name, var in schema.TARGET.items()
        }
