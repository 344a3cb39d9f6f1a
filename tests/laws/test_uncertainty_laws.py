"""Laws of the spread against the target: errors of a known law, judged on days of another year."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcca_ml.errors import GranuleError, SchemaError
from mcca_ml.grid.ease2 import M25, cell_latlon
from mcca_ml.grid.land import land_cells
from mcca_ml.learn import error_model, weights_file
from mcca_ml.learn.uncertainty import (
    TrainingDays,
    conformal,
    estimate_target_sd,
    fit_error_model,
    published_sd,
)

YEAR = np.arange("2017-01-01", "2018-01-01", dtype="M8[D]")
NEXT = YEAR + 365
OF_SEASON = np.array([0.6, 1.0, 1.5, 1.1])
SHARE = 0.35
"""Of the days, those with a target."""
POINTS = 0.03
"""What the coverage of all days may be off."""


@dataclass(frozen=True)
class World:
    """Errors of usual sizes by cell, season and freshness, and of shifts by region and season."""

    cells: np.ndarray
    size: np.ndarray
    rho: float = 0.0
    freedom: float = 6.0
    shift: float = 0.0
    stale: float = 0.15
    """By which errors grow with each day since the last look."""

    @property
    def region(self):
        return np.arange(self.cells.size) // 10


@dataclass(frozen=True)
class Days:
    """One year of a world, (cell, time)."""

    days: np.ndarray
    error: np.ndarray
    nobs: np.ndarray
    size: np.ndarray

    @property
    def age(self):
        return error_model.compute_age(self.days, self.nobs)

    @property
    def seen(self):
        return (self.nobs > 0) | (self.age < error_model.AGE_CAP)


def world(count=200, seed=0, **changes):
    size = 0.03 * np.exp(0.4 * np.random.default_rng(seed).normal(size=(count, 1)))
    return World(land_cells(M25)[:: 230_000 // count][:count].astype(np.int64), size, **changes)


def year_of(made, days, rng):
    shape = (made.cells.size, days.size)
    e = rng.standard_t(made.freedom, shape) * np.sqrt((made.freedom - 2) / made.freedom)
    for t in range(1, days.size):
        e[:, t] = made.rho * e[:, t - 1] + np.sqrt(1 - made.rho**2) * e[:, t]
    nobs = rng.choice([0, 1, 2], p=[0.3, 0.4, 0.3], size=shape).astype(np.uint8)
    season = error_model.find_season(days, made.cells).astype(np.intp)
    carried = np.where(
        nobs == 0, 1 + made.stale * np.minimum(error_model.compute_age(days, nobs), 10), 1
    )
    size = made.size * OF_SEASON[season] * np.where(nobs == 2, 0.8, 1) * carried
    shift = made.shift * rng.normal(size=(made.region[-1] + 1, error_model.SEASONS))[made.region]
    off = e * size + np.take_along_axis(shift, season, axis=1)
    return Days(days, off.astype(np.float32), nobs, size)


def spread_of(made, year, has):
    nothing = np.float32(np.nan)
    fills = np.full(year.error.shape, 0.2, np.float32)
    unknown = np.zeros((made.cells.size, 2), np.float32)
    return fit_error_model(
        fills + year.error,
        np.where(has, fills, nothing),
        np.where(has, np.float32(0.02), nothing),
        nobs=year.nobs,
        vod=fills,
        days=year.days,
        cells=made.cells,
        training=TrainingDays(unknown, unknown, np.zeros((made.cells.size, 12), np.int64)),
    )


def fitted(made, seed, without=0, share=SHARE):
    """ErrorModel told by one year of which some first cells have no target, and the year after."""
    rng = np.random.default_rng(seed)
    told, fresh = year_of(made, YEAR, rng), year_of(made, NEXT, rng)
    has = rng.random(told.error.shape) < share
    has[:without] = False
    return spread_of(made, told, has), fresh


def half_of(spread, year):
    return estimate_target_sd(spread, year.days, year.nobs, year.age)


def coverage(spread, year, where):
    off, half = np.abs(year.error)[where], half_of(spread, year)[where]
    return np.array([(off <= half).mean(), (off <= spread.ratio95 * half).mean()])


NOMINAL = np.array([0.68, 0.95])


@pytest.mark.parametrize("freedom", [3.0, 6.0, 200.0])
@pytest.mark.parametrize("rho", [0.0, 0.7])
def test_intervals_are_nominal_on_fresh_days(rho, freedom):
    made = world(rho=rho, freedom=freedom)
    spread, fresh = fitted(made, 1)
    assert coverage(spread, fresh, fresh.seen) == pytest.approx(NOMINAL, abs=POINTS)


@pytest.mark.parametrize("rho", [0.0, 0.7])
def test_intervals_are_nominal_in_each_class(rho):
    # 200 cells with 5000 to 25,000 days a class; what is not nominal is learned, not drawn.
    made = world(rho=rho)
    spread, fresh = fitted(made, 2)
    season = error_model.find_season(fresh.days, made.cells)
    classes = error_model.classify_freshness(fresh.nobs, fresh.age)
    for where in (classes == 0, classes == 1, classes == 2, classes == 3, fresh.nobs == 0):
        found = coverage(spread, fresh, fresh.seen & where)
        assert found == pytest.approx(NOMINAL, abs=0.04)
    for k in range(error_model.SEASONS):
        found = coverage(spread, fresh, fresh.seen & (season == k))
        assert found == pytest.approx(NOMINAL, abs=0.04)


def test_intervals_are_wide_where_errors_are_large():
    made = world(rho=0.7)
    spread, fresh = fitted(made, 3)
    ratio = np.log(half_of(spread, fresh) / fresh.size)[fresh.seen]
    assert ratio.std() < 0.2 < 0.45 < np.log(fresh.size[fresh.seen]).std()
    by_cell = [coverage(spread, fresh, fresh.seen & (made.cells == c)[:, None]) for c in made.cells]
    assert np.std(by_cell, axis=0)[0] < 0.08


def test_few_cells_are_nominal_over_years():
    made = world(6, rho=0.7)
    found = []
    for seed in range(12):
        spread, fresh = fitted(made, seed)
        found.append(coverage(spread, fresh, fresh.seen))
    assert np.mean(found, axis=0) == pytest.approx(NOMINAL, abs=POINTS)


def test_few_days_are_not_told_by_themselves():
    # With 7 days a cell: judged by the days that they were fitted to, intervals of 95 % hold 92 %.
    made = world()
    found = []
    for seed in range(6):
        spread, fresh = fitted(made, seed, share=0.02)
        found.append(coverage(spread, fresh, fresh.seen))
    assert np.mean(found, axis=0) == pytest.approx(NOMINAL, abs=0.02)


def test_cells_without_a_target_are_not_told_too_sure():
    # What is not known of them widens their intervals: by tails at 95 %, by the middle at 68 %.
    found = []
    for seed in range(8):
        spread, fresh = fitted(world(rho=0.7, seed=seed), seed, without=100)
        assert (spread.days[:100] == 0).all()
        assert (spread.days[100:] > 50).all()
        found.append(coverage(spread, fresh, fresh.seen & (np.arange(200) < 100)[:, None]))
    mean = np.mean(found, axis=0)
    assert (mean > NOMINAL - [0, 0.003]).all()
    assert (mean < NOMINAL + [0.1, POINTS]).all()


def test_shifts_of_one_year_are_not_taken_for_the_cells():
    # What a region is off all through a season, elsewhere in another year: so large that taken for
    # a size of the cell and season it leaves a tenth of the days outside the intervals of 95 %.
    made = world(rho=0.7, shift=0.03)
    order = np.argsort(made.size[:, 0])
    all_cells, small, large = [], [], []
    for seed in range(12):
        spread, fresh = fitted(made, seed)
        all_cells.append(coverage(spread, fresh, fresh.seen))
        for found, some in ((small, order[:60]), (large, order[-60:])):
            mine = np.isin(np.arange(200), some)[:, None]
            found.append(coverage(spread, fresh, fresh.seen & mine))
    assert np.mean(all_cells, axis=0) == pytest.approx(NOMINAL, abs=0.02)
    assert np.mean(small, axis=0) == pytest.approx(NOMINAL, abs=POINTS)
    assert np.mean(large, axis=0) == pytest.approx(NOMINAL, abs=POINTS)


def test_a_shift_is_nearer_than_the_mean_of_the_days_and_than_that_of_all_cells():
    # As Stein's estimator: of cells that differ, and of means that scatter, both are taken.
    rng = np.random.default_rng(5)
    made = replace(world(400, rho=0.7), size=np.full((400, 1), 0.05))
    year = year_of(made, YEAR, rng)
    season = error_model.find_season(YEAR, made.cells)
    true = 0.01 * rng.normal(size=(400, error_model.SEASONS)) + 0.02
    error = np.where(rng.random(year.error.shape) < 0.1, year.error, np.nan).astype(np.float32)
    error += np.take_along_axis(true, season.astype(np.intp), axis=1).astype(np.float32)
    seen = np.isfinite(error)
    found = error_model.shifts(error, season, error_model.SEASONS, YEAR)
    wrong = np.sqrt(((found - true) ** 2).mean())
    raw = np.full_like(true, 0.02)
    for k in range(error_model.SEASONS):
        mine = seen & (season == k)
        raw[:, k] = np.where(mine, error, 0).sum(axis=1) / np.maximum(mine.sum(axis=1), 1)
    assert wrong < 0.95 * np.sqrt(((raw - true) ** 2).mean())
    assert wrong < 0.95 * true.std()
    assert found.mean(axis=0) == pytest.approx(true.mean(axis=0), abs=0.004)


def test_shifts_of_cells_that_do_not_differ_are_one():
    rng = np.random.default_rng(6)
    made = world(100, rho=0.7)
    year = year_of(replace(made, size=np.full((100, 1), 0.03)), YEAR, rng)
    one = np.zeros(year.error.shape, np.uint8)
    found = error_model.shifts(year.error + np.float32(0.01), one, 2, YEAR)
    assert found[:, 0].std() < 0.2 * year.error.mean(axis=1).std()
    assert (found[:, 1] == 0).all()


def test_a_constant_offset_widens_and_no_more():
    # The interval lies about the estimate as it is served, not about one that is less its offset.
    made = world(rho=0.7)
    rng = np.random.default_rng(7)
    told, fresh = year_of(made, YEAR, rng), year_of(made, NEXT, rng)
    has = rng.random(told.error.shape) < SHARE
    plain = spread_of(made, told, has)
    told, fresh = (replace(one, error=one.error + np.float32(0.03)) for one in (told, fresh))
    spread = spread_of(made, told, has)
    assert coverage(spread, fresh, fresh.seen) == pytest.approx(NOMINAL, abs=POINTS)
    assert half_of(spread, fresh).mean() > 1.2 * half_of(plain, fresh).mean()


def test_intervals_scale_with_the_errors():
    made = world(60)
    rng = np.random.default_rng(8)
    told = year_of(made, YEAR, rng)
    has = rng.random(told.error.shape) < SHARE
    double = replace(told, error=told.error * 2)
    one, two = spread_of(made, told, has), spread_of(made, double, has)
    assert half_of(two, told) == pytest.approx(2 * half_of(one, told), rel=2e-3)
    assert float(two.ratio95) == pytest.approx(float(one.ratio95), rel=2e-3)


@pytest.mark.parametrize("stale", [0.0, 0.15])
def test_older_is_never_surer(stale):
    # Not even where errors do not grow and classes differ by chance.
    spread, _ = fitted(world(40, rho=0.7, stale=stale), 9)
    ages = np.broadcast_to(np.arange(1, 200, dtype=np.uint8), (40, 199))
    days = np.full(199, np.datetime64("2018-07-01"))
    half = estimate_target_sd(spread, days, np.zeros_like(ages), ages)
    assert (np.diff(half, axis=1) >= 0).all()
    assert (half[:, -1] > half[:, 0]).all() or stale == 0


def test_seasons_are_those_of_the_hemisphere_of_the_cell():
    # Astronomers' solstices: the sun is highest in June north of the equator, in December south.
    cells = world(200).cells
    lat = cell_latlon(M25, cells).lat
    days = np.array(["2018-01-15", "2018-04-15", "2018-07-15", "2018-10-15"], "M8[D]")
    found = error_model.find_season(days, cells)
    assert (found[lat > 0] == [0, 1, 2, 3]).all()
    assert (found[lat < 0] == [2, 3, 0, 1]).all()
    assert (lat < 0).any()


@given(st.integers(1, 400), st.sampled_from([0.5, 0.68, 0.95]), st.integers(0, 2**32 - 1))
def test_the_factor_is_the_smallest_that_holds_a_new_day_as_often(count, level, seed):
    # A new value takes each of the n + 1 ranks as often (Lei et al. 2018).
    ratio = np.random.default_rng(seed).permutation(np.arange(1.0, count + 1)).astype(np.float32)
    rank = conformal(ratio, level)
    if rank < count:
        assert rank / (count + 1) >= level - 1e-12
        assert (rank - 1) / (count + 1) < level + 1e-12
    else:
        assert (count - 1) / (count + 1) < level + 1e-12


def test_what_the_target_adds_at_random_is_taken_off_and_no_more():
    spread, fresh = fitted(world(20), 10)
    half = half_of(spread, fresh)
    still = replace(spread, random_sd=np.zeros(20, np.float32))
    noisy = replace(spread, random_sd=np.full(20, 9, np.float32))
    systematic = spread.systematic_sd[:, None].astype(np.float64)
    assert published_sd(still, half) == pytest.approx(np.hypot(half, systematic), rel=1e-5)
    least = np.hypot(half / 2, systematic)
    assert published_sd(noisy, half) == pytest.approx(least, rel=1e-5)
    more = published_sd(still, half, 0.05)
    assert more**2 - published_sd(still, half) ** 2 == pytest.approx(0.0025, rel=1e-3)


def test_a_spread_comes_back_from_its_file(tmp_path):
    spread, fresh = fitted(world(20), 11)
    first, second = tmp_path / "one.npz", tmp_path / "two.npz"
    weights_file.save_uncertainty(first, spread)
    weights_file.save_uncertainty(second, weights_file.load_uncertainty(first))
    assert first.read_bytes() == second.read_bytes()
    some = spread.select_cells(spread.cells[[7, 3]])
    assert np.array_equal(
        half_of(some, replace(fresh, nobs=fresh.nobs[[7, 3]])), half_of(spread, fresh)[[7, 3]]
    )


def test_what_cannot_be_told_is_one_line(tmp_path):
    made = world(20)
    spread, fresh = fitted(made, 12)
    with pytest.raises(SchemaError, match="lacks some of the 1 cells"):
        spread.select_cells(np.array([5]))
    with pytest.raises(SchemaError, match="no target on 365 calibration days"):
        spread_of(made, fresh, np.zeros(fresh.error.shape, np.bool_))
    path = tmp_path / "old.npz"
    np.savez(path, version=np.int64(1), cells=spread.cells)
    with pytest.raises(GranuleError, match="layout version 1, expected 3; train again"):
        weights_file.load_uncertainty(path)
