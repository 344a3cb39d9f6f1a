"""Questions of readers, and the place in the documents that answers each."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
WHERE = "architecture.md#Equation or idea, and where it is computed"
ANSWERS = {
    "Where is tau-omega computed?": (WHERE, "physics.emission"),
    "Where is VOD converted between channels?": (WHERE, "VOD"),
    "Where is the Deming regression?": (WHERE, "intercal.deming_regression"),
    "Where are the weights of the fusion?": (WHERE, "fuse.weights.weights"),
    "Where are dielectric models?": (WHERE, "physics.dielectric"),
    "Where is triple collocation?": (WHERE, "metrics.triple_collocation"),
    "What is anomaly R?": ("glossary.md#Glossary", "35 days"),
    "What is a look?": ("glossary.md#Glossary", "look"),
    "What does a bit of flag mean?": ("product.md#Flag", "flags.md"),
    "Is a value with uncertainty above 0.10 recommended?": (
        "method.md#What is weakly identified",
        "weakly_identified",
    ),
    "How do I open a masked record?": ("how_to.md#Open a record", "open_record"),
    "How do I keep frozen ground?": (
        "how_to.md#Keep frozen ground, or another condition",
        "Flag.FROZEN",
    ),
    "How do I get a series at a place?": (
        "how_to.md#Series at a place, values in a box",
        "mcca-ml series",
    ),
    "How do I count the days of a monthly mean?": (
        "how_to.md#Monthly means with the number of days, anomalies",
        "count()",
    ),
    "Can GDAL, QGIS or CDO open it?": ("how_to.md#GDAL, QGIS, rioxarray, CDO", "gdalwarp"),
    "How do I get AMSR2?": ("get_the_data.md#Products", "AMSR2"),
    "What replaces AMSR-E?": ("get_the_data.md#What a sensor that ended is replaced by", "AMSR-E"),
    "How many gigabytes is it?": ("get_the_data.md#How much it is", "GB"),
    "What does my region cost?": ("cost.md#A region", "hour"),
    "Can I trust sm_uncertainty?": ("limits.md#What it does not do", "51 %"),
    "How do I add a sensor?": ("architecture.md#How to add", "sensor"),
    "How do I train on inputs of my own?": ("how_to.md#Use another network", "mcca_ml.learn.fit"),
}


@pytest.mark.parametrize("question", ANSWERS)
def test_a_question_is_answered_where_it_is_said(question):
    place, word = ANSWERS[question]
    page, heading = place.split("#")
    text = (DOCS / page).read_text(encoding="utf-8")
    sections = re.split(r"^(#+ .+)$", text, flags=re.MULTILINE)
    titles = [title.lstrip("# ") for title in sections[1::2]]
    assert heading in titles
    section = sections[2::2][titles.index(heading)]
    assert word.lower() in section.lower()
