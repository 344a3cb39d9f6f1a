"""Level 3 of JAXA: simulated maps in its layout; no genuine one is at hand."""

import h5py
import numpy as np
import pytest
from made_jaxa import DAY, a_map

from jaxa_granules import write_l3
from mcca_ml.errors import GranuleError
from mcca_ml.flags import Quality
from mcca_ml.formats import jaxa
from mcca_ml.read.amsr_l3 import read_l3
from mcca_ml.sensors import AMSR2, AMSRE

V, H, TIME = "Brightness Temperature (V)", "Brightness Temperature (H)", "Time Information"


@pytest.fixture
def ten(tmp_path):
    return write_l3(tmp_path, AMSR2, DAY, "pm", a_map())


def refusal(*paths):
    with pytest.raises(GranuleError) as caught:
        read_l3(paths)
    message = str(caught.value)
    assert "\n" not in message
    return message


def edit(path, name, values):
    with h5py.File(path, "a") as h5:
        attributes = dict(h5[name].attrs)
        del h5[name]
        h5[name] = values
        h5[name].attrs.update(attributes)


def forget_id(path, name):
    """The same file under another name, without the identification in it."""
    with h5py.File(path, "a") as h5:
        del h5.attrs[jaxa.GRANULE_ID]
    return path.rename(path.with_name(name))


def test_name_is_that_of_the_provider(ten):
    assert ten.name == "GW1AM2_20150701_01D_EQMA_L3SGT10LA0000000.h5"


def test_what_was_written_is_read(ten):
    swath = read_l3([ten])
    assert swath["channel"].to_numpy().tolist() == ["10.65V", "10.65H"]
    np.testing.assert_allclose(swath["lat"], [89.875, 64.875, -89.875], rtol=1e-6)
    np.testing.assert_allclose(swath["lon"], [0.125, 179.875, -0.125], rtol=1e-6)
    np.testing.assert_allclose(swath["tb"], [[250, 255], [251, 256], [252, 257]], atol=0.005)
    assert (swath["quality"] == Quality.GOOD).all()
    np.testing.assert_allclose(np.degrees(swath["incidence"]), 55.0, rtol=1e-6)
    assert swath.attrs["look"] == "pm"
    assert swath.attrs["sensor"] == "AMSR2"
    assert swath.attrs["simulated"] == "true"


def test_times_lie_on_the_days_around_the_nominal_one(tmp_path):
    result = a_map()
    result.minutes[719, 1439] = 1500
    swath = read_l3([write_l3(tmp_path, AMSR2, DAY, "am", result)])
    times = swath["time"].to_numpy().astype("M8[m]").astype(str).tolist()
    assert times == ["2015-06-30T23:30", "2015-07-01T01:00", "2015-07-02T01:00"]
    assert swath.attrs["look"] == "am"


def test_fine_grid(tmp_path):
    path = write_l3(tmp_path, AMSR2, DAY, "pm", a_map(rows=1800, seen=((0, 1799), (1799, 1800))))
    assert "T10HA" in path.name
    swath = read_l3([path])
    np.testing.assert_allclose(swath["lat"], [89.95, -89.95], rtol=1e-6)
    np.testing.assert_allclose(swath["lon"], [179.95, -179.95], rtol=1e-6)


def test_frequencies_are_joined_in_the_order_of_the_sensor(tmp_path, ten):
    others = [
        write_l3(tmp_path, AMSR2, DAY, "pm", a_map(channels=channels))
        for channels in (("36.5V", "36.5H"), ("18.7V", "18.7H"))
    ]
    swath = read_l3([others[0], ten, others[1]])
    expected = ["10.65V", "10.65H", "18.7V", "18.7H", "36.5V", "36.5H"]
    assert swath["channel"].to_numpy().tolist() == expected
    np.testing.assert_allclose(swath["tb"][0], [250, 255, 260, 265, 275, 280], atol=0.005)


def test_a_cell_of_one_file_only_is_kept(tmp_path, ten):
    other = write_l3(tmp_path, AMSR2, DAY, "pm", a_map(("36.5V", "36.5H"), seen=((50, 50),)))
    swath = read_l3([ten, other])
    assert swath.sizes["footprint"] == 4
    assert np.isnan(swath["tb"].to_numpy()).sum() == 2 * 4


def test_a_channel_of_another_pass_is_left_out(tmp_path):
    """In a few cells the maps of two frequencies may hold different passes: those are not mixed."""
    seen = tuple((row, 10) for row in range(12))
    ten = write_l3(tmp_path, AMSR2, DAY, "pm", a_map(seen=seen))
    late = a_map(("36.5V", "36.5H"), seen=seen)
    late.minutes[3, 10] += 99
    swath = read_l3([ten, write_l3(tmp_path, AMSR2, DAY, "pm", late)])
    missing = np.isnan(swath["tb"].sel(channel="36.5V").to_numpy())
    assert np.flatnonzero(missing).tolist() == [3]


def test_files_of_different_passes(tmp_path, ten):
    late = a_map(("36.5V", "36.5H"))
    late.minutes[:] += 99
    message = refusal(ten, write_l3(tmp_path, AMSR2, DAY, "pm", late))
    assert "in 3 of 3 cells the time differs by more than 2 minutes from that of GW1AM2" in message


def test_invalid_counts_are_judged_before_the_scale(ten):
    with h5py.File(ten, "a") as h5:
        h5[V][100, 719] = 65534
        h5[H][100, 719] = 65535
        h5[V][0, 0] = 65534
    swath = read_l3([ten])
    assert swath.sizes["footprint"] == 2
    assert np.isnan(swath["tb"].to_numpy()).tolist() == [[True, False], [False, False]]


