"""Gridding: against brute force, and what must hold for all footprints."""

import numpy as np
import pytest
import xarray as xr
from benchmarks.common.whole_orbits import orbit_footprints, orbit_number
from hypothesis import given, settings
from hypothesis import strategies as st

from made_examples import at_most
from made_swath import CHANNELS, block_of_cells, footprints_over, swath
from mcca_ml.flags import Flag
from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import M25, positions
from mcca_ml.grid.footprint_bins import FootprintArrays, Kernel, bin_footprints
from mcca_ml.grid.overpasses import is_evening, local_time
from mcca_ml.grid.swaths import KERNEL, grid_swaths
from mcca_ml.sensors import AMSR2, AMSRE

CELLS, PLACE = block_of_cells()
FIRST, LAST = np.datetime64("2016-03-01"), np.datetime64("2016-03-03")


def gridded(*swaths, cells=CELLS, kernel=KERNEL):
    return grid_swaths(swaths, cells, FIRST, LAST, kernel=kernel)


def random_swath(seed, count=400, *, start="2016-03-02T12:00"):
    """Footprints of which some are suspect, some unusable, some without one channel."""
    rng = np.random.default_rng(seed)
    lat, lon, time = footprints_over(CELLS, rng, count, start=start)
    tb = rng.uniform(180, 300, (count, 4)).astype(np.float32)
    quality = rng.choice(3, count, p=(0.6, 0.3, 0.1))
    tb[quality == 2] = np.nan
    tb[rng.random(count) < 0.1, 1] = np.nan
    return swath(lat, lon, time, tb, quality=quality)


def brute_force(ds, kernel):
    """Footprint by footprint, in plain Python; {(day, look, cell): (tb, nobs, is_suspect)}."""
    passes = {}
    x = ease2.map_x(ds["lon"].to_numpy()) / M25.cell_m
    y = ease2.map_y(ds["lat"].to_numpy()) / M25.cell_m
    row, column = np.divmod(CELLS, M25.columns)
    cx = ease2.x(M25)[column] / M25.cell_m
    cy = ease2.y(M25)[row] / M25.cell_m
    time = ds["time"].to_numpy().astype("M8[ms]")
    for n in range(x.size):
        for c in range(CELLS.size):
            dx, dy = abs(x[n] - cx[c]), abs(y[n] - cy[c])
            if dx < kernel.reach and dy < kernel.reach:
                weight = np.exp(-(dx**2 + dy**2) / (2 * kernel.spread**2))
                orbit = int((time[n] - time.min()) / np.timedelta64(90, "m"))
                passes.setdefault((c, orbit), []).append((n, weight))
    best = {}
    for (c, _), result in passes.items():
        outcome = of_pass(ds, result, time)
        if outcome is None:
            continue
        tb, nobs, doubtful, when = outcome
        hour = float(local_time(np.array([when]), PLACE.lon[c])[0])
        look = int(hour >= 12)
        off = abs((hour - (6, 18)[look] + 12) % 24 - 12)
        key = str(when.astype("M8[D]")), look, c
        if key not in best or off < best[key][0]:
            best[key] = (off, tb, nobs, doubtful, when)
    return best


def of_pass(ds, result, time):
    """Mean of the footprints of a pass over a cell; None where none has a value."""
    quality = ds["quality"].to_numpy()
    tb = ds["tb"].to_numpy().astype(float)
    pairs = ((0, 1), (2, 3))
    usable = [(n, w) for n, w in result if any(np.isfinite(tb[n, list(p)]).all() for p in pairs)]
    good = [(n, w) for n, w in usable if quality[n] == 0]
    if not usable:
        return None
    doubtful = 2 * sum(w for _, w in good) < sum(w for _, w in usable)
    used = usable if doubtful else good
    mean = np.full(4, np.nan)
    for pair in pairs:
        ok = [(n, w) for n, w in used if np.isfinite(tb[n, list(pair)]).all()]
        for channel in pair:
            if ok:
                mean[channel] = np.average(
                    [tb[n, channel] for n, _ in ok], weights=[w for _, w in ok]
                )
    since = np.average(
        [float((time[n] - time.min()) / np.timedelta64(1, "ms")) for n, _ in used],
        weights=[w for _, w in used],
    )
    return mean, len(used), doubtful, time.min() + np.timedelta64(round(since), "ms")


