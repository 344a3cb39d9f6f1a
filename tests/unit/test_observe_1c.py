"""Which simulated granules of level 1C are written."""

from dataclasses import replace

import numpy as np
import pytest

from made_world import small_truth
from mcca_ml.config.simulate import EffectSettings, InstrumentSettings
from mcca_ml.sensors import AMSR2
from mcca_ml.simulate.granule_tasks import box_target
from mcca_ml.simulate.observe.instrument import LEAST_INSIDE, Instrument
from mcca_ml.simulate.observe.observe_1c import granules, overpasses
from mcca_ml.simulate.observe.truth_slice import slice_truth


@pytest.mark.parametrize(("least", "is_written"), [(LEAST_INSIDE, True), (2.0, False)])
def test_an_orbit_without_any_value_gives_no_granule(least, is_written):
    truth = small_truth(days=3)
    piece = slice_truth(truth, truth.cells.patches[0], truth.time[0], truth.time[-1])
    seen = Instrument(AMSR2, InstrumentSettings(), EffectSettings.none(), 0)
    seen = replace(seen, least_inside=least)  # 2: of no footprint anything is known
    day = np.datetime64("2015-07-02")
    found = overpasses(seen, box_target(piece), day, day)
    assert found
    made = list(granules(piece, seen, found))
    assert bool(made) == is_written
    assert all(np.isfinite(one.swaths[0].tb).any() for one in made)
