"""Level 1R of JAXA: simulated granules in its layout; no genuine one is at hand."""

import re
from dataclasses import replace

import h5py
import numpy as np
import pytest
from made_jaxa import CHANNELS, PIXELS, SCANS, some_scans

from jaxa_granules import tai93, write_l1r
from mcca_ml.errors import GranuleError
from mcca_ml.flags import Quality
from mcca_ml.formats import jaxa
from mcca_ml.read.amsr_l1r import read_l1r
from mcca_ml.read.jaxa import tai93_to_utc
from mcca_ml.sensors import AMSR2, AMSRE

TB_10V = "Brightness Temperature (res10,10.7GHz,V)"


@pytest.fixture
def granule(tmp_path):
    path = tmp_path / "GW1AM2_201506302359_001D_L1SGRTBR_0000000.h5"
    write_l1r(path, AMSR2, some_scans(), "am")
    return path


def change(path, name, values):
    """Other values, same attributes."""
    with h5py.File(path, "a") as h5:
        attributes = dict(h5[name].attrs)
        del h5[name]
        h5[name] = values
        h5[name].attrs.update(attributes)


def values_of(path, name):
    with h5py.File(path) as h5:
        return h5[name][()]


def refusal(path):
    with pytest.raises(GranuleError) as caught:
        read_l1r(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(path.name)
    return message


def test_what_was_written_is_read(granule):
    (swath,) = read_l1r(granule)
    scans = some_scans()
    assert swath["channel"].to_numpy().tolist() == list(CHANNELS)
    assert swath.sizes == {"footprint": SCANS * PIXELS, "channel": len(CHANNELS)}
    for name in CHANNELS:
        result = swath["tb"].sel(channel=name).to_numpy()
        np.testing.assert_allclose(result, scans.tb[name].ravel(), atol=0.005)
    np.testing.assert_array_equal(swath["lat"], scans.lat.ravel())
    np.testing.assert_array_equal(swath["lon"], scans.lon.ravel())
    np.testing.assert_allclose(np.degrees(swath["incidence"]), 55.05, atol=1e-5)
    assert (swath["quality"] == Quality.GOOD).all()
    assert swath.attrs["sensor"] == "AMSR2"
    assert swath.attrs["swath"] == "res10"
    assert swath.attrs["look"] == "am"
    assert swath.attrs["simulated"] == "true"
    assert (swath.attrs["scans"], swath.attrs["pixels"]) == (SCANS, PIXELS)


def test_times_across_a_leap_second(granule):
    """Scans 1.5 s apart on the Earth: the one in between lies inside the leap second."""
    start = np.datetime64("2015-06-30T23:59:58.5", "ns")
    counted = tai93(np.array([start]))[0] + 1.5 * np.arange(4)
    change(granule, "Scan Time", counted)
    (swath,) = read_l1r(granule)
    times = swath["time"].to_numpy()[::PIXELS].astype("M8[ms]").astype(str).tolist()
    assert times[0] == "2015-06-30T23:59:58.500"
    assert times[1] == "2015-07-01T00:00:00.000"  # 23:59:60.000, given as the second after it
    assert times[2] == "2015-07-01T00:00:00.500"
    assert times[3] == "2015-07-01T00:00:02.000"


@pytest.mark.parametrize("day", jaxa.LEAP_DAYS)
def test_time_returns_around_each_leap_second(day):
    offsets = np.array([-86400.0, -1.25, -0.001, 0.0, 0.001, 1.25, 86400.0])
    times = np.datetime64(day, "ns") + (offsets * 1e6).astype("m8[us]")
    np.testing.assert_array_equal(tai93_to_utc(tai93(times)), times)


def test_invalid_counts_are_judged_before_the_scale(granule):
    counts = values_of(granule, TB_10V)
    counts[0, 0], counts[1, 1] = 65534, 65535
    counts[2, 2] = 40000  # 400 K
    change(granule, TB_10V, counts)
    (swath,) = read_l1r(granule)
    result = swath["tb"].sel(channel="10.65V").to_numpy().reshape(SCANS, PIXELS)
    assert np.isnan(result[[0, 1, 2], [0, 1, 2]]).all()
    assert np.isfinite(result).sum() == SCANS * PIXELS - 3
    assert (swath["quality"] == Quality.GOOD).all()  # the other channels are there


def test_a_footprint_without_any_channel_is_unusable(granule):
    scans = some_scans()
    for tb in scans.tb.values():
        tb[1, 3] = np.nan
    write_l1r(granule, AMSR2, scans, "am")
    (swath,) = read_l1r(granule)
    quality = swath["quality"].to_numpy().reshape(SCANS, PIXELS)
    assert quality[1, 3] == Quality.UNUSABLE
    assert (quality == Quality.UNUSABLE).sum() == 1


def test_all_fill(granule):
    scans = some_scans()
    for tb in scans.tb.values():
        tb[:] = np.nan
    write_l1r(granule, AMSR2, scans, "am")
    assert "brightness temperature is all fill, expected some values" in refusal(granule)
    (swath,) = read_l1r(granule, may_be_empty=True)
    assert (swath["quality"] == Quality.UNUSABLE).all()
    assert np.isnan(swath["tb"]).all()


@pytest.mark.parametrize("shift", jaxa.RFI_SHIFTS)
@pytest.mark.parametrize("pixel", [6, 7])
def test_interference_at_c_band_makes_suspect(granule, shift, pixel):
    """Either 89 GHz pixel of the footprint counts, and each of the four fields."""
    bits = np.zeros((SCANS, 2 * PIXELS), np.uint8)
    bits[2, pixel] = 3 << shift
    bits[1, pixel] = 2 << shift  # possible only
    change(granule, "Pixel Data Quality 6 to 36", bits)
    (swath,) = read_l1r(granule)
    quality = swath["quality"].to_numpy().reshape(SCANS, PIXELS)
    assert quality[2, 3] == Quality.SUSPECT
    assert (quality == Quality.GOOD).sum() == SCANS * PIXELS - 1
    assert np.isfinite(swath["tb"]).all()


def test_interference_is_written_and_read(granule):
    scans = some_scans()
    scans.has_rfi[0, 4] = True
    write_l1r(granule, AMSR2, scans, "am")
    quality = read_l1r(granule)[0]["quality"].to_numpy().reshape(SCANS, PIXELS)
    assert np.argwhere(quality == Quality.SUSPECT).tolist() == [[0, 4]]


def test_a_scan_without_time_and_a_place_off_the_earth(granule):
    scans = some_scans()
    time = scans.time.copy()
    time[1] = np.datetime64("NaT")
    lat = scans.lat.copy()
    lat[3, 2] = 95
    write_l1r(granule, AMSR2, replace(scans, time=time, lat=lat), "am")
    (swath,) = read_l1r(granule)
    unusable = (swath["quality"] == Quality.UNUSABLE).to_numpy().reshape(SCANS, PIXELS)
    assert unusable[1].all()
    assert unusable[3, 2]
    assert unusable.sum() == PIXELS + 1
    assert np.isnan(swath["tb"].to_numpy()[unusable.ravel()]).all()
    assert np.isnat(swath["time"].to_numpy().reshape(SCANS, PIXELS)[1]).all()


def test_longitudes_up_to_360(granule):
    lon = np.full((SCANS, 2 * PIXELS), 350, np.float32)
    change(granule, jaxa.LONGITUDE, lon)
    np.testing.assert_array_equal(read_l1r(granule)[0]["lon"], -10)


def test_each_footprint_has_the_place_of_its_first_fine_pixel(granule):
    lat = values_of(granule, jaxa.LATITUDE)
    lat[:, 1::2] = 80
    change(granule, jaxa.LATITUDE, lat)
    np.testing.assert_array_equal(read_l1r(granule)[0]["lat"], some_scans().lat.ravel())


def test_scans_of_the_neighbours_are_left_out(granule):
    with h5py.File(granule, "a") as h5:
        h5.attrs[jaxa.OVERLAP] = np.array([b"1"])
    (swath,) = read_l1r(granule)
    assert swath.sizes["footprint"] == (SCANS - 2) * PIXELS
    np.testing.assert_array_equal(swath["lat"], some_scans().lat[1:-1].ravel())


def test_amsre_is_told_by_the_metadata(tmp_path):
    path = tmp_path / "GW1AM2_misnamed.h5"
    write_l1r(path, AMSRE, some_scans(), "pm")
    (swath,) = read_l1r(path)
    assert (swath.attrs["sensor"], swath.attrs["look"]) == ("AMSRE", "pm")


def test_silent_metadata_are_taken_for_amsr2_without_look(granule):
    with h5py.File(granule, "a") as h5:
        for name in (*jaxa.SENSOR_ATTRIBUTES, jaxa.DIRECTION, "simulated"):
            del h5.attrs[name]
    (swath,) = read_l1r(granule)
    assert swath.attrs["sensor"] == "AMSR2"
    assert swath.attrs["simulated"] == "false"
    assert "look" not in swath.attrs


def test_the_larger_footprint_where_the_common_one_lacks_a_channel(tmp_path):
    path = tmp_path / "r6.h5"
    write_l1r(path, AMSR2, some_scans(), "am", resolution="res06")
    (swath,) = read_l1r(path)
    assert swath.attrs["swath"] == "res06"


def test_missing_channel(granule):
    with h5py.File(granule, "a") as h5:
        del h5["Brightness Temperature (res10,36.5GHz,H)"]
    message = refusal(granule)
    assert "no dataset 'Brightness Temperature (res10,36.5GHz,H)', found " in message
    assert message.endswith("at res10 or res06: give a complete granule of level 1R")


@pytest.mark.parametrize(
    "name", [jaxa.LATITUDE, jaxa.LONGITUDE, jaxa.SCAN_TIME, jaxa.INCIDENCE, jaxa.PIXEL_QUALITY]
)
def test_missing_dataset(granule, name):
    with h5py.File(granule, "a") as h5:
        del h5[name]
    assert f"no dataset {name!r} in /, found " in refusal(granule)


@pytest.mark.parametrize(
    ("name", "shape", "expected"),
    [
        ("Brightness Temperature (res10,18.7GHz,H)", (SCANS + 1, PIXELS), (SCANS, PIXELS)),
        (jaxa.LATITUDE, (SCANS, PIXELS), (SCANS, 2 * PIXELS)),
        (jaxa.SCAN_TIME, (SCANS + 3,), (SCANS,)),
        (jaxa.INCIDENCE, (SCANS, 2 * PIXELS), (SCANS, PIXELS)),
        (jaxa.PIXEL_QUALITY, (SCANS, PIXELS), (SCANS, 2 * PIXELS)),
    ],
)
def test_wrong_shape(granule, name, shape, expected):
    change(granule, name, np.full(shape, 25000, np.uint16))
    assert f"{name} has shape {shape}, expected {expected}" in refusal(granule)


def test_not_two_dimensions(granule):
    change(granule, TB_10V, np.full(20, 25000, np.uint16))
    message = refusal(granule)
    assert f"{TB_10V} has shape (20,), expected scans and pixels; give a complete" in message


@pytest.mark.parametrize("name", [TB_10V, jaxa.INCIDENCE])
@pytest.mark.parametrize(("scale", "error_line"), [(None, "missing"), (0.0, "0.0"), ("a", "a")])
def test_no_scale_factor(granule, name, scale, error_line):
    with h5py.File(granule, "a") as h5:
        del h5[name].attrs["SCALE FACTOR"]
        if scale is not None:
            h5[name].attrs["SCALE FACTOR"] = scale
    message = refusal(granule)
    assert f"/{name} has the attribute SCALE FACTOR '{error_line}', expected a positive" in message


def test_other_unit(granule):
    with h5py.File(granule, "a") as h5:
        h5[TB_10V].attrs["UNIT"] = "degC"
    assert f"/{TB_10V} is in 'degC', expected Kelvin; convert it" in refusal(granule)


def test_other_scale(granule):
    with h5py.File(granule, "a") as h5:
        h5[TB_10V].attrs["SCALE FACTOR"] = 1.0
    assert re.search(r"is between 24000 and 28\d+, expected 30 to 350 K;", refusal(granule))


def test_no_footprint_on_the_earth(granule):
    change(granule, jaxa.LATITUDE, np.full((SCANS, 2 * PIXELS), 1000, np.float32))
    message = refusal(granule)
    assert "of 20 footprints with brightness temperature none has a latitude and long" in message


def test_no_scan_has_a_time(granule):
    change(granule, jaxa.SCAN_TIME, np.full(SCANS, -9999.0))
    assert "none has a time, expected it of nearly all; download" in refusal(granule)


def test_another_level(tmp_path):
    path = tmp_path / "l1b.h5"
    with h5py.File(path, "w") as h5:
        h5["Brightness Temperature (10.7GHz,V)"] = np.zeros((4, 243), np.uint16)
    message = refusal(path)
    assert "found Brightness Temperature (10.7GHz,V), expected brightness temp" in message
    assert message.endswith("give a granule of JAXA's level 1R")


def test_truncated(granule):
    granule.write_bytes(granule.read_bytes()[:3000])
    assert "truncated, a part is missing; download it again" in refusal(granule)


@pytest.mark.parametrize("name", [TB_10V, jaxa.LATITUDE, jaxa.SCAN_TIME, jaxa.PIXEL_QUALITY])
def test_texts_in_the_place_of_numbers(granule, name):
    change(granule, name, np.full(values_of(granule, name).shape, b"N/A"))
    assert f"/{name} is of type |S3, expected numbers; give the" in refusal(granule)
