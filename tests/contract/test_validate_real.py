"""Real stations and real products, by the command that anyone would give."""

from pathlib import Path

import made_validation as made
import netCDF4
import numpy as np
import pytest

from mcca_ml.config.validate import ValidateSettings
from mcca_ml.errors import GranuleError
from mcca_ml.read.products.extract import extract_product
from mcca_ml.read.products.open import parse_product
from mcca_ml.validate.run import Validation, validate
from mcca_ml.validate.stations import group_probes, read_probes

pytestmark = pytest.mark.real_data
pytest.importorskip("ismn", reason="the extra insitu brings it")


def scores(found: Validation) -> list[dict[str, object]]:
    table = found.tables[0]
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def median(found: Validation, score: str) -> float:
    return float(np.median([float(str(row[score])) for row in scores(found)]))


def test_smap_against_oznet_is_what_is_known_of_it(real_data):
    """Median R 0.68 and ubRMSD 0.063 over the 18 stations of the set."""
    folder = real_data / "insitu" / "oznet"
    product = parse_product(str(folder / "Timeseries" / "SMAP"))
    found = validate([product], folder / "ISMN", ValidateSettings())
    assert len(scores(found)) == 18
    assert {row["kind"] for row in scores(found)} == {"station"}
    assert median(found, "r") == pytest.approx(0.68, abs=0.005)
    assert median(found, "ubrmsd") == pytest.approx(0.063, abs=0.0005)
    assert found.compared[0].extract.passed_over == 5  # windows without a pixel


def test_smap_at_silversword_holds_what_is_known_of_it(real_data):
    """R 0.70 for the morning passes; of both passes a day the one nearer to six counts here."""
    folder = real_data / "insitu" / "hawaii"
    product = parse_product(str(folder / "SMAP_L3_V9"))
    found = scores(validate([product], folder / "ISMN", ValidateSettings(quality="any")))
    (last,) = [row for row in found if str(row["unit"]).endswith("SilverSword Hydraprobe-Analog-D")]
    assert last["n"] == 1292
    assert float(str(last["r"])) == pytest.approx(0.682, abs=0.002)
    assert float(str(last["r_low"])) < 0.70 < float(str(last["r_high"]))


def test_smap_recommends_nothing_in_hawaii(real_data):
    folder = real_data / "insitu" / "hawaii"
    product = parse_product(str(folder / "SMAP_L3_V9"))
    with pytest.raises(GranuleError, match="not recommended by the product's flag"):
        validate([product], folder / "ISMN", ValidateSettings())


@pytest.mark.parametrize(
    ("name", "units", "kind"),
    [
        ("SMAP_L3_V9", "cm**3/cm**3", True),
        ("GLDAS", "divided by 1000 kg m-3 and 0.1 m", True),
        ("ERA5_LAND", "m**3 m**-3", True),
        ("SMOS_IC", "units '', taken as m3 m-3", True),
        ("ASCAT/ASCAT_H113", "degree of saturation", False),
    ],
)
def test_stacks_of_series_of_all_layouts_are_read(real_data, name, units, kind):
    """Indexed and contiguous ragged arrays, and points with a row of times each."""
    product = parse_product(str(real_data / "insitu" / "hawaii" / name))
    found = extract_product(product, [(19.76505, -155.42348)], is_strict=False)
    (series,) = found.series
    assert series is not None
    assert units in found.conversion.description
    assert found.conversion.is_volumetric is kind
    assert series.value.size > 700
    assert series.distance_km < 14
    assert (np.diff(series.begin) > np.timedelta64(0)).all()


def test_european_networks_become_dense_cells_and_single_stations(real_data):
    """REMEDHUS is dense in cells of 25 km; no product of the set reaches these days."""
    folder = real_data / "insitu" / "ismn_europe_2024_2025"
    units = group_probes(read_probes(folder), ValidateSettings().fewest_stations)
    dense = [unit for unit in units if unit.kind == "network"]
    assert {unit.network for unit in dense} == {"REMEDHUS", "XMS-CAT"}
    assert {unit.network for unit in units if unit.kind == "station"} >= {"DWD", "SMOSMANIA"}
    cci = parse_product(str(real_data / "products" / "esa_cci_v04.2_passive"))
    words = "values of 2016-12-27 to 2016-12-31, readings of 2024-08-25 to 2025-08-25"
    with pytest.raises(GranuleError, match=words):
        validate([cci], folder, ValidateSettings())


