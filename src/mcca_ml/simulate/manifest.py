"""State of the folder of a simulated world: empty, incomplete or complete."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from mcca_ml import __version__
from mcca_ml.atomic import replacing
from mcca_ml.config.simulate import SimulateSettings
from mcca_ml.errors import ConfigError

MANIFEST, BEGUN = "world.json", "begun.json"
"""Files that mark a complete world, and one that is being made."""

_IDENTITY = "identity"
_NOTED = ("granules", "size", "cells")  # entries of a complete world


@dataclass(frozen=True)
class World:
    """A simulated world on disk."""

    folder: Path
    granules: dict[str, int]
    """Number of granules by sensor."""
    size: int
    """Total size of the granules [byte]."""
    cells: int
    """Number of land cells in the boxes."""
    was_there: bool = False
    """True if the world existed before the call."""

    @property
    def count(self) -> int:
        """Number of granules of all sensors."""
        return sum(self.granules.values())


def identity(settings: SimulateSettings) -> str:
    """Hash of the settings of a world and the version of this package, which determine it."""
    text = settings.model_dump_json()
    return sha256(f"{__version__} {text}".encode()).hexdigest()


def find_world(folder: Path, settings: SimulateSettings) -> World | None:
    """Complete world of these settings in a folder; None if there is none or it is incomplete.

    Raises:
        ConfigError: the folder contains a world of other settings or of another version.
    """
    complete, begun = _read_notes(folder / MANIFEST, *_NOTED), _read_notes(folder / BEGUN)
    for notes, kind in ((complete, "another"), (begun, "an incomplete other")):
        if notes is not None and notes[_IDENTITY] != identity(settings):
            raise ConfigError(
                f"{folder}: contains {kind} simulated world (settings or version differ), expected "
                "none or the same; choose another --out or remove it"
            )
    if complete is None:
        return None
    granules, size, cells = (complete[name] for name in _NOTED)
    return World(folder, granules, size, cells, was_there=True)


def _read_notes(path: Path, *names: str) -> dict[str, Any] | None:
    """Contents of a manifest file; None if it does not exist.

    Raises:
        ConfigError: it cannot be read, or lacks the identity or one of the names.
    """
    if not path.is_file():
        return None
    try:
        notes = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        notes = None
    if not isinstance(notes, dict) or not {_IDENTITY, *names} <= notes.keys():
        raise ConfigError(
            f"{path}: found no JSON with {', '.join((_IDENTITY, *names))}, expected the manifest "
            "of a simulated world; choose another --out or remove the folder"
        )
    return notes


def begin(folder: Path, settings: SimulateSettings) -> None:
    """Record the identity of the world being made, so that no other is mixed with it later.

    Raises:
        OutputError: the file cannot be written.
    """
    _write_notes(folder / BEGUN, {_IDENTITY: identity(settings)})


def end(world: World, settings: SimulateSettings) -> None:
    """Record that a world is complete.

    Raises:
        OutputError: the file cannot be written.
    """
    counts = {name: value for name, value in asdict(world).items() if name in _NOTED}
    notes = {_IDENTITY: identity(settings), "simulated": True} | counts
    _write_notes(world.folder / MANIFEST, notes)
    (world.folder / BEGUN).unlink(missing_ok=True)


def _write_notes(path: Path, notes: Mapping[str, object]) -> None:
    """Write a manifest file."""
    with replacing(path) as beside:
        beside.write_text(json.dumps(notes, indent=1), encoding="utf-8")
