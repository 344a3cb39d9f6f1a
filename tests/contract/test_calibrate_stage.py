"""From two gridded sensors to coefficients, and from coefficients to calibrated data."""

import numpy as np
import pytest

from made_pairs import made_grid
from mcca_ml import schema
from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.errors import GranuleError, SchemaError
from mcca_ml.flags import FLAG_DTYPE, Flag
from mcca_ml.intercal.apply import apply
from mcca_ml.intercal.coefficients import describe, read, to_changes, to_dataset, to_link, write
from mcca_ml.intercal.fit_link import fit_link
from mcca_ml.intercal.link import LineFlag, chain, combine
from mcca_ml.intercal.match import match_pairs
from mcca_ml.intercal.screen import conditions, usable
from mcca_ml.intercal.step import Step

SETTINGS = CalibrateSettings()
TMI = ["10.65V", "19.35V", "37V"]
GMI = ["10.65V", "18.7V", "36.5V"]
DAYS, CELLS = 120, 12
STEP = Step(
    tuple(TMI),
    np.array([0.6, 0.5, 0.4]),
    np.full(3, 0.1),
    np.array([1e-4, 1e-4, 0.3]),
    np.array([True, True, False]),
    np.datetime64("2014-04-01"),
)


def two_sensors(seed=0):
    """TMI is TB, GMI is 251 + 1.03 (TB - 250); looks 20 minutes apart, 0.5 K of noise in both."""
    rng = np.random.default_rng(seed)
    tb = 262 + 7 * rng.standard_normal((DAYS, 2, CELLS, 3))
    tb[..., 2] = tb[..., 1] + 1 + 0.5 * rng.standard_normal(tb.shape[:3])
    tb[..., 0] = tb[..., 1] - 1 + 0.5 * rng.standard_normal(tb.shape[:3])
    seconds = np.array([6.0, 18.0])[:, None] * 3600
    seconds = seconds + rng.uniform(0, 3600, (DAYS, 2, CELLS))
    first = made_grid(
        "TMI", TMI, "2014-03-05", tb + 0.5 * rng.standard_normal(tb.shape), seconds=seconds
    )
    other = 251 + 1.03 * (tb - 250) + 0.5 * rng.standard_normal(tb.shape)
    return first, made_grid("GMI", GMI, "2014-03-05", other, seconds=seconds + 1200)


def calibrate(source, reference, settings):
    names = {"sensor": source.attrs["sensor"], "reference": reference.attrs["sensor"]}
    return fit_link(match_pairs(source, reference, settings), settings, **names)


@pytest.fixture(scope="module")
def made():
    tmi, gmi = two_sensors()
    link = calibrate(tmi, gmi, SETTINGS)
    return tmi, gmi, to_dataset(link, SETTINGS, (STEP,), is_simulated=True)


def test_pairs_are_the_nearest_looks_across_midnight_and_whatever_the_look():
    tb = np.full((3, 2, 1, 1), 260.0)
    tb[:, :, 0, 0] += np.arange(6).reshape(3, 2)
    # The sensor looks at 23:50 in the evening of day 1, the reference at 0:10 on day 2.
    seconds = np.full((3, 2, 1), np.nan)
    seconds[1, 1] = 23 * 3600 + 3000
    one = made_grid("TMI", ["10.65V"], "2014-05-01", tb, seconds=seconds)
    seconds = np.full((3, 2, 1), np.nan)
    seconds[2, 0], seconds[1, 1] = 600, 23 * 3600 + 600
    two = made_grid("GMI", ["10.65V"], "2014-05-01", tb, seconds=seconds)
    pairs = match_pairs(one, two, SETTINGS)
    assert pairs.x.tolist() == [[263.0]]
    assert pairs.y.tolist() == [[264.0]]
    assert pairs.when.astype(str).tolist() == ["2014-05-02T23:50:00"]
    apart = match_pairs(one, two, CalibrateSettings(window_minutes=15))
    assert apart.x.shape == (0, 1)


