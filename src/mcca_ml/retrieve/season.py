"""Retrieve a season of looks together: VOD ratio per cell, VOD smooth in time."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial

import jax
import numpy as np
import xarray as xr
from jaxtyping import Array

from mcca_ml import flags, schema
from mcca_ml.arrays import AnyArray, Booleans, Float32
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.flags import Flag
from mcca_ml.parallel import given_or_threads
from mcca_ml.retrieve.inputs import Rows, build_model, input_errors, retrieval_rows
from mcca_ml.retrieve.screen import is_attempted
from mcca_ml.retrieve.self_constraint import Cell, RetrievalModel
from mcca_ml.retrieve.shared_vod import STATIC, Products, products_cell
from mcca_ml.retrieve.single_look import Solver, to_dataset
from mcca_ml.retrieve.uncertainty import InputError, Shared
from mcca_ml.retrieve.vod_ratio import (
    ExpectedVod,
    Ratio,
    add_drift_noise,
    expected_vod,
    keep_prior,
    number_windows,
    prior_ratio,
    ratio_step,
    window_median,
)

RATIO_STEPS = 4
"""Gauss-Newton steps for ratio and VOD of the windows; the last moves the ratio by under 0.005."""
CELLS_AT_ONCE = 8_000
"""Cells in memory at a time; the result does not depend on it."""
UNUSABLE = Flag.NOT_CONVERGED | Flag.RESIDUAL_LARGE | Flag.FROZEN | Flag.SNOW | Flag.TB_SUSPECT
"""Looks with any of these flags are not used for the ratio and for the VOD of other looks."""


@dataclass(frozen=True)
class Season:
    """Looks of some cells; time and look form one axis."""

    rows: Rows
    where: Booleans
    """True for rows to solve."""
    usable: Booleans
    """True for looks used for ratio and VOD, (look, cell)."""
    single_vod_v: Float32
    """VOD at V of each look retrieved separately [1], (look, cell); NaN where missing."""


def _with_ratio(rows: Rows, ratio: Float32) -> Rows:
    """Set the VOD ratio of each cell (cell)."""
    looks = rows.shape[0] * rows.shape[1]
    return replace(rows, cell=replace(rows.cell, vod_ratio=np.tile(ratio, looks)))


@partial(jax.jit, static_argnames="model")
def _products_cells(
    vod_v: Array, cell: Cell[Array], error: InputError[Array], *, model: RetrievalModel
) -> Products[Array]:
    """`products_cell` for many cells."""
    return jax.vmap(lambda v, c, e: products_cell(v, c, e, model))(vod_v, cell, error)


def _products(
    season: Season,
    vod_v: Float32,
    ratio: Float32,
    error: InputError[Float32],
    solver: Solver,
) -> Products[Float32]:
    """Products of every usable look at the VOD of its window, 0 for other looks."""
    rows = _with_ratio(season.rows, ratio)
    where = season.usable.ravel()

    kernel = partial(_products_cells, model=solver.model)
    solved = solver.map(kernel, vod_v.ravel()[where], *solver.inputs(rows, where, error))

    def in_looks(values: AnyArray) -> Float32:
        out = np.zeros((len(where), *values.shape[1:]), np.float32)
        out[where] = values
        # Axes over static errors come first, as in `vod_ratio`.
        return np.moveaxis(out, 0, -1).reshape(*values.shape[1:], *season.usable.shape)

    return Products(*(in_looks(value) for value in solved))


def _single_looks(ds: xr.Dataset, settings: RetrieveSettings, solver: Solver) -> Season:
    """Retrieve each look separately, to find the usable looks and their VOD."""
    rows = retrieval_rows(ds, solver.model.channels, settings)
    where = is_attempted(rows.flag)
    cells = rows.shape[2]
    solved = solver(rows, where, input_errors(settings))
    single = to_dataset(ds, rows, where, solved, solver.model)
    vod = single["vod_v"].to_numpy().reshape(-1, cells)
    flag = single["flag"].to_numpy().reshape(-1, cells)
    usable = np.isfinite(vod) & ~flags.has(flag, UNUSABLE)
    return Season(rows, where, usable, vod)


def _fit_ratio(
    season: Season, settings: RetrieveSettings, solver: Solver
) -> tuple[Ratio, ExpectedVod]:
    """Fit the ratio of each cell, and the VOD at V of each look expected from its neighbours."""
    error, drift = input_errors(settings), settings.vod_drift_sd
    windows = number_windows(season.usable, settings.vod_window)
    vod = window_median(np.where(season.usable, season.single_vod_v, np.nan), windows)
    ratio = prior_ratio(season.usable.shape[1], settings)
    if not season.usable.any():
        none = np.zeros_like(vod)
        return ratio, ExpectedVod(none, none, none, np.stack([none] * STATIC))
    # Gauss-Newton: products are linearised at each new ratio and VOD.
    for _ in range(RATIO_STEPS):
        products = add_drift_noise(_products(season, vod, ratio.ratio, error, solver), drift)
        ratio, change = ratio_step(products, windows, ratio.ratio, settings)
        vod = np.clip(vod + change, 0.0, settings.vod_max).astype(np.float32)
    # Expected VOD must be consistent with a ratio that is reset to the prior.
    ratio = keep_prior(ratio, settings)
    products = add_drift_noise(_products(season, vod, ratio.ratio, error, solver), drift)
    return ratio, expected_vod(products, vod, window=settings.vod_window, drift_sd=drift)


def _shared_error(
    error: InputError[Float32],
    ratio: Ratio,
    expected: ExpectedVod,
    core_at_h: bool,
    where: Booleans,
) -> InputError[Float32]:
    """Errors of the solved rows, with ratio and expected VOD estimated from the looks."""
    looks = len(expected.vod_v)

    def per_cell(value: Float32) -> Float32:
        return np.tile(value, looks)[where]

    to_core, by_ratio = np.ones_like(ratio.ratio), expected.by_ratio
    if core_at_h:  # the ratio also converts expected VOD from V to H
        to_core, by_ratio = ratio.ratio, expected.by_ratio * ratio.ratio + expected.vod_v
    omega, roughness, clay = ratio.by_static
    # Static errors affect expected VOD directly and through the ratio.
    static = expected.by_static * to_core + by_ratio * ratio.by_static[:, None, :]
    shared = Shared(
        ratio_by_omega=per_cell(omega),
        ratio_by_roughness=per_cell(roughness),
        ratio_by_clay=per_cell(clay),
        expected_by_omega=static[0].ravel()[where],
        expected_by_roughness=static[1].ravel()[where],
        expected_by_clay=static[2].ravel()[where],
        expected_by_ratio=(by_ratio * ratio.own_sd).ravel()[where],
    )
    return replace(error, vod_ratio=per_cell(ratio.own_sd), shared=shared)


def _block(ds: xr.Dataset, settings: RetrieveSettings, solver: Solver) -> xr.Dataset:
    """Retrieve a season of some cells."""
    season = _single_looks(ds, settings, solver)
    rows, where, model = season.rows, season.where, solver.model
    looks, cells = season.usable.shape
    ratio, expected = _fit_ratio(season, settings, solver)
    # Expected VOD is at V; the core channel may be at H.
    at_h = model.channels.core_is_h
    to_core = ratio.ratio if at_h else np.ones(cells, np.float32)
    final = _with_ratio(rows, ratio.ratio)
    cell = replace(
        final.cell,
        vod_expected=(expected.vod_v * to_core).ravel(),
        vod_expected_precision=(expected.precision / to_core**2).ravel(),
    )
    from_prior = flags.where(np.tile(ratio.from_prior, looks), Flag.VOD_RATIO_FROM_PRIOR)
    final = replace(final, cell=cell, flag=rows.flag | from_prior)
    error = _shared_error(input_errors(settings), ratio, expected, at_h, where)
    solved = solver(final, where, error)
    return to_dataset(ds, final, where, solved, model).assign(
        vod_ratio=("cell", ratio.ratio, {"units": "1"}),
        vod_ratio_uncertainty=("cell", ratio.posterior_sd, {"units": "1"}),
    )


def retrieve_season(
    ds: xr.Dataset,
    settings: RetrieveSettings,
    *,
    executor: Executor | None = None,
    done: Callable[[int], None] = lambda _: None,
) -> xr.Dataset:
    """Retrieve soil moisture and VOD of a season of looks, with one V/H ratio of VOD per cell.

    Args:
        ds: dataset after schema.GRID_TB as for `retrieve`, with many days; a ratio different from
            the prior needs 60 looks or more of a cell.
        settings: the `[retrieve]` table.
        executor: executor for blocks of cells; one thread per processor if not given.
        done: called with the number of rows of each finished block, seven times per row in total.

    Returns:
        New dataset after schema.RETRIEVAL, with `vod_ratio` and `vod_ratio_uncertainty` (cell) [1].
        The bit VOD_RATIO_FROM_PRIOR is set where the ratio is the prior.

    Raises:
        SchemaError: `ds` does not conform to schema.GRID_TB or schema.ANCILLARY.
        GranuleError: soil temperature or a channel is missing.
        ConfigError: the settings name an unknown channel.
    """
    schema.check(ds, schema.GRID_TB, where="retrieve_season: input")
    schema.check(ds, schema.ANCILLARY, where="retrieve_season: input")
    model = build_model(ds, settings)
    with given_or_threads(executor) as workers:
        solver = Solver(model, workers, done)
        blocks = [
            _block(ds.isel(cell=slice(start, start + CELLS_AT_ONCE)), settings, solver)
            for start in range(0, ds.sizes["cell"], CELLS_AT_ONCE)
        ]
    return xr.concat(
        blocks, dim="cell", data_vars="minimal", coords="minimal", combine_attrs="override"
    )
