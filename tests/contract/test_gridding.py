"""Gridding of swaths: what a bin holds, how swaths join, bad input, simulated granules."""

import numpy as np
import pytest

from made_swath import block_of_cells, swath
from made_world import small_truth
from mcca_ml import schema
from mcca_ml.config.simulate import EffectSettings, InstrumentSettings
from mcca_ml.errors import SchemaError
from mcca_ml.flags import Flag
from mcca_ml.grid import ease2
from mcca_ml.grid.ease2 import M25
from mcca_ml.grid.footprint_bins import Kernel
from mcca_ml.grid.overpasses import Passes, choose_passes
from mcca_ml.grid.swaths import grid_swaths
from mcca_ml.read.gpm_1c import read_1c
from mcca_ml.sensors import AMSR2, GMI, SENSORS
from mcca_ml.simulate.files.gpm_1c import write_1c
from mcca_ml.simulate.granule_tasks import box_target
from mcca_ml.simulate.observe import observe_1c
from mcca_ml.simulate.observe.instrument import Instrument
from mcca_ml.simulate.observe.truth_slice import slice_truth

DAY = np.datetime64("2016-03-02")
CELLS, PLACE = block_of_cells(rows=1, columns=2)
LAT, LON = float(PLACE.lat[0]), float(PLACE.lon[0])
CLEAN = InstrumentSettings(
    noise=0, geolocation_sd=0, offset_sd=0, slope_sd=0, curvature_sd=0, drift_sd=0,
    tmi_boost_step=0, gmi_boost_step=0, rfi_x_band=0, rfi_l_band=0, bad_scan_share=0,
)  # fmt: skip


def at_local(hour, day="2016-03-02"):
    """UTC of a local mean solar time in the first cell."""
    return np.datetime64(day, "ms") + np.timedelta64(round((hour - LON / 15) * 3_600_000), "ms")


def one(*swaths, **options):
    """What the bins of the first cell hold on three days: (day, look)."""
    return grid_swaths(swaths, CELLS, DAY - 1, DAY + 1, **options).isel(cell=0)


def seen(out):
    return {
        (str(out["time"].to_numpy()[d])[:10], str(out["look"].to_numpy()[k])): float(
            out["tb"].to_numpy()[d, k, 0]
        )
        for d, k in zip(*np.nonzero(np.isfinite(out["tb"].to_numpy()[..., 0])), strict=True)
    }


def test_of_two_passes_the_nearer_to_six_is_kept():
    early, late = (swath([LAT], [LON], at_local(h), tb) for h, tb in ((3.0, 210), (8.0, 220)))
    assert list(seen(one(early, late)).values()) == [220.0]
    assert list(seen(one(late, early)).values()) == [220.0]


def test_of_two_equally_near_the_earlier_is_kept():
    time = np.array(["2016-03-02T13:00", "2016-03-02T09:00"], "M8[ms]")
    two = np.zeros(2)
    result = Passes(two.astype(int), time, two, two, two, np.zeros((2, 1)))
    hours = np.array([8, 4], np.float32)
    taken, (day, look, cell) = choose_passes(result, hours, hours >= 12, 1, DAY)
    assert (taken.tolist(), day.tolist(), look.tolist(), cell.tolist()) == ([1], [0], [0], [0])


def test_looks_of_a_precessing_orbit_go_by_the_clock():
    parts = [swath([LAT], [LON], at_local(h), 200 + h) for h in (11.9, 12.1)]
    # 12 minutes apart in one cell would be one pass; two days make them two.
    parts[1] = swath([LAT], [LON], at_local(12.1, "2016-03-01"), 212)
    assert {k[1] for k in seen(one(*parts))} == {"am", "pm"}


def test_looks_of_amsr_go_by_the_node():
    """11:50 in a cell that the ascending node sees: pm, though it is before noon."""
    parts = [swath([LAT], [LON], at_local(h), 200 + h, sensor="AMSR2") for h in (11.5, 1.5)]
    assert {k[1]: round(v, 1) for k, v in seen(one(*parts)).items()} == {"pm": 211.5, "am": 201.5}


