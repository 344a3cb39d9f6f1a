"""Networks, triple collocation and pairs: what must hold whatever the stations say."""

import numpy as np
import pytest

from mcca_ml.errors import GranuleError
from mcca_ml.metrics.moments import compute_moments
from mcca_ml.metrics.triple_collocation import triple_collocation, why_not
from mcca_ml.read.products import cf_time, soil_moisture_variable
from mcca_ml.read.products.dimensions import SpatialLayout, nearest_places
from mcca_ml.read.products.extract import PlaceSeries
from mcca_ml.read.products.provenance import find_shares
from mcca_ml.validate import strata
from mcca_ml.validate.collocate import collocate, readings
from mcca_ml.validate.score_units import PairedSeries, score_units
from mcca_ml.validate.station_mean import average, thiessen_weights
from mcca_ml.validate.stations import SINGLE, Probe, Unit, group_probes

DAY = np.timedelta64(1, "D")


def probe(times, values, **changes) -> Probe:
    known = {
        "network": "SIM",
        "station": "A",
        "sensor": "probe",
        "lat": 41.9,
        "lon": 0.0,
        "climate": "Csb",
        "land_cover": "10",
        "time": np.asarray(times, "M8[ns]"),
        "value": np.asarray(values, float),
        "excluded": {},
    }
    return Probe(**{**known, **changes})


def series(begin, value, end=None) -> PlaceSeries:
    first = np.asarray(begin, "M8[ns]")
    last = first if end is None else np.asarray(end, "M8[ns]")
    return PlaceSeries(first, last, np.asarray(value, float), 0.0, {})


def test_a_station_that_is_silent_moves_the_mean_by_nothing():
    """Stations are the same but for their levels: any of them missing, the mean is the same."""
    rng = np.random.default_rng(0)
    truth = 0.2 + 0.05 * np.sin(np.arange(300) / 9)
    level = rng.normal(0, 0.05, 6)
    values = truth + level[:, None]
    whole = average(values, np.full(6, 1 / 6), 3).value
    values[rng.random(values.shape) < 0.3] = np.nan
    gappy = average(values, np.full(6, 1 / 6), 3)
    known = np.isfinite(gappy.value)
    assert known.mean() > 0.8
    np.testing.assert_allclose(gappy.value[known], whole[known], atol=1e-6)
    assert gappy.varying_sd < 1e-6


def test_standard_errors_of_the_mean_are_those_of_what_was_put_in():
    rng = np.random.default_rng(1)
    lasting, varying, found = [], [], []
    for _ in range(300):
        level = rng.normal(0, 0.04, 8)
        values = level[:, None] + rng.normal(0, 0.03, (8, 200))
        values[rng.random(values.shape) < 0.1] = np.nan
        one = average(values, np.full(8, 1 / 8), 4)
        lasting.append(one.lasting_sd)
        varying.append(one.varying_sd)
        found.append(np.nanmean(one.value))
    assert np.mean(lasting) == pytest.approx(0.04 / np.sqrt(8), rel=0.06)
    assert np.mean(varying) == pytest.approx(0.03 / np.sqrt(0.9 * 8), rel=0.03)
    assert np.std(found) == pytest.approx(0.04 / np.sqrt(8), rel=0.12)


def test_too_few_stations_have_no_mean():
    values = np.full((4, 3), 0.2)
    values[2:, 1] = np.nan
    found = average(values, np.full(4, 0.25), 3)
    assert np.isnan(found.value).tolist() == [False, True, False]
    assert np.isnan(average(np.full((4, 2), np.nan), np.full(4, 0.25), 3).value).all()


def test_the_error_of_a_mean_is_not_told_by_one_station():
    found = average(np.array([[0.2, 0.3], [np.nan, np.nan]]), np.array([0.5, 0.5]), 1)
    assert np.isnan([found.lasting_sd, found.varying_sd]).all()
    assert (found.members, found.value.tolist()) == (1, [0.2, 0.3])


