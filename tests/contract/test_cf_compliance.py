"""Products pass the IOOS compliance checker for CF-1.11 and ACDD-1.3, but for a list with reasons.

The checker lives in an environment of its own (`make cf`); MCCA_ML_CF_CHECKER names its program.
"""

import json
import os
import re
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from made_day import CELLS, MADE, WINDOW, record
from made_retrieval import made_retrieval

from mcca_ml.grid import ease2
from mcca_ml.publish.attributes import Provenance, SourceGranule
from mcca_ml.publish.quarter_degree import make_remap, remapped
from mcca_ml.publish.record_day import write_record_day
from mcca_ml.publish.smap_day import write_product
from mcca_ml.publish.smap_variables import STATIC

pytestmark = pytest.mark.slow
TESTS = ("cf:1.11", "acdd:1.3")

ALLOWED = {
    r"^. is a required attribute for grid mapping lambert_cylindrical_equal_area$": (
        "a bug of the checker: a comma is missing in its table, so it asks for one attribute a "
        "letter of longitude_of_central_meridian"
    ),
    r"^attribute \w+:_QuantizeGranularBitRoundNumberOfSignificantDigits should begin": (
        "the NetCDF library itself writes this attribute, with its documented name"
    ),
    r"^standard_name$": "the table has no standard name for vegetation optical depth, its ratio, "
    "their uncertainties or the cost (checked for these variables alone below)",
    r"^(creator|publisher)_(url|email) not present$": "the project has none and invents none",
    r"^metadata_link not present$": "the project has no page and invents none",
    r"^geospatial_bounds_vertical_crs not present$": "depth below ground has no EPSG code",
    r"^Data for possible (latitude|longitude) variables": (
        "the checker compares the outer edges of the grid with the centres of its cells"
    ),
    r"^geospatial_vertical_m(in|ax) !=": (
        "the layer is 0-5 cm thick; the checker compares with the scalar in its middle"
    ),
    r"^Date time mismatch between time_coverage_end and actual": (
        "the day ends 24 h after its start; the checker looks at the coordinate, not its bounds"
    ),
}
"""Messages that do not count, each with the reason."""

NAMELESS = ("vod", "cost")
"""How the variables without a standard name begin."""


@pytest.fixture(scope="module")
def checker() -> str:
    found = os.environ.get("MCCA_ML_CF_CHECKER", "")
    if not found:
        pytest.skip("MCCA_ML_CF_CHECKER names no compliance-checker; `make cf` installs it")
    assert Path(found).is_file(), f"MCCA_ML_CF_CHECKER: {found} is no file"
    return found


def messages(checker: str, product: Path, report: Path) -> list[tuple[str, str]]:
    """Every complaint of the checker, with the heading it stands under; no mere remark."""
    options = [f"--test={test}" for test in TESTS]
    command = [checker, *options, "--criteria=strict", "--format=json", f"--output={report}"]
    done = subprocess.run([*command, str(product)], capture_output=True, text=True, check=False)
    assert report.is_file(), done.stderr
    found = json.loads(report.read_text())
    assert set(found) == set(TESTS)
    results = [result for test in found.values() for result in test["all_priorities"]]
    assert len(results) > 50, "the checker has looked at something"
    failed = [result for result in results if result["value"][0] < result["value"][1]]
    return [(result["name"], message) for result in failed for message in result["msgs"]]


def unexpected(found: list[tuple[str, str]]) -> list[str]:
    return [
        f"{name}: {message}"
        for name, message in found
        if not any(re.search(pattern, message) for pattern in ALLOWED)
    ]


@pytest.mark.parametrize("kind", ["m36", "m25-season", "one-look-simulated"])
def test_products_pass_the_checker(checker, tmp_path, kind):
    if kind == "m25-season":
        ds = made_retrieval(grid=ease2.M25, operational=False)
        ratio = np.ones(ds.sizes["cell"], np.float32)
        ds = ds.assign({name: ("cell", ratio, {"units": "1"}) for name in STATIC})
    elif kind == "m36":
        ds = made_retrieval()
    else:
        ds = made_retrieval(looks=("pm",), simulated=True)
    product = write_product(ds, tmp_path, Provenance((SourceGranule("a.h5", "0" * 64),), "{}", ""))
    found = messages(checker, product, tmp_path / "report.json")
    assert unexpected(found) == []
    nameless = [name for name, message in found if message == "standard_name"]
    assert all(re.search(rf'variable "({"|".join(NAMELESS)})', name) for name in nameless), nameless


@pytest.mark.parametrize("grid", ["m25", "quarter-degree"])
def test_a_day_of_the_record_passes_the_checker(checker, tmp_path, grid):
    ds, sheet = record(1), WINDOW
    if grid == "quarter-degree":
        remap = make_remap(CELLS)
        ds, sheet = remapped(ds, remap), remap.window
    product = write_record_day(ds, tmp_path, MADE, sheet)
    found = messages(checker, product, tmp_path / "report.json")
    assert unexpected(found) == []
    assert [message for name, message in found if message == "standard_name"] == []


def test_the_checker_would_notice(checker, tmp_path):
    """A product that breaks CF is refused, so that a pass means something."""
    import netCDF4

    product = write_product(made_retrieval(), tmp_path, Provenance((), "{}", ""))
    with netCDF4.Dataset(product, "a") as nc:
        nc["soil_moisture"].units = "furlongs"
        nc["sm_uncertainty"].standard_name = "wetness"
    count = Counter(unexpected(messages(checker, product, tmp_path / "report.json")))
    assert len(count) >= 2
