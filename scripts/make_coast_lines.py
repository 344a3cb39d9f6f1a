"""Make the coast lines and borders of the maps from Natural Earth, by the npm package world-atlas.

    python scripts/make_coast_lines.py

Source: Natural Earth 4.1.0, 1:50 million, land and admin 0 countries, in the public domain; taken
from the npm package world-atlas 2.0.2 (licence ISC), which contains it as TopoJSON. Needs npm.

Writes an array int16 (point, 2) of longitude and latitude [0.01 degree]. A row whose first number
is `plot.coast_lines.BREAK` begins a line, and its second number says which: the closed ring of an
area of land, or a border between countries. The longitudes of a ring beyond the date line exceed
180 degrees.
"""

import hashlib
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from mcca_ml.plot import coast_lines
from mcca_ml.plot.coast_lines import BORDER, BREAK, LAND, STEP_DEG

PACKAGE = "world-atlas@2.0.2"
TOPOLOGY = "package/countries-50m.json"
TOLERANCE = 1.0
"""A point is dropped where it is no farther than this from the simplified line [0.01 degree]."""
TURN = round(360 / STEP_DEG)
LARGEST = 300_000
"""Most bytes of the file."""
OUT = Path(coast_lines.__file__).parent / coast_lines.LINES_FILE


def read_topology() -> dict[str, Any]:
    """Fetch the package by npm and parse its countries."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL
        )
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as package, package.extractfile(TOPOLOGY) as file:  # type: ignore[union-attr]
            return json.load(file)


def decode(topology: dict[str, Any]) -> list[np.ndarray]:
    """Arcs as longitude and latitude [0.01 degree]: stored as differences."""
    scale, origin = (np.array(topology["transform"][k]) for k in ("scale", "translate"))
    return [(np.cumsum(arc, axis=0) * scale + origin) / STEP_DEG for arc in topology["arcs"]]


def rings(geometries: Iterable[dict[str, Any]]) -> list[list[int]]:
    """Numbers of the arcs of each ring; ~n is arc n backwards."""
    found = []
    for one in geometries:
        polygons = [one["arcs"]] if one["type"] == "Polygon" else one.get("arcs", [])
        found += [ring for polygon in polygons for ring in polygon]
    return found


def simplify(line: np.ndarray) -> np.ndarray:
    """Drop points by the method of Douglas and Peucker (1973); both ends stay."""
    kept = np.zeros(len(line), np.bool_)
    kept[[0, -1]] = True
    waiting = [(0, len(line) - 1)]
    while waiting:
        first, last = waiting.pop()
        chord, inside = line[last] - line[first], line[first + 1 : last] - line[first]
        length = float(np.hypot(*chord))
        cross = np.abs(chord[0] * inside[:, 1] - chord[1] * inside[:, 0])
        # The ends of a closed arc coincide: its chord has no direction.
        off = cross / length if length else np.hypot(*inside.T)
        if off.size and off.max() > TOLERANCE:
            farthest = first + 1 + int(off.argmax())
            kept[farthest] = True
            waiting += [(first, farthest), (farthest, last)]
    return line[kept]


def unwrap(ring: np.ndarray) -> np.ndarray:
    """A ring without jumps at the date line; one around the south pole is closed along it."""
    lon = np.unwrap(ring[:, 0].astype(np.int32), period=TURN)
    lon -= TURN * (lon.min() // TURN) * (np.abs(lon).max() > np.iinfo(np.int16).max)
    line = np.c_[lon, ring[:, 1]]
    if lon[0] == lon[-1]:
        return line
    return np.r_[line, [[lon[-1], -TURN // 4], [lon[0], -TURN // 4]]]


def main() -> None:
    """Write the lines beside the module that reads them."""
    topology = read_topology()
    arcs = [np.rint(simplify(arc)).astype(np.int16) for arc in decode(topology)]
    land = rings(topology["objects"]["land"]["geometries"])
    countries = rings(topology["objects"]["countries"]["geometries"])
    coast = {number if number >= 0 else ~number for ring in land for number in ring}
    inner = {number if number >= 0 else ~number for ring in countries for number in ring} - coast
    whole = [np.concatenate([arcs[n] if n >= 0 else arcs[~n][::-1] for n in r]) for r in land]
    # One ring is a leftover at the pole itself.
    lines = [(LAND, unwrap(ring)) for ring in whole if ring[:, 1].max() > -TURN // 4]
    lines += [(BORDER, arcs[n]) for n in sorted(inner)]
    points = np.concatenate([np.r_[[[BREAK, kind]], line] for kind, line in lines]).astype("<i2")
    np.save(OUT, points)
    size, digest = OUT.stat().st_size, hashlib.sha256(OUT.read_bytes()).hexdigest()
    if size > LARGEST:
        raise SystemExit(f"{OUT.name}: {size} bytes, expected at most {LARGEST}; raise TOLERANCE")
    print(f"{OUT.name}: {len(lines)} lines, {len(points)} rows, {size} bytes, sha256 {digest}")  # noqa: T201


if __name__ == "__main__":
    main()
