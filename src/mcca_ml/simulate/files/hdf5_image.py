"""HDF5 files as bytes: create an empty file once in memory, and fill copies of it.

Creating datasets and attributes takes most of the time of writing a small HDF5 file. Where many
files have the same structure, it is created once in memory, and each file is a copy with values.
Only the low-level interface of h5py is used, as the overhead of the high-level one would dominate.
The bytes do not depend on the time of writing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from h5py import h5a, h5d, h5f, h5g, h5p, h5s, h5t

from mcca_ml.arrays import AnyArray

Attributes = Mapping[str, bytes]

_COMPACT = 1024  # [byte]: largest dataset stored in its header, without chunks
_CHUNK = 1 << 20  # [byte]: approximate chunk size of a large dataset
_LEVEL = 1  # gzip level; 4 reduces the size by 2 % and takes a third more time
_MEMORY = 1 << 16  # [byte]: increment of a file in memory
_TYPES: Mapping[str, h5t.TypeID] = {
    "f4": h5t.IEEE_F32LE,
    "f8": h5t.IEEE_F64LE,
    "i1": h5t.STD_I8LE,
    "i2": h5t.STD_I16LE,
}


@dataclass(frozen=True)
class Dataset:
    """One empty dataset of an image."""

    path: str
    """Path of the dataset; its group is among those to create."""
    dtype: str
    """One of f4, f8, i1, i2."""
    shape: tuple[int, ...]
    fill: float
    """Fill value; also the attribute `_FillValue`."""
    attributes: Attributes


@lru_cache(maxsize=1024)
def _text_type(length: int) -> h5t.TypeID:
    """Text type of fixed length without a terminator, as PPS writes it."""
    kind = h5t.C_S1.copy()
    kind.set_size(length)
    kind.set_strpad(h5t.STR_NULLPAD)
    return kind


@lru_cache(maxsize=256)
def _space(shape: tuple[int, ...]) -> h5s.SpaceID:
    """Dataspace of a dataset, or scalar dataspace of an attribute for an empty shape."""
    return h5s.create_simple(shape) if shape else h5s.create(h5s.SCALAR)


@lru_cache(maxsize=256)
def _creation(dtype: str, shape: tuple[int, ...], fill: float) -> h5p.PropDCID:
    """Creation properties of a dataset: fill value, layout and compression."""
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


def _text(parent: h5g.GroupID | h5d.DatasetID, name: str, value: bytes) -> None:
    """Write a text attribute."""
    length = max(1, len(value))
    kind = _text_type(length)
    h5a.create(parent, name.encode(), kind, _space(())).write(np.array(value, f"S{length}"), kind)


def _make(file: h5f.FileID, dataset: Dataset) -> None:
    """Create one dataset in an existing group, with its attributes."""
    kind, creation = _TYPES[dataset.dtype], _creation(dataset.dtype, dataset.shape, dataset.fill)
    created = h5d.create(file, dataset.path.encode(), kind, _space(dataset.shape), creation)
    for name, value in dataset.attributes.items():
        _text(created, name, value)
    fill = h5a.create(created, b"_FillValue", kind, _space(()))
    fill.write(np.array(dataset.fill, dataset.dtype), kind)


def _untimed(kind: h5p.PropClassID) -> h5p.PropOCID:
    """Creation properties of a file or group without a time stamp."""
    plist = h5p.create(kind)
    plist.set_obj_track_times(False)
    return plist


def _in_memory(version: int) -> h5p.PropFAID:
    """Access properties of a file in memory that HDF5 from a given version on can read."""
    access = h5p.create(h5p.FILE_ACCESS)
    access.set_fapl_core(_MEMORY, False)
    access.set_libver_bounds(version, h5f.LIBVER_V110)
    return access


def _opened(image: bytes) -> h5f.FileID:
    """A copy of an image, open for writing."""
    # From this version on a dataset of one chunk has no index, which takes 2 kB.
    access = _in_memory(h5f.LIBVER_V110)
    access.set_file_image(image)
    return h5f.open(b"image", h5f.ACC_RDWR, fapl=access)


def _nothing() -> bytes:
    """Empty file in the earliest format of HDF5, as PPS uses it.

    HDF5 1.14 damages images of later formats (h5py 3.11 to 3.15 tested): it clears the flag of an
    open file, but does not update the checksum of the superblock that contains the flag.
    """
    access = _in_memory(h5f.LIBVER_EARLIEST)
    file = h5f.create(b"image", h5f.ACC_TRUNC, fcpl=_untimed(h5p.FILE_CREATE), fapl=access)
    return _bytes(file)


def _bytes(file: h5f.FileID) -> bytes:
    """Bytes of the file as on disk; closes the file."""
    h5f.flush(file)
    image: bytes = file.get_file_image()
    file.close()
    return image


def empty(
    groups: Sequence[str], datasets: Sequence[Dataset], attributes: Mapping[str, Attributes]
) -> bytes:
    """Bytes of an HDF5 file with empty datasets.

    Args:
        groups: paths of groups to create, parents first.
        datasets: datasets to create.
        attributes: attributes by path of the group, `/` for the root group.
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
    """Copy of an image with values and additional attributes.

    Args:
        image: bytes from `empty`.
        values: arrays by path of the dataset, with its shape.
        attributes: attributes by path of the group, `/` for the root group.

    Raises:
        ValueError: an array and its dataset have different shapes.
    """
    file = _opened(image)
    for path, array in values.items():
        dataset = h5d.open(file, path.encode())
        if dataset.shape != array.shape:  # the library would read beyond the array's end
            raise ValueError(f"{path}: values of shape {array.shape}, expected {dataset.shape}")
        dataset.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(array))
    _describe(file, attributes)
    return _bytes(file)
