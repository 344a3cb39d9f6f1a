"""Versions and locked requirements agree with each other."""

import re
import tomllib
from pathlib import Path

import pytest

from mcca_ml import __version__

PROJECT = Path(__file__).resolve().parents[2]


def test_version_is_the_same_everywhere():
    changes = (PROJECT / "CHANGELOG.md").read_text()
    assert re.findall(r"^## \[([\d.]+)\]", changes, re.M)[0] == __version__
    assert "### Science" in changes
    assert f"\nversion: {__version__}\n" in (PROJECT / "CITATION.cff").read_text()


def requirements(name: str) -> dict[str, str]:
    text = (PROJECT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.M))


@pytest.mark.parametrize("name", ["run", "test", "check", "cf"])
def test_every_requirement_has_a_hash_and_no_source(name):
    text = (PROJECT / "requirements" / f"{name}.txt").read_text()
    blocks = re.split(r"^(?=[\w.-]+==)", text, flags=re.M)[1:]
    assert blocks
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in text


def test_environments_agree():
    check = requirements("check")
    assert requirements("run").items() <= requirements("test").items() <= check.items()


def test_lock_holds_every_dependency():
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    groups = declared["dependency-groups"]
    wanted = [*declared["project"]["dependencies"]]
    wanted += [one for group in groups for one in groups[group] if group not in ("cf", "peers")]
    names = {re.split(r"[\[<>=! ]", one)[0].lower().replace("_", "-") for one in wanted}
    assert names - requirements("check").keys() == set()


def test_what_runs_the_demonstration_reads_stations_too():
    """Without ismn its report has no section of stations, and says so in one line only."""
    assert "ismn" in requirements("run")
