"""What does MCCA retrieve of rows of cells, with the inputs that its peers get?"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import jax
import numpy as np
import xarray as xr

from benchmarks.common import peers
from mcca_ml.arrays import AnyArray, Booleans, Float32
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.flags import is_recommended
from mcca_ml.physics.dielectric import soil_permittivity_mironov09
from mcca_ml.retrieve.channels import choose_channels
from mcca_ml.retrieve.inputs import Rows, build_model, input_errors, retrieval_rows
from mcca_ml.retrieve.self_constraint import Cell, RetrievalModel
from mcca_ml.retrieve.single_look import Solver, outcome_flags
from mcca_ml.retrieve.uncertainty import InputError
from mcca_ml.sensors import SMAP
from mcca_ml.simulate.scene import Scene

THREADS = 2


@dataclass(frozen=True)
class Retrieved:
    """MCCA of some rows."""

    soil_moisture: Float32
    sd: Float32
    vod_v: Float32
    failed: Booleans
    recommended: Booleans


def smap_model(settings: RetrieveSettings, noise: float | None = None) -> RetrievalModel:
    """The model of SMAP's two channels."""
    channels = choose_channels(SMAP)
    return RetrievalModel(
        channels=channels,
        permittivity=soil_permittivity_mironov09,
        nedt=tuple(noise or channel.nedt for channel in channels.channels),
        polarization_mixing=settings.polarization_mixing,
        roughness_exponent=settings.roughness_exponent,
        soil_moisture_min=settings.soil_moisture_min,
        vod_max=settings.vod_max,
    )


def rows_from(ds: xr.Dataset, settings: RetrieveSettings) -> tuple[Rows, RetrievalModel]:
    """Rows and model of a dataset, as the retrieval makes them."""
    model = build_model(ds, settings)
    return retrieval_rows(ds, model.channels, settings), model


def rows_of_scene(scene: Scene, tb: Float32, settings: RetrieveSettings) -> Rows:
    """Rows in which the retrieval believes the ancillary values of `scene`.

    Args:
        scene: what is believed; its soil moisture and VOD are not looked at.
        tb: what was observed [K], (cell, 2).
        settings: bounds and default errors.
    """
    count = len(tb)
    constant = np.ones(count, np.float32)
    cell = Cell(
        tb=tb,
        incidence=scene.incidence,
        soil_temperature=scene.soil_temperature,
        canopy_temperature=scene.canopy_temperature,
        clay=scene.clay,
        roughness_h=scene.roughness_h,
        omega=scene.omega,
        vod_ratio=scene.vod_ratio,
        vod_exponent=scene.vod_exponent,
        soil_moisture_max=constant * np.float32(settings.soil_moisture_max),
        vod_expected=0 * constant,
        vod_expected_precision=0 * constant,
    )
    return Rows(
        cell=cell,
        clay_sd=constant * np.float32(settings.clay_sd),
        temperature_sd=constant * np.float32(settings.temperature_sd),
        flag=np.zeros(count, np.uint32),
        shape=(1, 1, count),
    )


def taken(rows: Rows, index: AnyArray) -> Rows:
    """Some rows, by number or by mask, repeated where a number is."""
    flag = rows.flag[index]
    return Rows(
        cell=jax.tree.map(lambda value: value[index], rows.cell),
        clay_sd=rows.clay_sd[index],
        temperature_sd=rows.temperature_sd[index],
        flag=flag,
        shape=(1, 1, len(flag)),
    )


def no_error() -> InputError[Float32]:
    """Inputs without any error; for rows whose own errors are 0 too."""
    none = np.zeros((), np.float32)
    return InputError(none, none, none, none, none, none)


def mcca(
    rows: Rows,
    model: RetrievalModel,
    settings: RetrieveSettings,
    error: InputError[Float32] | None = None,
) -> Retrieved:
    """MCCA of all rows, by the kernel of the retrieval stage."""
    everywhere = np.isfinite(rows.cell.tb).all(axis=1) & np.isfinite(rows.cell.soil_temperature)
    with ThreadPoolExecutor(THREADS) as threads:
        solver = Solver(model, threads, lambda _: None)
        solved = solver(rows, everywhere, input_errors(settings) if error is None else error)
    columns = []
    for value in (solved.soil_moisture, solved.sm_sd, solved.vod[:, 0]):
        column = np.full(len(everywhere), np.nan, np.float32)
        column[everywhere] = value
        columns.append(column)
    converged = np.zeros(len(everywhere), np.bool_)
    converged[everywhere] = solved.converged.astype(np.bool_)
    flag = rows.flag.copy()
    flag[everywhere] |= outcome_flags(rows, everywhere, solved, model)
    lost = peers.failed(columns[0], rows.cell.soil_moisture_max, columns[2], converged)
    return Retrieved(*columns, lost, is_recommended(flag) & everywhere)
