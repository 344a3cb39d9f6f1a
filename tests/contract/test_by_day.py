"""Granules in any order become days, and only the needed granules stay in memory."""

import gc
import weakref
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from mcca_ml.errors import GranuleError
from mcca_ml.read import by_day as by_day_module
from mcca_ml.read.by_day import by_day, load_day
from mcca_ml.read.granule_names import stamp, stamp_day

TIMES = {
    "SMAP_L1C_TB_1_D_20150401T230000_R1_001.h5": ("2015-04-01", "2015-04-02"),
    "SMAP_L1C_TB_2_D_20150402T010000_R1_001.h5": ("2015-04-02",),
    "SMAP_L1C_TB_3_D_20150402T233000_R1_001.h5": ("2015-04-02", "2015-04-03"),
    "SMAP_L1C_TB_4_D_20150404T010000_R1_001.h5": ("2015-04-04",),
}
"""Names of half orbits and the UTC days in them."""


class Reader:
    """Stands for `open_granule`: notes what was asked for."""

    def __init__(self, times: dict[str, tuple[str, ...]]) -> None:
        self.times = times
        self.names: list[str] = []
        self.made: list[weakref.ref[xr.Dataset]] = []

    def __call__(self, path: Path) -> xr.Dataset:
        self.names.append(path.name)
        if path.name not in self.times:
            raise GranuleError(f"{path.name}: damaged")
        days = np.array(self.times[path.name], "M8[ns]")
        tb = np.full((days.size, 1), 250.0 if "fill" not in path.name else np.nan)
        ds = xr.Dataset({"tb": (("time", "cell"), tb)}, coords={"time": days})
        self.made.append(weakref.ref(ds))
        return ds


@pytest.fixture
def reader(monkeypatch) -> Reader:
    result = Reader(dict(TIMES))
    monkeypatch.setattr(by_day_module, "open_granule", result)
    return result


def strict(error: Exception) -> None:
    raise error


def days_of(paths: list[str], bad=strict) -> list[tuple[str, list[str]]]:
    result = by_day([Path(path) for path in paths], bad, lambda: None)
    return [(str(day), sorted(part.path.name[:14] for part in parts)) for day, parts in result]


EXPECTED = [
    ("2015-04-01", ["SMAP_L1C_TB_1_"]),
    ("2015-04-02", ["SMAP_L1C_TB_1_", "SMAP_L1C_TB_2_", "SMAP_L1C_TB_3_"]),
    ("2015-04-03", ["SMAP_L1C_TB_3_"]),
    ("2015-04-04", ["SMAP_L1C_TB_4_"]),
]


@pytest.mark.parametrize("order", [1, -1])
def test_a_half_orbit_across_midnight_belongs_to_both_days(reader, order):
    assert days_of(list(TIMES)[::order]) == EXPECTED


def test_a_granule_is_read_once_and_not_before_its_day(reader):
    seen = []
    for day, _ in by_day([Path(name) for name in TIMES], strict, lambda: None):
        seen.append((str(day), len(reader.names)))
    assert seen == [("2015-04-01", 1), ("2015-04-02", 3), ("2015-04-03", 3), ("2015-04-04", 4)]
    assert len(set(reader.names)) == len(reader.names) == 4


def test_what_no_later_day_needs_is_let_go(reader):
    alive = []
    for day, parts in by_day([Path(name) for name in TIMES], strict, lambda: None):
        del parts
        gc.collect()
        alive.append((str(day), sum(ref() is not None for ref in reader.made)))
    # The generator itself still holds the parts of the day that it gave out.
    assert alive == [("2015-04-01", 1), ("2015-04-02", 3), ("2015-04-03", 1), ("2015-04-04", 1)]


def test_names_without_a_date_are_all_read_first(reader):
    reader.times = {"b.h5": ("2015-04-01",), "a.h5": ("2015-04-02",)}
    assert days_of(["a.h5", "b.h5"]) == [("2015-04-01", ["b.h5"]), ("2015-04-02", ["a.h5"])]


def test_a_name_that_lies_about_its_date_is_an_error(reader):
    reader.times["SMAP_20150403.h5"] = ("2015-04-01",)
    with pytest.raises(GranuleError, match="found observations of 2015-04-01, expected none"):
        days_of([*TIMES, "SMAP_20150403.h5"])


def test_a_bad_granule_is_told_and_the_others_are_done(reader):
    errors = []
    assert days_of([*TIMES, "SMAP_20150402_broken.h5"], errors.append) == EXPECTED
    assert [str(error) for error in errors] == ["SMAP_20150402_broken.h5: damaged"]


def test_a_granule_without_any_value_is_an_error(reader):
    reader.times["SMAP_20150402_fill.h5"] = ("2015-04-02",)
    with pytest.raises(GranuleError, match="all fill"):
        days_of(["SMAP_20150402_fill.h5"])


def test_ancillary_of_a_day_is_looked_for_where_its_name_allows_it(reader):
    reader.times["undated.h5"] = ("2015-04-02",)
    result = load_day([Path(name) for name in reader.times], np.datetime64("2015-04-02"))
    assert sorted(part.path.name[:13] for part in result) == [
        "SMAP_L1C_TB_1",
        "SMAP_L1C_TB_2",
        "SMAP_L1C_TB_3",
        "undated.h5",
    ]
    assert not any("20150404" in name for name in reader.names)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SMAP_L3_SM_P_20150401_R13080_001.h5", "20150401T000000"),
        ("SMAP_L2_SM_P_02801_A_20150811T013002_R18290_001.h5", "20150811T013002"),
        ("granule.h5", ""),
        ("120150401_7.h5", ""),
    ],
)
def test_the_date_in_a_name(name, expected):
    assert stamp(Path(name)) == expected


def test_an_impossible_date_is_none():
    assert stamp_day(Path("SMAP_20150231.h5")) is None
