"""What stands in the folder of a simulated world: nothing, a part of one, or all of one."""

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
"""Of a complete world, and of one that is being made."""

_IDENTITY = "identity"
_NOTED = ("granules", "size", "cells")  # of a complete world


@dataclass(frozen=True)
class World:
    """A simulated world on disk."""

    folder: Path
    granules: dict[str, int]
    """Files by sensor."""
    size: int
    """Of all granules [byte]."""
    cells: int
    """Land cells in the boxes."""
    was_there: bool = False
    """Whether an find_world call had made it."""

    @property
    def count(self) -> int:
        """Granules of all sensors."""
        return sum(self.granules.values())


def identity(settings: SimulateSettings) -> str:
    """Hash of all that a world depends on: its settings, and the version of this package."""
    text = settings.model_dump_json()
    return sha256(f"{__version__} {text}".encode()).hexdigest()


def find_world(folder: Path, settings: SimulateSettings) -> World | None:
    """The world that stands complete in a folder, if it is the one of these settings.

    Raises:
        ConfigError: the folder holds another world, or a part of one.
    """
    complete, begun = _noted(folder / MANIFEST, *_NOTED), _noted(folder / BEGUN)
    for found, what in ((complete, "another"), (begun, "a part of another")):
        if found is not None and found[_IDENTITY] != identity(settings):
            raise ConfigError(
                f"{folder}: holds {what} simulated world (settings or version differ), expected "
                "none or the same; choose another --out or remove it"
            )
    if complete is None:
        return None
    granules, size, cells = (complete[name] for name in _NOTED)
    return World(folder, granules, size, cells, was_there=True)


def _noted(path: Path, *names: str) -> dict[str, Any] | None:
    """What a file of notes says; None where there is none.

    Raises:
        ConfigError: it cannot be read, or lacks one of the names or the identity.
    """
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict) or not {_IDENTITY, *names} <= found.keys():
        raise ConfigError(
            f"{path}: found no JSON with {', '.join((_IDENTITY, *names))}, expected the notes of a "
            "simulated world; choose another --out or remove the folder"
        )
    return found


def begin(folder: Path, settings: SimulateSettings) -> None:
    """Note which world is being made, lest after an interruption another is mixed with it.

    Raises:
        OutputError: it cannot be written.
    """
    _note(folder / BEGUN, {_IDENTITY: identity(settings)})


def end(world: World, settings: SimulateSettings) -> None:
    """Note that a world is complete.

    Raises:
        OutputError: it cannot be written.
    """
    made = {name: value for name, value in asdict(world).items() if name in _NOTED}
    _note(world.folder / MANIFEST, {_IDENTITY: identity(settings), "simulated": True} | made)
    (world.folder / BEGUN).unlink(missing_ok=True)


def _note(path: Path, found: Mapping[str, object]) -> None:
    """Write a file of notes."""
    with replacing(path) as beside:
        beside.write_text(json.dumps(found, indent=1), encoding="utf-8")
