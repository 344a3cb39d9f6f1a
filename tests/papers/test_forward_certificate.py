"""The forward model meets SMAP's own inversion on a real SPL2SMP granule, and nothing else does."""

import pytest
from benchmarks.science import forward_certificate


@pytest.fixture
def bench():
    """The script a reviewer runs."""
    return forward_certificate


@pytest.mark.real_data
def test_forward_model_reproduces_the_operational_brightness_temperature(real_data, bench):
    found = bench.certificate(real_data / bench.HALF_ORBIT)
    assert found.v.rms <= 0.01
    assert found.h.rms <= 0.02
    assert (found.v.cells, found.h.cells) == (592, 580)  # no fill among them, none lost


@pytest.mark.real_data
@pytest.mark.parametrize(
    "label",
    [
        "roughness loss with N = 1",
        "polarization mixing Q = 0.1771 h",
        "incidence fixed at 40 degrees",
    ],
)
def test_wrong_conditions_are_caught(real_data, bench, label):
    found = bench.certificate(real_data / bench.HALF_ORBIT, bench.WRONG[label])
    assert found.v.rms > 0.01
    assert not found.is_met


def test_script_says_what_is_missing(bench, capsys, tmp_path):
    assert bench.main([str(tmp_path / "nothing.h5")]) == 2
    message = capsys.readouterr().err
    assert "no file" in message
    assert "SPL2SMP" in message
