"""What the figures of a report rest on: Taylor points, reliability, maps, stability."""

import numpy as np
import pytest

from mcca_ml.grid import ease2
from mcca_ml.plot.cell_maps import draw_cell_maps, limit_of
from mcca_ml.plot.frames import frames_around
from mcca_ml.plot.maps import ColourScale
from mcca_ml.report.figures.reliability import (
    NOMINAL,
    draw_reliability,
    measure_reliability,
    reliability_sheet,
)
from mcca_ml.report.figures.stability import draw_stability, measure_stability, stability_sheet
from mcca_ml.report.figures.taylor import draw_taylor, point, product_colours, taylor_sheet
from mcca_ml.report.scores.key_scores import key_sheet, score
from mcca_ml.report.scores.station_scores import share_inside
from mcca_ml.validate.score_units import PairedSeries

SHAPE = (5, 400)
DAYS = np.datetime64("2015-01-01") + np.arange(SHAPE[1])


@pytest.fixture
def truth():
    return np.random.default_rng(0).normal(0.25, 0.05, SHAPE).astype(np.float32)


def noisy(truth, sd, seed=1):
    noise = np.random.default_rng(seed).normal(0, sd, truth.shape)
    return (truth + noise).astype(np.float32)


def test_a_point_of_the_taylor_diagram_is_what_numpy_says(truth):
    one = point(("x", "truth", "all"), noisy(2 * truth, 0.05), truth, np.ones(SHAPE, np.bool_))
    sm = noisy(2 * truth, 0.05).astype(np.float64)
    assert one.ratio == pytest.approx(np.median(sm.std(axis=1) / truth.std(axis=1)), rel=1e-5)
    expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(sm, truth, strict=True)]
    assert one.r == pytest.approx(np.median(expected), rel=1e-5)
    assert (one.cells, one.pairs) == (5, 2000)


def test_a_taylor_diagram_obeys_the_law_of_cosines(truth):
    """The distance from the reference is the centred RMSD over its standard deviation."""
    one = point(
        ("x", "truth", "all"), noisy(truth, 0.04)[:1], truth[:1], np.ones((1, 400), np.bool_)
    )
    off = np.sqrt(1 + one.ratio**2 - 2 * one.ratio * one.r)
    error = noisy(truth, 0.04)[0].astype(np.float64) - truth[0]
    assert off == pytest.approx(error.std() / truth[0].std(), rel=1e-4)


def test_a_product_that_never_meets_the_reference_is_no_point(truth):
    nothing = np.full(SHAPE, np.nan, np.float32)
    assert point(("x", "truth", "all"), nothing, truth, np.ones(SHAPE, np.bool_)).cells == 0


def test_taylor_diagrams_are_drawn_for_negative_correlations_too(truth):
    mask = np.ones(SHAPE, np.bool_)
    result = [
        point(("fused", "target", "common test days"), noisy(truth, 0.02), truth, mask),
        point(("climatology", "target", "common test days"), 0.5 - truth, truth, mask),
        point(("TMI", "truth", "all its days"), noisy(truth, 0.1), truth, mask),
    ]
    figure = draw_taylor(result, product_colours([one.product for one in result]))
    assert [axes.name for axes in figure.axes] == ["polar", "polar"]
    assert figure.axes[0].get_thetamax() > 150
    assert figure.axes[1].get_thetamax() == 90
    assert len(taylor_sheet(result).rows) == len(taylor_sheet(result).data) == 3


def test_intervals_of_the_right_width_are_reliable(truth):
    sd = np.full(SHAPE, 0.03, np.float32)
    result = measure_reliability(("fused", "truth"), noisy(truth, 0.03), sd, truth)
    assert np.abs(np.array(result.inside) - NOMINAL).max() < 0.03
    narrow = measure_reliability(("fused", "truth"), noisy(truth, 0.03), sd / 2, truth)
    assert (np.array(narrow.inside) < np.array(NOMINAL) - 0.03).all()
    assert len(draw_reliability([result, narrow]).axes) == 1
    assert reliability_sheet([result]).data[0][2:-1] == result.inside


def test_without_an_uncertainty_there_is_no_reliability(truth):
    assert measure_reliability(("x", "truth"), truth, np.full(SHAPE, np.nan), truth) is None
    assert measure_reliability(("x", "truth"), truth, np.zeros(SHAPE), truth) is None


def cells_about(lat, lon, side=4):
    row, column = ease2.find_cell(ease2.M25, lat, lon)
    near = np.arange(side)
    return ((row + near)[:, None] * ease2.M25.columns + column + near).ravel()


SCALE = ColourScale(0.0, 16.0, "viridis")


def test_regions_far_apart_have_frames_and_many_become_one():
    boxes = [(60, -100), (60, 20), (-30, 20)]
    cells = np.sort(np.concatenate([cells_about(*place) for place in boxes]))
    places = ease2.cell_latlon(ease2.M25, cells)
    result = frames_around(places.lat, places.lon)
    assert len(result) == 3
    assert result[0].north > result[2].north
    many = np.concatenate([cells_about(lat, lon) for lat in (60, 20, -20) for lon in (-90, 0, 90)])
    assert len(frames_around(*ease2.cell_latlon(ease2.M25, many))) == 1


def test_cells_of_the_region_without_a_value_are_grey():
    cells, values = cells_about(40, 10), np.arange(16.0)
    values[5] = np.nan
    axes = draw_cell_maps(cells, [("x", values, SCALE)]).axes[0]
    grey, coloured = (image.get_array() for image in axes.images)
    assert (grey[..., 3] > 0).sum() == 16
    assert (coloured[..., 3] > 0).sum() == 15


