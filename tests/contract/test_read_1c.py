"""Level 1C: what the simulator writes is read again, and what a footprint may lack."""

from dataclasses import replace

import h5py
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.extra import numpy as hnp
from made_1c import EVERY, START, a_granule

from made_examples import at_most
from mcca_ml.flags import Quality
from mcca_ml.formats import pps_1c
from mcca_ml.read.gpm_1c import read_1c, select_channels
from mcca_ml.read.pps_header import is_1c
from mcca_ml.sensors import SENSORS
from mcca_ml.simulate.files.gpm_1c import granule_name, write_1c

SCANS, PIXELS = 12, 9
IMAGERS = tuple(pps_1c.PRODUCTS)


def written(folder, granule):
    path = folder / granule_name(granule)
    write_1c(path, granule)
    return path


@pytest.fixture
def gmi(tmp_path):
    return written(tmp_path, a_granule("GMI"))


@pytest.fixture
def tmi(tmp_path):
    return written(tmp_path, a_granule("TMI"))


def put(path, name, where, value):
    """Change some values of a dataset in place."""
    with h5py.File(path, "a") as h5:
        h5[name][where] = value


def square(swath, name):
    return swath[name].to_numpy().reshape(SCANS, PIXELS, *swath[name].shape[1:])


@pytest.mark.parametrize("sensor", IMAGERS)
def test_what_was_written_is_read(tmp_path, sensor):
    granule = a_granule(sensor)
    swaths = read_1c(written(tmp_path, granule))
    assert [swath.attrs["swath"] for swath in swaths] == [s.name for s in granule.swaths]
    for swath, given_ in zip(swaths, granule.swaths, strict=True):
        count = swath.sizes["channel"]
        np.testing.assert_array_equal(square(swath, "tb"), given_.tb[..., :count])
        np.testing.assert_array_equal(square(swath, "lat"), given_.lat)
        np.testing.assert_array_equal(square(swath, "lon"), given_.lon)
        np.testing.assert_allclose(square(swath, "incidence"), given_.incidence, atol=1e-6)
        times = np.broadcast_to(given_.scan_time[:, None], (SCANS, PIXELS))
        np.testing.assert_array_equal(square(swath, "time"), times)
        assert (swath["quality"] == Quality.GOOD).all()
        assert swath.attrs["simulated"] == "true"
        assert swath.attrs["sensor"] == sensor
        assert (swath.attrs["orbit"], swath.attrs["version"]) == (10538, "V07A")
        assert (swath.attrs["without_place"], swath.attrs["without_time"]) == (0, 0)


@pytest.mark.parametrize("sensor", IMAGERS)
def test_channels_are_all_of_the_sensor_and_come_first(sensor):
    product = pps_1c.PRODUCTS[sensor]
    result = [name for layout in product.swaths for name in select_channels(layout, product)]
    assert result == [channel.name for channel in SENSORS[sensor].channels]
    for layout in product.swaths:
        names = select_channels(layout, product)
        assert layout.channels[: len(names)] == names


def test_each_swath_has_its_own_places(tmi):
    low, high = read_1c(tmi)
    assert not (low["lat"] == high["lat"]).any()


@pytest.mark.parametrize(
    ("code", "quality"),
    [
        *((code, Quality.SUSPECT) for code in (1, 4)),
        *((code, Quality.UNUSABLE) for code in (2, 3, 5, 127, -1, -2, -3, -4, -5, -6, -7, -99)),
    ],
)
def test_codes_of_quality(gmi, code, quality):
    put(gmi, "S1/Quality", (3, 4), code)
    (swath,) = read_1c(gmi)
    result = square(swath, "quality")
    assert result[3, 4] == quality
    assert (result == Quality.GOOD).sum() == SCANS * PIXELS - 1
    is_none = np.isnan(square(swath, "tb")[3, 4])
    assert is_none.all() if quality == Quality.UNUSABLE else not is_none.any()


@pytest.mark.parametrize("value", [-9999.9, 29.9, 350.1, np.nan, np.inf])
def test_a_value_out_of_range_is_none(gmi, value):
    put(gmi, "S1/Tc", (2, 5, 1), value)
    (swath,) = read_1c(gmi)
    tb = square(swath, "tb")
    assert np.isnan(tb[2, 5, 1])
    assert np.isnan(tb).sum() == 1
    assert (swath["quality"] == Quality.GOOD).all()  # the other channels are there


