"""A disk that is full while a record is made: one line, nothing broken, and the same bytes later.

A disk is made full by a limit on the size of a file, which every process may set for itself, and,
where a file system may be mounted, by a small one in memory.
"""

import os
import re
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jax
import pytest
from made_record import bytes_of, configuration

from mcca_ml.errors import OutputError
from mcca_ml.learn.weights_file import load, save
from mcca_ml.pipeline.run import run

PARTS = {
    "grid": ("work/grid/AMSR2.zarr/tb/c/209", "work/grid/AMSR2.zarr/"),
    "calibration": ("work/calibration/TMI.nc", "work/calibration/TMI.nc"),
    "spread": ("work/networks/GMI/spread.npz", "work/networks/GMI/spread.npz"),
    "stream": ("work/streams/GMI.zarr/soil_moisture/c/6", "work/streams/GMI.zarr/"),
    "pool": ("work/fusion/pool.npz", "work/fusion/pool.npz"),
    "record": ("work/record.zarr/sm/c/6", "work/record.zarr/"),
    "cube": ("product/record.zarr/sm_filled/c/1", "product/record.zarr/"),
    "day": ("product/2015/*20150501000000*", "product/2015/"),
    "manifest": ("product/manifest.json", "product/sources.txt"),
}
"""What is taken away of a record, and where the line of a full disk says that it is."""


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """No file that this process writes may become longer [byte]; JAX keeps no program meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    kept = jax.config.jax_persistent_cache_min_compile_time_secs
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 1e9)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", kept)


def without(folder: Path, pattern: str) -> int:
    """Take a part of a record away; size of its longest file [byte]."""
    longest = 0
    for path in sorted(folder.glob(pattern)):
        files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
        longest = max([longest, *(one.stat().st_size for one in files)])
        for one in files:
            one.unlink()
    assert longest
    return longest


def assert_one_line(caught: pytest.ExceptionInfo[OutputError], where: str) -> None:
    line = str(caught.value)
    assert re.match(where, line), line
    assert "\n" not in line
    assert "cannot " in line


def assert_whole(folder: Path, made: Path) -> None:
    """All that is there is what it should be; nothing was left beside."""
    theirs = bytes_of(made)
    assert {name: sha for name, sha in bytes_of(folder).items() if theirs.get(name) != sha} == {}
    assert [p.name for p in folder.rglob(".*.part")] == []


@pytest.mark.parametrize("part", PARTS)
def test_a_file_that_finds_no_room(
    tiny_world: Path, tiny_record: Path, tmp_path: Path, part: str
) -> None:
    shutil.copytree(tiny_record, tmp_path, dirs_exist_ok=True)
    path = configuration(tmp_path, tiny_world)
    pattern, where = PARTS[part]
    size = without(tmp_path, pattern)
    with no_file_beyond(size // 2), pytest.raises(OutputError) as caught:
        run(path)
    begins = f"{re.escape(str(tmp_path))}/{where}"
    if part == "day":  # or the file without values that each day is a copy of
        begins = f"({begins}|.*/empty.nc: )"
    assert_one_line(caught, begins)
    assert_whole(tmp_path, tiny_record)
    run(path)
    assert bytes_of(tmp_path) == bytes_of(tiny_record)


def test_weights_that_find_no_room_leave_those_that_stood(
    tiny_record: Path, tmp_path: Path
) -> None:
    path = Path(shutil.copy(tiny_record / "work" / "networks" / "GMI" / "0000.npz", tmp_path))
    before, weights = path.read_bytes(), load(path)
    with no_file_beyond(len(before) // 2), pytest.raises(OutputError) as caught:
        save(path, weights)
    assert_one_line(caught, re.escape(f"{path}: cannot write (File too large)"))
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "mcca-ml-test", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no file system can be mounted: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def resize(disk: Path, size: int) -> None:
    command = ["mount", "-o", f"remount,size={size}", str(disk)]
    subprocess.run(command, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("pattern", "free_pages"),
    [
        ("work/grid/AMSR2.zarr", 3),
        ("work/record.zarr", 9),
        ("product", 200),
        ("product/record.zarr", 6),
    ],
)
def test_a_full_disk(
    tiny_world: Path, tiny_record: Path, disk: Path, pattern: str, free_pages: int
) -> None:
    shutil.copytree(tiny_record, disk, dirs_exist_ok=True)
    path = configuration(disk, tiny_world)
    shutil.rmtree(disk / pattern)
    held = os.statvfs(disk)
    used = (held.f_blocks - held.f_bfree + free_pages) * held.f_bsize
    resize(disk, used)
    with pytest.raises(OutputError, match="No space left on device|disk full") as caught:
        run(path)
    assert_one_line(caught, re.escape(f"{disk / pattern}"))
    resize(disk, 64 << 20)
    assert_whole(disk, tiny_record)
    run(path)
    assert bytes_of(disk) == bytes_of(tiny_record)
