"""The report in a real browser: screen, phone and paper."""

import json
import re
import zlib
from pathlib import Path

import pytest
from browser import Browser, browser_in, probed
from matplotlib.figure import Figure

from mcca_ml.report.html.files import rendered
from mcca_ml.report.html.page import Picture, Section, page
from mcca_ml.report.scores.sheet import Sheet

pytestmark = pytest.mark.slow
PHONE, SCREEN = 390, 1280


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    return browser_in(tmp_path_factory.mktemp("browser"))


def figure() -> bytes:
    made = Figure(figsize=(9, 5), layout="constrained")
    made.add_subplot().plot([0, 1], [0, 1])
    return rendered(made, is_simulated=True)


def sections() -> list[Section]:
    """All that a page can hold: wide and long tables, figures, words."""
    months = tuple(f"month {number}" for number in range(14))
    cells = tuple("+0.123\n-0.100 to +0.200" for _ in months)
    wide = Sheet("Wide", ("", *months), tuple((f"row {i}", *cells) for i in range(6)), "A note.")
    words = "words that go on and on until they need another line of the table, and then one more"
    long = Sheet("Long", ("", "found"), tuple((f"{i} {words}", words) for i in range(60)))
    many = tuple(Picture(f"figure {i}", figure(), "A line", "What it says.") for i in range(4))
    return [
        Section("First", ("A paragraph.", wide)),
        Section("Second", many),
        Section("Third", (long,)),
    ]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "index.html"
    text = page("A <record>", "About it & more.", sections(), is_simulated=True)
    path.write_text(text, encoding="utf-8")
    return path


def probe(browser: Browser, path: Path, width: int) -> dict[str, object]:
    copy = probed(path, path.with_name(f"probed_{width}.html"))
    return dict(json.loads(browser.title(copy, width)))


def pages_of(pdf: bytes) -> list[bytes]:
    """What is drawn on each page of a PDF of Chromium: unpacked streams of its contents."""
    objects = dict(re.findall(rb"\n(\d+) 0 obj\n?(.*?)\nendobj", pdf, re.S))
    drawn = []
    for body in objects.values():
        if re.search(rb"/Type\s*/Page\b", body):
            number = re.search(rb"/Contents (\d+) 0 R", body)
            assert number, body[:200]
            stream = re.search(rb"stream\r?\n(.*)endstream", objects[number[1]], re.S)
            assert stream
            # Whatever line ends follow the data are left over, not refused.
            drawn.append(zlib.decompressobj().decompress(stream[1]))
    return drawn


def marks(drawn: bytes) -> int:
    """Texts and pictures on a page."""
    return len(re.findall(rb"\bT[jJ]\b|\bDo\b", drawn))


def test_the_console_is_silent(browser: Browser, written: Path):
    assert browser.console(written) == []


def test_an_error_of_a_script_is_noticed(browser: Browser, tmp_path: Path):
    bad = tmp_path / "bad.html"
    bad.write_text("<!doctype html><script>console.error('no'); nothing.here()</script>")
    assert len(browser.console(bad)) >= 2


@pytest.mark.parametrize("width", [PHONE, SCREEN])
def test_pictures_are_there_and_nothing_is_wider_than_the_screen(
    browser: Browser, written: Path, width: int
):
    page_state = probe(browser, written, width)
    assert page_state["width"] == width
    assert (page_state["images"], page_state["missing"], page_state["links"]) == (4, 0, 3)
    assert page_state["beyond"] == []
    assert page_state["scroll"] <= width


def test_on_a_phone_wide_tables_scroll_in_boxes_of_their_own_and_figures_shrink(
    browser: Browser, written: Path
):
    assert probe(browser, written, PHONE)["scrolling"] == 1


def test_a_missing_picture_and_a_wide_table_are_noticed(
    browser: Browser, written: Path, tmp_path: Path
):
    text = written.read_text(encoding="utf-8").replace('class="wide"', 'class="else"')
    bad = tmp_path / "bad.html"
    bad.write_text(text.replace("data:image/png;base64,", "nothing/", 1), encoding="utf-8")
    page_state = probe(browser, bad, PHONE)
    assert page_state["missing"] == 1
    assert "TABLE" in page_state["beyond"]
    assert page_state["scroll"] > PHONE


def test_on_paper_it_has_several_pages_and_none_is_blank(browser: Browser, written: Path):
    drawn = [marks(one) for one in pages_of(browser.pdf(written).read_bytes())]
    assert len(drawn) > 2
    assert min(drawn) > 0


def test_a_blank_page_is_noticed(browser: Browser, tmp_path: Path):
    bad = tmp_path / "blank.html"
    bad.write_text(
        "<!doctype html><p>one</p><div style='break-before:page;height:1px'></div>"
        "<p style='break-before:page'>three</p>"
    )
    assert [marks(one) > 0 for one in pages_of(browser.pdf(bad).read_bytes())].count(False) == 1
