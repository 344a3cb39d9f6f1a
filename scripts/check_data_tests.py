"""Run the tests that need the real granules, and fail if one of them did not run.

    python scripts/check_data_tests.py [options of pytest]

A test that skips itself looks like one that passed. So, where the real data are present (folder
MCCA_ML_DATA, else ../shared/data beside the project), every test that carries the mark `real_data`
or uses the fixture of that name must have passed: one skipped, deselected, expected to fail, or a
file that skips itself, is a failure. Where the data are absent nothing can be checked: exit status
0, and a line that says so. A folder named in MCCA_ML_DATA must exist.
"""

import os
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
MARK = "real_data"


class Watch:
    """A plugin that keeps the tests on real data and notes which of them passed."""

    def __init__(self) -> None:
        self.wanted: set[str] = set()
        self.passed: set[str] = set()
        self.faults: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Note all tests on real data before any option can deselect one; leave out the others."""
        chosen = [item for item in items if needs_data(item)]
        self.wanted = {item.nodeid for item in chosen}
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that skips itself may hide tests on real data."""
        if report.skipped:
            self.faults.append(f"{report.nodeid}: the whole file was skipped")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the tests whose body ran to its end; an expected failure is none of them."""
        if report.when == "call" and report.passed and not hasattr(report, "wasxfail"):
            self.passed.add(report.nodeid)

    def all_faults(self) -> list[str]:
        """What keeps the tests on real data from having all passed."""
        faults = self.faults + [f"{name}: did not pass" for name in self.wanted - self.passed]
        return sorted(faults) if self.wanted else [*faults, "there is no test on real data"]


def needs_data(item: pytest.Item) -> bool:
    """Whether a test needs the real granules, by its mark or its fixture."""
    return item.get_closest_marker(MARK) is not None or MARK in getattr(item, "fixturenames", ())


def find_data() -> Path | None:
    """Folder of the real data; None where there is none."""
    named = os.environ.get("MCCA_ML_DATA")
    folder = Path(named) if named else PROJECT.parent / "shared" / "data"
    if folder.is_dir():
        return folder
    if named:
        raise SystemExit(f"check-data: MCCA_ML_DATA names {folder}, which is no folder")
    return None


def main(options: list[str]) -> int:
    """Exit status: 0 where all tests on real data passed, or where there are no data."""
    folder = find_data()
    if folder is None:
        print("check-data: no real data here, nothing checked (name their folder in MCCA_ML_DATA)")
        return 0
    watch = Watch()
    status = pytest.main([f"--rootdir={PROJECT}", "-q", *options], plugins=[watch])
    faults = watch.all_faults()
    for fault in faults:
        print(f"check-data: {fault}")
    if status == 0 and not faults:
        print(f"check-data: all {len(watch.wanted)} tests on real data ran and passed")
        return 0
    return int(status) or 1


if __name__ == "__main__":
    os.chdir(PROJECT)
    sys.exit(main(sys.argv[1:]))
