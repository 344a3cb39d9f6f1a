"""A file or directory appears whole or not at all, a failure is one line saying what to do."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcca_ml.atomic import make_directory, replacing, replacing_directory
from mcca_ml.errors import OutputError

NOBODY = 65_534


@pytest.fixture
def closed(tmp_path) -> Iterator[Path]:
    """A directory in which this process may not write, even where the tests run as root."""
    folder = tmp_path / "closed"
    folder.mkdir()
    # The folders above must let anyone pass, or the refusal would come from them.
    for parent in (folder, *list(folder.parents)[:-2]):
        parent.chmod(0o755)
    folder.chmod(0o555)
    was = os.geteuid()
    if was == 0:
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        os.seteuid(was)
        folder.chmod(0o755)


def write(path: Path, content: bytes) -> None:
    with replacing(path) as beside:
        beside.write_bytes(content)


def test_a_file_is_made_and_replaced(tmp_path):
    write(tmp_path / "a.nc", b"first")
    write(tmp_path / "a.nc", b"second")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.nc", b"second")]


@pytest.mark.parametrize("is_synced", [True, False])
def test_the_disk_is_waited_for_where_it_is_asked(tmp_path, monkeypatch, is_synced):
    waits = []
    monkeypatch.setattr(os, "fsync", waits.append)
    with replacing(tmp_path / "file", is_synced=is_synced) as beside:
        beside.write_text("new")
    assert (tmp_path / "file").read_text() == "new"
    assert len(waits) == is_synced


def test_until_the_end_the_old_file_stands(tmp_path):
    path = tmp_path / "a.nc"
    write(path, b"old")
    with replacing(path) as beside:
        beside.write_bytes(b"new")
        assert path.read_bytes() == b"old"


@pytest.mark.parametrize("error", [KeyError("bug"), KeyboardInterrupt()])
def test_work_that_breaks_off_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.nc"
    write(path, b"old")
    with pytest.raises(type(error)), replacing(path) as beside:  # noqa: PT012 it is one step
        beside.write_bytes(b"half")
        raise error
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("a.nc", b"old")]


def test_no_permission_to_write(closed):
    with pytest.raises(OutputError, match=r"cannot write \(Permission denied\); choose a dir"):
        write(closed / "a.nc", b"new")
    assert not list(closed.iterdir())


def test_no_permission_is_told_before_the_work(closed):
    with pytest.raises(OutputError, match="Permission denied"):
        make_directory(closed)
    with pytest.raises(OutputError, match=r"cannot make this directory \(Permission denied\)"):
        make_directory(closed / "below")


def test_the_directory_is_a_file(tmp_path):
    (tmp_path / "out").write_text("no directory")
    with pytest.raises(OutputError, match=r"cannot make .* a file stands there"):
        make_directory(tmp_path / "out")
    with pytest.raises(OutputError, match=r"cannot make .* a file stands there"):
        make_directory(tmp_path / "out" / "below")
    with pytest.raises(OutputError, match=r"cannot write .* a file stands there"):
        write(tmp_path / "out" / "a.nc", b"new")


def test_a_directory_stands_at_the_name_of_the_file(tmp_path):
    (tmp_path / "a.nc").mkdir()
    with pytest.raises(OutputError, match="a directory stands there"):
        write(tmp_path / "a.nc", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.nc"]


FULL_DISK = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from made_retrieval import made_retrieval
from mcca_ml.errors import OutputError
from mcca_ml.publish.attributes import Provenance
from mcca_ml.publish.smap_day import write_product

out, limit = Path(sys.argv[1]), int(sys.argv[3])
ds, made = made_retrieval(), Provenance((), "{}", "")
write_product(ds, out, made)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    write_product(ds, out, made)
except OutputError as error:
    print(error)
"""


@pytest.mark.parametrize("limit", [0, 20_000, 200_000])
def test_a_full_disk_leaves_the_old_product_and_nothing_else(tmp_path, limit):
    """The limit on file sizes of a process of its own stands for the disk."""
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path), here, str(limit)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "cannot write (" in found.stdout
    assert "free some space" in found.stdout or "limit on the size of files" in found.stdout
    assert len(found.stdout.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["20150401_smap_m36.nc"]
    assert next(tmp_path.iterdir()).stat().st_size > 200_000


def fill(path: Path, content: bytes) -> None:
    with replacing_directory(path) as beside:
        (beside / "part").write_bytes(content)


def test_directory_is_replaced_whole(tmp_path):
    path = tmp_path / "store"
    fill(path, b"old")
    (path / "more").write_bytes(b"old")
    fill(path, b"new")
    assert {file.name: file.read_bytes() for file in path.iterdir()} == {"part": b"new"}
    assert [entry.name for entry in tmp_path.iterdir()] == ["store"]


def test_directory_stays_where_writing_fails(tmp_path):
    path = tmp_path / "store"
    fill(path, b"old")

    def broken() -> None:
        with replacing_directory(path) as beside:
            (beside / "part").write_bytes(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert (path / "part").read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["store"]


def test_directory_that_may_not_be_written_is_one_line(closed):
    with pytest.raises(OutputError, match=r"store: cannot write \(Permission denied\); choose a"):
        fill(closed / "store", b"new")
