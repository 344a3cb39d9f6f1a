"""Describe the folder of a published record from its manifest, for `mcca-ml inspect`."""

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from mcca_ml.arrays import Datetime64
from mcca_ml.config.record import RegionSettings
from mcca_ml.errors import ConfigError
from mcca_ml.grid.ease2 import M25, cell_latlon
from mcca_ml.inspect.description import SIMULATED, Description, extent, unreadable
from mcca_ml.pipeline.plan import region_cells
from mcca_ml.pipeline.publish import CUBE
from mcca_ml.publish.attributes import settings_as_json
from mcca_ml.publish.record_manifest import MANIFEST

_STORE_FILE = "zarr.json"
_DAILY = re.compile(r"-DAILY-(\d{4})(\d{2})(\d{2})000000-[^/]*\.nc$")
_COMMIT_LETTERS = 12
_MOST_NAMED = 2
"""Largest number of missing or wrong files to name."""
_MB = 1e6


def is_product_folder(path: Path) -> bool:
    """Return True for the folder of a published record; stores have a manifest too."""
    return (path / MANIFEST).is_file() and not (path / _STORE_FILE).exists()


def describe_product_folder(path: Path) -> Description:
    """Describe a published record, and check that its files have the listed sizes.

    Args:
        path: folder with the manifest; only the sizes of the files are checked.

    Raises:
        GranuleError: the manifest is unreadable or not that of a published record.
    """
    try:
        return Description(_heading(path, json.loads((path / MANIFEST).read_text())), ())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ConfigError) as error:
        expected = "that of a published record; publish it again"
        raise unreadable(f"{path.name}/{MANIFEST}", error, expected) from error


def _heading(path: Path, manifest: Mapping[str, Any]) -> dict[str, str]:
    files = manifest["files"]
    settings = manifest["settings"]
    region = RegionSettings.model_validate(settings["region"])
    cells = region_cells(region)
    place = cell_latlon(M25, cells)
    return {
        "folder": path.resolve().name,
        "product": f"MCCA-ML {manifest['version']}, published record",
        **({"simulated": SIMULATED} if manifest["simulated"] else {}),
        "name": str(manifest["project"]),
        **({"creator": str(manifest["creator"])} if manifest["creator"] else {}),
        "days": _format_days(_days(path, files)),
        "cells": f"{cells.size:,} of {M25.name}, {extent(place.lat, place.lon)}",
        **_source_count(path, manifest),
        "files": _format_files(files),
        "on disk": _check_sizes(path, files),
        "software": f"mcca-ml {manifest['software']['mcca-ml']}, "
        f"commit {manifest['commit'][:_COMMIT_LETTERS] or 'unknown'}",
        "configuration": sha256(settings_as_json(settings).encode()).hexdigest(),
    }


def _days(path: Path, files: Iterable[str]) -> Datetime64:
    """Return the UTC days of the daily files, or of the cube if there are none."""
    dates = [match.groups() for name in files if (match := _DAILY.search(name))]
    if not dates and (path / CUBE).is_dir():
        with xr.open_zarr(path / CUBE, chunks=None, consolidated=False) as ds:
            return np.asarray(ds["time"].to_numpy().astype("M8[D]"))
    return np.unique(np.array(["-".join(parts) for parts in dates], "M8[D]"))


def _format_days(days: Datetime64) -> str:
    if not days.size:
        return "none"
    absent = int((days[-1] - days[0]).astype(int)) + 1 - days.size
    missing = f", {absent:,} missing between" if absent else ""
    return f"{days[0]} to {days[-1]}, {days.size:,}{missing}"


def _source_count(path: Path, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the number of source granules, if the list of them exists."""
    name = str(manifest["sources"])
    if not name or not (path / name).is_file():
        return {}
    count = len((path / name).read_text().splitlines())
    return {"made from": f"{count:,} granules, listed in {name}"}


def _format_files(files: Mapping[str, Mapping[str, Any]]) -> str:
    daily = sum(bool(_DAILY.search(name)) for name in files)
    cube = sum(name.startswith(f"{CUBE}/") for name in files)
    size = sum(int(entry["size"]) for entry in files.values()) / _MB
    kinds = [f"{daily:,} daily"] if daily else []
    kinds += [f"{cube:,} of the cube {CUBE}"] if cube else []
    kinds.append(f"{size:,.1f} MB")
    return f"{len(files):,}: {', '.join(kinds)}"


def _check_sizes(path: Path, files: Mapping[str, Mapping[str, Any]]) -> str:
    """Return whether all files have the listed size; SHA256SUMS verifies their content."""
    faulty = [
        name for name, entry in files.items() if not _has_size(path / name, int(entry["size"]))
    ]
    if not faulty:
        return "all of them, by size; SHA256SUMS verifies their content"
    more = ", ..." if len(faulty) > _MOST_NAMED else ""
    names = ", ".join(Path(name).name for name in faulty[:_MOST_NAMED])
    return f"{len(faulty):,} MISSING or of another size: {names}{more}"


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size
