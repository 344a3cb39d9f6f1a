"""Checkpoints of finished files, and replacement of stores whose settings changed."""

import json
import shutil
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from mcca_ml.atomic import make_directory, replacing
from mcca_ml.store.layout import Frame, manifest, read_frame
from mcca_ml.store.write_blocks import create_store


def _checkpoint(path: Path) -> Path:
    """The checkpoint of a file, or of a group of files, of this name."""
    return path.with_name(f"{path.name}.checkpoint.json")


def is_done(path: Path, inputs: str, folder: Path | None = None) -> bool:
    """Return True if a file, or a group, was made from these inputs and has its size.

    A file whose bytes changed and not its length is named when it is read.

    Args:
        path: as given to `finish`.
        inputs: digest of all that the files depend on.
        folder: as given to `finish`.
    """
    try:
        checkpoint = json.loads(_checkpoint(path).read_text())
        sizes = {
            name: ((folder or path.parent) / name).stat().st_size for name in checkpoint["files"]
        }
        return bool(checkpoint["inputs"] == inputs and checkpoint["bytes"] == sizes)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def finish(path: Path, inputs: str, files: Sequence[Path], folder: Path | None = None) -> None:
    """Write down that files are done; what is missing before is missing after a crash.

    Args:
        path: one of the files, or the name of the group; its checkpoint is made or replaced.
        inputs: digest of all that the files depend on.
        files: below `folder`.
        folder: from which the files are named; without it that of `path`.

    Raises:
        OutputError: it cannot be written.
    """
    named = {one.relative_to(folder or path.parent).as_posix(): one for one in sorted(files)}
    checkpoint = {
        "inputs": inputs,
        "files": {name: sha256(one.read_bytes()).hexdigest() for name, one in named.items()},
        "bytes": {name: one.stat().st_size for name, one in named.items()},
    }
    with replacing(_checkpoint(path)) as beside:
        beside.write_text(json.dumps(checkpoint, indent=1, sort_keys=True))


def begin(path: Path) -> None:
    """Remove the checkpoint before files are made anew."""
    make_directory(path.parent)
    _checkpoint(path).unlink(missing_ok=True)


def make_file(path: Path, inputs: str, write: Callable[[Path], object]) -> None:
    """Make one file anew, with its checkpoint.

    Args:
        path: of the file.
        inputs: digest of all that the file depends on.
        write: called with `path`.
    """
    begin(path)
    write(path)
    finish(path, inputs, [path])


def done_files(path: Path) -> dict[str, str]:
    """Sha256 of the files that are done, by their names from the folder given to `finish`."""
    files: dict[str, str] = json.loads(_checkpoint(path).read_text())["files"]
    return files


def digest_of_done(path: Path) -> str:
    """Digest of the bytes of what is done, by which a later stage notices a change."""
    return sha256(json.dumps(done_files(path), sort_keys=True).encode()).hexdigest()


def sweep(folder: Path) -> None:
    """Remove temporary files that a killed run left.

    Args:
        folder: folder of one record, which no other run uses.
    """
    for pattern in (".*.part", ".*.old"):
        for left in sorted(folder.rglob(pattern)):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def ready_store(path: Path, frame: Frame) -> None:
    """Make a store, in place of one that was made for other cells or with other settings.

    Args:
        path: of the store, in the directory of the stages.
        frame: that it must have.

    Raises:
        OutputError: a store of another version stands there, or it cannot be written.
    """
    make_directory(path.parent)
    is_there = path.is_dir() and any(path.iterdir())
    if is_there and manifest(read_frame(path)) != manifest(frame):
        # Renamed first: if the removal is interrupted no half of a store bears the name.
        aside = path.with_name(f".{path.name}.old")
        shutil.rmtree(aside, ignore_errors=True)
        path.rename(aside)
        shutil.rmtree(aside)
    create_store(path, frame)
