"""scripts/check_data_tests.py notices every way in which a test on real data may not run."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SCRIPT = PROJECT / "scripts" / "check_data_tests.py"


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """Exit status of a check of the tests in one file, in this process."""
    spec = importlib.util.spec_from_file_location("check_data_tests", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setenv("MCCA_ML_DATA", str(tmp_path))

    def main(body: str, *options: str) -> int:
        file = tmp_path / "test_made.py"
        file.write_text(f"import pytest\n{body}")
        return script.main([str(file), "-p", "no:cacheprovider", *options])

    yield main
    sys.modules.pop("test_made", None)


def test_check_data_passes_where_tests_on_real_data_passed(checked, capsys):
    body = "@pytest.mark.real_data\ndef test_a():\n    pass\ndef test_other():\n    assert False\n"
    assert checked(body) == 0
    assert "all 1 tests on real data ran and passed" in capsys.readouterr().out


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
def test_check_data_fails_where_one_did_not_run(checked, capsys, body, options):
    assert checked(body, *options) != 0
    assert "check-data:" in capsys.readouterr().out


def test_check_data_wants_the_folder_that_is_named(tmp_path):
    """By the command, whose exit status tells."""
    found = subprocess.run(
        [sys.executable, SCRIPT],
        capture_output=True,
        text=True,
        check=False,
        env={"MCCA_ML_DATA": str(tmp_path / "nowhere"), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert found.returncode != 0
    assert "is no folder" in found.stderr
