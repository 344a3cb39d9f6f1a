"""Files and directories that appear whole or not at all: written beside, then renamed."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from mcca_ml.errors import OutputError

_ADVICE = {
    errno.ENOSPC: "free some space or choose another --out",
    errno.EDQUOT: "free some space or choose another --out",
    errno.EFBIG: "raise the limit on the size of files or choose another --out",
    errno.EACCES: "choose a directory where you may write",
    errno.EPERM: "choose a directory where you may write",
    errno.EROFS: "choose a directory where you may write",
    errno.EEXIST: "a file stands there; choose a directory",
    errno.ENOTDIR: "a file stands there; choose a directory",
    errno.EISDIR: "a directory stands there; remove it or choose another --out",
}


def _explained(where: Path, verb: str, error: OSError) -> OutputError:
    """The one line that a person sees for a failure of the file system."""
    advice = _ADVICE.get(error.errno or 0, "choose another --out")
    reason = error.strerror or str(error)
    return OutputError(f"{where}: cannot {verb} ({reason}); {advice}")


def make_directory(path: Path) -> Path:
    """Return the directory `path`, made with its parents if it was missing.

    Raises:
        OutputError: it cannot be made, or a file stands there, or nothing may be written in it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _explained(path, "make this directory", error) from error
    if not os.access(path, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
        # Said before hours of work, not after them.
        raise _explained(path, "write here", PermissionError(errno.EACCES, "Permission denied"))
    return path


@contextlib.contextmanager
def replacing(path: Path, *, is_synced: bool = True) -> Iterator[Path]:
    """Give a file name beside `path`; what was written there becomes `path` if nothing failed.

    Args:
        path: file to make or replace; until the end it holds what it held before.
        is_synced: wait until the disk has it, so that a power cut cannot leave a part. False is
            for the many small files of a simulation, which is made again after a power cut.

    Raises:
        OutputError: no permission, no space, or no such directory; nothing is left behind.
    """
    # Beside its name, since a rename is atomic only within one file system; the process in the
    # name keeps two runs apart.
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        # The libraries that write say "permission denied" on a full disk; a first byte tells truly.
        beside.write_bytes(b" ")
        yield beside
        if is_synced:
            with beside.open("rb") as file:
                os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise _explained(path, "write", error) from error
    except RuntimeError as error:
        # What the NetCDF library raises on a full disk; it does not say more.
        full = OSError(errno.ENOSPC, f"disk full or quota reached; the library says: {error}")
        raise _explained(path, "write", full) from error
    finally:
        # Where even this fails the directory itself is gone or closed: there is nothing to clean.
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing_directory(path: Path) -> Iterator[Path]:
    """Give an empty directory beside `path`; it becomes `path`, whole, if nothing failed.

    Args:
        path: directory to make or replace; until the end it holds what it held before.

    Raises:
        OutputError: no permission, no space, or no such place; nothing is left behind.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    aside = path.with_name(f".{path.name}.{os.getpid()}.old")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        yield beside
        # A directory is renamed only over an empty one, so what stood there steps aside first.
        if path.exists():
            path.rename(aside)
        beside.rename(path)
    except OSError as error:
        if aside.exists() and not path.exists():
            aside.rename(path)
        raise _explained(path, "write", error) from error
    finally:
        for left in (beside, aside):
            shutil.rmtree(left, ignore_errors=True)
