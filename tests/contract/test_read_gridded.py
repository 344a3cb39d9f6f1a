"""Gridded brightness temperature of another sensor, and ancillary fields of another granule."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from made_look import CELLS, COUNT, TIMES, a_look, look_at, numbers

from mcca_ml import schema
from mcca_ml.errors import GranuleError, OutputError
from mcca_ml.flags import Flag
from mcca_ml.read.ancillary import with_ancillary
from mcca_ml.read.any_granule import open_granule
from mcca_ml.read.gridded import read_gridded, write_gridded
from mcca_ml.read.smap import read_smap
from mcca_ml.sensors import AMSR2
from mcca_ml.simulate.files.smap_products import write_spl3smp
from smap_half_orbits import write_spl1ctb, write_spl2smp
from smap_versions import write_version


@pytest.fixture
def amsr2() -> xr.Dataset:
    """Two looks of AMSR2 on three cells of the 25 km grid."""
    shape = (1, 2, 3)
    times = np.datetime64("2015-07-01T01:30:00.000001", "ns") + np.arange(6) * np.timedelta64(
        1, "s"
    )
    times[4] = np.datetime64("NaT")

    def over(value: float, units: str) -> tuple[object, ...]:
        return schema.LOOK, np.full(shape, value, np.float32), {"units": units}

    tb = np.linspace(200, 290, 42, dtype=np.float32).reshape(*shape, 7)
    tb[0, 0, 0, 0] = np.nan
    return xr.Dataset(
        {
            "tb": ((*schema.LOOK, "channel"), tb, {"units": "K"}),
            "incidence": over(np.deg2rad(55.0), "rad"),
            "local_time": over(1.5, "h"),
            "obs_time": (schema.LOOK, times.reshape(shape)),
            "nobs": (schema.LOOK, np.ones(shape, np.uint16), {"units": "1"}),
            "flag": (schema.LOOK, np.full(shape, 2**31, np.uint32), {"units": "1"}),
        },
        coords={
            "time": np.array(["2015-07-01"], "M8[ns]"),
            "look": ["am", "pm"],
            "cell": np.array([5, 700_000, 800_000]),
            "channel": [channel.name for channel in AMSR2.channels],
        },
        attrs={"sensor": "AMSR2", "grid": "EASE2_M25", "simulated": "true"},
    )


def test_a_gridded_file_gives_back_what_was_written(tmp_path: Path, amsr2: xr.Dataset):
    path = tmp_path / "amsr2.nc"
    write_gridded(amsr2, path)
    back = open_granule(path)
    xr.testing.assert_identical(back.drop_attrs(), amsr2.drop_attrs())
    for name in amsr2:
        assert back[name].dtype == amsr2[name].dtype, name
    assert back.attrs == {**amsr2.attrs, "granules": "amsr2.nc"}
    assert [p.name for p in tmp_path.iterdir()] == ["amsr2.nc"]


@pytest.mark.parametrize(
    ("change", "error_line"),
    [
        (lambda ds: ds.assign_attrs(sensor="SSMIS"), "attribute sensor is 'SSMIS', expected one"),
        (
            lambda ds: ds.assign_attrs(grid="lat-lon"),
            "attribute grid is 'lat-lon', expected one of",
        ),
        (
            lambda ds: ds.assign_coords(channel=list("abcdefg")),
            "channel a, b, c, d, e, f, g, known of",
        ),
        (lambda ds: ds.drop_vars("look"), "no coordinate look"),
        (lambda ds: ds.drop_vars("nobs"), "nobs: missing"),
        (lambda ds: ds.assign(tb=ds["tb"] - 273), "tb: .*values outside"),
    ],
)
def test_what_is_no_gridded_brightness_temperature(
    tmp_path: Path, amsr2: xr.Dataset, change, error_line
):
    wrong = change(amsr2)
    with pytest.raises(GranuleError, match=error_line):
        write_gridded(wrong, tmp_path / "wrong.nc")
    assert not list(tmp_path.iterdir())
    wrong.to_netcdf(tmp_path / "wrong.nc")
    with pytest.raises(
        GranuleError, match=f"wrong.nc: .*{error_line}.*; write it with read.gridded"
    ):
        read_gridded(tmp_path / "wrong.nc")


def test_a_gridded_file_that_cannot_be_written(tmp_path: Path, amsr2: xr.Dataset):
    with pytest.raises(OutputError, match=r"a\.nc: cannot write .*; choose another"):
        write_gridded(amsr2, tmp_path / "none" / "a.nc")


def test_times_finer_than_a_microsecond_are_rounded(tmp_path: Path, amsr2: xr.Dataset):
    """Without a word: warnings are errors here."""
    fine = amsr2.assign(obs_time=amsr2["obs_time"] + np.timedelta64(1_500, "ns"))
    write_gridded(fine, tmp_path / "a.nc")
    result = read_gridded(tmp_path / "a.nc")["obs_time"] - fine["obs_time"]
    assert (np.abs(result.to_numpy()[0, 0]) <= np.timedelta64(500, "ns")).all()
    np.testing.assert_array_equal(np.isnat(result), np.isnat(fine["obs_time"]))


def test_nothing_is_left_of_a_file_that_failed(tmp_path: Path, amsr2: xr.Dataset, monkeypatch):
    """What stood there before stands there still."""
    write_gridded(amsr2, tmp_path / "a.nc")
    before = (tmp_path / "a.nc").read_bytes()

    def fill_the_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xr.Dataset, "to_netcdf", fill_the_disk)
    with pytest.raises(OutputError, match=r"a\.nc: cannot write \(No space left on device\)"):
        write_gridded(amsr2, tmp_path / "a.nc")
    assert [path.name for path in tmp_path.iterdir()] == ["a.nc"]
    assert (tmp_path / "a.nc").read_bytes() == before


def test_hdf5_that_is_no_netcdf_is_refused_in_words(tmp_path: Path):
    write_version(tmp_path / "day.h5", {"am": a_look()}, 3)
    with pytest.raises(GranuleError, match="has no variable tb with an attribute sensor"):
        read_gridded(tmp_path / "day.h5")


@pytest.fixture
def half_orbit(tmp_path: Path) -> xr.Dataset:
    look = a_look(surface_flag=np.full(COUNT, 0xFFFF, np.uint16))
    write_spl1ctb(tmp_path / "tb.h5", look, look, "pm")
    return read_smap(tmp_path / "tb.h5")


def test_ancillary_of_the_same_look(tmp_path: Path, half_orbit: xr.Dataset):
    bits = np.array([0, 1 << 8, 0b1000, 0], np.uint16)
    path = tmp_path / "day.h5"
    am = a_look(soil_temperature=numbers(*[280] * 4))
    write_spl3smp(path, {"am": am, "pm": a_look(surface_flag=bits)})
    ds = with_ancillary(half_orbit, read_smap(path))
    schema.check(ds, {**schema.GRID_TB, **schema.ANCILLARY}, where="test")
    np.testing.assert_array_equal(ds["soil_temperature"][0, 0], a_look().soil_temperature)
    np.testing.assert_array_equal(ds["clay_fraction"][0, 0], a_look().clay_fraction)
    assert ds["land_cover"].to_numpy()[0, 0, 0].tolist() == [10, 12, 255]
    assert ds["flag"].to_numpy().ravel().tolist() == [0, int(Flag.FROZEN), int(Flag.URBAN), 0]
    assert "soil_moisture_operational" not in ds
    assert "soil_temperature" not in half_orbit


def test_what_changes_by_the_hour_is_not_lent_to_another_look(
    tmp_path: Path, half_orbit: xr.Dataset
):
    """The half orbit is of 6 pm, the lender of 6 am: its soil is colder and may be frozen."""
    bits = np.array([1 << 8, 1 << 5, 1 << 4, 0b1000], np.uint16)
    write_spl2smp(tmp_path / "orbit.h5", a_look(surface_flag=bits), "am")
    ds = with_ancillary(half_orbit, read_smap(tmp_path / "orbit.h5"))
    assert ds["look"].to_numpy().tolist() == ["pm"]
    assert np.isnan(ds["soil_temperature"]).all()
    assert ds["flag"].to_numpy().ravel().tolist() == [0, 0, 0, int(Flag.URBAN)]
    np.testing.assert_array_equal(ds["clay_fraction"][0, 0], a_look().clay_fraction)
    assert ds["land_cover"].to_numpy()[0, 0, 0].tolist() == [10, 12, 255]


def test_what_changes_by_the_hour_is_not_lent_to_another_day(tmp_path: Path):
    midnight = np.datetime64("2015-07-01T23:59:58", "ns") + np.arange(4) * np.timedelta64(1, "s")
    look = a_look(obs_time=midnight)
    write_spl1ctb(tmp_path / "tb.h5", look, look, "pm")
    write_spl2smp(tmp_path / "orbit.h5", a_look(), "pm")  # of the first of the two days
    ds = with_ancillary(read_smap(tmp_path / "tb.h5"), read_smap(tmp_path / "orbit.h5"))
    assert ds.sizes["time"] == 2
    np.testing.assert_array_equal(ds["soil_temperature"][0, 0], a_look().soil_temperature)
    assert np.isnan(ds["soil_temperature"][1, 0]).all()
    np.testing.assert_array_equal(ds["clay_fraction"][1, 0], a_look().clay_fraction)


def test_a_granule_keeps_what_it_has_of_its_own(tmp_path: Path):
    """The lender fills gaps; its own gaps and values stay out where the granule has a value."""
    own = a_look(
        soil_temperature=numbers(280, np.nan, 280, np.nan),
        clay_fraction=numbers(0.5, 0.5, np.nan, 0.5),
        land_cover=np.array([[4, 99, 99], [99, 99, 99], [4, 99, 99], [4, 5, 99]], np.uint8),
        land_cover_fraction=np.array([[1, 0, 0], [0, 0, 0], [1, 0, 0], [0.6, 0.4, 0]], np.float32),
    )
    other = a_look(
        soil_temperature=numbers(np.nan, 290, 290, np.nan), clay_fraction=numbers(*[np.nan] * 4)
    )
    write_spl2smp(tmp_path / "own.h5", own, "pm")
    write_spl2smp(tmp_path / "other.h5", other, "pm")
    borrower = read_smap(tmp_path / "own.h5")
    before = borrower.copy(deep=True)
    ds = with_ancillary(borrower, read_smap(tmp_path / "other.h5"))
    assert borrower.identical(before)
    schema.check(ds, {**schema.GRID_TB, **schema.ANCILLARY}, where="test")
    np.testing.assert_array_equal(ds["soil_temperature"][0, 0], numbers(280, 290, 280, np.nan))
    np.testing.assert_array_equal(ds["clay_fraction"], before["clay_fraction"])
    assert ds["land_cover"].to_numpy()[0, 0, :, 0].tolist() == [4, 10, 4, 4]
    np.testing.assert_allclose(ds["land_cover_fraction"][0, 0, 1], [0.7, 0.3, 0])
    np.testing.assert_allclose(ds["land_cover_fraction"][0, 0, 3], [0.6, 0.4, 0])
    for name in ds:
        assert ds[name].dtype == before[name].dtype, name


def test_land_cover_without_shares_lends_its_first_class(tmp_path: Path, half_orbit: xr.Dataset):
    write_spl2smp(tmp_path / "orbit.h5", a_look(), "pm")
    lender = read_smap(tmp_path / "orbit.h5").drop_vars("land_cover_fraction")
    ds = with_ancillary(half_orbit, lender)
    assert ds["land_cover_fraction"].to_numpy()[0, 0, 0].tolist() == [1, 0, 0]


def test_cells_are_matched_and_lasting_fields_come_from_any_look(
    tmp_path: Path, half_orbit: xr.Dataset
):
    """The pm look holds only one of the four cells, am two others, the fourth is nowhere."""
    am = look_at([(100, 201), (101, 200), (0, 1), (0, 2)])
    pm = look_at([(100, 200), (5, 5), (5, 6), (5, 7)])
    write_spl3smp(tmp_path / "day.h5", {"am": am, "pm": pm})
    ds = with_ancillary(half_orbit, read_smap(tmp_path / "day.h5"))
    assert ds["cell"].to_numpy().tolist() == CELLS.tolist()
    nan = np.nan
    np.testing.assert_array_equal(ds["soil_temperature"][0, 0], numbers(285, nan, nan, nan))
    np.testing.assert_array_equal(ds["clay_fraction"][0, 0], numbers(0.1, 0.1, 0.2, nan))
    assert ds["land_cover"].to_numpy()[0, 0, :, 0].tolist() == [10, 10, 10, 255]
    np.testing.assert_array_equal(ds["land_cover_fraction"][0, 0, :, 0], numbers(0.7, 0.7, 0.7, 0))


def test_ancillary_of_another_day_or_grid(tmp_path: Path, half_orbit: xr.Dataset):
    later = a_look(obs_time=TIMES + np.timedelta64(1, "D"))
    write_spl2smp(tmp_path / "later.h5", later, "pm")
    with pytest.raises(GranuleError, match="later.h5: found 2015-07-02, expected 2015-07-01; give"):
        with_ancillary(half_orbit, read_smap(tmp_path / "later.h5"))
    write_spl2smp(tmp_path / "fine.h5", a_look(), "pm", 6, is_enhanced=True)
    with pytest.raises(GranuleError, match="fine.h5: is on EASE2_M09, expected EASE2_M36; give"):
        with_ancillary(half_orbit, read_smap(tmp_path / "fine.h5"))
