"""Convert a dataset of gridded brightness temperature to the input rows of the kernels."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import xarray as xr

from mcca_ml import flags
from mcca_ml.arrays import Booleans, Float32, UInt8, UInt32
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.constants import QUARTZ_DENSITY
from mcca_ml.errors import GranuleError, SchemaError
from mcca_ml.flags import Flag
from mcca_ml.physics.dielectric import soil_permittivity_mironov09
from mcca_ml.physics.temperature import land_surface_temperature_holmes09
from mcca_ml.retrieve import land_cover
from mcca_ml.retrieve.channels import ChannelSet, choose_channels
from mcca_ml.retrieve.screen import field, screen
from mcca_ml.retrieve.self_constraint import Cell, RetrievalModel
from mcca_ml.retrieve.uncertainty import InputError
from mcca_ml.schema import NO_LAND_COVER
from mcca_ml.sensors import SENSORS

KA_BAND = "36.5V"
"""Channel used for the temperature where a granule has none."""
OMEGA_TABLES = {"dca": land_cover.OMEGA_DCA, "mt-dca": land_cover.OMEGA_MT_DCA}
ROUGHNESS_TABLES = {
    "granule": land_cover.ROUGHNESS_SMAP_ATBD,
    "smap-atbd": land_cover.ROUGHNESS_SMAP_ATBD,
    "smos-ic": land_cover.ROUGHNESS_SMOS_IC,
}


@dataclass(frozen=True)
class Rows:
    """Inputs of a dataset, one row per (time, look, cell)."""

    cell: Cell[Float32]
    """Inputs, NumPy arrays (row,), `tb` (row, channel)."""
    clay_sd: Float32
    """Error of clay, 1 sd [1], larger for the default."""
    temperature_sd: Float32
    """Error of soil temperature, 1 sd [K], larger if from Ka band."""
    flag: UInt32
    shape: tuple[int, int, int]
    """Sizes of time, look and cell."""


def build_model(ds: xr.Dataset, settings: RetrieveSettings) -> RetrievalModel:
    """Build the retrieval model common to all cells: channels, noise, permittivity, roughness.

    Args:
        ds: dataset after schema.GRID_TB.
        settings: the `[retrieve]` table.

    Raises:
        SchemaError: the sensor of the dataset is unknown.
        ConfigError: the settings name a channel that the sensor does not have.
        GranuleError: the dataset lacks one of the channels.
    """
    name = str(ds.attrs.get("sensor"))
    if name not in SENSORS:
        raise SchemaError(f"retrieve: attribute sensor is {name!r}, known: {', '.join(SENSORS)}")
    channels = choose_channels(SENSORS[name], names=settings.channels, core=settings.core)
    present = [str(label) for label in ds["channel"].to_numpy()]
    absent = [label for label in channels.names if label not in present]
    if absent:
        where = ds.attrs.get("granules", "retrieve")
        raise GranuleError(
            f"{where}: no channel {', '.join(absent)}, found {', '.join(present)}; "
            "give a granule with it, or set `channels` in [retrieve]"
        )
    return RetrievalModel(
        channels=channels,
        permittivity=soil_permittivity_mironov09,
        nedt=tuple(settings.nedt or channel.nedt for channel in channels.channels),
        polarization_mixing=settings.polarization_mixing,
        roughness_exponent=settings.roughness_exponent,
        soil_moisture_min=settings.soil_moisture_min,
        vod_max=settings.vod_max,
    )


def input_errors(settings: RetrieveSettings) -> InputError[Float32]:
    """Standard deviations of the inputs; those of clay and temperature come from the rows."""
    return InputError(
        omega=np.array(settings.omega_sd, np.float32),
        temperature=np.array(settings.temperature_sd, np.float32),
        roughness_h=np.array(settings.roughness_sd, np.float32),
        clay=np.array(settings.clay_sd, np.float32),
        vod_ratio=np.array(settings.vod_ratio_sd, np.float32),
        vod_exponent=np.array(settings.exponent_sd, np.float32),
    )


def _soil_temperature(ds: xr.Dataset, rows: int) -> tuple[Float32, Booleans]:
    """Effective soil temperature [K] from the granule, else Ka band; and True where Ka band."""
    if "soil_temperature" in ds:
        return field(ds, "soil_temperature", rows), np.zeros(rows, np.bool_)
    if KA_BAND in ds["channel"].to_numpy():
        ka = np.asarray(ds["tb"].sel(channel=KA_BAND).to_numpy(), np.float32).reshape(rows)
        temperature = land_surface_temperature_holmes09(jnp.asarray(ka))
        return np.asarray(temperature, np.float32), np.ones(rows, np.bool_)
    where = ds.attrs.get("granules", "retrieve")
    raise GranuleError(
        f"{where}: no soil temperature found, which the inversion needs; "
        "give a granule with it by --ancillary (SPL2SMP or SPL3SMP of the same day)"
    )


def _land_cover(ds: xr.Dataset, rows: int) -> tuple[UInt8, Float32]:
    """Land cover classes, `NO_LAND_COVER` if missing, and their fractions, (row, cover)."""
    if "land_cover" not in ds:
        return np.full((rows, 1), NO_LAND_COVER, np.uint8), np.zeros((rows, 1), np.float32)
    classes = ds["land_cover"].to_numpy()
    classes = classes.reshape(rows, classes.shape[-1]).astype(np.uint8)
    if "land_cover_fraction" not in ds:
        return classes[:, :1], np.ones((rows, 1), np.float32)
    return classes, ds["land_cover_fraction"].to_numpy().astype(np.float32).reshape(classes.shape)


def _soil_moisture_max(ds: xr.Dataset, rows: int, settings: RetrieveSettings) -> Float32:
    """Upper bound of soil moisture [m3 m-3]: porosity where bulk density is known."""
    # Porosity = 1 - bulk density over density of quartz, kept in the range of real soils.
    porosity = 1.0 - field(ds, "bulk_density", rows) / np.float32(QUARTZ_DENSITY)
    fallback = np.float32(settings.soil_moisture_max)
    return np.where(np.isfinite(porosity), np.clip(porosity, 0.2, 0.95), fallback).astype(
        np.float32
    )


def retrieval_rows(ds: xr.Dataset, channels: ChannelSet, settings: RetrieveSettings) -> Rows:
    """Inputs of every row, with flagged defaults where a field is missing.

    Args:
        ds: dataset after schema.GRID_TB and schema.ANCILLARY.
        channels: channels to use.
        settings: sources of albedo and roughness, and the defaults.

    Raises:
        GranuleError: there is neither a soil temperature nor a Ka-band channel.
    """
    shape = (ds.sizes["time"], ds.sizes["look"], ds.sizes["cell"])
    rows = int(np.prod(shape))
    observed = ds["tb"].sel(channel=list(channels.names)).to_numpy()
    tb = np.asarray(observed, np.float32).reshape(rows, len(channels.names))
    soil_temperature, from_ka_band = _soil_temperature(ds, rows)
    canopy_temperature = field(ds, "canopy_temperature", rows)
    classes, share = _land_cover(ds, rows)
    exponent, no_cover = land_cover.area_mean(
        land_cover.VOD_EXPONENT, classes, share, land_cover.DEFAULT_EXPONENT
    )
    clay = field(ds, "clay_fraction", rows)
    no_clay = ~np.isfinite(clay)
    roughness, no_roughness = _roughness(ds, classes, share, settings)
    flag = screen(ds, tb, soil_temperature)
    flag |= flags.where(no_clay, Flag.DEFAULT_CLAY) | flags.where(no_cover, Flag.DEFAULT_LAND_COVER)
    flag |= flags.where(no_roughness, Flag.DEFAULT_ROUGHNESS)
    flag |= flags.where(from_ka_band, Flag.DEFAULT_TEMPERATURE)
    # A precision of 0 below excludes the expected VOD from the cost.
    constant = np.ones(rows, np.float32)
    cell = Cell(
        tb=tb,
        incidence=field(ds, "incidence", rows),
        soil_temperature=soil_temperature,
        canopy_temperature=np.where(
            np.isfinite(canopy_temperature), canopy_temperature, soil_temperature
        ),
        clay=np.where(no_clay, np.float32(settings.default_clay), clay),
        roughness_h=roughness,
        omega=_omega(classes, share, settings),
        vod_ratio=constant * np.float32(settings.vod_ratio),
        vod_exponent=exponent,
        soil_moisture_max=_soil_moisture_max(ds, rows, settings),
        vod_expected=0 * constant,
        vod_expected_precision=0 * constant,
    )
    clay_sd = np.where(no_clay, settings.default_clay_sd, settings.clay_sd).astype(np.float32)
    temperature_sd = np.where(
        from_ka_band, settings.ka_temperature_sd, settings.temperature_sd
    ).astype(np.float32)
    return Rows(cell, clay_sd, temperature_sd, flag, shape)


def _omega(classes: UInt8, share: Float32, settings: RetrieveSettings) -> Float32:
    """Albedo of each row [1], uniform or by land cover."""
    if settings.omega_source == "uniform":
        return np.full(len(classes), settings.omega, np.float32)
    return land_cover.area_mean(
        OMEGA_TABLES[settings.omega_source], classes, share, settings.omega
    )[0]


def _roughness(
    ds: xr.Dataset,
    classes: UInt8,
    share: Float32,
    settings: RetrieveSettings,
) -> tuple[Float32, Booleans]:
    """Roughness h of each row [1], and True where the chosen source has no value."""
    table, no_cover = land_cover.area_mean(
        ROUGHNESS_TABLES[settings.roughness_source], classes, share, land_cover.DEFAULT_ROUGHNESS
    )
    if settings.roughness_source != "granule":
        return table, no_cover
    granule = field(ds, "roughness_h", len(classes))
    missing = ~np.isfinite(granule)
    return np.where(missing, table, granule), missing
