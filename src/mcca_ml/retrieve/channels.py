"""Channel set of a retrieval: the core channel and the collaborating channels."""

from collections.abc import Sequence
from dataclasses import dataclass

from mcca_ml.errors import ConfigError
from mcca_ml.sensors import Channel, Sensor

HIGHEST_FREQUENCY_GHZ = 20.0
"""Channels above this are used only if named: they observe canopy and air, not the soil."""


@dataclass(frozen=True)
class ChannelSet:
    """Channels of one retrieval, of any frequency and polarization; hashable: static in `jit`."""

    channels: tuple[Channel, ...]
    core: int
    """Index of the core channel, whose equation gives VOD; the others collaborate."""

    @property
    def names(self) -> tuple[str, ...]:
        """Labels of the channels, in order."""
        return tuple(channel.name for channel in self.channels)

    @property
    def core_channel(self) -> Channel:
        """The channel whose equation gives VOD."""
        return self.channels[self.core]

    @property
    def core_is_h(self) -> bool:
        """Return True if the core channel is at H; its VOD is VOD at V times the ratio."""
        return self.core_channel.polarisation == "H"

    @property
    def frequencies_ghz(self) -> tuple[float, ...]:
        """Distinct frequencies [GHz], ascending."""
        return tuple(sorted({channel.frequency_ghz for channel in self.channels}))


def default_core(channels: Sequence[Channel]) -> int:
    """Index of the lowest frequency at H.

    H and not V: over dry soil the equation of V has two admissible roots, and a core at V biases
    soil moisture by up to +0.13 m3 m-3 under dense vegetation.
    """
    # False sorts before True: H first, then the lowest frequency.
    ranks = [(channel.polarisation != "H", channel.frequency_ghz) for channel in channels]
    return ranks.index(min(ranks))


def choose_channels(sensor: Sensor, *, names: Sequence[str] = (), core: str = "") -> ChannelSet:
    """Choose the channel set of a sensor.

    Args:
        sensor: the radiometer, from `sensors`.
        names: labels of the channels to use; empty: every channel below 20 GHz.
        core: label of the core channel; empty: the lowest frequency at H.

    Raises:
        ConfigError: a label is not of this sensor, or fewer than two channels are left.
    """
    known = {channel.name: channel for channel in sensor.channels}
    for name in (*names, *([core] if core else [])):
        if name not in known:
            raise ConfigError(
                f"channels of {sensor.name}: found {name!r}, known: {', '.join(known)}; correct it"
            )
    chosen = tuple(known[name] for name in names) or tuple(
        channel for channel in sensor.channels if channel.frequency_ghz < HIGHEST_FREQUENCY_GHZ
    )
    labels = [channel.name for channel in chosen]
    if len(set(labels)) < len(labels) or len(labels) < 2:
        raise ConfigError(
            f"channels of {sensor.name}: found {labels}, expected two or more different ones; "
            "one channel cannot separate soil moisture from vegetation"
        )
    if core and core not in labels:
        raise ConfigError(
            f"channels of {sensor.name}: core {core!r} is not among {labels}; add or change it"
        )
    return ChannelSet(chosen, labels.index(core) if core else default_core(chosen))
