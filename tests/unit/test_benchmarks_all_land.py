"""Granules of all land go through the readers; what a command took is told rightly."""

import sys
from datetime import date

import numpy as np
import pytest

from mcca_ml.config.simulate import BoxSettings, SimulateSettings
from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import M25
from mcca_ml.read.any_granule import open_granule, open_swaths
from mcca_ml.sensors import SMAP, TMI
from mcca_ml.simulate.truth.fields import smoother
from mcca_ml.simulate.truth.land import make_land
from mcca_ml.simulate.truth.patches import make_cells

DAY = np.datetime64("2015-04-02")
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def granules(bench):
    return bench("all_land_granules")


@pytest.fixture(scope="module")
def ground(granules):
    """The land of a small box, repeated over the whole grid: that of all land takes a minute."""
    box = BoxSettings(name="box", south=30.0, north=32.0, west=0.0, east=2.0)
    settings = SimulateSettings(box=(box,), networks=0, drought=())
    cells = make_cells(settings)
    land, count = make_land(cells, settings), cells.cell.size
    place = np.arange(M25.size) % (count - 1)
    # Fields are drawn on this patch alone, so cells are those of the patch, not of the Earth.
    smooth = smoother(cells.patches[0], cells.lat, 300.0)
    base = np.zeros(count, np.float32)
    return granules.Ground(np.arange(count), cells.lat, land, place, smooth, base)


def test_an_orbit_is_read_as_it_was_seen(granules, ground, tmp_path):
    orbit = granules.orbits_of(TMI, [DAY])[3]
    seen = granules.Instrument(TMI, granules.SETTINGS.instrument, granules.SETTINGS.effects, 0)
    tb = granules.fields(ground, seen, DAY)
    one = granules.orbit_granule(ground, seen, orbit, tb)
    path = tmp_path / granules.granule_name(one)
    granules.write_1c(path, one)
    swaths = open_swaths(path)
    names = [channel.name for channel in TMI.channels]
    assert {str(s.attrs["simulated"]) for s in swaths} == {"true"}
    for swath in swaths:
        lat, lon = swath["lat"].to_numpy(), swath["lon"].to_numpy()
        assert np.nanmax(np.abs(lat)) == pytest.approx(38, abs=2)  # of TMI's swath, [G] GES DISC
        cell = ease2.flat_cell(M25, *ease2.find_cell(M25, lat, lon))
        hours = swath["time"].to_numpy().astype("M8[s]").astype(np.int64) % 86_400 / 3600
        is_pm = (hours + lon / 15) % 24 >= 12
        for number, name in enumerate(swath["channel"].to_numpy().tolist()):
            given = swath["tb"].to_numpy()[:, number]
            wanted = np.where(
                is_pm, *(half[ground.place[cell], names.index(name)] for half in tb[::-1])
            )
            when = swath["time"].to_numpy()[0].astype("M8[us]")
            off = seen.errors.apply(np.repeat(wanted[:, None], len(names), axis=1), when)
            error = given - off[:, names.index(name)]
            # Places are rounded to 0.0005 degrees: some footprints change their cell.
            good = np.isfinite(error) & (np.abs(error) < 6 * TMI.channels[names.index(name)].nedt)
            assert good.mean() > 0.9
            nedt = TMI.channels[names.index(name)].nedt
            assert np.std(error[good]) == pytest.approx(nedt, rel=0.1)


def test_a_day_of_smap_is_read_and_seen_at_its_hours(granules, ground, tmp_path):
    (path,) = granules.write_smap(ground, [DAY], tmp_path)
    ds = open_granule(path)
    assert ds.attrs["simulated"] == "true"
    hour = {"am": 6.0, "pm": 18.0}
    lat = ds["lat"].to_numpy()
    for look in ("am", "pm"):
        found = ds.sel(look=look).isel(time=0)
        seen = ~np.isnat(found["obs_time"].to_numpy())
        assert 0.4 < seen.mean() < 0.75
        times = found["obs_time"].to_numpy()[seen]
        assert (times.astype("M8[D]") == DAY).all()
        here = np.abs(lat[seen]) < 40
        local = times.astype("M8[s]").astype(np.int64) % 86_400 / 3600
        local = (local + ds["lon"].to_numpy()[seen] / 15) % 24
        assert np.abs(local[here] - hour[look]).max() < 1.5
    tb = ds["tb"].to_numpy()
    assert SMAP.channels[0].name in ds["channel"].to_numpy()
    assert 150 < np.nanmin(tb) < np.nanmax(tb) < 320


def test_memory_and_bytes_of_a_command_are_told(bench, tmp_path):
    cost_of = bench("cost").cost_of
    made = tmp_path / "made"
    code = (
        "import time, pathlib; held = bytearray(200_000_000); held[::4096] = b'x' * 48829; "
        f"pathlib.Path({str(made)!r}).write_bytes(bytes(30_000_000)); "
        f"pathlib.Path({str(made)!r}).read_bytes(); time.sleep(1); print('SIMULATED last line')"
    )
    cost = cost_of([sys.executable, "-c", code], tmp_path / "log")
    assert cost.status == 0
    assert cost.last_line == "SIMULATED last line"
    assert 0.2 < cost.largest_gb <= cost.peak_gb < 0.4
    assert cost.written_gb == pytest.approx(0.03, abs=0.01)
    assert cost.read_gb == pytest.approx(0.03, abs=0.02)
    assert 1 < cost.wall_s < 20
    assert cost_of([sys.executable, "-c", "1/0"], tmp_path / "log").status == 1


def test_time_of_26_years_is_in_proportion_to_days_of_the_calendar(bench):
    tables = bench("all_land_tables")
    last = date(2023, 12, 31)
    assert tables.days_of(tables.SMAP) == (last - date(2015, 3, 31)).days + 1
    assert tables.days_of(TMI, tables.GMI) == (date(2015, 4, 8) - date(2014, 3, 4)).days + 1
    assert tables.days_of(tables.AMSRE, tables.AMSR2) == 0
    dry = {"granule days": 10, "target days": 5, "days": 32}
    counted = tables.units(dry)
    assert counted["fuse"][2] == (last - date(1997, 12, 7)).days + 1
    costs = [{"step": "retrieve", "cpu_s": 36.0}]
    text = tables.years_table(costs, dry)
    hours = 36 / 3600 * ((last - date(2015, 3, 31)).days + 1) / 5
    assert f"| {hours:.1f} |" in text
