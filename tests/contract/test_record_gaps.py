"""What a record does where its input lacks something: a sensor, a month, the target of a cell."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr
from made_record import TRAIN, configuration

from mcca_ml.errors import ConfigError, GranuleError
from mcca_ml.flags import Flag
from mcca_ml.pipeline.run import run
from mcca_ml.pipeline.stage import Stage

MAY = re.compile(r"[._]201505\d\d[-._]")
ROLES = """[roles]
calibrate = [{first = 2015-06-02, last = 2015-06-09}]
test = [{first = 2015-06-10, last = 2015-06-20}]
"""
CELL = 2
"""Place of the cell whose target is taken away."""


@pytest.fixture(scope="module")
def gappy(tiny_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record without granules of May, and without any target in one cell."""
    folder = tmp_path_factory.mktemp("gappy")
    for one in (tiny_world / "granules").rglob("*"):
        if one.is_file() and not MAY.search(one.name):
            there = folder / "world" / one.relative_to(tiny_world)
            there.parent.mkdir(parents=True, exist_ok=True)
            there.symlink_to(one)
    path = configuration(folder, folder / "world", more=f"{TRAIN}\n{ROLES}")
    run(path, stages=(Stage.GRID,))
    run(path, stages=(Stage.RETRIEVE,))
    target = zarr.open_group(folder / "work" / "target.zarr", mode="r+", zarr_format=3)
    target["soil_moisture"][..., CELL] = target["soil_moisture"].fill_value
    for checkpoint in (folder / "work" / "target.zarr" / "blocks").glob("*.json"):
        said = json.loads(checkpoint.read_text())
        sizes = {
            key: (folder / "work" / "target.zarr" / key).stat().st_size for key in said["shards"]
        }
        checkpoint.write_text(json.dumps({**said, "bytes": sizes}))
    run(path)
    return folder


@pytest.fixture(scope="module")
def cube(gappy: Path) -> xr.Dataset:
    ds = xr.open_zarr(gappy / "product" / "record.zarr", consolidated=False).load()
    return ds.stack(cell=("y", "x")).where(
        lambda d: d["sm_filled"].notnull().any("time"), drop=True
    )


def in_may(ds: xr.Dataset) -> xr.Dataset:
    """The days of the month that no granule of the day before reaches."""
    return ds.sel(time=slice("2015-05-02", "2015-05-31"))


def has(ds: xr.Dataset, bit: Flag) -> xr.DataArray:
    return (ds["flag"].astype(np.uint32) & np.uint32(int(bit))) != 0


def test_a_month_without_granules_is_there_and_says_that_nothing_was_seen(
    gappy: Path, cube: xr.Dataset
):
    may = in_may(cube)
    assert may.sizes["time"] == 30
    assert len(list((gappy / "product").rglob("*DAILY-201505*.nc"))) == 31
    assert may["sm"].isnull().all()
    assert has(may, Flag.NOT_OBSERVED).all()
    for name in ("sensor", "nobs"):
        assert (may[name] == 0).all()
    assert (may["is_filled"] == may["sm_filled"].notnull()).all()


def test_days_on_both_sides_of_the_month_are_as_others(cube: xr.Dataset):
    for first, last in (("2015-04-01", "2015-04-29"), ("2015-06-03", "2015-06-20")):
        assert cube["sm"].sel(time=slice(first, last)).notnull().mean() > 0.5


def test_a_cell_without_target_has_values_and_says_that_they_are_guessed(
    gappy: Path, cube: xr.Dataset
):
    target = zarr.open_group(gappy / "work" / "target.zarr", mode="r", zarr_format=3)
    is_filled = target["soil_moisture"][:] == target["soil_moisture"].fill_value
    assert is_filled[..., CELL].all()
    assert not is_filled.all(axis=(0, 1))[[n for n in range(6) if n != CELL]].any()
    assert cube.sizes["cell"] == 6
    seen = cube["sm"].notnull()
    is_guessed = (has(cube, Flag.LEVEL_GUESSED) & seen).any("time").to_numpy()
    assert is_guessed.sum() == 1
    guessed = cube.isel(cell=int(np.flatnonzero(is_guessed)[0]))
    assert (has(guessed, Flag.LEVEL_GUESSED) | guessed["sm"].isnull()).all()
    assert guessed["sm"].notnull().sum() > 20
    others = cube.isel(cell=np.flatnonzero(~is_guessed))
    assert guessed["sm_uncertainty"].mean() > others["sm_uncertainty"].mean()


@pytest.mark.parametrize(
    ("missing", "error", "words"),
    [
        (
            ("SPL3SMP",),
            GranuleError,
            r"retrieve: found no granule of SMAP.*give \[input\.SPL3SMP\]",
        ),
        (("1C-GMI", "1C-AMSR2"), GranuleError, "train: found granules of TMI, expected some of AM"),
        (("1C-TMI", "1C-GMI", "1C-AMSR2"), GranuleError, "train: found granules of no imager"),
        (("1C-AMSR2",), ConfigError, "calibrate: TMI needs pairs of TMI with GMI, found none in"),
    ],
)
def test_overlapping_sensors_that_are_missing_are_named(
    tiny_world: Path, tiny_record: Path, tmp_path: Path, missing, error, words
):
    shutil.copytree(tiny_record, tmp_path, dirs_exist_ok=True)
    path = configuration(tmp_path, tiny_world)
    text = path.read_text()
    for product in missing:
        text = re.sub(rf'\[input\.{product}\]\npath = "[^"]*"\n', "", text)
    path.write_text(text)
    with pytest.raises(error, match=words) as caught:
        run(path)
    assert "\n" not in str(caught.value)


def test_a_sensor_without_a_network_is_left_out_and_said(
    tiny_world: Path, tiny_record: Path, tmp_path: Path
):
    shutil.copytree(tiny_record, tmp_path, dirs_exist_ok=True)
    path = configuration(tmp_path, tiny_world)
    path.write_text(re.sub(r'\[input\.1C-GMI\]\npath = "[^"]*"\n', "", path.read_text()))
    tallies = {tally.stage: tally for tally in run(path)}
    assert tallies[Stage.PREDICT].notes == (
        "TMI gives no stream: its network is GMI's, of which there is no granule",
    )
    names = set(xr.open_zarr(tmp_path / "product" / "record.zarr", consolidated=False).data_vars)
    assert "sm_amsr2" in names
    assert not {"sm_tmi", "sm_gmi"} & names
