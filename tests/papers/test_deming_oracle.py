"""Deming's line against scipy's orthogonal distance regression, another library."""

import warnings

import numpy as np
import pytest

from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.intercal.deming_regression import fit_lines

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # newer versions announce that they will move it
    from scipy import odr


@pytest.mark.parametrize("ratio", [0.25, 1.0, 4.0])
def test_without_weights_it_is_orthogonal_distance_regression(ratio):
    rng = np.random.default_rng(5)
    t = rng.normal(260.0, 8.0, 200)
    x, y = t + 1.5 * rng.standard_normal(200), 1.05 * t - 10 + 2 * rng.standard_normal(200)
    settings = CalibrateSettings(noise_ratio=ratio, huber=9.0, reject=99.0)
    fit = fit_lines(x[:, None], y[:, None], np.array([0]), settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = odr.RealData(x, y, sx=1.0, sy=np.sqrt(ratio))
        found = odr.ODR(data, odr.Model(lambda b, v: b[0] + b[1] * v), beta0=[0.0, 1.0]).run()
    assert fit.line.slope[0, 0] == pytest.approx(found.beta[1], abs=2e-5)
    assert fit.line.at(np.array([[0.0]]))[0, 0] == pytest.approx(found.beta[0], abs=5e-3)
    # Its covariance linearises about the fitted points; ours holds their noise as well.
    assert np.sqrt(fit.line.slope_var[0, 0]) == pytest.approx(found.sd_beta[1], rel=0.1)
