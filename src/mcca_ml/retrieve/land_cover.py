"""Albedo, roughness and VOD exponent by land cover (IGBP classes 0-16), and their area means.

Sources: albedo and SMOS-IC roughness, the SMAP dual-channel (DCA) and multi-temporal (MT-DCA)
values tabulated in the soil-moisture ATBD code of CIMR, version 2; roughness of the SMAP ATBD as
tabulated in the land model of GEOS (table SMAP/Lit1). The exponent x of tau ~ f^x is this
project's: AMSR2 X-band VOD (LPRM) over SMAP opacity of one day gives 0.85, 0.63, 0.38 where VOD at
L is 0.07, 0.14, 0.29; x = 1 of Schmugge and Jackson 1992 (doi:10.1109/36.158870) leaves no soil
signal at 10 GHz.
"""

import numpy as np

from mcca_ml.arrays import Booleans, Float32, UInt8

CLASSES = 17

# Class:       water ENF  EBF  DNF  DBF  MF   CSH  OSH  WSA  SAV  GRA  WET  CRO  URB  MOS  ICE  BAR
OMEGA_DCA = (0.00, 0.07, 0.07, 0.07, 0.07, 0.07, 0.08, 0.07, 0.08, 0.10, 0.07, 0.10, 0.06, 0.08,
             0.10, 0.00, 0.00)  # fmt: skip
OMEGA_MT_DCA = (0.00, 0.07, 0.08, 0.06, 0.07, 0.07, 0.08, 0.06, 0.08, 0.07, 0.06, 0.16, 0.10, 0.08,
                0.09, 0.11, 0.02)  # fmt: skip
ROUGHNESS_SMOS_IC = (0.00, 0.30, 0.30, 0.30, 0.30, 0.30, 0.27, 0.17, 0.30, 0.23, 0.12, 0.19, 0.17,
                     0.21, 0.22, 0.12, 0.02)  # fmt: skip
ROUGHNESS_SMAP_ATBD = (0.00, 0.160, 0.160, 0.160, 0.160, 0.160, 0.110, 0.110, 0.125, 0.156, 0.156,
                       0.156, 0.108, 0.000, 0.130, 0.000, 0.150)  # fmt: skip
VOD_EXPONENT = (0.45, 0.30, 0.30, 0.30, 0.30, 0.30, 0.40, 0.60, 0.40, 0.45, 0.60, 0.45, 0.55, 0.45,
                0.50, 0.45, 0.60)  # fmt: skip

PERMANENT_ICE_CLASS = 15
DEFAULT_ROUGHNESS = 0.156
"""Median of the SMAP ATBD column over the 13 vegetated classes [1]; where land cover is missing."""
DEFAULT_EXPONENT = 0.45
"""Middle of the range 0.3-0.6 [1]; used where land cover is missing."""


def area_mean(
    table: tuple[float, ...],
    land_cover: UInt8,
    fraction: Float32,
    default: float,
) -> tuple[Float32, Booleans]:
    """Area-weighted mean of a table over the classes of each cell, and True where the default.

    Args:
        table: value of each class, 17 entries.
        land_cover: classes present, (cell, cover); a number above 16 means missing.
        fraction: area fraction of each class [1], (cell, cover). Zero fractions mean: use the first
            class.
        default: value where no class is known.

    >>> value, missing = area_mean(OMEGA_DCA, np.array([[12, 10], [99, 99]], np.uint8),
    ...                            np.array([[0.5, 0.5], [0, 0]], np.float32), 0.07)
    >>> value.round(3).tolist(), missing.tolist()
    ([0.06499999761581421, 0.07000000029802322], [False, True])
    """
    values = np.asarray(table, np.float32)
    known = land_cover < CLASSES
    share = np.where(known, np.nan_to_num(fraction, nan=0.0), 0.0).astype(np.float32)
    # A first class without any fraction counts as the whole cell.
    share[:, 0] = np.where(known[:, 0] & (share.sum(axis=1) <= 0), 1.0, share[:, 0])
    total = share.sum(axis=1)
    # Class 0, open water, has no albedo or roughness of soil and is ignored.
    land = share * (land_cover != 0)
    # A cell with water only keeps the values of water.
    weight = np.where((land.sum(axis=1) > 0)[:, None], land, share)
    looked_up = values[np.where(known, land_cover, 0)]
    with np.errstate(invalid="ignore"):
        mean = (weight * looked_up).sum(axis=1) / weight.sum(axis=1)
    missing = total <= 0
    return np.where(missing, np.float32(default), mean).astype(np.float32), missing
