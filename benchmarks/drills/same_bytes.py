"""Do two folders of stores, weights and products have the same values, bit for bit?

    python -m benchmarks.drills.same_bytes BEFORE AFTER

Run the same configuration with two versions of the package over the same granules, then give the
two folders. Every array of every Zarr store, `.npz` and NetCDF file is compared by shape, dtype and
the bytes of its values; shards of Zarr stores also by name and bytes; attributes by value. Other
files are compared by bytes.

Differences are listed and give exit status 1: arrays, shards, attributes, files on one side only.
Notes are listed and do not: attributes and files that name a version, a commit, a date or a digest
of those, which two versions of the package may write differently.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import netCDF4
import numpy as np
import zarr

NAMES_A_VERSION = re.compile(
    "history|version|commit|date_|tracking_id|settings|sha256|configuration|inputs"
)
"""Attributes that may differ: what the files say of the software and of what they depend on."""
TEXT = {".json", ".txt", ".toml", ""}
"""Endings of files of text: checkpoints, manifests, lists of sums."""

Contents = tuple[dict[str, np.ndarray], dict[str, object]]


def zarr_contents(path: Path) -> Contents:
    """Arrays and attributes of a store; the attributes of an array carry its name."""
    group = zarr.open_group(path, mode="r", zarr_format=3)
    arrays, attributes = {}, dict(group.attrs)
    for name in sorted(file.parent.name for file in path.glob("*/zarr.json")):
        array = group[name]
        arrays[name] = np.asarray(array[...])
        attributes |= {f"{name}:{key}": value for key, value in array.attrs.items()}
        attributes[f"{name}:layout"] = str(array.metadata.to_dict())
    return arrays, attributes


def netcdf_contents(path: Path) -> Contents:
    """Variables as stored, unmasked and unscaled, and attributes of a NetCDF file."""
    with netCDF4.Dataset(path) as nc:
        nc.set_auto_maskandscale(False)
        arrays, attributes = {}, {key: nc.getncattr(key) for key in nc.ncattrs()}
        for name, variable in nc.variables.items():
            arrays[name] = np.asarray(variable[...])
            attributes |= {f"{name}:{k}": variable.getncattr(k) for k in variable.ncattrs()}
            attributes[f"{name}:layout"] = f"{variable.dimensions} {variable.chunking()}"
    return arrays, attributes


def npz_contents(path: Path) -> Contents:
    """Arrays of a file of NumPy."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}, {}


def compared_arrays(
    name: str, before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]
) -> Iterator[str]:
    """Arrays that differ in shape, dtype or the bytes of a value."""
    for key in sorted(before.keys() | after.keys()):
        if key not in before or key not in after:
            yield f"{name}: {key} only {'before' if key in before else 'after'}"
            continue
        old, new = before[key], after[key]
        if (old.dtype, old.shape) != (new.dtype, new.shape):
            yield f"{name}: {key} is {old.dtype} {old.shape} before, {new.dtype} {new.shape} after"
        elif (old.dtype.hasobject and (old != new).any()) or (
            not old.dtype.hasobject and old.tobytes() != new.tobytes()
        ):
            yield f"{name}: {key} differs in {int((old != new).sum()):,} of {old.size:,} values"


def compared_attributes(
    name: str, before: Mapping[str, object], after: Mapping[str, object]
) -> Iterator[tuple[bool, str]]:
    """Attributes that differ, each with whether it may."""
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key, "(none)"), after.get(key, "(none)")
        if repr(old) != repr(new):
            if NAMES_A_VERSION.search(key):
                yield True, f"{name}: attribute {key}"
            else:
                yield False, f"{name}: attribute {key}: {str(old)[:60]!r}, {str(new)[:60]!r}"


def is_a_note(name: str) -> bool:
    """Whether a file is a text beside the data: a checkpoint, a manifest, a list of sums."""
    return Path(name).suffix in TEXT and "/c/" not in name and not name.endswith("zarr.json")


def things(folder: Path) -> set[str]:
    """Paths below a folder of all files and of all Zarr stores."""
    found = [path for path in folder.rglob("*") if path.is_file() or path.suffix == ".zarr"]
    return {path.relative_to(folder).as_posix() for path in found}


def compared(before: Path, after: Path, name: str) -> Iterator[tuple[bool, str]]:
    """Differences of one store or file, each with whether it may differ."""
    old, new = before / name, after / name
    readers = {".zarr": zarr_contents, ".nc": netcdf_contents, ".npz": npz_contents}
    if old.suffix in readers:
        (arrays, attributes), (arrays_after, attributes_after) = map(
            readers[old.suffix], (old, new)
        )
        yield from ((False, line) for line in compared_arrays(name, arrays, arrays_after))
        yield from compared_attributes(name, attributes, attributes_after)
    elif old.name == "zarr.json":
        return  # compared as attributes and layout of the array
    elif old.is_file() and old.read_bytes() != new.read_bytes():
        yield is_a_note(name), f"{name}: other bytes"


def main() -> int:
    """Compare two folders and list what differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    asked = parser.parse_args()
    before, after = things(asked.before), things(asked.after)
    if not before & after:
        print(f"found nothing in both {asked.before} and {asked.after}, expected two records")
        return 2
    found = [(is_a_note(name), f"{name}: only before") for name in sorted(before - after)]
    found += [(is_a_note(name), f"{name}: only after") for name in sorted(after - before)]
    for name in sorted(before & after):
        found += compared(asked.before, asked.after, name)
    wrong = [line for may_differ, line in found if not may_differ]
    notes = Counter(line.split(": ", 1)[1] for may_differ, line in found if may_differ)
    for line in wrong:
        print("DIFFERENT ", line)
    for what, count in notes.items():
        print("note      ", f"{count} files: {what}")
    kinds = [sum(Path(n).suffix == s for n in before & after) for s in (".zarr", ".npz", ".nc")]
    print(f"{kinds[0]} stores, {kinds[1]} .npz, {kinds[2]} NetCDF files: {len(wrong)} differences")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