def test_snow_rain_interference_and_doubtful_values_are_not_paired():
    names = ["10.65V", "18.7V", "36.5V", "10.65H", "18.7H"]
    dry = [262.0, 262.0, 262.0, 250.0, 252.0]
    looks = np.array([dry] * 7 + [dry, dry, dry, dry], np.float32)
    looks[7, 2] = 250.0  # snow: 12 K less at 36.5 GHz, and cold
    looks[8, 2] = 256.0  # rain: 6 K less than the cell's median, not cold
    looks[9, 0] = 268.0  # a transmitter
    flag = np.zeros(11, np.uint32)
    flag[10] = int(Flag.TB_SUSPECT)
    tb = looks[:, None, None, :]
    good = usable(tb, flag[:, None, None], names, SETTINGS)[:, 0, 0]
    assert good[:7].all()
    assert not good[7].any()
    assert not good[8].any()
    assert good[9].tolist() == [False, True, True, True, True]
    assert not good[10].any()
    sand = looks.copy()
    sand[:, 2] -= 8.0  # dry sand scatters all year, below the limit of snow in no look
    sand[:, :3] += 20.0
    sand[7:9] = sand[0]
    assert usable(sand[:, None, None, :], flag[:, None, None] * 0, names, SETTINGS)[:9].all()


def test_conditions_of_looks_snow_is_no_rain_and_the_median_is_of_the_middle_two():
    names = ["10.65V", "18.7V", "36.5V", "10.65H", "18.7H"]
    dry = [262.0, 272.0, 270.0, 250.0, 252.0]
    looks = np.array([dry] * 8, np.float32)
    looks[4:, 2] = 262.0  # half of the looks scatter by 10 K, half by 2 K: their median is 6 K
    looks[6, 2] = 250.0  # scatters by 22 K, 16 K above the median, but cold: snow, not rain
    looks[7, 2] = 260.5  # 11.5 K: 5.5 K above the median
    looks[0, 0] = 280.0  # a transmitter at one polarisation
    days = np.ones(8, np.bool_)
    flag = conditions(looks[:, None, None, :], names, SETTINGS, usual_days=days)[:, 0, 0]
    rain, snow = int(Flag.PRECIPITATION), int(Flag.SNOW)
    assert flag.tolist() == [int(Flag.TB_SUSPECT), 0, 0, 0, 0, 0, snow | int(Flag.FROZEN), rain]
    usual = days & (flag == 0)  # four of 2 K and two of 10 K: their median is 2 K
    of_few = conditions(looks[:, None, None, :], names, SETTINGS, usual_days=usual)[:, 0, 0]
    assert of_few[4:6].tolist() == [rain, rain]
    looks[1] = np.nan
    lost = conditions(looks[:, None, None, :], names, SETTINGS, usual_days=np.arange(8) == 1)
    assert lost[7, 0, 0] == 0  # nothing to compare with


def test_a_sensor_is_brought_to_the_scale_of_its_reference(made):
    tmi, gmi, coefficients = made
    out = apply(tmi, coefficients)
    schema.check(out, schema.GRID_TB, where="test")
    assert out["channel"].to_numpy().tolist() == GMI
    assert out.attrs["sensor"] == "TMI"
    assert out.attrs["calibrated_to"] == "GMI"
    later = slice(60, None)  # after the step that the coefficients hold
    off = (out["tb"] - gmi["tb"]).isel(time=later).to_numpy()
    assert abs(off.mean()) < 0.05
    assert off.std() == pytest.approx(0.5 * np.hypot(1, 1.03), rel=0.05)
    beyond_pairs = SETTINGS.common_sd
    sd = float(out["tb_calibration_sd"].isel(time=later).median())
    assert 1.001 * beyond_pairs < sd < beyond_pairs + 0.1
    assert (out["calibration_flag"] & int(LineFlag.NO_PAIRS) == 0).all()


def test_a_step_is_taken_off_before_its_date_and_its_error_is_kept(made):
    tmi, _, coefficients = made
    plain = to_dataset(to_link(coefficients), SETTINGS, is_simulated=True)
    moved = (apply(tmi, plain)["tb"] - apply(tmi, coefficients)["tb"]).to_numpy()
    slope = coefficients["slope"].to_numpy()
    np.testing.assert_allclose(moved[5, 0, :, 0], 0.6 * slope[:, 0], atol=1e-4)
    np.testing.assert_allclose(moved[5, 0, :, 2], 0.0, atol=1e-4)
    np.testing.assert_allclose(moved[60], 0.0, atol=1e-4)
    sd = apply(tmi, coefficients)["tb_calibration_sd"].to_numpy()
    assert (sd[5, :, :, 0] > 0.1).all()


def test_the_sd_grows_by_what_a_line_cannot_bend(made):
    tmi, _, coefficients = made
    straight = CalibrateSettings(curvature_sd=0.0).model_dump_json()
    bent = apply(tmi, coefficients)["tb_calibration_sd"].to_numpy()[60:].astype(float)
    plain = apply(tmi, coefficients.assign_attrs(settings=straight))["tb_calibration_sd"]
    far = (tmi["tb"].to_numpy()[60:] - coefficients["centre"].to_numpy()) / 50
    more = bent**2 - plain.to_numpy()[60:].astype(float) ** 2
    np.testing.assert_allclose(more, (0.3 * far**2) ** 2, atol=1e-5)


