"""What the command line says before any work: help, version, settings, bad arguments."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mcca_ml import __version__
from mcca_ml.cli.app import app
from mcca_ml.cli.arguments import plan_work
from mcca_ml.config.defaults import as_toml
from mcca_ml.config.load import load_settings
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.errors import ConfigError, GranuleError

HEAVY = ("jax", "xarray", "matplotlib", "h5py", "netCDF4", "numpy", "pyproj", "rich")
"""Pydantic is not among them: newer Typer itself imports it for the help of a command."""
HELP = f"""
import sys
from mcca_ml.cli.app import main
sys.argv = ["mcca-ml", *sys.argv[1:]]
try:
    main()
finally:
    print("heavy:", [name for name in {HEAVY!r} if name in sys.modules])
"""

run = CliRunner().invoke


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], *([name, "--help"] for name in
    ("retrieve", "inspect", "config", "demo", "demo-day"))], ids=" ".join
)  # fmt: skip
def test_help_imports_nothing_heavy(arguments):
    command = [sys.executable, "-c", HELP, *arguments]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "heavy: []"


def test_version():
    assert run(app, ["--version"]).output == f"mcca-ml {__version__}\n"


def test_config_prints_every_default_with_its_meaning(tmp_path):
    printed = run(app, ["config"]).output
    assert printed == as_toml()
    table = tomllib.loads(printed)["retrieve"]
    assert set(table) == set(RetrieveSettings.model_fields)
    assert RetrieveSettings.model_validate(table) == RetrieveSettings()
    for name, field in RetrieveSettings.model_fields.items():
        line = next(line for line in printed.splitlines() if line.startswith(f"{name} ="))
        assert line.endswith(f"# {field.description}")
    (tmp_path / "all.toml").write_text(printed)
    assert load_settings(tmp_path / "all.toml").retrieve == RetrieveSettings()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["retrieve", "{tmp}/none.h5", "--out", "{tmp}"], "none.h5: found no such file"),
        (["retrieve", "{tmp}/*.h5", "--out", "{tmp}"], "*.h5: no file matches this pattern"),
        (["retrieve", "{tmp}", "--out", "{tmp}"], "found a directory, expected a granule"),
        (["retrieve", "{tmp}/a.nc"], "no directory for the products, expected --out DIR"),
        (["retrieve", "{tmp}/bad.toml", "--out", "{tmp}"], "unknown key 'retrieve.omgea', known:"),
        (["retrieve", "{tmp}/bad.toml", "{tmp}/bad.toml"], "found 2 configurations, expected one"),
        (["retrieve", "{tmp}/empty.toml", "--out", "{tmp}"], "found no granule, expected at least"),
        (["retrieve", "{tmp}/a.nc", "--out", "{tmp}/a.nc"], "a file stands there"),
        (["retrieve", "{tmp}/a.nc", "--out", "{tmp}/out"], "a.nc: "),
        (
            ["retrieve", "{tmp}/a.nc", "--out", "{tmp}", "--ancillary", "{tmp}/b"],
            "b: found no such",
        ),
        (["inspect", "{tmp}/a.nc"], "a.nc: "),
        (["inspect", "{tmp}/none.h5"], "none.h5: "),
        (["demo-day", "--out", "{tmp}/a.nc"], "a file stands there"),
        (["demo", "--out", "{tmp}/a.nc"], "a file stands there"),
        (["demo", "--world", "{tmp}/none.toml", "--out", "{tmp}/o"], "none.toml: "),
        (["demo", "--world", "{tmp}/empty.toml", "--out", "{tmp}/o"], "found no [simulate]"),
    ],
)
def test_an_error_is_one_line_without_traceback(tmp_path, arguments, message):
    (tmp_path / "a.nc").write_text("not a granule")
    (tmp_path / "bad.toml").write_text("[retrieve]\nomgea = 0.1\n")
    (tmp_path / "empty.toml").write_text("")
    found = run(app, [argument.format(tmp=tmp_path) for argument in arguments])
    assert found.exit_code == 1
    assert message in found.stderr
    assert found.stderr.startswith("error: ")
    assert len(found.stderr.splitlines()) == 1
    assert found.stdout == ""


def test_debug_shows_the_traceback(tmp_path):
    found = run(app, ["retrieve", str(tmp_path), "--out", str(tmp_path), "--debug"])
    assert isinstance(found.exception, GranuleError)


def test_an_unforeseen_error_is_one_line_too(tmp_path, monkeypatch):
    def broken(_path: Path) -> None:
        raise ZeroDivisionError("one\ntwo")

    monkeypatch.setattr("mcca_ml.inspect.describe.describe", broken)
    found = run(app, ["inspect", str(tmp_path)])
    assert found.exit_code == 1
    assert "internal error (ZeroDivisionError: one two)" in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_a_configuration_names_granules_directory_and_settings(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("b.h5", "a.h5", "notes.txt"):
        (tmp_path / "in" / name).touch()
    (tmp_path / "c.h5").touch()
    config = tmp_path / "run.toml"
    config.write_text(
        '[input.SPL3SMP]\npath = "in"\n[input.other]\npath = "c*"\n'
        '[output]\ndirectory = "out"\n[retrieve]\nomega = 0.1\nmode = "season"\n'
    )
    work = plan_work([str(config)], None, None)
    assert [path.name for path in work.granules] == ["a.h5", "b.h5", "c.h5"]
    assert work.out == tmp_path / "out"
    assert (work.settings.omega, work.settings.mode) == (0.1, "season")
    over = plan_work([str(config), str(tmp_path / "c.h5")], Path("there"), "look")
    assert over.out == Path("there")
    assert (over.settings.omega, over.settings.mode) == (0.1, "look")
    assert over.granules[0].name == "c.h5"


def test_a_configuration_that_names_an_empty_directory(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "run.toml").write_text('[input.SPL3SMP]\npath = "in"\n')
    with pytest.raises(GranuleError, match="no file that ends in .h5"):
        plan_work([str(tmp_path / "run.toml")], tmp_path, None)


def test_two_configurations_are_refused():
    with pytest.raises(ConfigError, match="merge them"):
        plan_work(["a.toml", "b.toml"], None, None)


def test_a_configuration_in_the_current_folder(tmp_path, monkeypatch):
    """`./run.toml` is the same file as `run.toml`, though not the same text."""
    (tmp_path / "a.h5").touch()
    (tmp_path / "run.toml").write_text('[input.SPL3SMP]\npath = "*.h5"\n')
    monkeypatch.chdir(tmp_path)
    for name in ("run.toml", "./run.toml", f"../{tmp_path.name}/run.toml"):
        assert [path.name for path in plan_work([name], tmp_path, None).granules] == ["a.h5"]