def test_esa_cci_is_scored_without_a_word_of_code_for_it(real_data, tmp_path):
    """Its days meet no station of the set, so SIMULATED ones stand on three of its cells."""
    folder = real_data / "products" / "esa_cci_v04.2_passive"
    days = np.arange("2016-12-25", "2017-01-03", dtype="M8[D]")
    places = [(41.125, -5.375), (-34.875, 146.875), (14.875, 20.125)]
    for number, place in enumerate(places):
        lines = made.hourly(np.full(days.size, 0.1), days=days)
        made.write_station(tmp_path / "s", lines, name=f"S{number}", place=place)
    found = validate(
        [parse_product(str(folder))],
        tmp_path / "s",
        ValidateSettings(window_hours=3.0, fewest_pairs=2),
    )
    known = {}
    for path in sorted(folder.glob("*.nc")):
        with netCDF4.Dataset(path) as ds:
            row = [int(np.argmin(abs(ds["lat"][:] - lat))) for lat, _ in places]
            column = [int(np.argmin(abs(ds["lon"][:] - lon))) for _, lon in places]
            for number, at in enumerate(zip(row, column, strict=True)):
                if ds["flag"][0][at] == 0 and not np.ma.is_masked(ds["sm"][0][at]):
                    known.setdefault(f"SIM-NET S{number} Probe", []).append(float(ds["sm"][0][at]))
    assert len(known) >= 2
    biases = {row["unit"]: (row["n"], row["bias"]) for row in scores(found)}
    for unit, values in known.items():
        n, bias = biases[unit]
        assert n == len(values)
        assert bias == pytest.approx(np.mean(values) - 0.1, abs=1e-6)


def test_lprm_needs_a_name_for_its_variable_and_is_in_percent(real_data):
    (path,) = (real_data / "products").glob("LPRM-*.nc4")
    with pytest.raises(GranuleError, match="found 3 variables of soil moisture"):
        extract_product(parse_product(str(path)), [(41.1, -5.4)])
    found = extract_product(parse_product(f"{path}::soil_moisture_x"), [(41.1, -5.4)])
    (series,) = found.series
    assert series is not None
    assert found.conversion.description == "percent, divided by 100"
    assert series.begin[0].astype("M8[D]") == np.datetime64("2015-04-01")
    assert 0.0 < series.value[0] < 0.6


def test_a_smap_granule_is_read_by_its_group(real_data):
    (path,) = (real_data / "smap").glob("SMAP_L3_SM_P_*.h5")
    found = extract_product(parse_product(str(path)), [(41.1, -5.4), (0.0, -150.0)])
    assert found.variable == "soil_moisture"
    inside, sea = found.series
    assert inside is not None
    assert inside.begin[0] == np.datetime64("2015-04-01")
    assert inside.end[0] == np.datetime64("2015-04-02")
    assert sea is None or sea.value.size == 0


def test_triple_collocation_at_a_real_station(real_data: Path):
    """SMAP, GLDAS and the station of SilverSword: three that share nothing."""
    folder = real_data / "insitu" / "hawaii"
    products = [parse_product(str(folder / name)) for name in ("SMAP_L3_V9", "GLDAS")]
    found = validate(products, folder / "ISMN", ValidateSettings(quality="any"))
    (table,) = [one for one in found.tables if one.name == "triple"]
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    last = [row for row in rows if "SilverSword Hydraprobe-Analog-D" in str(row["unit"])]
    assert [row["product"] for row in last] == ["SMAP_L3_V9", "GLDAS", "stations"]
    assert all(0.7 < float(str(row["r_truth"])) < 0.95 for row in last)
