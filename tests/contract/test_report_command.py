"""`mcca-ml report`: one page, light enough to mail; every figure as PNG, every table as CSV."""

import csv
import hashlib
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from browser import assert_whole
from made_record import configuration
from made_validation import write_station
from typer.testing import CliRunner, Result

from mcca_ml.cli.app import app
from mcca_ml.store.read_blocks import open_store

MAILED = 10e6
"""Bytes that a mail may have."""
SECTIONS = (
    "The record",
    "Scores",
    "Maps of scores",
    "Comparison on common days",
    "Stations",
    "Products at stations",
    "Series",
    "Coverage",
    "Uncertainty",
)
OPTIONAL = {"Scores by class", "Triple collocation"}
"""Sections that are empty for a single network."""


def report(configuration: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["report", str(configuration), *options])


@pytest.fixture(scope="module")
def folder(tiny_world: Path, tiny_record: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reported")
    shutil.copytree(tiny_record, path, dirs_exist_ok=True)
    configuration(path, tiny_world)
    return path


@pytest.fixture(scope="module")
def stations(tiny_world: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of four stations that say what is true of their cell, each with its own level."""
    path = tmp_path_factory.mktemp("stations")
    with xr.open_zarr(tiny_world / "truth.zarr", consolidated=False) as ds:
        at = int(np.flatnonzero(np.isin(ds["cell"], recorded(folder)))[0])
        lat, lon = float(ds["lat"][at]), float(ds["lon"][at])
        hours = np.arange(
            ds["time"].to_numpy()[0], ds["time"].to_numpy()[-1], np.timedelta64(1, "h")
        )
        seconds = (ds["time"].to_numpy() - hours[0]) / np.timedelta64(1, "s")
        true = ds["soil_moisture"].to_numpy()[:, at]
        known = np.interp((hours - hours[0]) / np.timedelta64(1, "s"), seconds, true)
    words = [str(hour)[:16].replace("-", "/").replace("T", " ") for hour in hours]
    for number, level in enumerate((-0.02, 0.0, 0.01, 0.03)):
        lines = [f"{word} {one + level:.5f} G M" for word, one in zip(words, known, strict=True)]
        place = (lat + 0.01 * number, lon + 0.01 * number)
        write_station(path, lines, name=f"S{number}", place=place)
    return path


def recorded(folder: Path) -> np.ndarray:
    """Cells of the record in a folder."""
    return open_store(folder / "work" / "record.zarr")["cell"].to_numpy()


@pytest.fixture(scope="module")
def options(tiny_world: Path, stations: Path) -> tuple[str, ...]:
    return ("--truth", str(tiny_world / "truth.zarr"), "--stations", str(stations))


@pytest.fixture(scope="module")
def called(folder: Path, options: tuple[str, ...]) -> Result:
    return report(folder / "record.toml", *options)


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "report" / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Tree(HTMLParser):
    """Elements of a page, with their attributes, and which of them were left open."""

    EMPTY = frozenset({"meta", "link", "img", "br", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.fixture(scope="module")
def text(called: Result, folder: Path) -> str:
    assert called.exit_code == 0, called.output
    return (folder / "report" / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tree(text: str) -> Tree:
    made = Tree()
    made.feed(text)
    assert made.open == []
    return made


def test_it_says_where_the_page_is_and_what_it_has(called: Result, folder: Path):
    assert called.exit_code == 0, called.output
    assert re.fullmatch(
        rf"{re.escape(str(folder))}/report/index\.html: \d\.\d MB, \d+ figures, \d+ tables in .* s",
        called.stdout.strip(),
    )


def test_three_sentences_come_first(text: str, folder: Path):
    sensors, extent, scores = re.findall(r'<p class="lead">(.*?)</p>', text)
    assert "soil moisture" in sensors
    assert f"{recorded(folder).size} cells" in extent
    best = next(
        row
        for row in table(folder, "scores_with_95_intervals")
        if (row["product"], row["reference"], row["which_days"]) == ("fused", "truth", "all")
    )
    assert (
        "simulated truth of all days, R {:.2f} ({:.2f} to {:.2f})".format(
            *(float(best[name]) for name in ("r", "r_low", "r_high"))
        )
        in scores
    )
    assert "against simulated stations, R " in scores or "against stations, R " in scores


def test_without_truth_and_stations_the_page_says_so(folder: Path, tmp_path: Path):
    assert report(folder / "record.toml", "--out", str(tmp_path)).exit_code == 0
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "No independent data were compared" in re.findall(r'<p class="lead">(.*?)</p>', page)[2]


def test_it_can_be_mailed_and_needs_nothing_else(text: str, tree: Tree):
    assert len(text.encode()) < MAILED
    named = [attrs.get(key) for _, attrs in tree.elements for key in ("src", "href")]
    assert all(one is None or one.startswith(("data:", "#")) for one in named)
    assert not re.search(r"url\(|@import|https?://", text.split("<main>")[0])
    assert tree.of("script") == []


def test_it_is_marked_as_simulated(text: str, called: Result):
    assert "<title>SIMULATED " in text
    assert "<b>SIMULATED.</b>" in text


def test_its_sections_stand_in_order_and_the_contents_lead_to_them(text: str, tree: Tree):
    found = re.findall(r'<h2 id="([^"]+)">([^<]+)</h2>', text)
    titles = [title for _, title in found if title not in OPTIONAL]
    assert tuple(titles[: len(SECTIONS)]) == SECTIONS
    assert found[-1][1] == "Provenance"
    assert [attrs["href"] for attrs in tree.of("a")] == [f"#{anchor}" for anchor, _ in found]


def test_every_figure_has_words_and_is_a_file(text: str, tree: Tree, folder: Path):
    figures = sorted((folder / "report" / "figures").iterdir())
    assert len(tree.of("img")) == len(figures) == text.count("<figcaption>SIMULATED. ")
    assert all(str(attrs["alt"]).strip() for attrs in tree.of("img"))
    assert all(path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n") for path in figures)


def test_every_table_is_a_file_that_is_marked(tree: Tree, folder: Path):
    tables = sorted((folder / "report" / "tables").iterdir())
    assert len(tree.of("table")) == len(tables)
    for path in tables:
        with path.open(encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
        assert head[-1] == "simulated"
        assert len(set(head)) == len(head)
        assert {len(row) for row in rows} <= {len(head)}
        assert {row[-1] for row in rows} <= {"true"}


def test_the_summary_has_scores_with_their_intervals(called: Result, folder: Path):
    rows = table(folder, "scores_with_95_intervals")
    assert {"product", "reference", "which_days", "pairs", "cells", "days"} < set(rows[0])
    assert "truth" in {row["reference"] for row in rows} <= {"target", "truth"}
    for row in rows:
        for name in ("r", "anomaly_r", "ubrmsd", "bias"):
            low, middle, high = (row[f"{name}{end}"] for end in ("_low", "", "_high"))
            assert not low or float(low) <= float(middle) <= float(high)


def test_at_perfect_stations_scores_are_those_against_truth(called: Result, folder: Path):
    """But for the level of the stations, 0.005 m3 m-3 above that of their cell."""
    rows = {row["product"]: row for row in table(folder, "scores_at_stations")}
    assert {"record", "stream AMSR2"} <= set(rows)
    names = ("r", "true_r", "ubrmsd", "true_ubrmsd", "bias", "true_bias")
    record = {name: float(rows["record"][name]) for name in names}
    assert rows["record"]["stations"] == "4"
    assert record["r"] == pytest.approx(record["true_r"], abs=0.01)
    assert record["ubrmsd"] == pytest.approx(record["true_ubrmsd"], abs=0.001)
    assert record["bias"] == pytest.approx(record["true_bias"] - 0.005, abs=0.001)
    assert len(list((folder / "report" / "figures").glob("series_sim_net_cell_*.png"))) == 1


def test_digests_are_those_of_the_files(called: Result, folder: Path):
    rows = table(folder, "what_was_learned")
    assert {row["file"].split("/")[0] for row in rows} == {"calibration", "networks", "fusion"}
    for row in rows:
        data = (folder / "work" / row["file"]).read_bytes()
        assert row["sha256"] == hashlib.sha256(data).hexdigest()
        assert int(row["bytes"]) == len(data)
    origin = {row["what"]: row["value"] for row in table(folder, "origin")}
    manifest = json.loads((folder / "product" / "manifest.json").read_text())
    assert origin["sha256 of the granules' list"] == manifest["sources_sha256"]
    assert origin["version of the record"] == manifest["version"]


def test_every_setting_is_listed(called: Result, folder: Path, text: str):
    rows = {row["setting"]: row["value"] for row in table(folder, "settings")}
    assert rows["train.hidden"] == "4"
    assert rows["calibrate.huber"] == "1.345"
    assert "train.hidden" in text
    assert "calibrate.huber" not in text


@pytest.mark.slow
def test_in_a_browser_nothing_is_missing_or_too_wide(text: str, folder: Path, tmp_path: Path):
    assert_whole(folder / "report" / "index.html", tmp_path)


@pytest.mark.slow
def test_what_stood_there_is_replaced(called: Result, folder: Path, options: tuple[str, ...]):
    old = folder / "report" / "tables" / "old.csv"
    old.write_text("old")
    page = (folder / "report" / "index.html").read_bytes()
    again = report(folder / "record.toml", *options)
    assert again.exit_code == 0, again.output
    assert not old.exists()
    assert (folder / "report" / "index.html").read_bytes() == page


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("work/record.zarr", "record.zarr"),
        ("work/target.zarr", "target.zarr"),
        ("work/streams/AMSR2.zarr", "AMSR2.zarr"),
    ],
)
def test_a_missing_part_gives_a_one_line_error(folder: Path, tmp_path: Path, damage, words):
    shutil.copytree(folder, tmp_path / "copy", ignore=shutil.ignore_patterns("report"))
    shutil.rmtree(tmp_path / "copy" / damage)
    result = report(tmp_path / "copy" / "record.toml")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert words in result.stderr
    assert "unexpectedly" not in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "copy" / "report" / "index.html").exists()


def test_a_truncated_record_gives_a_one_line_error(folder: Path, tmp_path: Path):
    shutil.copytree(folder, tmp_path / "copy", ignore=shutil.ignore_patterns("report"))
    shard = next(
        path
        for path in sorted((tmp_path / "copy" / "work" / "record.zarr" / "sm" / "c").rglob("*"))
        if path.is_file()
    )
    shard.write_bytes(shard.read_bytes()[:100])
    result = report(tmp_path / "copy" / "record.toml")
    assert result.exit_code == 1
    assert "record.zarr" in result.stderr
    assert "unexpectedly" not in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_folder_without_stations_gives_a_one_line_error(folder: Path, tmp_path: Path):
    result = report(
        folder / "record.toml", "--stations", str(tmp_path), "--out", str(tmp_path / "o")
    )
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "expected stations of ISMN" in result.stderr
