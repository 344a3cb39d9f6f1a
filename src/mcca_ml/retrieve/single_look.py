"""Retrieve soil moisture and VOD of each look separately: GRID_TB to RETRIEVAL."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from mcca_ml import flags, schema
from mcca_ml.arrays import AnyArray, Booleans, Float32, UInt32
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.parallel import Arrays, given_or_threads, map_blocks
from mcca_ml.retrieve.inputs import Rows, build_model, input_errors, retrieval_rows
from mcca_ml.retrieve.screen import is_attempted
from mcca_ml.retrieve.search import search_cell
from mcca_ml.retrieve.self_constraint import Cell, RetrievalModel
from mcca_ml.retrieve.uncertainty import InputError, uncertainty_cell

BLOCK_ROWS = 4096
"""Rows of a kernel call, to fit the processor cache with one compiled program."""
DENSE_SLANT_VOD = 0.78
"""VOD over cos incidence above which the soil-moisture error of one look is 0.05 m3 m-3 or more
[1]: VOD 0.6 at nadir for 40 degrees. Slant VOD is used because it applies at any frequency."""
RESIDUAL_SIGMA = 3.0
"""Misfit per degree of freedom, in sigma, above which no state explains the observation."""
WEAK_UNCERTAINTY = 0.10
"""Uncertainty above which soil moisture is weakly identified [m3 m-3]."""
BOUND_MARGIN = 1e-3
"""Distance from a bound, as a fraction of the range, within which a value is at the bound [1]."""


class Solved(NamedTuple):
    """Results of `retrieve_cells`, float32, (row,) unless stated."""

    soil_moisture: Float32
    """Soil moisture [m3 m-3]."""
    sm_sd: Float32
    """Standard deviation of soil moisture [m3 m-3]."""
    vod: Float32
    """VOD at V and H [1], (row, 2)."""
    vod_sd: Float32
    """Standard deviation of VOD at V and H [1], (row, 2)."""
    cost: Float32
    """Minimum of J [1]."""
    converged: Float32
    """1 where the search converged, else 0."""


_NONE, _NONE_2 = np.zeros(0, np.float32), np.zeros((0, 2), np.float32)
NOTHING_SOLVED = Solved(_NONE, _NONE, _NONE_2, _NONE_2, _NONE, _NONE)


@partial(jax.jit, static_argnames="model")
def retrieve_cells(
    cell: Cell[Array], error: InputError[Array], *, model: RetrievalModel
) -> tuple[Array, ...]:
    """Retrieve state and uncertainty of many cells.

    Args:
        cell: inputs, each with a leading axis over cells.
        error: errors of the inputs of each cell, with the same axis.
        model: model common to all cells.

    Returns:
        Soil moisture and its sd [m3 m-3], VOD at V and H and their sd [1] (cell, 2), cost [1],
        True where the search converged.
    """

    def retrieve_cell(inputs: Cell[Array], sd: InputError[Array]) -> tuple[Array, ...]:
        solution = search_cell(inputs, model)
        uncertainty = uncertainty_cell(solution, inputs, sd, model)
        return solution.soil_moisture, *uncertainty, solution.cost, solution.converged

    return jax.vmap(retrieve_cell)(cell, error)


@dataclass(frozen=True)
class Solver:
    """Apply a kernel to rows, block by block, on an executor."""

    model: RetrievalModel
    executor: Executor
    done: Callable[[int], None]
    block_rows: int = BLOCK_ROWS

    def inputs(
        self, rows: Rows, where: Booleans, error: InputError[Float32]
    ) -> tuple[Cell[Float32], InputError[Float32]]:
        """Select inputs and errors of the rows `where`.

        Args:
            rows: inputs of all rows, with the errors of clay and temperature.
            where: True for rows to solve.
            error: errors of the other inputs, scalars or one value per solved row.
        """
        count = int(where.sum())

        def everywhere(value: Float32) -> Float32:
            return np.broadcast_to(np.asarray(value, np.float32), count)

        full = replace(error, clay=rows.clay_sd[where], temperature=rows.temperature_sd[where])
        return jax.tree.map(lambda value: value[where], rows.cell), jax.tree.map(everywhere, full)

    def map(self, kernel: Callable[..., object], *inputs: object) -> list[AnyArray]:
        """Apply a kernel to all rows of its inputs, trees of arrays of equal length."""
        columns, structure = jax.tree.flatten(inputs)

        def block(arrays: Arrays) -> Arrays:
            on_device = [jnp.asarray(array) for array in arrays]
            output = kernel(*jax.tree.unflatten(structure, on_device))
            return [np.asarray(value) for value in jax.tree.leaves(output)]

        return map_blocks(
            block, columns, size=self.block_rows, executor=self.executor, done=self.done
        )

    def __call__(self, rows: Rows, where: Booleans, error: InputError[Float32]) -> Solved:
        """Retrieve state and uncertainty of the rows `where`; see `inputs`."""
        if not where.any():
            return NOTHING_SOLVED

        kernel = partial(retrieve_cells, model=self.model)
        solved = self.map(kernel, *self.inputs(rows, where, error))
        return Solved(*(np.asarray(value, np.float32) for value in solved))


def _expand_rows(values: AnyArray, where: Booleans) -> Float32:
    """Expand values of the attempted rows to all rows, NaN elsewhere."""
    out = np.full((len(where), *values.shape[1:]), np.nan, np.float32)
    out[where] = values
    return out


def outcome_flags(rows: Rows, where: Booleans, solved: Solved, model: RetrievalModel) -> UInt32:
    """Flag bits from the retrieval of the rows `where`."""
    low, high = model.soil_moisture_min, rows.cell.soil_moisture_max[where]
    margin = BOUND_MARGIN * (high - low)
    moisture, vod = solved.soil_moisture, solved.vod
    at_bound = (moisture <= low + margin) | (moisture >= high - margin)
    vod_at_bound = (vod <= BOUND_MARGIN) | (vod >= model.vod_max * (1 - BOUND_MARGIN))
    slant = (vod[:, 0] + solved.vod_sd[:, 0]) / np.cos(rows.cell.incidence[where])
    has_converged = solved.converged.astype(np.bool_) & np.isfinite(moisture)
    has_expectation = rows.cell.vod_expected_precision[where] > 0
    # Number of misfits less two unknowns, soil moisture and VOD; at least 1.
    freedom = np.maximum(len(model.nedt) + has_expectation - 2, 1)
    cost_per_freedom = (solved.cost / freedom).astype(np.float32)
    return (
        flags.where(at_bound, Flag.SOIL_MOISTURE_AT_BOUND)
        | flags.where(vod_at_bound.any(axis=1), Flag.VOD_AT_BOUND)
        | flags.where(slant.astype(np.float32) > DENSE_SLANT_VOD, Flag.DENSE_VEGETATION)
        | flags.where(~has_converged, Flag.NOT_CONVERGED)
        | flags.where(cost_per_freedom > RESIDUAL_SIGMA**2, Flag.RESIDUAL_LARGE)
        | flags.where(solved.sm_sd > WEAK_UNCERTAINTY, Flag.WEAKLY_IDENTIFIED)
    )


def to_dataset(
    ds: xr.Dataset,
    rows: Rows,
    where: Booleans,
    solved: Solved,
    model: RetrievalModel,
) -> xr.Dataset:
    """Build the RETRIEVAL dataset from the solved rows `where` of `ds`."""
    flag = rows.flag.copy()
    flag[where] |= outcome_flags(rows, where, solved, model)
    columns = {
        "soil_moisture": (solved.soil_moisture, "m3 m-3"),
        "sm_uncertainty": (solved.sm_sd, "m3 m-3"),
        "vod_v": (solved.vod[:, 0], "1"),
        "vod_h": (solved.vod[:, 1], "1"),
        "vod_v_uncertainty": (solved.vod_sd[:, 0], "1"),
        "vod_h_uncertainty": (solved.vod_sd[:, 1], "1"),
        "cost": (solved.cost, "1"),
    }
    variables = {
        name: (schema.LOOK, _expand_rows(value, where).reshape(rows.shape), {"units": units})
        for name, (value, units) in columns.items()
    }
    variables["flag"] = (schema.LOOK, flag.reshape(rows.shape).astype(FLAG_DTYPE), {"units": "1"})
    attrs = {
        **ds.attrs,
        "channels": ", ".join(model.channels.names),
        "vod_frequency_ghz": model.channels.core_channel.frequency_ghz,
    }
    out = xr.Dataset(variables, attrs=attrs).assign_coords(
        {name: ds[name] for name in ("time", "look", "cell", "lat", "lon") if name in ds.coords}
    )
    carried = ("obs_time", "soil_moisture_operational", "recommended_operational")
    out = out.assign({name: ds[name] for name in carried if name in ds})
    return schema.check(out, schema.RETRIEVAL, where="retrieve: output")


def retrieve(
    ds: xr.Dataset,
    settings: RetrieveSettings | None = None,
    *,
    executor: Executor | None = None,
    done: Callable[[int], None] = lambda _: None,
    block_rows: int = BLOCK_ROWS,
) -> xr.Dataset:
    """Retrieve soil moisture and VOD of every look from its brightness temperatures.

    Args:
        ds: after schema.GRID_TB, with what of schema.ANCILLARY the granule carried. A soil
            temperature (or a 36.5 GHz V channel) is needed; clay, land cover and roughness have
            defaults.
        settings: the `[retrieve]` table; None: the defaults.
        executor: where blocks of cells run; threads, one a processor, if not given.
        done: called with the number of cells of each block that has ended.
        block_rows: rows that the kernel solves in one call; another program is compiled for each.

    Returns:
        New dataset after schema.RETRIEVAL, with the operational soil moisture of the granule if it
        has one. A cell without a retrieval is NaN, with the reason in `flag`.

    Raises:
        SchemaError: `ds` does not conform to schema.GRID_TB or schema.ANCILLARY.
        GranuleError: soil temperature or a channel is missing.
        ConfigError: the settings name an unknown channel.
    """
    schema.check(ds, schema.GRID_TB, where="retrieve: input")
    schema.check(ds, schema.ANCILLARY, where="retrieve: input")
    settings = settings or RetrieveSettings()
    model = build_model(ds, settings)
    rows = retrieval_rows(ds, model.channels, settings)
    rows = replace(rows, flag=rows.flag | FLAG_DTYPE(int(Flag.VOD_RATIO_FROM_PRIOR)))
    where = is_attempted(rows.flag)
    with given_or_threads(executor) as workers:
        solved = Solver(model, workers, done, block_rows)(rows, where, input_errors(settings))
    return to_dataset(ds, rows, where, solved, model)
