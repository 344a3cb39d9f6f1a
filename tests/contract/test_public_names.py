"""The public interface: names that load when they are used, paths as text, messages in one line."""

import ast
import inspect
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from made_validation import write_product, write_stations

import mcca_ml
from mcca_ml.errors import ConfigError, GranuleError, MccaMlError, SchemaError

RATIO = 1.4
"""Most that `import mcca_ml` may cost, over `import numpy`."""


def _seconds(module: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
    return time.perf_counter() - begun


def test_import_costs_no_more_than_numpy():
    pairs = [(_seconds("mcca_ml"), _seconds("numpy")) for _ in range(5)]
    own, of_numpy = np.min(pairs, axis=0)
    assert own <= RATIO * of_numpy


def test_import_loads_no_other_package():
    code = (
        "import sys, mcca_ml; print(*(m for m in ('numpy', 'xarray', 'jax') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""


def test_type_checkers_see_the_same_names():
    tree = ast.parse(inspect.getsource(mcca_ml))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = [alias.name for node in block.body for alias in node.names]
    assert sorted(seen) == sorted(mcca_ml.__all__)
    assert set(mcca_ml.__all__) < set(dir(mcca_ml))


@pytest.mark.parametrize("name", mcca_ml.__all__)
def test_every_name_loads_and_is_documented(name):
    assert callable(getattr(mcca_ml, name)) or name in ("M25", "MEANING", "SENSORS")
    assert getattr(mcca_ml, name).__doc__


@pytest.mark.parametrize(
    "first", ["mcca_ml.retrieve", "import mcca_ml.retrieve.single_look", "mcca_ml.open_granule"]
)
def test_packages_can_be_called_whatever_was_imported_before(first):
    code = f"import mcca_ml\n{first}\nassert callable(mcca_ml.retrieve), mcca_ml.retrieve\n"
    code += "assert callable(mcca_ml.validate)\nfrom mcca_ml.retrieve import screen\n"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_retrieve_takes_what_open_granule_gives(tiny_world):
    granule = sorted((tiny_world / "granules" / "SPL3SMP").rglob("*.h5"))[0]
    tb = mcca_ml.open_granule(str(granule))
    retrieved = mcca_ml.retrieve(tb)
    assert retrieved["soil_moisture"].sizes == {n: tb.sizes[n] for n in ("time", "look", "cell")}
    other = mcca_ml.retrieve(tb, mcca_ml.RetrieveSettings(omega=0.0, omega_source="uniform"))
    assert not np.array_equal(other["soil_moisture"], retrieved["soil_moisture"], equal_nan=True)


def test_paths_may_be_text(tiny_world, tiny_record, tmp_path):
    swath = sorted((tiny_world / "granules" / "1C-GMI").rglob("*.HDF5"))[0]
    assert mcca_ml.open_swaths(str(swath))[0]["tb"].equals(mcca_ml.open_swaths(swath)[0]["tb"])
    record = tiny_record / "record.toml"
    assert mcca_ml.load_settings(str(record)) == mcca_ml.load_settings(record)
    product = tiny_record / "product"
    assert mcca_ml.open_record(str(product)).equals(mcca_ml.open_record(product))
    stations, other = write_stations(tmp_path / "stations"), write_product(tmp_path / "other.nc")
    assert mcca_ml.validate([str(other)], str(stations)).table("summary").rows
    assert [t.tasks for t in mcca_ml.run(str(record), stages=())] == []


def _granule_of_nothing(folder: Path) -> Path:
    path = folder / "empty.h5"
    path.write_bytes(b"no granule")
    return path


BAD_CALLS = {
    "no such name": (lambda _: mcca_ml.open_recrod, "no 'open_recrod'; its public names are"),
    "no product": (lambda f: mcca_ml.open_record(f / "none"), "found nothing, expected a product"),
    "empty folder": (lambda f: mcca_ml.open_record(f), "found no file that ends in"),
    "no granule": (lambda f: mcca_ml.open_granule(f / "none.h5"), "none.h5"),
    "damaged granule": (lambda f: mcca_ml.open_granule(_granule_of_nothing(f)), "empty.h5"),
    "no swath": (lambda f: mcca_ml.open_swaths(str(f / "none.HDF5")), "none.HDF5"),
    "no configuration": (lambda f: mcca_ml.load_settings(f / "none.toml"), "give the path of a"),
    "run without one": (lambda f: mcca_ml.run(f / "none.toml"), "give the path of a TOML file"),
    "setting out of range": (
        lambda _: mcca_ml.RetrieveSettings(omega=5.0),
        "RetrieveSettings: omega: found 5.0, expected less than 0.5; correct it",
    ),
    "unknown setting": (
        lambda _: mcca_ml.RetrieveSettings(omgea=0.1),
        "RetrieveSettings: unknown key 'omgea', known:",
    ),
    "settings that disagree": (
        lambda _: mcca_ml.TrainSettings(sequence=30, warm_up=40),
        "TrainSettings: found warm_up 40, expected less than sequence 30; shorten it",
    ),
    "no stations": (lambda f: mcca_ml.validate([f], f / "none"), "none"),
    "features": (
        lambda _: mcca_ml.fit(np.zeros((2, 9)), np.zeros((2, 9)), roles=np.zeros(9), cells=[0, 1]),
        "expected",
    ),
}


@pytest.mark.parametrize("call", BAD_CALLS)
def test_a_wrong_call_says_so_in_one_line(call, tmp_path):
    do, words = BAD_CALLS[call]
    with pytest.raises((MccaMlError, AttributeError)) as raised:
        do(tmp_path)
    line = str(raised.value)
    assert words in line
    assert "\n" not in line
    assert isinstance(raised.value, ConfigError | GranuleError | SchemaError | AttributeError)