def test_a_climatology_needs_three_years():
    days = np.arange("2015-01-01", "2018-01-01", dtype="M8[D]")
    rng = np.random.default_rng(4)
    season = 0.1 * np.sin(np.arange(days.size) / 58.1)
    x, y = (0.25 + season + rng.normal(0, 0.03, (2, days.size)) for _ in range(2))
    x[1, 400:] = np.nan  # two years of three
    found = score_units(PairedSeries(days, x, y))
    assert np.isfinite(found.climatology.r[0])
    assert abs(found.climatology.r[0]) < 0.15
    assert np.isnan(found.climatology.r[1])
    assert np.isfinite(found.absolute.r).all()


def test_thiessen_weights_are_shares_of_the_cell():
    two = thiessen_weights(np.array([42.0, 42.0]), np.array([0.0, 0.1]))
    np.testing.assert_allclose(two, 0.5, atol=0.02)
    three = thiessen_weights(np.array([42.0, 42.0, 42.0]), np.array([0.0, 0.02, 0.2]))
    assert three.sum() == pytest.approx(1)
    assert three[1] > three[0]


def test_an_instant_meets_the_nearest_reading_within_the_window():
    known = probe(["2016-01-01T05:00", "2016-01-01T07:00"], [0.1, 0.3])
    at = series(["2016-01-01T05:40", "2016-01-01T06:20", "2016-01-01T08:30"], [0, 0, 0])
    found = readings(known, at, 1.0)
    assert found[:2].tolist() == [0.1, 0.3]
    assert np.isnan(found[2])
    assert readings(known, at, 1.5)[2] == 0.3


def test_a_day_meets_the_mean_of_its_readings_and_not_the_next_midnight():
    known = probe(["2016-01-01T00:00", "2016-01-01T12:00", "2016-01-02T00:00"], [0.1, 0.3, 0.9])
    day = series(["2016-01-01", "2016-01-03"], [0, 0], ["2016-01-02", "2016-01-04"])
    found = readings(known, day, 1.0)
    assert found[0] == pytest.approx(0.2)
    assert np.isnan(found[1])


def test_of_a_day_the_value_nearest_to_six_local_time_counts():
    """At 150 E six in the morning is 20:00 UTC of the day before."""
    hours = np.arange("2016-01-01", "2016-01-04", dtype="M8[h]")
    unit = Unit(SINGLE, "x", "SIM", 0, 0.0, 150.0, (probe(hours, np.zeros(hours.size)),))
    at = series(["2016-01-01T03:00", "2016-01-01T19:00", "2016-01-02T04:00"], [0.1, 0.2, 0.3])
    found = collocate(at, unit, window_hours=1, fewest=1)
    assert found.estimate.tolist() == [0.2, 0.3]
    assert found.excluded == {"another value of the day nearer to 06:00": 1}


def test_probes_of_one_station_count_as_one_station():
    times = ["2016-01-01"]
    probes = [probe(times, [0.1], sensor=f"p{k}") for k in range(4)]
    assert [one.kind for one in group_probes(probes, 2)] == [SINGLE] * 4
    probes.append(probe(times, [0.1], station="B"))
    (dense,) = group_probes(probes, 2)
    assert (dense.stations, len(dense.probes)) == (2, 5)


def test_triple_collocation_finds_the_errors_that_were_put_in():
    rng = np.random.default_rng(2)
    truth = rng.normal(0.25, 0.07, (50, 4000))
    noise = (0.03, 0.02, 0.05)
    gain = (1.0, 0.6, 1.3)
    three = [g * truth + rng.normal(0, sd, truth.shape) for g, sd in zip(gain, noise, strict=True)]
    found = triple_collocation(compute_moments(three))
    np.testing.assert_allclose(np.median(found.error_sd, axis=1), noise, rtol=0.02)
    expected = [g * 0.07 / np.hypot(g * 0.07, sd) for g, sd in zip(gain, noise, strict=True)]
    np.testing.assert_allclose(np.median(found.r_truth, axis=1), expected, rtol=0.01)
    np.testing.assert_allclose(np.median(found.scale, axis=1), 1 / np.array(gain), rtol=0.02)


