"""scripts/check_data_tests.py notices every way in which a test on real data may not run."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


def check_data(*options: str, data: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, PROJECT / "scripts" / "check_data_tests.py", *options],
        capture_output=True,
        text=True,
        check=False,
        env={"MCCA_ML_DATA": data, "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
    )


def test_check_data_passes_where_tests_on_real_data_passed(tmp_path):
    file = tmp_path / "test_made.py"
    file.write_text(
        "import pytest\n@pytest.mark.real_data\ndef test_a():\n    pass\n"
        "def test_other():\n    assert False\n"
    )
    found = check_data(str(file), data=str(tmp_path))
    assert found.returncode == 0, found.stdout + found.stderr
    assert "all 1 tests on real data ran and passed" in found.stdout


@pytest.mark.parametrize(
    ("body", "options"),
    [
        ("@pytest.mark.real_data\ndef test_a():\n    pytest.skip('no')\n", []),
        ("@pytest.mark.real_data\n@pytest.mark.xfail\ndef test_a():\n    assert False\n", []),
        ("@pytest.mark.real_data\ndef test_a():\n    pass\n", ["-k", "nothing"]),
        ("@pytest.mark.real_data\ndef test_a():\n    assert False\n", []),
        ("pytest.skip('all', allow_module_level=True)\n", []),
        ("def test_a():\n    pass\n", []),
    ],
    ids=["skipped", "xfail", "deselected", "failed", "file skipped", "none"],
)
def test_check_data_fails_where_one_did_not_run(tmp_path, body, options):
    file = tmp_path / "test_made.py"
    file.write_text(f"import pytest\n{body}")
    found = check_data(str(file), *options, data=str(tmp_path))
    assert found.returncode != 0, found.stdout
    assert "check-data:" in found.stdout


def test_check_data_wants_the_folder_that_is_named(tmp_path):
    found = check_data(data=str(tmp_path / "nowhere"))
    assert found.returncode != 0
    assert "is no folder" in found.stderr
