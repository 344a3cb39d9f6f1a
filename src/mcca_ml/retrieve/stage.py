"""The retrieval stage: GRID_TB in, RETRIEVAL out, each look on its own."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import xarray as xr
from jaxtyping import Array

from mcca_ml import schema
from mcca_ml.blocks import Arrays, map_blocks
from mcca_ml.config import RetrieveSettings
from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.retrieve.constraint import Cell, Model
from mcca_ml.retrieve.inputs import Rows, error_of, model_of, rows_of
from mcca_ml.retrieve.screen import FloatArray, attempted, bit, outcome_flags
from mcca_ml.retrieve.search import search_cell
from mcca_ml.retrieve.uncertainty import InputError, uncertainty_cell

BLOCK_ROWS = 4096
"""Rows of one kernel call: what a core works on stays in its cache, and one program serves all."""


@partial(jax.jit, static_argnames="model")
def retrieve_cells(
    cell: Cell[Array], error: InputError[Array], *, model: Model
) -> tuple[Array, ...]:
    """State and uncertainty of many cells: the kernel of one cell, lifted.

    Args:
        cell: inputs, each with a leading axis over cells.
        error: errors of the inputs of each cell, each with that axis.
        model: what is the same for all cells.

    Returns:
        Soil moisture and its sd [m3 m-3], VOD at V and H and their sd [1] (cell, 2), cost [1],
        whether the search ended well.
    """

    def one(inputs: Cell[Array], sd: InputError[Array]) -> tuple[Array, ...]:
        solution = search_cell(inputs, model)
        found = uncertainty_cell(solution, inputs, sd, model)
        return (
            solution.soil_moisture,
            found.soil_moisture,
            found.vod,
            found.vod_sd,
            solution.cost,
            solution.converged,
        )

    return jax.vmap(one)(cell, error)


@dataclass(frozen=True)
class Solver:
    """How rows are solved: a kernel, block by block, on an executor."""

    model: Model
    executor: Executor
    done: Callable[[int], None]

    def inputs(
        self, rows: Rows, where: npt.NDArray[np.bool_], error: InputError[FloatArray]
    ) -> list[npt.NDArray[np.generic]]:
        """Columns of the rows `where`: those of `Cell`, then those of `InputError`.

        Args:
            rows: inputs of all rows; the error of clay is taken from here.
            where: rows to solve.
            error: errors of the other inputs, scalars or one value a solved row.
        """
        count = int(where.sum())
        full = error._replace(clay=rows.clay_sd[where])
        errors = [np.broadcast_to(np.asarray(value, np.float32), count) for value in full]
        return [*(value[where] for value in rows.cell), *errors]

    def map(
        self, kernel: Callable[[Sequence[Array]], Sequence[Array]], columns: Arrays
    ) -> list[npt.NDArray[np.generic]]:
        """Outputs of a kernel over all rows of its input columns."""

        def block(arrays: Arrays) -> Arrays:
            found = kernel([jnp.asarray(array) for array in arrays])
            return [np.asarray(value) for value in found]

        return map_blocks(block, columns, size=BLOCK_ROWS, executor=self.executor, done=self.done)

    def __call__(
        self, rows: Rows, where: npt.NDArray[np.bool_], error: InputError[FloatArray]
    ) -> list[npt.NDArray[np.generic]]:
        """Outputs of `retrieve_cells`, in its order, for the rows `where`; see `inputs`."""

        def kernel(arrays: Sequence[Array]) -> Sequence[Array]:
            cells = len(rows.cell)
            cell, sd = Cell(*arrays[:cells]), InputError(*arrays[cells:])
            found: Sequence[Array] = retrieve_cells(cell, sd, model=self.model)
            return found

        return self.map(kernel, self.inputs(rows, where, error))


def _spread(
    values: npt.NDArray[np.generic], where: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    """Values of the attempted rows among all rows, NaN elsewhere."""
    out = np.full((len(where), *values.shape[1:]), np.nan, np.float32)
    out[where] = values
    return out


def _no_rows() -> list[npt.NDArray[np.generic]]:
    """The outputs of `retrieve_cells` for no row at all."""
    return [np.zeros(shape, np.float32) for shape in ((0,), (0,), (0, 2), (0, 2), (0,), (0,))]


def to_dataset(
    ds: xr.Dataset,
    rows: Rows,
    where: npt.NDArray[np.bool_],
    solved: list[npt.NDArray[np.generic]] | None,
    model: Model,
) -> xr.Dataset:
    """RETRIEVAL from what was solved in the rows `where` of `ds`; None if that is no row at all."""
    sm, sd, vod, vod_sd, cost, converged = solved or _no_rows()
    flag = rows.flag.copy()
    if where.any():
        flag[where] |= outcome_flags(
            np.asarray(sm, np.float32),
            (model.soil_moisture_min, rows.cell.soil_moisture_max[where]),
            np.asarray(vod, np.float32),
            model.vod_max,
            uncertainty=np.asarray(sd, np.float32),
            cost_per_freedom=np.asarray(cost, np.float32) / np.float32(len(model.nedt) - 1),
            converged=np.asarray(converged, np.bool_),
        )
    flag[where] |= bit(~np.isfinite(np.asarray(sm, np.float32)), Flag.NOT_CONVERGED)
    columns = {
        "soil_moisture": (sm, "m3 m-3"),
        "sm_uncertainty": (sd, "m3 m-3"),
        "vod_v": (vod[:, 0], "1"),
        "vod_h": (vod[:, 1], "1"),
        "vod_v_uncertainty": (vod_sd[:, 0], "1"),
        "vod_h_uncertainty": (vod_sd[:, 1], "1"),
        "cost": (cost, "1"),
    }
    variables = {
        name: (schema.LOOK, _spread(value, where).reshape(rows.shape), {"units": units})
        for name, (value, units) in columns.items()
    }
    variables["flag"] = (schema.LOOK, flag.reshape(rows.shape).astype(FLAG_DTYPE), {"units": "1"})
    out = xr.Dataset(variables, attrs=dict(ds.attrs)).assign_coords(
        {name: ds[name] for name in ("time", "look", "cell", "lat", "lon") if name in ds.coords}
    )
    carried = ("obs_time", "soil_moisture_operational", "recommended_operational")
    out = out.assign({name: ds[name] for name in carried if name in ds})
    return schema.check(out, schema.RETRIEVAL, where="retrieve: output")


def retrieve(
    ds: xr.Dataset,
    settings: RetrieveSettings,
    *,
    executor: Executor | None = None,
    done: Callable[[int], None] = lambda _: None,
) -> xr.Dataset:
    """Soil moisture and VOD of every look, each from its own brightness temperatures alone.

    Args:
        ds: after schema.GRID_TB, with what of schema.ANCILLARY the granule carried. Soil
        temperature
            is needed (or a 36.5 GHz V channel); clay, land cover and roughness have defaults.
        settings: the `[retrieve]` table.
        executor: where blocks of cells run; threads, one a processor, if not given.
        done: called with the number of cells of each block that has ended.

    Returns:
        New dataset after schema.RETRIEVAL, with the operational soil moisture beside it where the
        granule held one. A cell without a retrieval is NaN, with the reason in `flag`.

    Raises:
        SchemaError: `ds` breaks its contract.
        GranuleError: soil temperature or a channel is missing altogether.
        ConfigError: the settings name an unknown channel.
    """
    schema.check(ds, schema.GRID_TB, where="retrieve: input")
    schema.check(ds, schema.ANCILLARY, where="retrieve: input")
    model = model_of(ds, settings)
    rows = rows_of(ds, model.channels, settings)
    rows = rows.replace_flag(rows.flag | FLAG_DTYPE(int(Flag.VOD_RATIO_FROM_PRIOR)))
    where = attempted(rows.flag)
    if not where.any():
        return to_dataset(ds, rows, where, None, model)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        solved = Solver(model, executor or threads, done)(rows, where, error_of(settings))
    return to_dataset(ds, rows, where, solved, model)
