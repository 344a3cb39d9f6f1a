"""`mcca-ml report` on products that are no record of ours, SIMULATED here."""

import csv
import re
from pathlib import Path

import made_validation as made
import numpy as np
import pytest
from browser import assert_whole
from typer.testing import CliRunner, Result

from mcca_ml.cli.app import app

pytest.importorskip("ismn", reason="the extra insitu brings it")


PAIRWISE = "others_beside_first_on_days_of_both"
ODD_DAYS = 0.04
"""What the first product is too wet by on the days that the other lacks [m3 m-3]."""


def report(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two products of one cell, the other with half of the days, a network and a lone station."""
    path = tmp_path_factory.mktemp("products")
    first = made.product()
    first["sm"][1::2] += ODD_DAYS  # on common days, the even ones, nothing is wrong but the level
    made.write_product(path / "first.nc", first)
    made.write_product(path / "second.nc", made.product(bias=-0.05, days=made.DAYS[::2]))
    made.write_stations(path / "stations")
    lone = made.hourly(made.wave() + 0.02)
    made.write_station(path / "stations", lone, name="L", network="SIM-LONE", place=(41.9, -5.35))
    return path


@pytest.fixture(scope="module")
def called(folder: Path) -> Result:
    products = (folder / "first.nc", folder / "second.nc")
    return report(*products, "--stations", folder / "stations", "--out", folder / "out")


@pytest.fixture(scope="module")
def text(called: Result, folder: Path) -> str:
    assert called.exit_code == 0, called.output
    return (folder / "out" / "index.html").read_text(encoding="utf-8")


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "out" / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_page_stands_alone_with_its_figures_and_tables(called: Result, text: str, folder: Path):
    assert re.search(r"index\.html: \d\.\d MB, \d+ figures, \d+ tables in", called.stdout)
    assert not re.search(r"https?://|<script", text.split("Provenance</h2>")[0])
    figures = list((folder / "out" / "figures").glob("*.png"))
    assert text.count("<img ") == len(figures)
    assert {"map_of_units.png", "taylor_at_stations.png"} <= {one.name for one in figures}
    assert text.count("<table>") == len(list((folder / "out" / "tables").glob("*.csv")))


def test_networks_named_simulated_mark_the_page_and_its_tables(text: str, folder: Path):
    assert "<b>SIMULATED.</b>" in text
    assert {row["simulated"] for row in table(folder, "products_at_stations")} == {"true"}


def test_the_medians_are_the_known_ones_on_own_and_common_days(text: str, folder: Path):
    rows = {
        (row["product"], row["days"], row["kind"]): row
        for row in table(folder, "products_at_stations")
    }
    whole, half = rows["first", "own", "network"], rows["first", "common", "network"]
    assert float(whole["n"]) == made.DAYS.size - 1
    assert float(half["n"]) == pytest.approx(made.DAYS.size / 2, abs=1)
    odd = (made.DAYS.size // 2 - 1) / (made.DAYS.size - 1)  # one of them has no value
    assert float(whole["bias"]) == pytest.approx(0.03 + ODD_DAYS * odd, abs=1e-6)
    assert float(half["bias"]) == pytest.approx(0.03, abs=1e-6)
    assert float(rows["second", "common", "network"]["bias"]) == pytest.approx(-0.05, abs=1e-6)
    assert float(rows["first", "common", "station"]["bias"]) == pytest.approx(0.01, abs=1e-6)


def test_the_taylor_diagram_has_what_numpy_says_of_common_days(text: str, folder: Path):
    for row in table(folder, "points_of_the_taylor_diagram_at_stations"):
        assert row["which_days"] == "common days"
        assert float(row["r"]) == pytest.approx(1.0, abs=1e-6)
        assert float(row["sd_ratio"]) == pytest.approx(1.0, abs=1e-5)


def test_the_other_stands_beside_the_first_on_days_of_both(text: str, folder: Path):
    rows = {(row["kind"], row["score"]): row for row in table(folder, PAIRWISE)}
    bias = rows["network", "bias"]
    assert (bias["first"], bias["other"]) == ("first", "second")
    assert float(bias["median_first"]) == pytest.approx(0.03, abs=1e-6)
    assert float(bias["difference"]) == pytest.approx(-0.08, abs=1e-6)


def test_scores_by_season_are_those_of_its_days(text: str, folder: Path):
    rows = [row for row in table(folder, "at_stations_by_season") if row["kind"] == "network"]
    months = made.DAYS[::2].astype("M8[M]").astype(int) % 12
    winter = int(np.isin(months, (11, 0, 1)).sum()) - 1  # the product lacks one of them
    counts = {(row["class"], row["product"]): float(row["n"]) for row in rows}
    assert counts["DJF", "first"] == counts["DJF", "second"]
    assert counts["DJF", "first"] in (winter, winter + 1)


def test_a_triplet_of_two_products_with_the_stations_is_collocated_or_refused(
    text: str, folder: Path
):
    assert "Triple collocation</h2>" in text
    names = {path.stem for path in (folder / "out" / "tables").iterdir()}
    assert names & {"triple_collocation", "triplets_that_were_refused"}


def test_it_says_what_was_read_and_how(text: str, folder: Path):
    said = {(row["product"], row["what"]): row["value"] for row in table(folder, "products")}
    assert said["first", "read from"] == "first.nc"
    assert said["first", "units"] == "m3 m-3"
    how = {row["what"]: row["value"] for row in table(folder, "how_it_was_compared")}
    assert how["quality"] == "recommended"


@pytest.mark.slow
def test_in_a_browser_nothing_is_missing_or_too_wide(text: str, folder: Path, tmp_path: Path):
    assert_whole(folder / "out" / "index.html", tmp_path)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("first.nc",), "found products but no stations, expected --stations DIR"),
        (("first.nc", "--truth", "truth.zarr", "--stations", "stations"), "leave it out"),
        (("first.nc", "first.nc", "--stations", "stations"), "2 products of the name first"),
        (("record.toml", "first.nc"), "expected it alone; name products in its"),
        (("none.nc", "--stations", "stations"), "found nothing, expected a product"),
        (("first.nc", "--stations", "none"), "expected"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(folder: Path, monkeypatch, arguments, words):
    monkeypatch.chdir(folder)
    said = report(*arguments, "--out", "refused")
    assert said.exit_code == 1
    assert said.stderr.startswith("error: ")
    assert words in said.stderr
    assert len(said.stderr.splitlines()) == 1
    assert not (folder / "refused" / "index.html").exists()