def test_the_day_is_the_utc_day_of_the_mean_time():
    """A pass over midnight is one pass of one day."""
    times = np.datetime64("2016-03-02T23:59:50", "ms") + np.array([0, 6, 12, 18]).astype("m8[s]")
    out = one(swath([LAT] * 4, [LON] * 4, times, [200, 201, 202, 203]))
    assert list(seen(out)) == [("2016-03-02", list(seen(out))[0][1])]
    assert list(seen(out).values()) == [201.5]
    assert int(out["nobs"].max()) == 4


def test_swaths_of_their_own_channels_join():
    first = swath(
        [LAT], [LON], at_local(2), [[200, 190]], sensor="AMSR2", channels=("10.65V", "10.65H")
    )
    second = swath(
        [LAT, LAT + 0.01], [LON, LON], at_local(2), [[210, 205]] * 2, sensor="AMSR2",
        channels=("36.5V", "36.5H"),
    )  # fmt: skip
    out = one(second, first)
    assert list(out["channel"].to_numpy()) == ["10.65V", "10.65H", "36.5V", "36.5H"]
    bin_ = out.sel(time=DAY, look="am")
    np.testing.assert_allclose(bin_["tb"], [200, 190, 210, 205], atol=1e-4)
    assert int(bin_["nobs"]) == 1  # of the swath with the fewest
    assert int(bin_["flag"]) == 0
    only = one(second, channels=("10.65V", "36.5V")).sel(time=DAY, look="am")
    assert int(only["flag"]) == int(Flag.TB_INVALID)
    assert np.isnan(only["tb"]).to_numpy().tolist() == [True, False]


@pytest.mark.parametrize(("good", "doubtful", "value"), [(1, 1, 200), (1, 2, None), (0, 1, 250)])
def test_suspect_footprints_only_where_good_ones_do_not_suffice(good, doubtful, value):
    count = good + doubtful
    tb = [200.0] * good + [250.0] * doubtful
    ds = swath([LAT] * count, [LON] * count, at_local(6), tb, quality=[0] * good + [1] * doubtful)
    out = one(ds).sel(look="am", time=DAY)
    is_mixed = 2 * good < count
    assert bool(int(out["flag"]) & int(Flag.TB_SUSPECT)) == is_mixed
    expected = value or (200 + 250 * 2) / 3
    assert float(out["tb"][0]) == pytest.approx(expected, abs=1e-3)


def test_what_cannot_be_placed_counts_nowhere():
    ds = swath(
        [LAT, np.nan, LAT, LAT], [LON, LON, np.nan, LON], at_local(6), [200, 250, 250, np.nan]
    )
    late = ds.isel(footprint=[0]).copy(deep=True)
    late["time"][:] = np.datetime64("NaT", "ns")
    out = one(ds, late)
    assert list(seen(out).values()) == [200.0]
    assert int(out["nobs"].sum()) == 1


def test_unknown_incidence():
    ds = swath([LAT, LAT], [LON, LON], at_local(6), 200)
    ds["incidence"][0] = np.nan
    assert float(one(ds)["incidence"].max()) == pytest.approx(0.9, abs=1e-4)
    ds["incidence"][:] = np.nan
    assert np.isnan(one(ds)["incidence"].to_numpy()).all()


def test_over_the_date_line():
    """A footprint at the date line counts for the first and for the last column of the map."""
    cells = np.array([300 * 1388, 300 * 1388 + 1387])
    place = ease2.cell_latlon(M25, cells)
    for lon in (-179.999, 179.999, 180.0, -180.0):
        ds = swath([place.lat[0]], [lon], "2016-03-02T06:00", 200)
        both = grid_swaths([ds], cells, DAY, DAY, kernel=Kernel(1.0))
        assert both["nobs"].sum(("time", "look")).to_numpy().tolist() == [1, 1]


