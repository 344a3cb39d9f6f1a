"""A few cells as SMAP might see them, for tests of the readers and writers."""

from dataclasses import replace

import numpy as np

from mcca_ml.grid import ease2
from mcca_ml.simulate.files.smap_products import Look

ROWS = np.array([100, 100, 101, 250], np.int32)
COLUMNS = np.array([200, 201, 200, 700], np.int32)
CELLS = ROWS.astype(np.int64) * 964 + COLUMNS
COUNT = len(ROWS)
TIMES = np.array("2015-07-01T12:00:00.250", "M8[ns]") + np.arange(COUNT) * np.timedelta64(
    1500, "ms"
)


def numbers(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def a_look(**changes: np.ndarray) -> Look:
    """Four land cells; `changes` replace fields of the look."""
    look = Look(
        row=ROWS,
        column=COLUMNS,
        obs_time=TIMES,
        tb_v=numbers(250, 255, 260, 265),
        tb_h=numbers(230, 235, 240, 245),
        incidence=np.deg2rad(numbers(40.0, 40.1, 39.9, 40.0)),
        soil_temperature=numbers(285, 286, 287, 288),
        clay_fraction=numbers(0.1, 0.2, 0.3, 0.4),
        bulk_density=numbers(1.2, 1.3, 1.4, 1.5),
        roughness_h=numbers(0.1, 0.11, 0.12, 0.13),
        water_fraction=numbers(0, 0.01, 0.02, 0.03),
        land_cover=np.array([[10, 12, 99]] * COUNT, np.uint8),
        land_cover_fraction=np.array([[0.7, 0.3, np.nan]] * COUNT, np.float32),
        surface_flag=np.zeros(COUNT, np.uint16),
        quality_v=np.zeros(COUNT, np.uint16),
        quality_h=np.zeros(COUNT, np.uint16),
    )
    return replace(look, **changes)


def look_at(cells: list[tuple[int, int]], grid: ease2.Grid = ease2.M36) -> Look:
    """The four cells moved to other rows and columns, inside the grid."""
    row, column = (np.array(index, np.int32) for index in zip(*cells, strict=True))
    assert (row < grid.rows).all()
    return a_look(row=row, column=column)