@pytest.mark.parametrize("panels", [1, 3, 4])
@pytest.mark.parametrize("boxes", [1, 2])
def test_maps_have_a_panel_for_each_region_and_a_scale_for_each(panels, boxes):
    cells = np.concatenate([cells_about(40, 60 * number) for number in range(boxes)])
    made = [(f"{i}", np.ones(cells.size), SCALE) for i in range(panels)]
    figure = draw_cell_maps(cells, made)
    maps = [axes for axes in figure.axes if axes.images]
    assert len(maps) == panels * boxes
    heights = [axes.get_position().height * figure.get_figheight() for axes in maps]
    assert np.ptp(heights) < 1e-6, "a row that is not full does not have larger maps"
    assert len([axes for axes in figure.axes if not axes.images]) == panels


def test_a_scale_holds_nearly_all_values():
    assert limit_of(np.array([0.01, -0.015, np.nan])) == 0.02
    assert limit_of(np.array([0.5])) == 0.2
    assert limit_of(np.array([np.nan])) == 0.02


def test_key_scores_are_medians_with_intervals_about_them(truth):
    sm = noisy(truth, 0.03) + np.float32(0.01)
    mask = np.zeros(SHAPE[1], np.bool_)
    mask[100:200] = mask[300:400] = True
    sm[4, :] = np.nan
    sm[3, 110:] = np.nan
    result = score(("fused", "truth", "test"), sm, truth, DAYS, mask)
    assert (result.cells, result.pairs, result.days) == (3, 600, 200)
    error = (sm.astype(np.float64) - truth)[:3, mask]
    bias = result.scores["bias"]
    assert bias.median == pytest.approx(np.median(error.mean(axis=1)), abs=1e-6)
    assert result.scores["ubrmsd"].median == pytest.approx(np.median(error.std(axis=1)), abs=1e-6)
    assert bias.low < 0.01 < bias.high
    assert bias.high - bias.low == pytest.approx(4 * 0.03 / np.sqrt(200), rel=0.25)
    sheet = key_sheet([result])
    assert sheet.rows[0][-3:] == ("600", "3", "200")
    assert len(sheet.columns) == len(sheet.data[0])


def drifting(slope, step=0.0):
    days = np.datetime64("2009-01-01") + np.arange(6 * 365)
    rng = np.random.default_rng(2)
    reference = rng.normal(0.25, 0.05, (8, days.size))
    years = np.arange(days.size) / 365.25
    later = days >= np.datetime64("2012-07-02")
    estimate = reference + rng.normal(0, 0.02, reference.shape) + slope / 10 * years + step * later
    return PairedSeries(days, estimate, reference)


def test_a_drift_is_found_and_held_against_gcos():
    drift, steady = (
        measure_stability(("fused", "truth"), drifting(slope)) for slope in (0.05, 0.0)
    )
    assert drift.trend.low < 0.05 < drift.trend.high
    rows = {name: stability_sheet([one]).rows[0] for name, one in (("d", drift), ("s", steady))}
    assert rows["d"][-1] == "none"
    assert rows["s"][-1] in ("goal", "breakthrough")


def test_a_step_is_found_where_a_sensor_comes():
    result = measure_stability(("fused", "truth"), drifting(0.0, step=0.03))
    steps = {what: step for _, what, step in result.steps}
    assert steps["AMSR2 begins"].low < 0.03 < steps["AMSR2 begins"].high
    sheet = stability_sheet([result])
    assert any(row[2] == "step: AMSR2 begins" and row[-1] == "differs from 0" for row in sheet.rows)
    figure = draw_stability([result])
    assert len(figure.axes) == 2


def test_months_of_few_cells_do_not_count():
    """One cell of eight, 0.5 off in the winters of the later years, when it alone is seen."""
    made = drifting(0.0)
    winter = np.isin(made.days.astype("M8[M]").astype(int) % 12, (0, 1))
    estimate = made.estimate.copy()
    estimate[1:, winter] = np.nan
    estimate[0, winter & (made.days > np.datetime64("2012-01-01"))] += 0.5
    found = measure_stability(("fused", "truth"), PairedSeries(made.days, estimate, made.reference))
    assert np.nanmax(np.abs(found.difference)) < 0.05
    assert np.isnan(found.difference[::12]).all()


def test_a_year_has_no_trend():
    short = drifting(0.0)
    assert (
        measure_stability(
            ("x", "truth"),
            PairedSeries(
                short.days[:200], *(one[:, :200] for one in (short.estimate, short.reference))
            ),
        )
        is None
    )


def test_intervals_that_hold_the_truth_are_counted_at_networks_only():
    scores = ("cell_r", "cell_ubrmsd", "cell_bias")
    ends = tuple(f"{name}_{end}" for name in scores for end in ("low", "high"))
    columns = ("unit", "kind", *ends, "true_r", "true_ubrmsd", "true_bias")
    nothing = float("nan")
    data = [
        ("a", "network", 0.5, 0.9, 0.01, 0.02, -0.1, 0.1, 0.7, 0.03, 0.1),
        ("b", "network", nothing, nothing, 0.01, 0.02, -0.1, 0.1, 0.7, 0.015, -0.2),
        ("c", "station", 0.5, 0.9, 0.01, 0.02, -0.1, 0.1, 0.7, 0.015, 0.0),
    ]
    assert share_inside(columns, data) == "R 1 of 1, ubRMSD 1 of 2, bias 1 of 2"
    assert share_inside(columns, []) == "R 0 of 0, ubRMSD 0 of 0, bias 0 of 0"
