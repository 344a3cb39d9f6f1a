"""The Python examples of README and of docs/how_to.md, run as they stand on a SIMULATED record."""

import re
from pathlib import Path

import matplotlib
import pytest

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLES = {"README.md": "demo/product", "docs/how_to.md": "product"}
# The record of the tests covers another region than that of the demonstration.
PLACES = {
    r"south=\S+, north=\S+, west=\S+, east=\S+\)": "south=34, north=35, west=-99, east=-98)",
    r"lat=[-\d.]+, lon=[-\d.]+": "lat=34.2, lon=-98.7",
}


def _code(document: str) -> str:
    text = (PROJECT / document).read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("document", EXAMPLES)
def test_examples_run(document, tiny_record, tmp_path, monkeypatch):
    matplotlib.use("Agg")
    product = tmp_path / EXAMPLES[document]
    product.parent.mkdir(exist_ok=True)
    product.symlink_to(tiny_record / "product")
    monkeypatch.chdir(tmp_path)
    code = _code(document)
    for pattern, place in PLACES.items():
        code = re.sub(pattern, place, code)
    names: dict[str, object] = {}
    exec(compile(code, document, "exec"), names)  # noqa: S102 the example is the test
    assert int(names["point"].count()) > 20
    assert "month" in names["anomaly"].coords or names["anomaly"].sizes["time"] == 4
    assert sorted(path.suffix for path in tmp_path.iterdir() if path.is_file()) in (
        [".csv", ".png"],
        [".png"],
    )


def test_readme_is_short_and_has_ten_lines_of_python():
    assert len((PROJECT / "README.md").read_text(encoding="utf-8").splitlines()) <= 90
    assert len([line for line in _code("README.md").splitlines() if line.strip()]) == 9
