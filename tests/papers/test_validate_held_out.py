"""Real stations by which nothing was chosen, scored with the settings as they are.

Two settings were looked at on real stations: that of several values of one place and window the
first counts (OzNet), and that of the passes of a day the one nearer to six counts (SilverSword).
"""

from pathlib import Path

import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mcca_ml.config.validate import ValidateSettings
from mcca_ml.read.products.open import parse_product
from mcca_ml.validate.run import Validation, validate

pytestmark = pytest.mark.real_data
pytest.importorskip("ismn", reason="the extra insitu brings it")

KUKUIHAELE = "SCAN Kukuihaele Hydraprobe-Analog-B"
MANA_HOUSE = "SCAN ManaHouse Hydraprobe-Analog-A"
HAWAII = ("SMAP_L3_V9", "SMOS_IC", "ASCAT/ASCAT_H113", "ERA5_LAND", "GLDAS")
CHOICES = ("first", "second", "third", "mean")
"""Of the values that SMAP's windows of OzNet list for a place."""


def rows_of(found: Validation, name: str) -> list[dict[str, object]]:
    (table,) = [one for one in found.tables if one.name == name]
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def number(row: dict[str, object], column: str) -> float:
    return float(str(row[column]))


@pytest.fixture(scope="module")
def hawaii(real_data) -> Validation:
    """All five products of the islands at once."""
    folder = real_data / "insitu" / "hawaii"
    products = [parse_product(str(folder / name)) for name in HAWAII]
    return validate(products, folder / "ISMN", ValidateSettings(quality="any"))


def write_choice(path: Path, out: Path, choice: str) -> None:
    """A window of SMAP that keeps of each place one of its values, or their mean."""
    with xr.open_dataset(path, engine="netcdf4") as ds:
        if "latitude" not in ds:
            return  # a window without a pixel
        frame = ds[["latitude", "longitude", "soil_moisture"]].to_dataframe().dropna()
    groups = frame.groupby(["latitude", "longitude"], sort=False)
    if choice == "mean":
        kept = groups.mean().reset_index()
    else:
        kept = groups.nth(CHOICES.index(choice)).reset_index(drop=True)
    made = kept.rename_axis("index").to_xarray()
    made["soil_moisture"].attrs["units"] = "m3 m-3"
    made.to_netcdf(out / path.name)


@pytest.fixture(scope="module")
def oznet(real_data, tmp_path_factory) -> dict[str, np.ndarray]:
    """R of each station, in the order of their names, for each choice."""
    folder = real_data / "insitu" / "oznet"
    found = {}
    for choice in CHOICES:
        out = tmp_path_factory.mktemp(choice)
        for path in sorted((folder / "Timeseries" / "SMAP").glob("*.nc")):
            write_choice(path, out, choice)
        scored = validate([parse_product(str(out))], folder / "ISMN", ValidateSettings())
        rows = sorted(rows_of(scored, "scores"), key=lambda row: str(row["unit"]))
        found[choice] = np.array([number(row, "r") for row in rows])
    return found


def chosen(r: dict[str, np.ndarray], some: np.ndarray) -> str:
    """The rule: the choice of the largest median R of some stations."""
    return max(r, key=lambda choice: float(np.median(r[choice][some])))


def test_a_choice_on_half_of_oznet_holds_on_the_other_half(oznet):
    """Every second station by name; the interval of a median of nine is that of ranks 2 and 8."""
    assert all(r.size == 18 for r in oznet.values())
    every = np.arange(18)
    for here, there, known in ((0, 1, (0.643, 0.465, 0.817)), (1, 0, (0.690, 0.623, 0.728))):
        choice = chosen(oznet, every[here::2])
        assert choice == "first"
        kept = np.sort(oznet[choice][there::2])
        assert [np.median(kept), kept[1], kept[7]] == pytest.approx(known, abs=0.005)


def test_any_halves_of_oznet_choose_alike_and_lose_little(oznet):
    """What a choice gains on the stations that it was made on, it may not hold on others."""
    rng = np.random.default_rng(0)
    choices, here_r, there_r = [], [], []
    for _ in range(500):
        here, there = np.split(rng.permutation(18), 2)
        choices.append(chosen(oznet, here))
        here_r.append(np.median(oznet[choices[-1]][here]))
        there_r.append(np.median(oznet[choices[-1]][there]))
    assert set(choices) == {"first", "mean"}
    assert choices.count("first") / 500 == pytest.approx(0.84, abs=0.02)
    assert np.mean(there_r) == pytest.approx(0.676, abs=0.003)
    assert np.mean(here_r) - np.mean(there_r) == pytest.approx(0.009, abs=0.005)


def test_era5_at_all_stations_of_oznet(real_data):
    """A model by which no setting was chosen, on all of its own days."""
    folder = real_data / "insitu" / "oznet"
    product = parse_product(str(folder / "Timeseries" / "ERA5"))
    rows = rows_of(validate([product], folder / "ISMN", ValidateSettings()), "scores")
    assert len(rows) == 18
    quartiles = np.percentile([number(row, "r") for row in rows], [25, 50, 75])
    assert quartiles == pytest.approx([0.605, 0.673, 0.772], abs=0.002)
    ordered = sorted(number(row, "r") for row in rows)  # ranks 5 and 14: 97 % of the median
    assert [ordered[4], ordered[13]] == pytest.approx([0.601, 0.781], abs=0.002)


