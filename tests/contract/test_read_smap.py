"""What the SMAP readers give back of granules whose every value is known."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr
from made_look import CELLS, COLUMNS, COUNT, ROWS, TIMES, a_look, look_at, numbers

from mcca_ml import schema
from mcca_ml.errors import OutputError
from mcca_ml.flags import Flag
from mcca_ml.formats import smap
from mcca_ml.grid import ease2
from mcca_ml.read.smap import read_smap
from mcca_ml.simulate.files.smap_products import write_spl3smp
from smap_half_orbits import write_spl1ctb, write_spl2smp
from smap_versions import write_version


def has(flags: np.ndarray, bit: Flag) -> list[bool]:
    return ((flags & np.uint32(int(bit))) != 0).ravel().tolist()


@pytest.mark.parametrize("version", [1, 3, 4, 8, 9])
def test_spl3smp_of_each_layout(tmp_path: Path, version: int):
    path = tmp_path / "any name at all.h5"
    write_version(path, {"am": a_look()}, version)
    ds = read_smap(path)
    schema.check(ds, {**schema.GRID_TB, **schema.ANCILLARY}, where="test")
    assert ds.attrs["product"] == "SPL3SMP"
    assert ds.attrs["product_version"] == str(version)
    assert ds.attrs["granules"] == path.name
    assert ds.attrs["simulated"] == "true"
    assert ds["look"].to_numpy().tolist() == ["am"]
    assert ds["cell"].to_numpy().tolist() == CELLS.tolist()
    np.testing.assert_array_equal(ds["tb"][0, 0, :, 0], a_look().tb_v)
    np.testing.assert_array_equal(ds["tb"][0, 0, :, 1], a_look().tb_h)
    np.testing.assert_allclose(ds["incidence"][0, 0], a_look().incidence, rtol=1e-6)
    assert np.abs(ds["obs_time"].to_numpy()[0, 0] - TIMES).max() <= np.timedelta64(1, "ms")
    np.testing.assert_array_equal(ds["soil_temperature"][0, 0], a_look().soil_temperature)
    assert ("clay_fraction" in ds) == (version >= 8)
    assert ds["flag"].to_numpy().max() == 0


def test_both_looks_share_the_cells_of_either(tmp_path: Path):
    path = tmp_path / "day.h5"
    am, pm = (
        look_at([(9, 9), (9, 10), (9, 11), (9, 12)]),
        look_at([(9, 11), (9, 12), (9, 13), (8, 0)]),
    )
    write_spl3smp(path, {"am": am, "pm": pm})
    ds = read_smap(path)
    assert ds["look"].to_numpy().tolist() == ["am", "pm"]
    assert ds["cell"].to_numpy().tolist() == [8 * 964, *range(9 * 964 + 9, 9 * 964 + 14)]
    observed = np.isfinite(ds["tb"].to_numpy()[0, :, :, 0]).tolist()
    assert observed == [
        [False, True, True, True, True, False],
        [True, False, False, True, True, True],
    ]
    assert has(ds["flag"].to_numpy()[0, 0], Flag.NOT_OBSERVED) == [True, *[False] * 4, True]
    assert ds["nobs"].to_numpy()[0].tolist() == [[0, 1, 1, 1, 1, 0], [1, 0, 0, 1, 1, 1]]
    assert np.isnat(ds["obs_time"].to_numpy()[0, 0, 0])
    assert np.isnan(ds["local_time"].to_numpy()[0, 0, 0])
    assert ds["land_cover"].to_numpy()[0, 0, 0].tolist() == [255, 255, 255]


def test_local_time_is_solar_and_the_place_is_that_of_the_grid(tmp_path: Path):
    path = tmp_path / "day.h5"
    write_spl3smp(path, {"am": a_look()})
    ds = read_smap(path)
    lon = ease2.longitude(ease2.M36)[[200, 201, 200, 700]]
    np.testing.assert_allclose(ds["lon"], lon)
    hours = 12 + np.arange(COUNT) * 1.5 / 3600 + 0.25 / 3600
    np.testing.assert_allclose(ds["local_time"][0, 0], (hours + lon / 15) % 24, atol=1e-4)


def test_surface_bits_become_flags(tmp_path: Path):
    """Bit 10, dense vegetation, is made from NDVI and must not come in; 11 has no counterpart."""
    path = tmp_path / "day.h5"
    bits = np.array([0b1000, 1 << 8 | 1 << 5, 0b111, 1 << 10 | 1 << 11], np.uint16)
    write_spl3smp(path, {"am": a_look(surface_flag=bits)})
    flags = read_smap(path)["flag"].to_numpy()
    assert flags.ravel().tolist() == [
        int(Flag.URBAN),
        int(Flag.FROZEN | Flag.SNOW),
        int(Flag.OPEN_WATER | Flag.COAST),
        0,
    ]


def test_unknown_surface_sets_no_flag_and_unknown_quality_is_suspect(tmp_path: Path):
    fill = smap.FILLS["u2"]
    path = tmp_path / "day.h5"
    look = a_look(
        surface_flag=np.array([fill, fill, 0, 0], np.uint16),
        quality_v=np.array([0, 0, fill, 0], np.uint16),
        quality_h=np.array([0, 0, 0, fill], np.uint16),
    )
    write_spl3smp(path, {"am": look})
    suspect = int(Flag.TB_SUSPECT)
    assert read_smap(path)["flag"].to_numpy().ravel().tolist() == [0, 0, suspect, suspect]


def test_suspect_brightness_temperature_is_kept_and_flagged(tmp_path: Path):
    path = tmp_path / "orbit.h5"
    quality = np.array([0, 1, 0, 4], np.uint16)  # bit 2 alone: RFI was detected and removed
    write_spl2smp(path, a_look(quality_h=quality), "pm")
    ds = read_smap(path)
    assert ds["look"].to_numpy().tolist() == ["pm"]
    assert has(ds["flag"].to_numpy(), Flag.TB_SUSPECT) == [False, True, False, False]
    np.testing.assert_array_equal(ds["tb"][0, 0, :, 1], a_look().tb_h)


def test_bad_values_become_nan_with_a_flag_and_never_raise(tmp_path: Path):
    """Fill before anything else: -9999 is no temperature, and 400 K is none on Earth."""
    path = tmp_path / "orbit.h5"
    look = a_look(
        tb_v=numbers(250, 400, np.nan, 0),
        tb_h=numbers(np.nan, 235, np.nan, 245),
        soil_temperature=numbers(285, np.nan, 287, 9e9),
        clay_fraction=numbers(0.1, 0.2, 0.3, 1.7),
    )
    write_spl2smp(path, look, "am")
    ds = read_smap(path)
    assert ds["cell"].to_numpy().tolist() == CELLS[[0, 1, 3]].tolist()
    np.testing.assert_array_equal(ds["tb"][0, 0, :, 0], [250, np.nan, np.nan])
    np.testing.assert_array_equal(ds["tb"][0, 0, :, 1], [np.nan, 235, 245])
    assert has(ds["flag"].to_numpy(), Flag.TB_INVALID) == [True, True, True]
    np.testing.assert_array_equal(ds["soil_temperature"][0, 0], [285, np.nan, np.nan])
    np.testing.assert_array_equal(ds["clay_fraction"][0, 0], numbers(0.1, 0.2, np.nan))


def test_land_cover_without_a_third_class(tmp_path: Path):
    path = tmp_path / "day.h5"
    write_spl3smp(path, {"am": a_look()})
    ds = read_smap(path)
    assert ds["land_cover"].to_numpy()[0, 0, 0].tolist() == [10, 12, 255]
    np.testing.assert_array_equal(ds["land_cover_fraction"][0, 0, 0], numbers(0.7, 0.3, 0.0))


def test_operational_soil_moisture_and_its_recommendation(tmp_path: Path):
    path = tmp_path / "day.h5"
    write_spl3smp(path, {"am": a_look()})
    with h5py.File(path, "a") as h5:
        for name, values in (
            ("soil_moisture", numbers(0.1, -9999, 0.3, 0.4)),
            ("retrieval_qual_flag", [0, 7, 0, 0]),
        ):
            field = h5[f"Soil_Moisture_Retrieval_Data_AM/{name}"]
            whole = field[()]
            whole[ROWS, COLUMNS] = values
            field[...] = whole
    ds = read_smap(path)
    np.testing.assert_array_equal(
        ds["soil_moisture_operational"][0, 0], numbers(0.1, np.nan, 0.3, 0.4)
    )
    assert ds["recommended_operational"].to_numpy().ravel().tolist() == [1, 0, 1, 1]


def test_a_half_orbit_over_midnight_fills_two_days(tmp_path: Path):
    path = tmp_path / "orbit.h5"
    times = np.datetime64("2015-07-01T23:59:58", "ns") + np.arange(COUNT) * np.timedelta64(1, "s")
    write_spl2smp(path, a_look(obs_time=times), "am")
    ds = read_smap(path)
    assert [str(day)[:10] for day in ds["time"].to_numpy()] == ["2015-07-01", "2015-07-02"]
    seen = np.isfinite(ds["tb"].to_numpy()[:, 0, :, 0]).tolist()
    assert seen == [[True, True, False, False], [False, False, True, True]]


def test_a_cell_without_a_time_is_left_out(tmp_path: Path):
    """It belongs to no day and no pass; the others keep all that is theirs."""
    path = tmp_path / "orbit.h5"
    times = TIMES.copy()
    times[2] = np.datetime64("NaT")
    write_spl2smp(path, a_look(obs_time=times), "am")
    ds = read_smap(path)
    assert ds.sizes["time"] == 1
    assert ds["cell"].to_numpy().tolist() == CELLS[[0, 1, 3]].tolist()
    write_spl2smp(path, a_look(), "am")
    xr.testing.assert_equal(ds, read_smap(path).isel(cell=[0, 1, 3]))


def test_static_water_is_preferred_and_radar_water_the_substitute(tmp_path: Path):
    path = tmp_path / "orbit.h5"
    write_spl2smp(path, a_look(), "am")
    with h5py.File(path, "a") as h5:
        group = h5["Soil_Moisture_Retrieval_Data"]
        group["radar_water_body_fraction"][...] = 0.5
    static = read_smap(path)["water_fraction"].to_numpy()
    with h5py.File(path, "a") as h5:
        del h5["Soil_Moisture_Retrieval_Data/static_water_body_fraction"]
    read_twice = read_smap(path)["water_fraction"].to_numpy()
    np.testing.assert_array_equal(static.ravel(), a_look().water_fraction)
    np.testing.assert_array_equal(read_twice.ravel(), np.full(COUNT, 0.5, np.float32))


@pytest.mark.parametrize(
    "name", ["clay_fraction", "bulk_density", "landcover_class", "retrieval_qual_flag"]
)
def test_a_missing_optional_field_is_left_out(tmp_path: Path, name: str):
    path = tmp_path / "orbit.h5"
    write_spl2smp(path, a_look(), "am")
    before = set(read_smap(path))
    with h5py.File(path, "a") as h5:
        del h5[f"Soil_Moisture_Retrieval_Data/{name}"]
    assert len(before - set(read_smap(path))) in (1, 2)  # land cover goes with its shares


@pytest.mark.parametrize("level", ["L3", "L2", "L1C"])
def test_enhanced_products_are_on_the_9_km_grid(tmp_path: Path, level: str):
    path = tmp_path / "enhanced.h5"
    look = look_at([(1600, 3800), (1600, 3801), (1601, 0), (1599, 0)], ease2.M09)
    if level == "L3":
        write_version(path, {"pm": look}, 6, is_enhanced=True)
    elif level == "L2":
        write_spl2smp(path, look, "pm", 6, is_enhanced=True)
    else:
        write_spl1ctb(path, look, look, "pm", version=4, is_enhanced=True)
    ds = read_smap(path)
    assert ds.attrs["grid"] == "EASE2_M09"
    assert ds["cell"].to_numpy().tolist() == [
        1599 * 3856,
        1600 * 3856 + 3800,
        1600 * 3856 + 3801,
        1601 * 3856,
    ]
    assert ds["look"].to_numpy().tolist() == ["pm"]


def test_a_file_without_metadata_is_told_by_its_groups(tmp_path: Path):
    path = tmp_path / "stripped.h5"
    write_version(path, {"am": a_look()}, 3)
    with h5py.File(path, "a") as h5:
        del h5["Metadata"]
    attrs = read_smap(path).attrs
    assert (attrs["product"], attrs["product_version"]) == ("SPL3SMP", "unknown")


def test_polar_groups_are_passed_over(tmp_path: Path):
    path = tmp_path / "polar.h5"
    write_spl3smp(path, {"am": a_look()})
    with h5py.File(path, "a") as h5:
        h5["Soil_Moisture_Retrieval_Data_Polar_AM/tb_v_corrected"] = np.zeros((5, 5), np.float32)
    assert read_smap(path).sizes["cell"] == COUNT


def test_the_writer_says_where_it_cannot_write(tmp_path: Path):
    with pytest.raises(OutputError, match=r"a\.h5: cannot write .*; choose another"):
        write_spl3smp(tmp_path / "no such folder" / "a.h5", {"am": a_look()})
    assert not list(tmp_path.iterdir())
