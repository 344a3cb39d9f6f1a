"""Contracts between stages: dimensions, units and ranges of each variable, and `check`."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from mcca_ml import flags
from mcca_ml.arrays import AnyArray, Booleans
from mcca_ml.constants import QUARTZ_DENSITY
from mcca_ml.errors import SchemaError
from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.sensors import SENSORS, Table, layers

LOOK = ("time", "look", "cell")

NO_LAND_COVER = 255
"""Stands for "no class" in `land_cover`, whose entries are whole numbers; its share is 0."""


@dataclass(frozen=True)
class Var:
    """What one variable must look like; `units` None means a datetime64 variable."""

    dims: tuple[str, ...]
    units: str | None
    low: float = -np.inf
    high: float = np.inf
    optional: bool = False

    def variable(self, values: AnyArray) -> xr.Variable:
        """Values with the dimensions and the unit of this entry; they are not copied."""
        attrs = {} if self.units is None else {"units": self.units}
        # fastpath: arrays are as xarray keeps them, and its look at them costs a tenth of a read.
        return xr.Variable(self.dims, values, attrs, fastpath=True)


SWATH_TB: Mapping[str, Var] = {
    "tb": Var(("footprint", "channel"), "K", 30.0, 350.0),
    "lat": Var(("footprint",), "degrees_north", -90.0, 90.0),
    "lon": Var(("footprint",), "degrees_east", -180.0, 180.0),
    "time": Var(("footprint",), None),
    "incidence": Var(("footprint",), "rad", 0.0, np.pi / 2),
    "quality": Var(("footprint",), "1", 0, 2),
}
"""One swath of one granule as footprints, each with its own place and time (UTC).

Channels that look at one ground share a swath; a granule gives one dataset a swath. `quality` is a
`flags.Quality`; an unusable footprint has NaN for brightness temperature. Attributes: sensor,
granule, swath, simulated ("true" or "false")."""

GRID_TB: Mapping[str, Var] = {
    "tb": Var((*LOOK, "channel"), "K", 30.0, 350.0),
    "incidence": Var(LOOK, "rad", 0.0, np.pi / 2),
    "local_time": Var(LOOK, "h", 0.0, 24.0),
    "obs_time": Var(LOOK, None),
    "nobs": Var(LOOK, "1", 0, 1e6),
    "flag": Var(LOOK, "1", 0, 2**32 - 1),
}
"""Gridded brightness temperature: what every stage after the readers takes."""

ANCILLARY: Mapping[str, Var] = {
    "soil_temperature": Var(LOOK, "K", 180.0, 350.0, optional=True),
    "canopy_temperature": Var(LOOK, "K", 180.0, 350.0, optional=True),
    "clay_fraction": Var(LOOK, "1", 0.0, 1.0, optional=True),
    "bulk_density": Var(LOOK, "g cm-3", 0.0, QUARTZ_DENSITY, optional=True),
    "roughness_h": Var(LOOK, "1", 0.0, 5.0, optional=True),
    "water_fraction": Var(LOOK, "1", 0.0, 1.0, optional=True),
    "land_cover": Var((*LOOK, "cover"), "1", 0, 255, optional=True),
    "land_cover_fraction": Var((*LOOK, "cover"), "1", 0.0, 1.0, optional=True),
    "soil_moisture_operational": Var(LOOK, "m3 m-3", 0.0, 1.0, optional=True),
    "recommended_operational": Var(LOOK, "1", 0, 1, optional=True),
}
"""What a granule may carry beside brightness temperature; no vegetation ancillary among it."""

RETRIEVAL: Mapping[str, Var] = {
    "soil_moisture": Var(LOOK, "m3 m-3", 0.0, 1.0),
    "sm_uncertainty": Var(LOOK, "m3 m-3", 0.0, 1.0),
    "vod_v": Var(LOOK, "1", 0.0, 10.0),
    "vod_h": Var(LOOK, "1", 0.0, 10.0),
    "vod_v_uncertainty": Var(LOOK, "1", 0.0, np.inf),
    "vod_h_uncertainty": Var(LOOK, "1", 0.0, np.inf),
    "cost": Var(LOOK, "1", 0.0, np.inf),
    "flag": Var(LOOK, "1", 0, 2**32 - 1),
    "obs_time": Var(LOOK, None),
}
"""Soil moisture and vegetation optical depth per look."""

TARGET: Mapping[str, Var] = {
    **RETRIEVAL,
    **{
        name: ANCILLARY[name]
        for name in ("soil_temperature", "clay_fraction", "roughness_h", "water_fraction")
    },
    "land_cover_main": Var(LOOK, "1", 0, 255, optional=True),
}
"""RETRIEVAL in cells of M25, what the learner learns from, with what it needs of the ground.

`land_cover_main` is the class with the largest share; `NO_LAND_COVER` where unknown."""

DAILY = ("time", "cell")

STREAM: Mapping[str, Var] = {
    "soil_moisture": Var(DAILY, "m3 m-3", 0.0, 1.0),
    "sm_uncertainty": Var(DAILY, "m3 m-3", 0.0, 1.0),
    "target_sd": Var(DAILY, "m3 m-3", 0.0, 1.0),
    "obs_time": Var(DAILY, None),
    "nobs": Var(DAILY, "1", 0, 2),
    "age": Var(DAILY, "d", 0, 255),
    "flag": Var(DAILY, "1", 0, 2**32 - 1),
}
"""Daily soil moisture predicted from one sensor; attribute sensor.

