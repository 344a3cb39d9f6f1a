"""Laws of the 0.25 degree grid: it conserves by area, mixes nothing that differs, and finds cells.

Areas are those of PROJ on the ellipsoid and places those of SciPy's nearest neighbour on PROJ's
map: neither knows the closed forms of the package.
"""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pyproj import Geod, Transformer
from scipy.spatial import cKDTree

from made_examples import at_most
from mcca_ml import schema
from mcca_ml.flags import Flag
from mcca_ml.grid.ease2 import M25
from mcca_ml.publish import quarter_degree as quarter
from mcca_ml.publish.quarter_degree import make_remap, remapped

ROWS, COLUMNS = np.arange(180, 192), np.arange(700, 714)
CELLS = (ROWS[:, None] * M25.columns + COLUMNS).ravel()
REMAP = make_remap(CELLS)
TO_MAP = Transformer.from_crs("EPSG:4326", "EPSG:6933", always_xy=True)


def record(sm: np.ndarray, flag: np.ndarray, filled: np.ndarray, cells=CELLS) -> xr.Dataset:
    """A day: sm where it is a number, else none; layers and errors are parts of it."""
    day = np.datetime64("2016-01-01", "ns")
    values = {
        name: (sm / (n + 1) if var.units == "m3 m-3" else np.zeros(sm.shape, np.int32))
        for n, (name, var) in enumerate(schema.RECORD.items())
    }
    values |= {
        "sm": np.where(filled, np.nan, sm),
        "sm_filled": sm,
        "is_filled": filled.astype(np.uint8),
        "flag": flag.astype(np.uint32),
        "sensor": np.arange(sm.size, dtype=np.int32),
        "t0": np.where(filled, np.datetime64("NaT", "ns"), day),
    }
    variables = {
        name: (("time", "cell"), values[name][None], {"units": var.units} if var.units else {})
        for name, var in schema.RECORD.items()
    }
    return xr.Dataset(variables, coords={"time": [day], "cell": cells})


def plain(sm: np.ndarray, cells=CELLS) -> xr.Dataset:
    """A day that is seen everywhere, without any flag."""
    nothing = np.zeros(sm.shape, np.bool_)
    return record(sm, nothing, nothing, cells)


def edges_of(cells: np.ndarray) -> tuple[np.ndarray, ...]:
    """South, north, west, east of cells of 0.25 degrees."""
    row, column = np.divmod(cells, 1440)
    south, west = 89.75 - row * 0.25, column * 0.25 - 180
    return south, south + 0.25, west, west + 0.25


def geodesic_area(south: float, north: float) -> float:
    """Of a cell between two parallels, 0.25 degrees wide [m2]; sides along them, by PROJ."""
    many = np.linspace(0.0, 0.25, 200)
    lon = np.concatenate([many, many[::-1]])
    lat = np.repeat([south, north], many.size)
    return abs(Geod(ellps="WGS84").polygon_area_perimeter(lon, lat)[0])


