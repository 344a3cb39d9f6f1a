"""Fixtures that many tests share."""

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real granules; the test is skipped, with the reason, where there is none."""
    named = os.environ.get("MCCA_ML_DATA")
    folder = Path(named) if named else PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is no folder; name one in MCCA_ML_DATA")
    return folder