def test_nothing_seen():
    out = grid_swaths([], CELLS, DAY, DAY, sensor=GMI)
    schema.check(out, schema.GRID_TB, where="test")
    assert out.sizes["channel"] == len(GMI.channels)
    assert (out["flag"] == int(Flag.NOT_OBSERVED)).all()
    assert out["tb"].isnull().all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cells": CELLS[::-1]}, "found cells out of order or twice, expected increasing cells"),
        ({"cells": np.array([5, 900_000])}, "found cells 5 to 900000, expected 0 to 810591"),
        ({"last": DAY - 1}, "found a last day before the first; swap them"),
        ({"swaths": []}, "found no swath, expected one or more; or give the sensor"),
        ({"sensor": AMSR2}, "made.h5: found sensor 'GMI', expected AMSR2; grid each sensor sep"),
        ({"channels": ("6.9V",)}, "found channel 6.9V, expected of GMI 10.65V, 10.65H, 18.7V"),
    ],
)
def test_bad_input(change, message):
    options = {
        "swaths": [swath([LAT], [LON], at_local(6), 200)],
        "cells": CELLS,
        "sensor": None,
        "channels": None,
        "last": DAY,
    } | change
    with pytest.raises(SchemaError) as caught:
        grid_swaths(
            options["swaths"], options["cells"], DAY, options["last"],
            sensor=options["sensor"], channels=options["channels"],
        )  # fmt: skip
    assert message in str(caught.value)
    assert str(caught.value).startswith("grid_swaths: ")


def test_another_sensor_among_the_swaths():
    parts = [swath([LAT], [LON], at_local(6), 200, sensor=name) for name in ("GMI", "AMSR2")]
    with pytest.raises(SchemaError, match="found sensor 'AMSR2', expected GMI"):
        one(*parts)


@pytest.mark.parametrize("name", ["AMSR2", "GMI"])
def test_simulated_granules_give_the_truth_back(name, tmp_path):
    """Without errors of the instrument and without footprints: the emission of each cell."""
    truth = small_truth(days=6)
    piece = slice_truth(
        truth, truth.cells.patches[0], np.datetime64("2015-07-01"), np.datetime64("2015-07-06")
    )
    ideal = CLEAN.model_copy(update={"has_footprints": False})
    at = Instrument(SENSORS[name], ideal, EffectSettings(), 0)
    result = observe_1c.overpasses(
        at, box_target(piece), np.datetime64("2015-07-02"), np.datetime64("2015-07-04")
    )
    over = max(result, key=lambda o: int(o.footprints.is_inside.sum()))
    tb = observe_1c.cell_tb(
        piece, at, np.array([over.when]), np.array([over.incidence], np.float32)
    )
    write_1c(tmp_path / "granule.HDF5", observe_1c.granule(piece, at, over, tb[0]))
    cells = piece.cells.cell[piece.cells.is_core]
    day = over.when.astype("M8[D]")
    out = grid_swaths(read_1c(tmp_path / "granule.HDF5"), cells, day, day)
    assert out.attrs["simulated"] == "true"
    kept = out.isel(time=0, look=int(np.argmax(out["nobs"].sum(("time", "cell")).to_numpy())))
    assert (kept["nobs"] > 0).mean() > 0.8
    names = [channel.name for channel in SENSORS[name].channels]
    wanted = [names.index(str(channel)) for channel in kept["channel"].to_numpy()]
    off = kept["tb"].to_numpy() - tb[0][piece.cells.is_core][:, wanted]
    # Footprints are stored to 2^-11 degree and the swaths lie up to 1.5 km apart.
    assert np.sqrt(np.nanmean(off**2)) < 0.5
    assert np.abs(np.nanmedian(off)) < 0.05
    times = kept["obs_time"].to_numpy()
    assert (np.abs(times[~np.isnat(times)] - over.when) < np.timedelta64(2, "m")).all()


@pytest.mark.real_data
def test_a_genuine_granule_loses_nothing(real_data):
    """Dropped in the bucket, the sum over cells is the sum over footprints."""
    name = "1C.TRMM.TMI.XCAL2021-V.19971207-S235717-E012836.000160.V07A.HDF5"
    for genuine in read_1c(real_data / "gpm_1c" / name):
        day = genuine["time"].to_numpy().min().astype("M8[D]")
        out = grid_swaths([genuine], np.arange(M25.size), day, day, kernel=Kernel(0.5))
        number = out["nobs"].to_numpy()
        assert number.sum() == genuine.sizes["footprint"] == 100
        total = np.nansum(out["tb"].to_numpy() * number[..., None], axis=(0, 1, 2), dtype=float)
        np.testing.assert_allclose(
            total, genuine["tb"].to_numpy().sum(axis=0, dtype=float), rtol=1e-6
        )
        assert out.attrs["simulated"] == "false"
        assert out.attrs["granules"] == name
