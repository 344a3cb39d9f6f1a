"""What is done, and of what: marks beside files, stores that are made anew when they must be."""

import json
import shutil
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from mcca_ml.atomic import make_directory, replacing
from mcca_ml.store.read_blocks import Frame, create_store, read_frame


def _sha256(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _mark(path: Path) -> Path:
    """The mark of a file or of a group of files that bears its name."""
    return path.with_name(f"{path.name}.mark.json")


def stands(mark: Path, inputs: str, folder: Path) -> bool:
    """Whether the files of a mark were made from these inputs and have their length.

    A file whose bytes changed and not its length is named when it is read.

    Args:
        mark: of `write_mark`.
        inputs: digest of all that they depend on.
        folder: that they are in.
    """
    try:
        said = json.loads(mark.read_text())
    except (OSError, ValueError):
        return False
    if said["inputs"] != inputs:
        return False
    try:
        found = {name: (folder / name).stat().st_size for name in said["files"]}
    except OSError:
        return False
    return bool(found == said.get("bytes", found))  # marks of before have no sizes


def write_mark(mark: Path, inputs: str, files: Sequence[Path], folder: Path) -> None:
    """Write down that files are done; what is missing before is missing after a crash.

    Args:
        mark: made or replaced.
        inputs: digest of all that they depend on.
        files: below `folder`.
        folder: from which they are named.

    Raises:
        OutputError: it cannot be written.
    """
    named = {one.relative_to(folder).as_posix(): one for one in sorted(files)}
    said = {
        "inputs": inputs,
        "files": {name: _sha256(one) for name, one in named.items()},
        "bytes": {name: one.stat().st_size for name, one in named.items()},
    }
    with replacing(mark) as beside:
        beside.write_text(json.dumps(said, indent=1, sort_keys=True))


def is_done(path: Path, inputs: str) -> bool:
    """Whether a file, or a group of them, was made from these inputs and has its length.

    Args:
        path: as given to `finish`.
        inputs: digest of all that it depends on.
    """
    return stands(_mark(path), inputs, path.parent)


def finish(path: Path, inputs: str, files: Sequence[Path]) -> None:
    """Write down that files are done, beside them.

    Args:
        path: whose name the mark bears; one of the files, or the name of the group.
        inputs: digest of all that they depend on.
        files: in the directory of `path`.

    Raises:
        OutputError: it cannot be written.
    """
    write_mark(_mark(path), inputs, files, path.parent)


def begin(path: Path) -> None:
    """Take the mark away before files are made anew."""
    make_directory(path.parent)
    _mark(path).unlink(missing_ok=True)


def digest_of_done(path: Path) -> str:
    """Digest of the bytes of what is done, by which a later stage tells whether it changed."""
    said = json.loads(_mark(path).read_text())
    return sha256(json.dumps(said["files"], sort_keys=True).encode()).hexdigest()


def sweep(folder: Path) -> None:
    """Take away what a run that was killed had written beside and not renamed.

    Args:
        folder: of one record, on which no other run is at work.
    """
    for pattern in (".*.part", ".*.old"):
        for left in sorted(folder.rglob(pattern)):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def _is_same(found: Frame, wanted: Frame) -> bool:
    return (
        np.array_equal(found.cells, wanted.cells)
        and found.channels == wanted.channels
        and found.configuration == wanted.configuration
        and found.contents == wanted.contents
    )


def ready_store(path: Path, frame: Frame) -> None:
    """Make a store, in place of one that was made for other cells or with other settings.

    Args:
        path: of the store, in the directory of the stages.
        frame: that it must have.

    Raises:
        OutputError: a store of another version stands there, or it cannot be written.
    """
    make_directory(path.parent)
    if path.is_dir() and any(path.iterdir()) and not _is_same(read_frame(path), frame):
        # Renamed first: if the removal is interrupted no half of a store bears the name.
        aside = path.with_name(f".{path.name}.old")
        shutil.rmtree(aside, ignore_errors=True)
        path.rename(aside)
        shutil.rmtree(aside)
    create_store(path, frame)
