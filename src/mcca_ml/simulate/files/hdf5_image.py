"""HDF5 files as bytes: an empty image made once, and copies of it filled in.

Most of the time that a small HDF5 file takes goes into making its datasets and their attributes.
Where many files have the same, they are made once, in memory, and each file is a copy with values
put in. Only h5py's interface to the library's own calls is used here, since the costs of its
comfortable one would be the larger part. Nothing depends on the time of writing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from h5py import h5a, h5d, h5f, h5g, h5p, h5s, h5t

from mcca_ml.arrays import AnyArray

Attributes = Mapping[str, bytes]

_COMPACT = 1024  # [byte]: below it values stand in the header, where no chunk has to be looked up
_CHUNK = 1 << 20  # [byte], about: a chunk of a large dataset
_LEVEL = 1  # of gzip; 4 gains 2 % in size and takes a third more time
_MEMORY = 1 << 16  # [byte] by which a file in memory grows
_TYPES: Mapping[str, h5t.TypeID] = {
    "f4": h5t.IEEE_F32LE,
    "f8": h5t.IEEE_F64LE,
    "i1": h5t.STD_I8LE,
    "i2": h5t.STD_I16LE,
}


@dataclass(frozen=True)
class Dataset:
    """One dataset of an image, not yet filled in."""

    path: str
    """Of the dataset, whose group is among those to make."""
    dtype: str
    """One of f4, f8, i1, i2."""
    shape: tuple[int, ...]
    fill: float
    """Value where nothing is put in; also the attribute `_FillValue`."""
    attributes: Attributes


@lru_cache(maxsize=1024)
def _text_type(length: int) -> h5t.TypeID:
    """Text of fixed length without an end mark, as PPS writes it."""
    kind = h5t.C_S1.copy()
    kind.set_size(length)
    kind.set_strpad(h5t.STR_NULLPAD)
    return kind


@lru_cache(maxsize=256)
def _space(shape: tuple[int, ...]) -> h5s.SpaceID:
    """Lengths of a dataset, or of an attribute, which has none."""
    return h5s.create_simple(shape) if shape else h5s.create(h5s.SCALAR)


@lru_cache(maxsize=256)
def _how(dtype: str, shape: tuple[int, ...], fill: float) -> h5p.PropDCID:
    """How the values of a dataset are stored."""
    plist = h5p.create(h5p.DATASET_CREATE)
    plist.set_obj_track_times(False)
    plist.set_fill_value(np.array(fill, dtype))
    row = int(np.prod(shape[1:])) * np.dtype(dtype).itemsize
    if row * shape[0] <= _COMPACT:
        plist.set_layout(h5d.COMPACT)
        return plist
    plist.set_chunk((min(shape[0], max(1, _CHUNK // row)), *shape[1:]))
    plist.set_shuffle()
    plist.set_deflate(_LEVEL)
    return plist


def _text(of: h5g.GroupID | h5d.DatasetID, name: str, value: bytes) -> None:
    """Write an attribute of text."""
    length = max(1, len(value))
    kind = _text_type(length)
    h5a.create(of, name.encode(), kind, _space(())).write(np.array(value, f"S{length}"), kind)


def _make(file: h5f.FileID, dataset: Dataset) -> None:
    """Make one dataset, whose group is there, with its attributes."""
    kind, how = _TYPES[dataset.dtype], _how(dataset.dtype, dataset.shape, dataset.fill)
    made = h5d.create(file, dataset.path.encode(), kind, _space(dataset.shape), how)
    for name, value in dataset.attributes.items():
        _text(made, name, value)
    fill = h5a.create(made, b"_FillValue", kind, _space(()))
    fill.write(np.array(dataset.fill, dataset.dtype), kind)


def _untimed(kind: h5p.PropClassID) -> h5p.PropOCID:
    """Properties of a new file or group that does not note when it was made."""
    plist = h5p.create(kind)
    plist.set_obj_track_times(False)
    return plist


def _in_memory(version: int) -> h5p.PropFAID:
    """How a file in memory is opened, and the version of HDF5 that must be able to read it."""
    access = h5p.create(h5p.FILE_ACCESS)
    access.set_fapl_core(_MEMORY, False)
    access.set_libver_bounds(version, h5f.LIBVER_V110)
    return access


def _opened(image: bytes) -> h5f.FileID:
    """A copy of an image, open for writing."""
    # A dataset of one chunk needs no index from this version on; before it, 2 kB each.
    access = _in_memory(h5f.LIBVER_V110)
    access.set_file_image(image)
    return h5f.open(b"image", h5f.ACC_RDWR, fapl=access)


def _nothing() -> bytes:
    """A file without anything, begun in HDF5's first form as PPS begins its files.

    Images of files begun in a later form are spoilt by HDF5 1.14 (h5py 3.11 to 3.15 tried): it
    clears the mark that a file is open, and leaves the checksum of the block that holds the mark.
    """
    access = _in_memory(h5f.LIBVER_EARLIEST)
    file = h5f.create(b"image", h5f.ACC_TRUNC, fcpl=_untimed(h5p.FILE_CREATE), fapl=access)
    return _bytes(file)


def _bytes(file: h5f.FileID) -> bytes:
    """The file as it would stand on a disk; it is closed."""
    h5f.flush(file)
    image: bytes = file.get_file_image()
    file.close()
    return image


def empty(
    groups: Sequence[str], datasets: Sequence[Dataset], attributes: Mapping[str, Attributes]
) -> bytes:
    """An HDF5 file with datasets that hold nothing yet.

    Args:
        groups: to make, a group before those in it.
        datasets: to make.
        attributes: of groups by their paths, `/` for that of the file.
    """
    file = _opened(_nothing())
    for name in groups:
        h5g.create(file, name.encode(), gcpl=_untimed(h5p.GROUP_CREATE))
    for dataset in datasets:
        _make(file, dataset)
    _describe(file, attributes)
    return _bytes(file)


def _describe(file: h5f.FileID, attributes: Mapping[str, Attributes]) -> None:
    """Write attributes of groups."""
    for path, texts in attributes.items():
        group = h5g.open(file, path.encode())
        for name, value in texts.items():
            _text(group, name, value)


def filled(
    image: bytes, values: Mapping[str, AnyArray], attributes: Mapping[str, Attributes]
) -> bytes:
    """A copy of an image with values and more attributes.

    Args:
        image: of `empty`.
        values: by the path of the dataset, of its shape.
        attributes: of groups by their paths, `/` for that of the file.

    Raises:
        ValueError: values have another shape than their dataset.
    """
    file = _opened(image)
    for path, array in values.items():
        made = h5d.open(file, path.encode())
        if made.shape != array.shape:  # the library would read on behind the array's end
            raise ValueError(f"{path}: values of shape {array.shape}, expected {made.shape}")
        made.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(array))
    _describe(file, attributes)
    return _bytes(file)