def test_a_cell_without_time_is_left_out(ten):
    with h5py.File(ten, "a") as h5:
        h5[TIME][0, 0] = -9999
    assert read_l3([ten]).sizes["footprint"] == 2


def test_no_cell_has_a_time(ten):
    edit(ten, TIME, np.full((720, 1440), -9999, np.int16))
    message = refusal(ten)
    assert "of 3 cells with brightness temperature none has a time between -1440 and" in message


def test_all_fill(tmp_path):
    path = write_l3(tmp_path, AMSR2, DAY, "pm", a_map(seen=()))
    assert "brightness temperature is all fill, expected some values" in refusal(path)
    swath = read_l3([path], may_be_empty=True)
    assert swath.sizes == {"footprint": 0, "channel": 2}


def test_amsre_is_told_by_the_metadata_and_else_by_the_name(tmp_path):
    path = write_l3(tmp_path, AMSRE, "2010-01-02", "am", a_map())
    assert read_l3([path]).attrs["sensor"] == "AMSRE"
    misnamed = path.rename(path.with_name("GW1AM2_20160102_01D_EQMA_L3SGT36LA0000000.h5"))
    swath = read_l3([misnamed])
    assert [swath.attrs[k] for k in ("sensor", "day", "look")] == ["AMSRE", "2010-01-02", "am"]
    with h5py.File(misnamed, "a") as h5:
        for name in jaxa.SENSOR_ATTRIBUTES:
            del h5.attrs[name]
    named = misnamed.rename(path.with_name("PM1AME_20100102_01D_EQMD_L3SGT10LA8800800.h5"))
    assert read_l3([named]).attrs["sensor"] == "AMSRE"


@pytest.mark.parametrize(
    ("name", "error_line"),
    [
        ("tb.h5", "neither GranuleID ('missing') nor the name contains day, node and frequency"),
        ("GW1AM2_20150700_01D_EQMA_L3SGT10LA2220220.h5", "the day 2015-07-00 does not exist"),
        ("GW1AM2_20150700_01M_EQMA_L3SGT10LA2220220.h5", "found a monthly global map, expected"),
        ("GW1AM2_20150701_01D_PNMA_L3SGT10LA2220220.h5", "found a daily polar map, expected"),
        (
            "GW1AM2_20150701_01D_EQMA_L3SGT06LA2220220.h5",
            "found the frequency T06, expected one of T10, T18, T23, T36; leave it out",
        ),
    ],
)
def test_bad_name(ten, name, error_line):
    path = forget_id(ten, name)
    message = refusal(path)
    assert message.startswith(f"{name}: ")
    assert error_line in message


@pytest.mark.parametrize(
    ("sensor", "day", "look", "rows", "error_line"),
    [
        (AMSR2, "2015-07-02", "pm", 720, "day is 2015-07-02, that of GW1AM2_2015"),
        (AMSR2, DAY, "am", 720, "look is am, that of GW1AM2_2015"),
        (AMSRE, DAY, "pm", 720, "sensor is AMSRE, that of GW1AM2_2015"),
        (AMSR2, DAY, "pm", 1800, "grid is (1800, 3600), that of GW1AM2_2015"),
    ],
)
def test_mixtures(tmp_path, ten, sensor, day, look, rows, error_line):
    other = write_l3(
        tmp_path, sensor, day, look, a_map(("36.5V", "36.5H"), rows=rows, seen=((1, 1),))
    )
    message = refusal(ten, other)
    assert error_line in message
    assert "expected the same in all; give files of one sensor, day, node and grid" in message


def test_one_frequency_twice(ten):
    assert "found the channel 10.65H twice, expected each frequency once" in refusal(ten, ten)


def test_simulated_and_genuine_do_not_mix(tmp_path, ten):
    other = write_l3(tmp_path, AMSR2, DAY, "pm", a_map(("36.5V", "36.5H")))
    with h5py.File(other, "a") as h5:
        del h5.attrs["simulated"]
    assert "simulated is false, that of" in refusal(ten, other)


@pytest.mark.parametrize("name", [V, H, TIME])
def test_missing_dataset(ten, name):
    with h5py.File(ten, "a") as h5:
        del h5[name]
    assert f"no dataset {name!r} in /, found " in refusal(ten)


def test_another_product(tmp_path):
    path = tmp_path / "GW1AM2_20150701_01D_EQMA_L3SGSMCHF3300300.h5"
    with h5py.File(path, "w") as h5:
        h5["Geophysical Data"] = np.zeros((1800, 3600, 1), np.int16)
    message = refusal(path)
    assert "found Geophysical Data, expected Brightness Temperature (V), Brightness" in message


def test_no_file():
    assert "read_l3: found no file, expected at least one" in refusal()


def test_another_grid(ten):
    edit(ten, V, np.full((100, 200), 25000, np.uint16))
    message = refusal(ten)
    assert "brightness temperature has shape (100, 200), expected (720, 1440) or (1800" in message


def test_time_of_another_shape(ten):
    edit(ten, TIME, np.zeros((1800, 3600), np.int16))
    assert "Time Information has shape (1800, 3600), expected (720, 1440)" in refusal(ten)


def test_no_scale_factor(ten):
    with h5py.File(ten, "a") as h5:
        del h5[H].attrs["SCALE FACTOR"]
    assert "has the attribute SCALE FACTOR 'missing', expected a positive number" in refusal(ten)


def test_truncated(ten):
    ten.write_bytes(ten.read_bytes()[:3000])
    assert "truncated, a part is missing; download it again" in refusal(ten)


def test_texts_in_the_place_of_times(ten):
    edit(ten, TIME, np.full((720, 1440), b"N/A"))
    assert "/Time Information is of type |S3, expected numbers; give the" in refusal(ten)