@pytest.mark.parametrize("kernel", [KERNEL, Kernel(0.5), Kernel(0.8, 0.4)], ids=str)
@pytest.mark.parametrize("start", ["2016-03-02T12:00", "2016-03-02T22:26", "2016-03-02T04:39"])
def test_brute_force(kernel, start):
    """The second start lets passes cross midnight; the third slots of 40 minutes, at 04:40."""
    ds = random_swath(1, start=start)
    out = gridded(ds, kernel=kernel)
    expected = brute_force(ds, kernel)
    observed = (out["flag"].to_numpy() & int(Flag.NOT_OBSERVED)) == 0
    assert observed.sum() == len(expected) >= 19
    for (day, look, cell), (_, tb, nobs, doubtful, when) in expected.items():
        result = out.sel(time=day).isel(look=look, cell=cell)
        # Weights are whole multiples of 2^-10.
        np.testing.assert_allclose(result["tb"], tb, atol=0.2)
        assert int(result["nobs"]) == nobs
        assert bool(int(result["flag"]) & int(Flag.TB_SUSPECT)) == doubtful
        assert bool(int(result["flag"]) & int(Flag.TB_INVALID)) == np.isnan(tb).any()
        assert abs(result["obs_time"].to_numpy() - when) < np.timedelta64(200, "ms")


@settings(max_examples=at_most(30), deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.booleans())
def test_any_cut_and_any_order_give_the_same_bits(seed, pieces, is_wide):
    ds = random_swath(seed, 300, start="2016-03-02T10:38")
    rng = np.random.default_rng(seed)
    order = rng.permutation(300)
    part = rng.integers(0, pieces, 300)
    cut = [ds.isel(footprint=order[part[order] == number]) for number in range(pieces)]
    kernel = Kernel(1.0, 0.5) if is_wide else KERNEL
    xr.testing.assert_identical(gridded(ds, kernel=kernel), gridded(*cut, kernel=kernel))


@pytest.mark.parametrize("kernel", [KERNEL, Kernel(0.5), Kernel(0.8, 0.4)], ids=str)
def test_sums_are_of_whole_numbers(kernel):
    """Which is why they do not depend on the order."""
    ds = random_swath(5)
    seen = FootprintArrays(
        ds["lat"].to_numpy(),
        ds["lon"].to_numpy(),
        ds["time"].to_numpy().astype("M8[ms]").astype(np.int64),
        ds["incidence"].to_numpy(),
        ds["tb"].to_numpy(),
        ds["quality"].to_numpy() == 1,
    )
    parts = [part for _, part in bin_footprints(seen, CHANNELS, positions(M25, CELLS), kernel)]
    assert len(parts) >= 4
    assert all((part.sums == np.rint(part.sums)).all() for part in parts)
    assert max(part.sums.max() for part in parts) < 2**53


@settings(max_examples=at_most(20), deadline=None)
@given(st.integers(0, 10**6), st.floats(60, 320, width=32))
def test_a_constant_field_stays_constant(seed, value):
    ds = random_swath(seed)
    ds["tb"] = ds["tb"].where(ds["tb"].isnull(), np.float32(value))
    out = gridded(ds)["tb"].to_numpy()
    assert np.isfinite(out).sum() > 50
    np.testing.assert_allclose(out[np.isfinite(out)], value, atol=1e-4)


@settings(max_examples=at_most(20), deadline=None)
@given(st.integers(0, 10**6))
def test_cells_do_not_see_each_other(seed):
    ds = random_swath(seed)
    some = np.sort(np.random.default_rng(seed).choice(CELLS, 7, replace=False))
    xr.testing.assert_identical(gridded(ds).sel(cell=some), gridded(ds, cells=some))


def test_days_do_not_see_each_other():
    ds = random_swath(3, start="2016-03-02T22:26")
    whole = gridded(ds)
    for day in np.arange(FIRST, LAST + 1):
        one = grid_swaths([ds], CELLS, day, day)
        xr.testing.assert_identical(one, whole.sel(time=[day]))


@pytest.mark.parametrize("day", ["2003-02-01", "2009-08-15"])
def test_node_is_that_of_the_motion_aqua(day):
    assert wrong_nodes(AMSRE, day) < 1e-4


@pytest.mark.parametrize("day", ["2013-01-10", "2016-07-01", "2020-10-01"])
def test_node_is_that_of_the_motion(day):
    assert wrong_nodes(AMSR2, day) < 1e-4


def wrong_nodes(sensor, day):
    """Share of footprints of an orbit whose look is not told by the way their latitude moves."""
    seen = orbit_footprints(sensor, orbit_number(sensor, np.datetime64(f"{day}T00:00")))
    time = np.broadcast_to(seen.scan_time.astype("M8[ms]")[:, None], seen.lat.shape)
    is_northward = np.gradient(seen.lat.astype(float), axis=0) > 0
    wrong = is_evening(sensor, local_time(time, seen.lon.astype(float))) != is_northward
    is_northward_satellite = np.gradient(seen.satellite_lat.astype(float)) > 0
    low = np.abs(seen.lat) < 70
    assert (is_northward == is_northward_satellite[:, None])[low].all()
    return wrong[np.abs(seen.lat) < 84.5].mean()
