"""Effective temperature of the emitting soil, and land surface temperature from 37 GHz."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from jaxtyping import Array, Float

from mcca_ml.constants import SPEED_OF_LIGHT

CHOUDHURY82_WEIGHT: Mapping[float, float] = MappingProxyType(
    {0.028: 0.802, 0.06: 0.667, 0.11: 0.480, 0.21: 0.246, 0.49: 0.084}
)
"""Weight of the surface temperature [1] by wavelength [m].

Source: Choudhury, Schmugge, Mo (1982), J. Geophys. Res. 87(C2), 1301-1304,
doi:10.1029/JC087iC02p01301 (paper not at hand). Checked: CMEM uses these five weights between
the limits 4.4, 8.5, 16 and 35 cm; that each belongs to exactly this wavelength is not verified.
"""

SMAP_WEIGHT_AM = 0.246
"""Weight of the upper soil layer at 6 am [1]; equals Choudhury's weight at 21 cm."""

SMAP_WEIGHT_PM = 1.0
"""Weight of the upper soil layer at 6 pm [1]; read in one public code only."""


def surface_weight_choudhury82(frequency_ghz: float) -> float:
    """Weight of the surface temperature at any frequency [1].

    Args:
        frequency_ghz: frequency [GHz].

    Formula: `CHOUDHURY82_WEIGHT` linear in the logarithm of wavelength; below 2.8 cm extrapolated
        from the last two, up to 1 at 0.9 cm (own extrapolation, for 18 to 37 GHz).

    >>> [round(surface_weight_choudhury82(f), 2) for f in (1.41, 10.65, 18.7, 36.5)]
    [0.24, 0.8, 0.9, 1.0]
    """
    lengths, weights = zip(*sorted(CHOUDHURY82_WEIGHT.items()), strict=True)
    known = np.log(lengths)
    at = float(np.log(SPEED_OF_LIGHT / (frequency_ghz * 1e9)))
    beyond = max(known[0] - at, 0.0) * (weights[0] - weights[1]) / (known[1] - known[0])
    return float(min(np.interp(at, known, weights) + beyond, 1.0))


def effective_temperature_choudhury82(
    surface: Float[Array, "*#cell"], deep: Float[Array, "*#cell"], weight: Float[Array, "*#cell"]
) -> Float[Array, "*cell"]:
    """Effective soil temperature [K].

    Args:
        surface: temperature of the first centimetres [K].
        deep: temperature at 50 to 100 cm [K].
        weight: weight of the surface [1], 0 to 1; see `CHOUDHURY82_WEIGHT`.

    Formula:
        T = deep + weight (surface - deep)

    Source: Choudhury, Schmugge, Mo (1982), J. Geophys. Res. 87(C2), 1301-1304,
        doi:10.1029/JC087iC02p01301.
    Checked: form against CMEM.

    >>> from jax.numpy import float32
    >>> float(effective_temperature_choudhury82(float32(300), float32(290), float32(0.5)))
    295.0
    """
    return deep + weight * (surface - deep)


def land_surface_temperature_holmes09(tb_37v: Float[Array, "*cell"]) -> Float[Array, "*cell"]:
    """Land surface temperature from brightness temperature near 37 GHz, V polarisation [K].

    Precision as its authors state it: 2.5 K over forest, 3.5 K over low vegetation; not valid over
    barren land, sparse vegetation and open shrubs, nor with snow, frozen ground or rain.

    Args:
        tb_37v: brightness temperature at 36.5 or 37 GHz V [K].

    Formula:
        T = 0.893 TB + 44.8

    Source: Holmes, De Jeu, Owe, Dolman (2009), J. Geophys. Res. 114, D04113,
        doi:10.1029/2008JD010257 (abstract read; the coefficients were not found in open text).
    Checked: coefficients against public LPRM scripts, which attribute them to Holmes. Elsewhere
        1.11 TB - 15.2 is ascribed to the same paper: 3.6 K colder at 260 K, 2.9 K warmer at
        290 K. No code or open text with it was found, so it is not offered; the difference is the
        uncertainty to give this temperature.

    >>> from jax.numpy import float32
    >>> print(f"{land_surface_temperature_holmes09(float32(270)):.2f}")
    285.91
    """
    return 0.893 * tb_37v + 44.8
