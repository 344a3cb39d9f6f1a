"""Two products on the days that both have."""

import numpy as np
import pytest

from mcca_ml.validate.pairwise import COLUMNS, pairwise_rows
from mcca_ml.validate.score_units import PairedSeries
from mcca_ml.validate.stations import DENSE, SINGLE, Unit

DAYS = np.arange("2016-01-01", "2017-01-01", dtype="M8[D]")
HALF = DAYS.size // 2


def unit(name: str, kind: str = DENSE) -> Unit:
    return Unit(kind, name, "N", 0, 40.0, 0.0, ())


@pytest.fixture
def reference() -> np.ndarray:
    return np.random.default_rng(0).uniform(0.1, 0.4, (3, DAYS.size))


def held(estimate: np.ndarray, reference: np.ndarray, where: slice = slice(None)) -> PairedSeries:
    """Pairs of a product that has some days only."""
    seen = np.zeros(DAYS.size, np.bool_)
    seen[where] = True
    return PairedSeries(DAYS, np.where(seen, estimate, np.nan), np.where(seen, reference, np.nan))


def found(pairs, fewest=20, saturations=frozenset(), units=None):
    units = units or [unit(one) for one in "abc"]
    rows = pairwise_rows(units, pairs, saturations, fewest)
    named = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    return {(row["other"], row["kind"], row["score"]): row for row in named}


def test_each_is_scored_on_days_of_both(reference):
    wrong = reference + 0.01
    wrong[:, :HALF] += 0.2  # on days that the other lacks
    pairs = {
        "one": held(wrong, reference),
        "two": held(reference + [[0.02], [0.03], [0.05]], reference, slice(HALF, None)),
    }
    bias = found(pairs)["two", DENSE, "bias"]
    assert bias["median_first"] == pytest.approx(0.01)
    assert bias["median_other"] == pytest.approx(0.03)
    assert bias["difference"] == pytest.approx(0.02)
    assert (bias["difference_q25"], bias["difference_q75"]) == pytest.approx((0.015, 0.03))
    assert found(pairs)["two", DENSE, "n"]["median_first"] == DAYS.size - HALF


def test_scores_are_what_numpy_says(reference):
    rng = np.random.default_rng(1)
    one, two = (reference + rng.normal(0, sd, reference.shape) for sd in (0.03, 0.06))
    rows = found({"one": held(one, reference), "two": held(two, reference)})
    r = [[np.corrcoef(a[i], reference[i])[0, 1] for i in range(3)] for a in (one, two)]
    assert rows["two", DENSE, "r"]["median_first"] == pytest.approx(np.median(r[0]))
    assert rows["two", DENSE, "r"]["difference"] == pytest.approx(np.median(np.subtract(*r[::-1])))
    spread = np.median((two - reference).std(axis=1))
    assert rows["two", DENSE, "ubrmsd"]["median_other"] == pytest.approx(spread)


def test_products_without_a_common_day_have_no_row(reference):
    pairs = {
        "one": held(reference, reference, slice(0, HALF)),
        "two": held(reference, reference, slice(HALF, None)),
        "three": held(reference, reference, slice(HALF - 10, HALF + 40)),
    }
    assert {other for other, *_ in found(pairs, fewest=10)} == {"three"}
    assert found(pairs, fewest=11) == {}


def test_networks_and_stations_are_kept_apart(reference):
    units = [unit("a"), unit("b", SINGLE), unit("c", SINGLE)]
    rows = found(
        {"one": held(reference, reference), "two": held(reference, reference)}, units=units
    )
    assert (rows["two", DENSE, "n"]["units"], rows["two", SINGLE, "n"]["units"]) == (1, 2)


def test_a_product_in_degrees_of_saturation_has_no_level(reference):
    pairs = {"one": held(reference, reference), "two": held(reference * 2, reference)}
    rows = found(pairs, saturations=frozenset({"two"}))
    assert {score for _, _, score in rows} == {"n", "r", "anomaly_r"}
