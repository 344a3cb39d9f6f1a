"""Errors of the simulated radiometers."""

import numpy as np
import pytest

from mcca_ml.config.simulate import InstrumentSettings
from mcca_ml.sensors import AMSR2, GMI, SMAP, TMI
from mcca_ml.simulate.observe.instrument import (
    calibration_error,
    interference,
    named_generator,
    noise,
    transmitters,
)

SETTINGS = InstrumentSettings()


def test_an_error_belongs_to_its_sensor_and_seed():
    first, again = (calibration_error(AMSR2, SETTINGS, 3) for _ in range(2))
    assert first.as_text() == again.as_text()
    assert first.as_text() != calibration_error(AMSR2, SETTINGS, 4).as_text()
    assert first.offset.tolist() != calibration_error(TMI, SETTINGS, 3).offset.tolist()


def test_the_target_has_no_calibration_error_and_the_reference_a_small_one():
    assert not calibration_error(SMAP, SETTINGS, 0).offset.any()
    large = [np.abs(calibration_error(AMSR2, SETTINGS, n).offset).mean() for n in range(50)]
    small = [np.abs(calibration_error(GMI, SETTINGS, n).offset).mean() for n in range(50)]
    assert np.mean(small) == pytest.approx(0.2 * np.mean(large), rel=0.2)


def test_each_part_of_the_error_does_what_it_says():
    error = calibration_error(TMI, SETTINGS, 0)
    before, after, later = map(np.datetime64, ("2001-01-01", "2002-01-01", "2012-01-01"))

    def off(tb: float, when: np.datetime64) -> np.ndarray:
        return error.apply(np.full(len(TMI.channels), tb, np.float32), when) - tb

    assert off(250, before) - off(250, after) + error.drift == pytest.approx(0.6, abs=1e-3)
    assert off(250, later) - off(250, after) == pytest.approx(10 * error.drift, abs=1e-3)
    assert off(300, after) - off(200, after) == pytest.approx(100 * error.slope, abs=1e-3)
    bent = (off(300, after) + off(200, after)) / 2 - off(250, after)
    assert bent == pytest.approx(error.curvature, abs=1e-3)


def test_a_satellite_that_was_not_boosted_has_no_step():
    error = calibration_error(AMSR2, SETTINGS, 0)
    tb = np.full(len(AMSR2.channels), 250.0, np.float32)
    first = error.apply(tb, np.datetime64(AMSR2.first_day))
    assert first == pytest.approx(250 + error.offset, abs=1e-3)


def test_noise_has_the_size_of_each_channel():
    found = noise((40_000, len(TMI.channels)), TMI, SETTINGS, named_generator(0, "noise"))
    assert found.std(axis=0) == pytest.approx([c.nedt for c in TMI.channels], rel=0.02)
    off = SETTINGS.model_copy(update={"noise": 0.0})
    assert not noise((9, len(TMI.channels)), TMI, off, named_generator(0, "noise")).any()


def test_interference_is_where_transmitters_are_and_below_15_ghz():
    has_rfi = np.arange(2000) % 10 == 0
    warm = interference(transmitters(has_rfi, named_generator(0, "rfi")), AMSR2, SETTINGS)
    names = np.array([channel.name for channel in AMSR2.channels])
    assert not warm[~has_rfi].any()
    assert set(names[warm.any(axis=0)]) == {"10.65V", "10.65H"}
    on = warm[has_rfi, 0] > 0
    assert 0.35 < on.mean() < 0.65
    assert warm.max() <= SETTINGS.rfi_x_band