def test_a_footprint_without_any_value_is_unusable(gmi):
    """Values at 89 GHz, which are not read, do not count."""
    put(gmi, "S1/Tc", (2, 5, slice(0, 7)), -9999.9)
    (swath,) = read_1c(gmi)
    assert np.argwhere(square(swath, "quality") == Quality.UNUSABLE).tolist() == [[2, 5]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Latitude", -9999.9),
        ("Latitude", 90.5),
        ("Latitude", -91),
        ("Latitude", np.nan),
        ("Longitude", -9999.9),
        ("Longitude", 361),
        ("Longitude", -180.5),
    ],
)
def test_a_footprint_off_the_earth_is_left_out_and_counted(gmi, name, value):
    whole = read_1c(gmi)[0]["tb"].to_numpy()
    put(gmi, f"S1/{name}", (1, 2), value)
    (swath,) = read_1c(gmi)
    assert swath.sizes["footprint"] == SCANS * PIXELS - 1
    assert swath.attrs["without_place"] == 1
    expected = np.delete(whole, PIXELS + 2, axis=0)
    np.testing.assert_array_equal(swath["tb"], expected)


def test_longitudes_up_to_360(gmi):
    put(gmi, "S1/Longitude", (0, slice(0, 2)), [350, 180])
    (swath,) = read_1c(gmi)
    assert square(swath, "lon")[0, :2].tolist() == [-10, 180]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Year", -9999),
        ("Year", 0),
        ("DayOfYear", -9999),
        ("DayOfYear", 0),
        ("DayOfYear", 367),
        ("SecondOfDay", -9999.9),
        ("SecondOfDay", 86401),
        ("SecondOfDay", np.nan),
    ],
)
def test_a_scan_without_time_is_left_out_and_counted(gmi, name, value):
    put(gmi, f"S1/ScanTime/{name}", 4, value)
    (swath,) = read_1c(gmi)
    assert swath.sizes["footprint"] == (SCANS - 1) * PIXELS
    assert swath.attrs["without_time"] == PIXELS
    assert (swath["time"] >= START).all()  # no footprint of 1970


def test_a_scan_without_time_is_written_and_left_out(tmp_path):
    granule = a_granule("GMI")
    times = granule.swaths[0].scan_time.copy()
    times[7] = np.datetime64("NaT")
    granule = replace(granule, swaths=(replace(granule.swaths[0], scan_time=times),))
    (swath,) = read_1c(written(tmp_path, granule))
    assert swath.attrs["without_time"] == PIXELS
    np.testing.assert_array_equal(swath["time"][::PIXELS], np.delete(times, 7))


def test_times_over_a_leap_second(gmi):
    """23:59:60 on 2016-12-31, of which datetime64 knows nothing, is the second after it."""
    put(gmi, "S1/ScanTime/Year", slice(0, 4), [2016, 2016, 2016, 2017])
    put(gmi, "S1/ScanTime/DayOfYear", slice(0, 4), [366, 366, 366, 1])
    put(gmi, "S1/ScanTime/SecondOfDay", slice(0, 4), [86399.0, 86399.999, 86400.25, 1.125])
    put(gmi, "S1/ScanTime/Second", slice(0, 4), [59, 59, 60, 1])
    (swath,) = read_1c(gmi)
    times = square(swath, "time")[:4, 0].astype("M8[ms]").astype(str).tolist()
    assert times == [
        "2016-12-31T23:59:59.000",
        "2016-12-31T23:59:59.999",
        "2017-01-01T00:00:00.250",
        "2017-01-01T00:00:01.125",
    ]


def test_incidence_is_the_mean_over_channels(tmi):
    put(tmi, "S1/incidenceAngle", (..., 1), 54.0)
    low, _ = read_1c(tmi)
    degrees = np.rad2deg(a_granule("TMI").swaths[0].incidence)
    np.testing.assert_allclose(np.rad2deg(square(low, "incidence")), (degrees + 54) / 2, rtol=1e-6)


def test_incidence_follows_the_index_of_each_channel(tmi):
    put(tmi, "S1/incidenceAngle", (..., 0), 50.0)
    put(tmi, "S1/incidenceAngle", (..., 1), 54.0)
    put(tmi, "S1/incidenceAngleIndex", ..., 2)
    put(tmi, "S1/incidenceAngleIndex", 3, [1, 1])
    put(tmi, "S1/incidenceAngleIndex", 4, [-99, 1])
    put(tmi, "S1/incidenceAngleIndex", 5, [-99, -99])
    low, _ = read_1c(tmi)
    result = np.rad2deg(square(low, "incidence"))
    np.testing.assert_allclose(result[3:5], 50, rtol=1e-6)
    assert np.isnan(result[5]).all()
    np.testing.assert_allclose(np.delete(result, [3, 4, 5], axis=0), 54, rtol=1e-6)


