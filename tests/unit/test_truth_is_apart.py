"""The truth of a simulated world is opened by tests and reports, by no stage."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "mcca_ml"
MAY_OPEN = {
    "cli/app.py",
    "demo/world.py",
    "inspect/description.py",
    "inspect/describe.py",
    "inspect/folders.py",
    "inspect/swaths.py",
}
"""What `inspect` shows to a person, and its help; the demonstration hands it to its report."""


def names_in(path: Path) -> set[str]:
    """Modules that a file imports, and texts in its code, documentation left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value
    }
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return texts | {str(module) for module in modules}


def opens_truth(path: Path) -> bool:
    return any("truth.zarr" in n or n.endswith("truth_store") for n in names_in(path))


def test_no_stage_opens_the_truth():
    every = {p.relative_to(PACKAGE).as_posix(): p for p in PACKAGE.rglob("*.py")}
    others = {name for name in every if not name.startswith("simulate/")}
    assert len(others) > 60
    assert others >= MAY_OPEN
    assert [name for name in sorted(others - MAY_OPEN) if opens_truth(every[name])] == []


def test_the_simulator_does_and_is_noticed():
    assert opens_truth(PACKAGE / "simulate" / "run.py")