def test_triple_collocation_of_products_that_share_errors_is_refused():
    shares = [frozenset({"SMAP"}), frozenset({"SMAP", "GMI"}), frozenset()]
    assert why_not(["a", "b", "c"], shares).startswith("a and b share SMAP, so their errors")
    assert not why_not(["a", "c", "d"], [shares[0], shares[2], frozenset({"ASCAT"})])


def test_what_contradicts_the_model_has_no_error():
    rng = np.random.default_rng(3)
    x = rng.normal(0, 1, (1, 500))
    found = triple_collocation(compute_moments([x, -x, rng.normal(0, 1, (1, 500))]))
    assert np.isnan(found.error_sd).all()
    few = triple_collocation(compute_moments([x[:, :99], x[:, :99] + 0.1, x[:, :99] * 2]))
    assert np.isnan(few.error_sd).all()


@pytest.mark.parametrize(
    ("name", "attrs", "expected"),
    [
        ("stream", {"title": "MCCA-ML record"}, {"SMAP"}),
        ("x sm_amsr2", {"platform": "GCOM-W1"}, {"AMSR2"}),
        ("ESACCI", {"source": "LPRMv05/AMSR2, LPRMv05/AMSR-E"}, {"AMSR2", "AMSR-E"}),
        ("series", {"product": "ERA5-LAND (from netcdf)"}, {"ERA5"}),
        ("unknown", {}, set()),
    ],
)
def test_origins_are_read_from_attributes(name, attrs, expected):
    assert find_shares(name, attrs) == expected


def test_a_longitude_beyond_180_is_the_same_meridian():
    layout = SpatialLayout(
        np.array([10.0, 9.0]), np.array([179.5, -179.5]), ("y", "x"), (2, 2), True
    )
    for lon in (-179.6, 180.4):
        index, _ = nearest_places(layout, 10.0, lon)
        assert index.tolist() == [1]
    assert nearest_places(layout, 10.6, 180.0)[0].size == 0


def test_times_of_cf_units():
    found = cf_time.decode(np.array([0.25, np.nan, -9999.0 * 365]), "days since 2000-01-01", "x")
    assert str(found[0])[:19] == "2000-01-01T06:00:00"
    assert np.isnat(found[1:]).tolist() == [True, True]
    zone = cf_time.decode(np.array([6.0]), "hours since 2000-01-01 00:00:00 -6:00", "x")
    assert str(zone[0])[:19] == "2000-01-01T12:00:00"
    with pytest.raises(GranuleError, match="x: units of time since 'never', expected a date"):
        cf_time.decode(np.array([1.0]), "days since never", "x")


def test_stamps_at_midnight_are_days_and_others_instants():
    days = np.array(["2016-01-01", "2016-01-02"], "M8[ns]")
    begin, end = cf_time.spans(days)
    assert (end - begin == DAY).all()
    begin, end = cf_time.spans(days + np.timedelta64(12, "h"))
    assert (begin == days).all()
    assert (end == days + DAY).all()
    begin, end = cf_time.spans(days + np.array([0, 3], "m8[h]"))
    assert (begin == end).all()


@pytest.mark.parametrize("bad", ["sm_uncertainty", "sm_filled", "soil_moisture_error", "SM_flag"])
def test_what_is_about_soil_moisture_is_not_soil_moisture(bad):
    import xarray as xr

    ds = xr.Dataset({bad: ("x", [0.1], {"long_name": "soil moisture"})})
    with pytest.raises(GranuleError, match="found no soil moisture"):
        soil_moisture_variable.find_variable(ds, "x")


def test_periods_of_sensors_and_seasons():
    days = np.arange("2014-01-01", "2016-01-01", dtype="M8[D]")
    found = strata.sensor_periods(days)
    assert found.classes[:2] == ("2014-01-01 to 2014-03-03", "2014-03-04 to 2015-04-08")
    assert found.labels[[0, 61, 62, -1]].tolist() == [0, 0, 1, 2]
    assert [strata.SEASONS[k] for k in strata.seasons(days).labels[[0, 90, 200, 300]]] == [
        "DJF",
        "MAM",
        "JJA",
        "SON",
    ]
    assert strata.vod_class(0.5) == "VOD 0.3 to 0.6"
    assert strata.vod_class(np.nan) == strata.UNKNOWN
