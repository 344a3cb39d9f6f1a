"""The page of a report: words are escaped, contents lead somewhere, colours can be read."""

import csv
import re

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from mcca_ml.errors import OutputError
from mcca_ml.report.html.files import csv_table, rendered, write_pictures, write_sheets
from mcca_ml.report.html.page import Picture, Section, page
from mcca_ml.report.html.style import style
from mcca_ml.report.html.table import html
from mcca_ml.report.scores.sheet import Sheet, make_sheet

AA = 4.5
"""Contrast of text that WCAG 2 asks for at level AA."""


def luminance(colour: str) -> float:
    """Relative luminance, after WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_black_on_white():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_can_be_read(scheme):
    of_scheme = re.findall(r":root\{(.*?)\}", style())[scheme]
    colours = dict(re.findall(r"--([\w-]+):(#\w{6});", of_scheme))
    pairs = [(text, ground) for text in ("ink", "soft", "link") for ground in ("paper", "panel")]
    contrasts = {
        pair: contrast(*(colours[one] for one in pair)) for pair in [*pairs, ("warn-ink", "warn")]
    }
    assert min(contrasts.values()) >= AA, contrasts


def small() -> bytes:
    figure = Figure(figsize=(2, 1))
    figure.add_subplot().plot([0, 1])
    return rendered(figure, is_simulated=False)


def sections():
    sheet = Sheet(
        "A & B", ("", "n"), (("<row>", "1"),), "note <", ("name", "n"), (("<row>", 1.25),)
    )
    return [
        Section("First part", (sheet, "words & more")),
        Section("Empty", ()),
        Section("Second: part", (Picture("pic", small(), 'alt "quoted"', "caption <"),)),
    ]


def test_words_are_escaped():
    text = page("T <x>", "lead &", sections(), is_simulated=False)
    for words in (
        "T &lt;x&gt;",
        "lead &amp;",
        "&lt;row&gt;",
        "alt &quot;quoted&quot;",
        "caption &lt;",
    ):
        assert words in text
    assert "SIMULATED" not in text
    assert "SIMULATED" in page("T", "", sections(), is_simulated=True)


def test_an_empty_section_is_left_out_and_links_lead_to_the_others():
    text = page("T", "", sections(), is_simulated=False)
    assert re.findall(r'href="#(\w+)"', text) == ["first_part", "second_part"]
    assert re.findall(r'<h2 id="(\w+)"', text) == ["first_part", "second_part"]


def test_a_picture_tells_its_size():
    text = page("T", "", sections(), is_simulated=False)
    assert 'width="240" height="120"' in text


def test_a_tall_picture_has_more_of_the_paper():
    figure = Figure(figsize=(2, 3))
    figure.add_subplot()
    tall = Picture("pic", rendered(figure, is_simulated=False), "alt", "caption")
    text = page("T", "", [Section("S", (tall,))], is_simulated=False)
    assert '<figure class="tall">' in text
    assert '<figure class="tall">' not in page("T", "", sections(), is_simulated=False)


def test_numbers_stand_to_the_right_and_words_to_the_left():
    ends = "+0.77\n– to 0.88"
    sheet = Sheet(
        "t",
        ("", "n", "ci", "pm", "words", "mixed"),
        (("a", "1,234", ends, "+0.1 ± 0.2", "x", "1"), ("b", "–", ends, "– ± –", "y", "one")),
    )
    text = html(sheet)
    kinds = re.findall(r'<th scope="col" (.*?)>', text)
    assert [kind == 'class="n"' for kind in kinds] == [False, True, True, True, False, False]
    assert "+0.77<br><small>– to 0.88</small>" in text


def test_a_table_without_rows_is_one():
    assert "<tbody></tbody>" in html(Sheet("t", ("", "n"), ()))


def test_files_hold_what_the_page_shows_and_not_rounded(tmp_path):
    made = write_sheets(tmp_path, sections(), is_simulated=True)
    assert [path.name for path in made] == ["a_b.csv"]
    with made[0].open(newline="") as file:
        assert list(csv.reader(file)) == [["name", "n", "simulated"], ["<row>", "1.25", "true"]]
    pictures = write_pictures(tmp_path, sections())
    assert [path.read_bytes() for path in pictures] == [small()]


def test_a_sheet_without_data_has_its_cells():
    table = csv_table(Sheet("t", ("", "n"), (("a", "1"),)), is_simulated=False)
    assert (table.columns, table.rows) == (("name", "n", "simulated"), (("a", "1", "false"),))


def test_a_file_in_place_of_the_folder_raises(tmp_path):
    with pytest.raises(OutputError, match="cannot write"):
        write_pictures(tmp_path / "none", sections())


def test_a_figure_of_few_colours_is_small_and_a_scale_keeps_its_colours(tmp_path):
    figure = Figure(figsize=(4, 3))
    figure.add_subplot().imshow(
        np.random.default_rng(0).random((60, 80, 3)), interpolation="nearest"
    )
    kinds = []
    for name, data in (("lines", small()), ("colours", rendered(figure, is_simulated=True))):
        path = tmp_path / f"{name}.png"
        path.write_bytes(data)
        with Image.open(path) as image:
            kinds.append(image.mode)
    assert kinds == ["P", "RGB"]


def test_a_simulated_figure_says_so():
    figure = Figure(figsize=(2, 1))
    figure.add_subplot()
    plain = rendered(figure, is_simulated=False)
    assert rendered(figure, is_simulated=True) != plain
    assert "SIMULATED" in figure.get_suptitle()


def test_cells_are_made_from_the_rows_of_the_file():
    shown = (
        ("", "{} → {}", "before", "after"),
        ("step", "{:+z.2f} ± {:.2f}", "step", "error"),
        ("kept", {"true": "yes"}.__getitem__, "is_kept"),
    )
    sheet = make_sheet("t", shown, [("a", "{b}", -0.001, float("nan"), "true")])
    assert sheet.head == ("", "step", "kept")
    assert sheet.columns == ("before", "after", "step", "error", "is_kept")
    assert sheet.rows == (("a → {b}", "+0.00 ± –", "yes"),)
    assert sheet.data[0][2] == -0.001
