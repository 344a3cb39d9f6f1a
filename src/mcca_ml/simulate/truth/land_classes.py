"""Surface parameters of each IGBP class, and the class fractions of each climate zone.

Roughness and albedo are means of two published tables each (SMOS-IC and SMAP ATBD; SMAP DCA and
MT-DCA, as tabulated in the code of CIMR's ATBD and of GEOS), so that they differ from those of any
single retrieval. Optical depth, its exponent and cover are this project's choice: totals near
published L-band VOD, exponents of 0.3 to 0.6 as the ratio of AMSR2 to SMAP shows on one day.
"""

from collections.abc import Mapping

import numpy as np

from mcca_ml.arrays import Float32, UInt8

# Class:    water  ENF   EBF   DNF   DBF    MF   CSH   OSH   WSA   SAV   GRA   WET   CRO   URB
#             MOS   ICE   BAR
ROUGHNESS = (0.05, 0.23, 0.23, 0.23, 0.23, 0.23, 0.19, 0.14, 0.21, 0.19, 0.14, 0.17, 0.14, 0.11,
             0.18, 0.06, 0.09)  # fmt: skip
"""Roughness h at 1.41 GHz [1]."""
OMEGA = (0.00, 0.07, 0.075, 0.065, 0.07, 0.07, 0.08, 0.065, 0.08, 0.085, 0.065, 0.13, 0.08, 0.08,
         0.095, 0.055, 0.01)  # fmt: skip
"""Scattering albedo at 1.41 GHz [1]."""
WOODY = (0.00, 0.50, 0.80, 0.40, 0.50, 0.48, 0.20, 0.05, 0.30, 0.13, 0.03, 0.10, 0.03, 0.12,
         0.10, 0.00, 0.00)  # fmt: skip
"""VOD of wood, constant over the year [1]."""
LEAFY = (0.00, 0.05, 0.10, 0.08, 0.15, 0.12, 0.08, 0.06, 0.12, 0.16, 0.17, 0.18, 0.28, 0.08,
         0.22, 0.00, 0.02)  # fmt: skip
"""Additional VOD of leaves and grass in full season [1]."""
EXPONENT = (0.45, 0.30, 0.30, 0.30, 0.30, 0.30, 0.40, 0.60, 0.40, 0.45, 0.60, 0.45, 0.55, 0.45,
            0.50, 0.45, 0.60)  # fmt: skip
"""x of tau ~ f^x [1]."""
COVER = (0.00, 0.85, 0.95, 0.80, 0.85, 0.85, 0.60, 0.30, 0.75, 0.60, 0.50, 0.70, 0.60, 0.30,
         0.65, 0.00, 0.05)  # fmt: skip
"""Fraction of the ground shaded by vegetation [1]."""

SHARES: Mapping[str, tuple[tuple[int, float], ...]] = {
    "plateau": ((16, 0.12), (7, 0.13), (10, 0.70), (11, 0.05)),
    "temperate": ((10, 0.22), (12, 0.38), (14, 0.18), (8, 0.10), (5, 0.08), (1, 0.04)),
    "semiarid": ((16, 0.05), (7, 0.45), (10, 0.42), (12, 0.08)),
    "savanna": ((10, 0.35), (12, 0.25), (9, 0.25), (8, 0.15)),
    "boreal": ((7, 0.10), (10, 0.08), (11, 0.12), (8, 0.15), (5, 0.25), (1, 0.30)),
    "rainforest": ((12, 0.08), (9, 0.12), (8, 0.20), (2, 0.60)),
}
"""IGBP classes of each zone from bare to dense, with their fractions of the land [1]."""


def class_values(table: tuple[float, ...], land_cover: UInt8) -> Float32:
    """Look up the value of each cell's class, in the unit of the table.

    >>> class_values(COVER, np.array([16, 10], np.uint8)).round(2).tolist()
    [0.05000000074505806, 0.5]
    """
    return np.array(table, np.float32)[land_cover]


def class_at(rank: Float32, zone: str) -> UInt8:
    """IGBP class of a zone at a rank from bare to dense.

    Args:
        rank: cumulative fraction of the land, 0 (bare) to 1 (dense).
        zone: name of the climate zone.

    >>> class_at(np.float32([0.0, 0.5, 1.0]), "plateau").tolist()
    [16, 10, 11]
    """
    classes, shares = zip(*SHARES[zone], strict=True)
    index = np.searchsorted(np.cumsum(shares)[:-1], rank, side="right")
    return np.array(classes, np.uint8)[index]