def _values(folder: Path, product: str) -> pd.DataFrame:
    """Time and soil moisture of the nearest place of a file of the islands, read on its own."""
    with netCDF4.Dataset(folder / product / "0166.nc") as ds:
        lat, lon = np.asarray(ds["lat"][:], float), np.asarray(ds["lon"][:], float)
        near = int(np.argmin(np.hypot(lat - 20.0955, (lon + 155.50864) * np.cos(np.radians(20)))))
        if "locationIndex" in ds.variables:
            is_here = ds["locationIndex"][:] == near
            value, days = ds["soil_moisture"][:][is_here], ds["time"][:][is_here]
        else:
            value, days = ds["swvl1"][near], ds["time"][:]
        time = netCDF4.num2date(days, ds["time"].units, only_use_cftime_datetimes=False)
    frame = pd.DataFrame({"time": np.asarray(time, "M8[ns]"), "x": np.ma.filled(value, np.nan)})
    return frame.dropna().sort_values("time")


@pytest.mark.parametrize(
    ("product", "name"), [("SMAP_L3_V9/netcdf", "SMAP_L3_V9"),
                          ("ERA5_LAND/ERA5_LAND_V20190904", "ERA5_LAND")],
)  # fmt: skip
def test_r_at_kukuihaele_by_another_way(hawaii, real_data, product, name):
    """The same pairs by pandas: nearest reading of an hour, the value of a day nearest to six."""
    folder = real_data / "insitu" / "hawaii"
    (path,) = (folder / "ISMN" / "SCAN" / "Kukuihaele").glob("*_sm_*Analog-B_*.stm")
    lines = [line.split() for line in path.read_text().splitlines()[1:]]
    good = [(f"{one[0]} {one[1]}", float(one[2])) for one in lines if one[3] == "G"]
    station = pd.DataFrame(good, columns=["time", "y"])
    station["time"] = pd.to_datetime(station["time"]).astype("M8[ns]")
    pairs = pd.merge_asof(
        _values(folder, product), station.sort_values("time"), "time",
        direction="nearest", tolerance=pd.Timedelta("1h"),
    ).dropna()  # fmt: skip
    hour = (pairs["time"].dt.hour + pairs["time"].dt.minute / 60 - 155.50864 / 15) % 24
    pairs["away"] = np.minimum((hour - 6) % 24, (6 - hour) % 24)
    pairs["day"] = pairs["time"].dt.floor("D")
    pairs = pairs.sort_values(["day", "away"]).drop_duplicates("day")
    (row,) = [
        one
        for one in rows_of(hawaii, "scores")
        if (one["product"], one["days"], one["unit"]) == (name, "own", KUKUIHAELE)
    ]
    assert number(row, "n") == len(pairs)
    assert number(row, "r") == pytest.approx(pairs["x"].corr(pairs["y"]), abs=1e-6)


@pytest.mark.parametrize(
    ("product", "unit", "n", "r", "low", "high"),
    [
        ("SMAP_L3_V9", KUKUIHAELE, 1168, 0.171, 0.069, 0.290),
        ("SMAP_L3_V9", MANA_HOUSE, 758, 0.154, -0.007, 0.318),
        ("SMOS_IC", MANA_HOUSE, 862, 0.234, 0.103, 0.354),
        ("ASCAT_H113", KUKUIHAELE, 483, 0.474, 0.357, 0.580),
        ("ASCAT_H113", MANA_HOUSE, 1980, 0.450, 0.315, 0.589),
        ("ERA5_LAND", KUKUIHAELE, 726, 0.616, 0.458, 0.752),
        ("ERA5_LAND", MANA_HOUSE, 590, 0.650, 0.284, 0.904),
        ("GLDAS", KUKUIHAELE, 731, 0.359, 0.137, 0.560),
        ("GLDAS", MANA_HOUSE, 594, 0.549, 0.037, 0.818),
    ],
)
def test_two_stations_of_hawaii_kept_for_the_check(hawaii, product, unit, n, r, low, high):
    """Of the documents; the interval may move a little with its method, R and n may not."""
    (row,) = [
        one
        for one in rows_of(hawaii, "scores")
        if (one["product"], one["days"], one["unit"]) == (product, "own", unit)
    ]
    assert number(row, "n") == n
    assert number(row, "r") == pytest.approx(r, abs=0.001)
    assert [number(row, "r_low"), number(row, "r_high")] == pytest.approx([low, high], abs=0.05)


def test_triple_collocation_of_a_radiometer_a_radar_and_a_model(hawaii):
    """Three products without any station; what has too few days or no variance is not told."""
    rows = rows_of(hawaii, "triple")
    title = "SMAP_L3_V9 / ASCAT_H113 / ERA5_LAND"
    some = [row for row in rows if row["triplet"] == title]
    assert {row["unit"] for row in some} == {KUKUIHAELE, MANA_HOUSE}
    errors = {(row["unit"], row["product"]): number(row, "error_sd") for row in some}
    for unit in (KUKUIHAELE, MANA_HOUSE):
        assert errors[unit, "SMAP_L3_V9"] == pytest.approx(0.0605, abs=0.001)
        assert errors[unit, "ERA5_LAND"] == pytest.approx(0.066, abs=0.003)
    (few,) = [row for row in rows if row["triplet"] == "SMOS_IC / ASCAT_H113 / ERA5_LAND"]
    assert "days in common at any station" in str(few["refused"])
