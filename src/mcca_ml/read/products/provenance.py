"""What a product says that it is made from: targets, instruments, models.

Two that name the same have errors in common, so that triple collocation of them means nothing.
"""

import re
from collections.abc import Mapping

WORDS = (
    ("SMAP", r"\bSMAP\b|SPL[23]SMP|MCCA"),
    ("SMOS", r"\bSMOS"),
    ("AMSR2", r"AMSR-?2"),
    ("AMSR-E", r"AMSR-?E\b"),
    ("TMI", r"\bTMI\b"),
    ("GMI", r"\bGMI\b"),
    ("SSM/I", r"\bSSM/?IS?\b"),
    ("WindSat", r"WindSat"),
    ("FY-3", r"FY-?3|MWRI"),
    ("ASCAT", r"ASCAT|Metop"),
    ("ERA5", r"\bERA5"),
    ("GLDAS", r"GLDAS|Noah"),
    ("MERRA", r"MERRA"),
)
"""Word, and how files spell it. What is learned from MCCA has the errors of SMAP."""
_SAYING = ("title", "id", "source", "platform", "product", "product_id", "product_name", "summary")


def shares_of(name: str, attrs: Mapping[str, str]) -> frozenset[str]:
    """Words for what a product is made from, by its name and its global attributes.

    Args:
        name: of the file or folder, and of the variable.
        attrs: global attributes.

    >>> sorted(shares_of("record.zarr::sm_gmi", {"title": "MCCA-ML soil moisture"}))
    ['GMI', 'SMAP']
    """
    said = " ".join([name.replace("_", " "), *(attrs.get(one, "") for one in _SAYING)])
    return frozenset(word for word, spelled in WORDS if re.search(spelled, said, re.IGNORECASE))