def test_coefficients_are_written_read_and_applied_alone(made, tmp_path):
    tmi, _, coefficients = made
    path = tmp_path / "tmi_to_gmi.nc"
    write(coefficients, path)
    again = read(path)
    np.testing.assert_array_equal(apply(tmi, again)["tb"], apply(tmi, coefficients)["tb"])
    assert to_changes(again)[0].date == STEP.date
    assert again.attrs["simulated"] == "true"
    assert "19.35V -> 18.7V" in describe(again)
    assert "step 2014-04-01: 10.65V +0.60 +- 0.10 removed" in describe(again)


def test_writing_twice_gives_the_same_bytes(made, tmp_path):
    for name in "ab":
        write(made[2], tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_cells_that_the_coefficients_do_not_know_get_the_line_of_all(made):
    tmi, _, coefficients = made
    far = tmi.assign_coords(cell=np.arange(CELLS) + 7)
    out = apply(far, coefficients)
    known = out["calibration_flag"].to_numpy()[:, 0] & int(LineFlag.NO_PAIRS) == 0
    assert known.tolist() == [True] * 5 + [False] * 7
    assert np.isfinite(out["tb"].to_numpy()).all()


def test_a_value_without_a_line_is_nan_and_flagged(made):
    tmi, gmi, _ = made
    blind = gmi.copy(deep=True)
    blind["tb"][..., 2] = np.nan
    out = apply(tmi, to_dataset(calibrate(tmi, blind, SETTINGS), SETTINGS, is_simulated=True))
    assert np.isnan(out["tb"][..., 2]).all()
    assert np.isfinite(out["tb"][..., :2]).all()
    bits = out["flag"].to_numpy().astype(FLAG_DTYPE) & FLAG_DTYPE(int(Flag.TB_INVALID))
    assert (bits > 0).all()


def test_a_nan_in_one_channel_leaves_the_others(made):
    tmi, _, coefficients = made
    holed = tmi.copy(deep=True)
    holed["tb"][4, 0, 3, 1] = np.nan
    out, whole = apply(holed, coefficients), apply(tmi, coefficients)
    assert np.isnan(out["tb"][4, 0, 3, 1])
    assert int(np.isnan(out["tb"]).sum()) == 1
    np.testing.assert_array_equal(out["tb"][4, 0, 3, 0], whole["tb"][4, 0, 3, 0])


def test_the_input_is_not_modified(made):
    tmi, _, coefficients = made
    before = tmi.copy(deep=True)
    apply(tmi, coefficients)
    assert tmi.identical(before)


def test_refusals_say_what_was_found_and_what_to_do(made, tmp_path):
    tmi, gmi, coefficients = made
    with pytest.raises(SchemaError, match="temperatures of GMI, expected TMI; give the coefficie"):
        apply(gmi, coefficients)
    with pytest.raises(SchemaError, match="TMI without 37V, expected 10.65V, 19.35V, 37V; grid"):
        apply(tmi.isel(channel=[0, 1]), coefficients)
    with pytest.raises(SchemaError, match="different cells, expected the same"):
        match_pairs(tmi, gmi.assign_coords(cell=np.arange(CELLS) + 900), SETTINGS)
    with pytest.raises(SchemaError, match="expected a band in common; grid the same bands"):
        match_pairs(tmi.isel(channel=[0]), gmi.isel(channel=[1]), SETTINGS)
    link = to_link(coefficients)
    with pytest.raises(
        SchemaError, match="a link to GMI and one from TMI, expected the same sensor"
    ):
        chain(link, link)
    back = calibrate(gmi.isel(channel=[0, 1]), tmi.isel(channel=[0, 1]), SETTINGS)
    with pytest.raises(SchemaError, match="from GMI to TMI lacks 36.5V, expected 10.65V, 18.7V"):
        chain(link, back)
    with pytest.raises(SchemaError, match="links TMI to GMI and GMI to TMI, expected the same"):
        combine(link, back)
    with pytest.raises(GranuleError, match="cannot be read as NetCDF"):
        read(tmp_path / "none.nc")
    tmi.drop_vars("look").to_netcdf(tmp_path / "other.nc")
    with pytest.raises(GranuleError, match=r"found a file without .*; make it again"):
        read(tmp_path / "other.nc")
