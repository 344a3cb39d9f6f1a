"""Sources of a product according to its metadata: targets, instruments, models.

Products with a common source have correlated errors, so triple collocation of them is invalid.
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
"""Source, and its spellings in files. Products learned from MCCA share the errors of SMAP."""
_TEXTS = ("title", "id", "source", "platform", "product", "product_id", "product_name", "summary")


def find_shares(name: str, attrs: Mapping[str, str]) -> frozenset[str]:
    """Return the sources of a product, from its name and its global attributes.

    Args:
        name: name of the file or folder, and of the variable.
        attrs: global attributes.

    >>> sorted(find_shares("record.zarr::sm_gmi", {"title": "MCCA-ML soil moisture"}))
    ['GMI', 'SMAP']
    """
    text = " ".join([name.replace("_", " "), *(attrs.get(attribute, "") for attribute in _TEXTS)])
    return frozenset(word for word, pattern in WORDS if re.search(pattern, text, re.IGNORECASE))
