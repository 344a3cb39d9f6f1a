"""Sets of channels."""

import pytest

from mcca_ml.errors import ConfigError
from mcca_ml.retrieve.channels import choose_channels
from mcca_ml.sensors import AMSR2, SMAP


def test_defaults_take_the_lowest_frequency_at_h_as_core():
    assert choose_channels(SMAP).core_channel.name == "1.41H"
    amsr2 = choose_channels(AMSR2)
    assert amsr2.core_channel.name == "10.65H"
    assert amsr2.names == ("10.65V", "10.65H", "18.7V", "18.7H")
    assert amsr2.frequencies_ghz == (10.65, 18.7)


def test_named_channels_and_core():
    chosen = choose_channels(AMSR2, names=("18.7V", "10.65V"), core="18.7V")
    assert chosen.core == 0
    assert chosen.core_channel.frequency_ghz == 18.7


@pytest.mark.parametrize(
    ("names", "core", "words"),
    [
        (("1.4V",), "", "found '1.4V', known: 1.41V, 1.41H"),
        (("1.41V",), "", "expected two or more different"),
        (("1.41V", "1.41V"), "", "expected two or more different"),
        (("1.41V", "1.41V", "1.41H"), "", "expected two or more different"),
        ((), "6.9H", "found '6.9H'"),
    ],
)
def test_wrong_channels_are_refused_with_the_known_ones(names, core, words):
    with pytest.raises(ConfigError, match=words):
        choose_channels(SMAP, names=names, core=core)


def test_a_core_outside_the_set_is_refused():
    with pytest.raises(ConfigError, match="core '36.5H' is not among"):
        choose_channels(AMSR2, core="36.5H")