`soil_moisture` has a value on every day since the first look of the cell; on days without a look
`nobs` is 0, `flag` has NOT_OBSERVED, `obs_time` is NaT and `age` is the days since the last look.
`sm_uncertainty` is what is published, against truth; `target_sd` the spread against the target."""

LAYERS = layers()
"""Names of the streams as layers of the record, by sensor."""

_FUSED: Mapping[str, Var] = {
    "sm": Var(DAILY, "m3 m-3", 0.0, 1.0),
    "sm_uncertainty": Var(DAILY, "m3 m-3", 0.0, 1.0),
    "target_sd": Var(DAILY, "m3 m-3", 0.0, 1.0),
    "sensor": Var(DAILY, "1", 0, 2**15),
    "t0": Var(DAILY, None),
    "nobs": Var(DAILY, "1", 0, 255),
    "flag": Var(DAILY, "1", 0, 2**32 - 1),
    "sm_filled": Var(DAILY, "m3 m-3", 0.0, 1.0),
    "is_filled": Var(DAILY, "1", 0, 1),
}


def record_contract(sensors: Table) -> Mapping[str, Var]:
    """The contract `RECORD` with the layers of a table of sensors."""
    moisture = Var(DAILY, "m3 m-3", 0.0, 1.0)
    names = layers(sensors).values()
    return {
        **_FUSED,
        **dict.fromkeys(names, moisture),
        **{f"{name}_uncertainty": moisture for name in names},
    }


RECORD: Mapping[str, Var] = record_contract(SENSORS)
"""The fused daily record and its streams.

`sm` only where a sensor saw the cell that day, `sm_filled` also where none did, with `is_filled` 1
there. `sensor` adds the CCI bits of the sensors used, `nobs` counts their looks, `t0` is the mean
time of observation. A layer has a value on days on which its sensor saw the cell."""


def missing_like(name: str, dtype: npt.DTypeLike) -> object:
    """What stands in the variable `name` where nothing was observed.

    Args:
        name: of the variable, since a missing flag and a missing class have values of their own.
        dtype: of the variable.

    >>> missing_like("tb", "f4"), missing_like("nobs", "u2"), missing_like("land_cover", "u1")
    (nan, 0, 255)
    """
    if name == "flag":
        return int(Flag.NOT_OBSERVED)
    if name in ("land_cover", "land_cover_main"):
        return NO_LAND_COVER
    kind = np.dtype(dtype).kind
    if kind == "M":
        return np.datetime64("NaT")
    return np.nan if kind == "f" and name != "land_cover_fraction" else 0


def is_observed(ds: xr.Dataset) -> Booleans:
    """Return True where a look was observed, by its flag; dimensions as in `ds["flag"]`."""
    return ~flags.has(ds["flag"].to_numpy().astype(FLAG_DTYPE), Flag.NOT_OBSERVED)


def is_simulated(source: xr.Dataset | Mapping[str, object]) -> bool:
    """Return True where a dataset, or its attributes, say that it was made from simulated data.

    >>> is_simulated({"simulated": "true"}), is_simulated(xr.Dataset())
    (True, False)
    """
    attrs = source.attrs if isinstance(source, xr.Dataset) else source
    return str(attrs.get("simulated", "")).lower() in ("true", "yes", "1")


def _faults(name: str, variable: xr.Variable, var: Var) -> list[str]:
    """Every breach of `var` by the variable `name`, in words."""
    faults = []
    if variable.dims != var.dims:
        faults.append(f"{name}: dims {variable.dims}, expected {var.dims}")
    if var.units is None:
        if variable.dtype.kind != "M":
            faults.append(f"{name}: type {variable.dtype}, expected datetime64")
        return faults
    if variable.attrs.get("units") != var.units:
        faults.append(f"{name}: units {variable.attrs.get('units')!r}, expected {var.units!r}")
    # xarray's own comparisons cost more than a small swath takes to read.
    values = variable.to_numpy()
    if bool(((values < var.low) | (values > var.high)).any()):
        faults.append(f"{name}: values outside [{var.low:g}, {var.high:g}] {var.units}")
    return faults


def check(ds: xr.Dataset, contract: Mapping[str, Var], where: str) -> xr.Dataset:
    """Return `ds` unchanged, or raise naming every breach at once.

    Args:
        ds: dataset to look at; it is not modified.
        contract: variables by name, `GRID_TB` for instance.
        where: the place that asks, first words of the message.

    Raises:
        SchemaError: a variable is missing, has other dims or units, or values out of range.
    """
    faults = []
    for name, var in contract.items():
        if name in ds:
            faults += _faults(name, ds.variables[name], var)
        elif not var.optional:
            faults.append(f"{name}: missing")
    if faults:
        raise SchemaError(f"{where}: " + "; ".join(faults))
    return ds