@pytest.mark.parametrize("value", [-9999.9, 90, 100, np.nan])
def test_no_incidence(gmi, value):
    put(gmi, "S1/incidenceAngle", (0, 0, 0), value)
    (swath,) = read_1c(gmi)
    assert np.isnan(swath["incidence"]).sum() == 1
    assert np.isnan(square(swath, "incidence")[0, 0])
    assert (swath["quality"] == Quality.GOOD).all()


def test_a_swath_that_was_not_ordered_is_not_missed(tmi):
    with h5py.File(tmi, "a") as h5:
        del h5["S2"]
    (swath,) = read_1c(tmi)
    assert swath.attrs["swath"] == "S1"


def test_a_swath_without_values_beside_one_with(tmi):
    put(tmi, "S1/Tc", ..., -9999.9)
    low, high = read_1c(tmi)
    assert (low["quality"] == Quality.UNUSABLE).all()
    assert (high["quality"] == Quality.GOOD).all()


@pytest.mark.parametrize("version", ["V05A", "V05", "V07A", "V07B", "V08A", "V08C"])
def test_known_versions(gmi, version):
    with h5py.File(gmi, "a") as h5:
        header = h5.attrs["FileHeader"].decode()
        h5.attrs["FileHeader"] = np.bytes_(header.replace("=V07A", f"={version}"))
    assert read_1c(gmi)[0].attrs["version"] == version


@pytest.mark.parametrize("written", [None, "", "Intercalibrated Tb", "1) 10.65 GHz V-Pol"])
def test_a_file_that_does_not_name_its_channels(gmi, written):
    with h5py.File(gmi, "a") as h5:
        del h5["S1/Tc"].attrs["LongName"]
        if written is not None:
            h5["S1/Tc"].attrs["LongName"] = written
    assert read_1c(gmi)[0].sizes["channel"] == 7


def test_is_1c(gmi, tmp_path):
    with h5py.File(gmi) as h5:
        assert is_1c(h5)
    with h5py.File(tmp_path / "other.h5", "w") as h5:
        assert not is_1c(h5)
        h5.attrs["FileHeader"] = np.bytes_("AlgorithmID=1BTMI;\n")
        assert not is_1c(h5)


SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 30))
STARTS = st.sampled_from(
    ["2016-12-31T23:59:50.125", "2004-02-29T12:00:00.001", "2012-12-31T23:59:59.999999", START]
)


@settings(max_examples=at_most(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shape=SHAPES, start=STARTS, sensor=st.sampled_from(IMAGERS), data=st.data())
def test_any_granule_returns(tmp_path, shape, start, sensor, data):
    """Any shape, holes, codes and times: what is read follows from what was given."""
    granule = a_granule(sensor, scans=shape[0], pixels=shape[1], start=np.datetime64(start, "us"))
    first = granule.swaths[0]
    is_lost = data.draw(hnp.arrays(bool, shape))
    first.tb[is_lost] = np.nan
    codes = st.sampled_from([0, 0, 1, 2, 3, 4, -1, -99])
    quality = data.draw(hnp.arrays(np.int8, shape, elements=codes))
    no_time = data.draw(hnp.arrays(bool, shape[0]))
    first.scan_time[no_time] = np.datetime64("NaT")
    is_good = ~is_lost & np.isin(quality, (0, 1, 4))
    is_kept = np.broadcast_to(~no_time[:, None], shape)
    given_ = replace(granule, swaths=(replace(first, quality=quality),))
    if not (is_good & is_kept).any() or not (~is_lost & is_kept).any():
        return  # refused, which other tests look at
    (swath,) = read_1c(written(tmp_path, given_))
    count = swath.sizes["channel"]
    expected = np.where(is_good[..., None], first.tb[..., :count], np.nan)
    np.testing.assert_array_equal(swath["tb"], expected[is_kept])
    np.testing.assert_array_equal(swath["lat"], first.lat[is_kept])
    np.testing.assert_array_equal(swath["lon"], first.lon[is_kept])
    times = np.datetime64(start, "us") + EVERY * np.arange(shape[0])
    np.testing.assert_array_equal(
        swath["time"], np.broadcast_to(times[:, None], shape)[is_kept].astype("M8[ns]")
    )
    kept = swath["quality"].to_numpy() != Quality.UNUSABLE
    np.testing.assert_array_equal(kept, is_good[is_kept])