def test_the_mean_over_the_earth_is_conserved():
    """A field that is 0 near the poles, where cells of 0.25 degrees reach beyond the grid."""
    rows = np.abs(np.arange(M25.rows) - M25.rows / 2 + 0.5) < 280
    field = np.random.default_rng(3).uniform(0.02, 0.6, M25.shape).astype(np.float32)
    field *= rows[:, None]
    cells = np.arange(M25.size)
    remap = make_remap(cells)
    out = remapped(plain(field.ravel(), cells), remap)
    assert out.sizes["cell"] == 676 * 1440  # all rows but those whose centre is beyond 84.44 N, S
    south, north, _, _ = edges_of(np.arange(720) * 1440)
    area = np.array([geodesic_area(a, b) for a, b in zip(south, north, strict=True)])
    mine = (out["sm"].to_numpy()[0].astype(np.float64) * area[remap.cells // 1440]).sum()
    wanted = field.sum(dtype=np.float64) * M25.cell_m**2
    assert mine == pytest.approx(wanted, rel=2e-6)


def test_the_cell_of_the_centre_is_the_nearest_on_the_map():
    row, column = np.divmod(CELLS, M25.columns)
    at = np.stack([(column - 693.5) * M25.cell_m, (291.5 - row) * M25.cell_m], axis=1)
    south, north, west, east = edges_of(REMAP.cells)
    x, y = TO_MAP.transform((west + east) / 2, (south + north) / 2)
    far, nearest = cKDTree(at).query(np.stack([x, y], axis=1))
    assert far.max() < M25.cell_m / np.sqrt(2)
    np.testing.assert_array_equal(REMAP.centre, nearest)
    taken = remapped(plain(np.full(CELLS.size, 0.3, np.float32)), REMAP)
    np.testing.assert_array_equal(taken["sensor"][0], nearest)  # numbers of the source cells
    # and no cell whose centre lies on the block is left out
    lat, lon = np.meshgrid(*(np.arange(-90, 90, 0.25) + 0.125, np.arange(-180, 180, 0.25) + 0.125))
    x, y = TO_MAP.transform(lon.ravel(), lat.ravel())
    low, high = at.min(axis=0) - M25.cell_m / 2, at.max(axis=0) + M25.cell_m / 2
    inside = (x > low[0]) & (x < high[0]) & (y > low[1]) & (y < high[1])
    assert inside.sum() == REMAP.cells.size


def test_means_are_those_of_points_strewn_over_the_cell():
    """Points even on the equal-area map, each with the value of the nearest cell."""
    sm = np.random.default_rng(1).uniform(0.02, 0.6, CELLS.size).astype(np.float32)
    found = remapped(plain(sm), REMAP)["sm"].to_numpy()[0]
    row, column = np.divmod(CELLS, M25.columns)
    tree = cKDTree(np.stack([(column - 693.5), (291.5 - row)], axis=1) * M25.cell_m)
    inner = [n for n, c in enumerate(REMAP.cells) if _is_inside(c)]
    assert len(inner) > 100
    for n in inner[::7]:
        south, north, west, east = edges_of(REMAP.cells[n : n + 1])
        (x0, x1), (y0, y1) = TO_MAP.transform([*west, *east], [*south, *north])
        step = (np.arange(200) + 0.5) / 200
        points = np.meshgrid(x0 + step * (x1 - x0), y0 + step * (y1 - y0))
        _, hit = tree.query(np.stack([p.ravel() for p in points], axis=1))
        assert found[n] == pytest.approx(sm[hit].mean(dtype=np.float64), abs=0.002)


def _is_inside(cell: int) -> bool:
    """Whether all of a cell lies on the block."""
    around = cell + np.array([-1441, -1440, -1439, -1, 1, 1439, 1440, 1441])
    return bool(np.isin(around, REMAP.cells).all())


moistures = hnp.arrays(np.float32, CELLS.size, elements=st.floats(0.0, 0.875, width=32))
holes = hnp.arrays(np.bool_, CELLS.size)


@given(moistures, holes, holes, holes)
@settings(deadline=None, max_examples=at_most(40))
def test_nothing_is_mixed_that_differs_and_gaps_are_those_of_the_centre(sm, missing, snowy, filled):
    flag = np.where(snowy, int(Flag.SNOW), 0) | np.where(filled, int(Flag.NOT_OBSERVED), 0)
    sm = np.where(missing, np.nan, sm).astype(np.float32)
    ds = record(sm, flag, filled & ~missing)
    out = remapped(ds, REMAP)
    schema.check(out, schema.RECORD, where="test")
    for name in ("flag", "is_filled", "nobs", "sensor"):
        np.testing.assert_array_equal(out[name][0], ds[name][0, REMAP.centre])
    for name, var in schema.RECORD.items():
        if var.units == "m3 m-3":
            gaps = np.isnan(ds[name].to_numpy()[0, REMAP.centre])
            np.testing.assert_array_equal(np.isnan(out[name][0]), gaps, err_msg=name)
    seen = out["sm"].notnull().to_numpy()
    np.testing.assert_array_equal(out["sm"].to_numpy()[seen], out["sm_filled"].to_numpy()[seen])
    # Let one kind of cell be 0.9: those of the other kind do not move.
    is_good = (flag == 0) & ~filled
    other = record(np.where(is_good, sm, np.float32(0.9)), flag, filled & ~missing)
    again = remapped(other, REMAP)
    good = is_good[REMAP.centre]
    np.testing.assert_array_equal(again["sm"][0, good], out["sm"][0, good])


@given(moistures)
@settings(deadline=None, max_examples=at_most(20))
def test_a_mean_lies_between_the_values_it_is_made_of(sm):
    out = remapped(plain(sm), REMAP)["sm"].to_numpy()[0]
    for n, value in enumerate(out):
        met = sm[REMAP.cover.index[n][REMAP.cover.weight[n] > 0]]
        assert met.min() - 1e-6 <= value <= met.max() + 1e-6


def test_a_cell_does_not_depend_on_how_large_the_region_is():
    sm = np.random.default_rng(2).uniform(0.02, 0.6, CELLS.size).astype(np.float32)
    whole = remapped(plain(sm), REMAP).sel(cell=REMAP.cells)
    inner = np.flatnonzero((CELLS // M25.columns > 182) & (CELLS // M25.columns < 190))
    part = make_remap(CELLS[inner])
    found = remapped(plain(sm[inner], CELLS[inner]), part)
    lat = 89.875 - part.cells // 1440 * 0.25
    middle = (lat > np.quantile(lat, 0.2)) & (lat < np.quantile(lat, 0.8))
    same = whole.sel(cell=part.cells[middle])
    np.testing.assert_array_equal(found["sm"][0, middle], same["sm"][0])


def test_a_cell_without_any_centre_has_a_sheet_of_its_own_and_no_cell_the_whole_grid():
    few = [make_remap(np.array([row * M25.columns + 700])) for row in range(286, 300)]
    sizes = [remap.cells.size for remap in few]
    assert min(sizes) == 0
    assert max(sizes) > 0
    assert all(remap.window.shape in ((1, 1), (1, 2), (2, 1), (2, 2)) for remap in few)
    assert remapped(plain(np.full(1, 0.3, np.float32), np.array([1])), few[0]).sizes["time"] == 1
    nothing = make_remap(np.empty(0, np.int64))
    assert nothing.cells.size == 0
    assert nothing.window.shape == (quarter.ROWS, quarter.COLUMNS)
