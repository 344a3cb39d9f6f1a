"""`mcca-ml inspect` on a record: the folder of its product, and every kind of file behind it."""

import hashlib
import json
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import netCDF4
import pytest
import zarr
from made_record import WORLD
from typer.testing import CliRunner

from mcca_ml.cli.app import app
from mcca_ml.errors import GranuleError
from mcca_ml.inspect.describe import describe

SCREEN = 30
"""Lines that a screenful may have."""
FIRST, LAST = WORLD.first_day, WORLD.last_day
DAYS = (LAST - FIRST).days + 1


@pytest.fixture(scope="module")
def made(tiny_record: Path) -> Path:
    """The record of a SIMULATED world of a few cells."""
    return tiny_record


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    """A product to spoil."""
    return Path(shutil.copytree(made / "product", tmp_path / "product"))


def shown(path: Path) -> str:
    """What the command prints."""
    result = CliRunner().invoke(app, ["inspect", str(path)])
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert 2 < len(lines) <= SCREEN
    return result.stdout


def a_day(made: Path) -> Path:
    return sorted((made / "product").rglob("*-DAILY-*.nc"))[20]


def test_the_folder_of_a_product(made: Path, tiny_world: Path):
    product = made / "product"
    output = shown(product)
    assert "SIMULATED, not an observation" in output
    assert "variable" not in output
    result = describe(product).heading
    assert result["folder"] == "product"
    assert result["product"] == "MCCA-ML 01.0, published record"
    assert result["name"] == "record"
    assert result["days"] == f"{FIRST} to {LAST}, {DAYS}"
    granules = [p for p in (tiny_world / "granules").rglob("*") if p.is_file()]
    assert result["made from"] == f"{len(granules):,} granules, listed in sources.txt"
    assert result["on disk"] == "all of them, by size; SHA256SUMS verifies their content"


def test_its_cells_are_those_of_the_stores(made: Path):
    with_cells = describe(made / "work" / "record.zarr").heading["cells"]
    count, places = with_cells.split(", ", 1)
    assert describe(made / "product").heading["cells"] == f"{count} of EASE2_M25, {places}"
    assert int(count) == zarr.open_group(made / "work" / "record.zarr", mode="r")["cell"].size


def test_its_files_are_those_that_sha256sum_checks(made: Path):
    product = made / "product"
    subprocess.run(
        ["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], cwd=product, check=True
    )
    names = [line.split("  ", 1)[1] for line in (product / "SHA256SUMS").read_text().splitlines()]
    cube = [name for name in names if name.startswith("record.zarr/")]
    size = sum((product / name).stat().st_size for name in names) / 1e6
    assert describe(product).heading["files"] == (
        f"{len(names):,}: {DAYS} daily, {len(cube)} of the cube record.zarr, {size:,.1f} MB"
    )


def test_its_configuration_is_the_one_that_every_file_names(made: Path):
    digest = describe(made / "product").heading["configuration"]
    with netCDF4.Dataset(a_day(made)) as nc:
        assert digest == nc.settings_sha256 == hashlib.sha256(nc.settings.encode()).hexdigest()
    cube = zarr.open_group(made / "product" / "record.zarr", mode="r")
    assert digest == cube.attrs["settings_sha256"]


def test_a_record_that_is_not_simulated_is_not_called_so(copied: Path):
    path = copied / "manifest.json"
    path.write_text(path.read_text().replace('"simulated": true', '"simulated": false'))
    assert "simulated" not in describe(copied).heading


def test_files_that_are_missing_or_cut_are_named(copied: Path):
    gone, cut = sorted(copied.rglob("*-DAILY-*.nc"))[3:5]
    gone.unlink()
    cut.write_bytes(cut.read_bytes()[:-1])
    output = describe(copied).heading["on disk"]
    assert output == f"2 MISSING or of another size: {gone.name}, {cut.name}"
    assert "MISSING" in shown(copied)


def test_days_that_are_missing_between_are_counted(copied: Path):
    path = copied / "manifest.json"
    manifest = json.loads(path.read_text())
    day = f"{FIRST + timedelta(3):%Y%m%d}"
    manifest["files"] = {n: of for n, of in manifest["files"].items() if f"-{day}0" not in n}
    path.write_text(json.dumps(manifest))
    assert describe(copied).heading["days"] == (f"{FIRST} to {LAST}, {DAYS - 1}, 1 missing between")


def test_without_daily_files_the_days_are_those_of_the_cube(copied: Path):
    path = copied / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"] = {n: of for n, of in manifest["files"].items() if "DAILY" not in n}
    path.write_text(json.dumps(manifest))
    result = describe(copied).heading
    assert result["days"] == f"{FIRST} to {LAST}, {DAYS}"
    assert "daily" not in result["files"]


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"files": 3}', '{"files": {}, "settings": {"region": {"box": 1}}}']
)
def test_a_manifest_of_something_else_is_refused_in_one_line(tmp_path: Path, text: str):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(GranuleError, match="expected that of a published record") as caught:
        describe(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("work/grid/GMI.zarr", "GRID_TB, brightness temperature by look; GMI"),
        ("work/grid/TMI.zarr", "GRID_TB, brightness temperature by look; TMI"),
        ("work/target.zarr", "TARGET, target of the learner, retrieved; SMAP"),
        ("work/streams/AMSR2.zarr", "STREAM, soil moisture learned from one sensor; AMSR2"),
        ("work/record.zarr", "RECORD, fused record before it is published"),
        ("product/record.zarr", "SIMULATED Daily surface soil moisture, record"),
        ("work/calibration/TMI.nc", "Calibration of TMI to the scale of GMI; 6 cells"),
    ],
)
def test_each_store_says_what_it_is_and_that_it_is_simulated(made: Path, pattern: str, words: str):
    result = describe(made / pattern).heading
    assert words in result["product"]
    assert result["simulated"] == "SIMULATED, not an observation"
    assert "SIMULATED" in shown(made / pattern)


def test_a_day_of_the_product(made: Path):
    path = a_day(made)
    shown(path)
    result = describe(path)
    day = FIRST + timedelta(20)
    assert result.heading["days"] == f"{day} to {day}, 1"
    assert result.heading["simulated"] == "SIMULATED, not an observation"
    with netCDF4.Dataset(path) as nc:
        values = nc["sm"][:].compressed()
    assert result.values == values.size > 0
    assert float(result.rows[0].high) == pytest.approx(values.max(), abs=1e-4)


def test_every_file_of_networks_and_fusion(made: Path):
    files = sorted((made / "work").rglob("*.npz"))
    products = {path: describe(path).heading.get("product", "") for path in files}
    assert len(files) >= 3
    assert all(products.values())
    for path in files:
        shown(path)


def test_no_store_or_folder_of_a_record_is_taken_for_another(made: Path):
    """Every kind says something else."""
    kinds = [made / "product", made / "product" / "record.zarr", a_day(made)]
    kinds += [made / "work" / f"{n}.zarr" for n in ("target", "record", "grid/GMI", "streams/GMI")]
    products = [describe(path).heading["product"].split(", some")[0] for path in kinds]
    assert len(set(products)) == len(kinds) - 1  # the cube and a day of it are one product
