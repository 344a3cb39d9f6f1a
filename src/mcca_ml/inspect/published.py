"""What the folder of a published record holds, as its manifest tells, for `mcca-ml inspect`."""

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

_STORE_MARK = "zarr.json"
_DAILY = re.compile(r"-DAILY-(\d{4})(\d{2})(\d{2})000000-[^/]*\.nc$")
_COMMIT_LETTERS = 12
_NAMED = 2
"""Files that are wrong and are named."""
_MB = 1e6


def is_product_folder(path: Path) -> bool:
    """Whether a folder is that of a published record; stores have a manifest too."""
    return (path / MANIFEST).is_file() and not (path / _STORE_MARK).exists()


def describe_product_folder(path: Path) -> Description:
    """What a published record is, and whether its files stand there with the listed sizes.

    Args:
        path: folder with the manifest; of the files only the sizes are looked at.

    Raises:
        GranuleError: its manifest is none of a published record, or cannot be read.
    """
    try:
        return Description(_heading(path, json.loads((path / MANIFEST).read_text())), ())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ConfigError) as error:
        expected = "that of a published record; publish it again"
        raise unreadable(f"{path.name}/{MANIFEST}", error, expected) from error


def _heading(path: Path, said: Mapping[str, Any]) -> dict[str, str]:
    files = said["files"]
    settings = said["settings"]
    region = RegionSettings.model_validate(settings["region"])
    cells = region_cells(region)
    place = cell_latlon(M25, cells)
    return {
        "folder": path.resolve().name,
        "product": f"MCCA-ML {said['version']}, published record",
        **({"simulated": SIMULATED} if said["simulated"] else {}),
        "name": str(said["project"]),
        **({"creator": str(said["creator"])} if said["creator"] else {}),
        "days": _said_days(_days(path, files)),
        "cells": f"{cells.size:,} of {M25.name}, {extent(place.lat, place.lon)}",
        **_said_sources(path, said),
        "files": _said_files(files),
        "on disk": _said_disk(path, files),
        "software": f"mcca-ml {said['software']['mcca-ml']}, "
        f"commit {said['commit'][:_COMMIT_LETTERS] or 'unknown'}",
        "configuration": sha256(settings_as_json(settings).encode()).hexdigest(),
    }


def _days(path: Path, files: Iterable[str]) -> Datetime64:
    """UTC days of the daily files or, without any, of the cube."""
    found = [match.groups() for name in files if (match := _DAILY.search(name))]
    if not found and (path / CUBE).is_dir():
        with xr.open_zarr(path / CUBE, chunks=None, consolidated=False) as ds:
            return np.asarray(ds["time"].to_numpy().astype("M8[D]"))
    return np.unique(np.array(["-".join(parts) for parts in found], "M8[D]"))


def _said_days(days: Datetime64) -> str:
    if not days.size:
        return "none"
    absent = int((days[-1] - days[0]).astype(int)) + 1 - days.size
    missing = f", {absent:,} missing between" if absent else ""
    return f"{days[0]} to {days[-1]}, {days.size:,}{missing}"


def _said_sources(path: Path, said: Mapping[str, Any]) -> dict[str, str]:
    """How many granules it was made from, where the list of them stands beside."""
    name = str(said["sources"])
    if not name or not (path / name).is_file():
        return {}
    count = len((path / name).read_text().splitlines())
    return {"made from": f"{count:,} granules, listed in {name}"}


def _said_files(files: Mapping[str, Mapping[str, Any]]) -> str:
    daily = sum(bool(_DAILY.search(name)) for name in files)
    cube = sum(name.startswith(f"{CUBE}/") for name in files)
    size = sum(int(of["size"]) for of in files.values()) / _MB
    kinds = [f"{daily:,} daily"] if daily else []
    kinds += [f"{cube:,} of the cube {CUBE}"] if cube else []
    kinds.append(f"{size:,.1f} MB")
    return f"{len(files):,}: {', '.join(kinds)}"


def _said_disk(path: Path, files: Mapping[str, Mapping[str, Any]]) -> str:
    """Whether the files stand there; their content is what the sums are for."""
    wrong = [name for name, of in files.items() if not _stands(path / name, int(of["size"]))]
    if not wrong:
        return "all of them, by size; SHA256SUMS tells their content"
    more = ", ..." if len(wrong) > _NAMED else ""
    names = ", ".join(Path(name).name for name in wrong[:_NAMED])
    return f"{len(wrong):,} MISSING or of another size: {names}{more}"


def _stands(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size
