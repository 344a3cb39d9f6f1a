"""Make the frozen land mask of EASE2_M25 from the 1 km land mask of the package global-land-mask.

    python -m pip install global-land-mask==1.0.0
    python scripts/make_land_mask.py

The 30 arc second cells of GLOBE are rectangles on the equal-area map too, so the land share of
each cell is exact; a cell is land where it is at least one half. Writes run lengths, which the
same input always turns into the same bytes. Needs about 2 GB of memory and one minute.
"""

import hashlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from mcca_ml.grid import ease2, land
from mcca_ml.grid.overlap import Cover, overlap

LAND_SHARE = 0.5
OUT = Path(land.__file__).parent / land.MASK_FILE


def read_globe() -> np.ndarray:
    """Whether each cell of 30 arc seconds is land, from 90 N and 180 W."""
    spec = find_spec("global_land_mask")
    if spec is None or spec.origin is None:
        raise SystemExit("global-land-mask is not installed: pip install global-land-mask==1.0.0")
    # Its own module is not imported: that would keep a second copy of 0.9 GB.
    with np.load(Path(spec.origin).parent / "globe_combined_mask_compressed.npz") as archive:
        lat, lon, is_sea = archive["lat"], archive["lon"], archive["mask"]
    # Its lat and lon are those of the north-west corners.
    if not (lat[0] == 90 and lon[0] == -180 and is_sea.shape == (21600, 43200)):
        raise SystemExit("global-land-mask: not the layout of version 1.0.0")
    return ~is_sea


def along_rows(field: np.ndarray, table: Cover) -> np.ndarray:
    """Weighted sum over the first axis."""
    out = np.zeros((len(table.index), field.shape[1]))
    for index, weight in zip(table.index.T, table.weight.T, strict=True):
        out += field[index] * weight[:, None]
    return out


def land_share(is_land: np.ndarray) -> np.ndarray:
    """Land share of each cell of EASE2_M25 [1]."""
    grid = ease2.M25
    y = ease2.map_y(np.linspace(90, -90, is_land.shape[0] + 1))
    x = ease2.map_x(np.linspace(-180, 180, is_land.shape[1] + 1))
    rows = overlap(y, ease2.y_edges(grid))
    columns = overlap(x, ease2.x_edges(grid))
    return along_rows(along_rows(is_land, rows).T, columns).T


def run_lengths(mask: np.ndarray) -> np.ndarray:
    """Lengths of the runs of False and True by turns, False first."""
    flat = mask.ravel()
    change = np.flatnonzero(np.diff(flat)) + 1
    start = np.r_[0, change] if not flat[0] else np.r_[0, 0, change]
    return np.diff(np.r_[start, flat.size]).astype("<i4")


def main() -> None:
    """Write the mask beside the module that reads it."""
    mask = land_share(read_globe()) >= LAND_SHARE
    np.save(OUT, run_lengths(mask))
    digest = hashlib.sha256(OUT.read_bytes()).hexdigest()
    print(f"{OUT.name}: {mask.sum()} land cells, {OUT.stat().st_size} bytes, sha256 {digest}")  # noqa: T201


if __name__ == "__main__":
    main()
