"""SPL1CTB: the sides of the scan that V and H are made of are the same, and the good ones."""

from pathlib import Path

import numpy as np
import pytest
from made_look import COUNT, TIMES, a_look, numbers

from mcca_ml import schema
from mcca_ml.flags import Flag
from mcca_ml.read.smap import read_smap
from smap_half_orbits import write_spl1ctb

NAN = np.nan
LATER = TIMES + np.timedelta64(60, "s")


def bits(*values: int) -> np.ndarray:
    return np.array(values, np.uint16)


def read(path: Path, *, fore: dict[str, np.ndarray], aft: dict[str, np.ndarray]):
    """Four cells whose aft side is 10 K warmer and was seen a minute later."""
    warmer = {"tb_v": a_look().tb_v + 10, "tb_h": a_look().tb_h + 10, "obs_time": LATER}
    write_spl1ctb(path, a_look(**fore), a_look(**{**warmer, **aft}), "pm")
    ds = read_smap(path)
    assert ds.sizes["cell"] == COUNT
    return ds


def flags(ds) -> list[int]:
    return ds["flag"].to_numpy().ravel().tolist()


def seconds(ds) -> list[int]:
    """Time after that of the fore side."""
    return ((ds["obs_time"].to_numpy()[0, 0] - TIMES) / np.timedelta64(1, "s")).round().tolist()


def test_all_sides_that_are_good_at_both_polarisations_are_averaged(tmp_path: Path):
    """One mark at V takes the side from H as well, and from time and incidence."""
    ds = read(
        tmp_path / "tb.h5",
        fore={"quality_v": bits(0, 1, 0, 0), "incidence": np.full(COUNT, 0.6, np.float32)},
        aft={"quality_h": bits(0, 0, 1, 0), "incidence": np.full(COUNT, 0.8, np.float32)},
    )
    above = ds["tb"].to_numpy()[0, 0] - np.stack([a_look().tb_v, a_look().tb_h], axis=-1)
    assert above.tolist() == [[5, 5], [10, 10], [0, 0], [5, 5]]
    assert flags(ds) == [0, 0, 0, 0]
    assert seconds(ds) == [30, 60, 0, 30]
    np.testing.assert_allclose(ds["incidence"][0, 0], [0.7, 0.8, 0.6, 0.7], rtol=1e-6)
    assert ds["nobs"].to_numpy().ravel().tolist() == [2, 1, 1, 2]


def test_a_side_without_a_value_at_one_polarisation_counts_for_neither(tmp_path: Path):
    ds = read(
        tmp_path / "tb.h5",
        fore={"tb_h": numbers(NAN, 235, 240, 245)},
        aft={"tb_v": numbers(260, NAN, 270, 275)},
    )
    above = ds["tb"].to_numpy()[0, 0] - np.stack([a_look().tb_v, a_look().tb_h], axis=-1)
    assert above.tolist() == [[10, 10], [0, 0], [5, 5], [5, 5]]
    assert flags(ds) == [0, 0, 0, 0]


@pytest.mark.parametrize("both_marked", [True, False])
def test_where_no_side_is_good_at_both_the_value_is_suspect(tmp_path: Path, both_marked: bool):
    """V good on fore and H on aft is no pair: both sides are used at both, and marked."""
    bad = bits(1, 1, 1, 1)
    fore = {"quality_h": bad, **({"quality_v": bad} if both_marked else {})}
    ds = read(tmp_path / "tb.h5", fore=fore, aft={"quality_v": bad})
    above = ds["tb"].to_numpy()[0, 0] - np.stack([a_look().tb_v, a_look().tb_h], axis=-1)
    assert (above == 5).all()
    assert flags(ds) == [int(Flag.TB_SUSPECT)] * COUNT
    assert seconds(ds) == [30] * COUNT


def test_polarisations_that_share_no_side_are_suspect_and_one_alone_is_incomplete(tmp_path: Path):
    none = numbers(NAN, NAN, NAN, NAN)
    ds = read(
        tmp_path / "tb.h5",
        fore={"tb_h": none},
        aft={"tb_v": none, "tb_h": numbers(240, NAN, 250, NAN), "quality_h": bits(0, 0, 1, 0)},
    )
    np.testing.assert_array_equal(ds["tb"][0, 0, :, 0], [250, 255, 260, 265])
    np.testing.assert_array_equal(ds["tb"][0, 0, :, 1], [240, NAN, 250, NAN])
    suspect, invalid = int(Flag.TB_SUSPECT), int(Flag.TB_INVALID)
    assert flags(ds) == [suspect, invalid, suspect, invalid]
    assert seconds(ds) == [30, 0, 30, 0]


def test_it_holds_no_ancillary(tmp_path: Path):
    ds = read(tmp_path / "tb.h5", fore={}, aft={})
    assert set(ds) == set(schema.GRID_TB)
    assert ds.attrs["product"] == "SPL1CTB"
    assert ds["look"].to_numpy().tolist() == ["pm"]
