"""A SIMULATED world of a few cells and eleven weeks, and the configuration of a record of it."""

import hashlib
from datetime import date
from pathlib import Path

from mcca_ml.config.load import load_settings

WORLD = load_settings(Path(__file__).parents[2] / "worlds" / "tiny.toml").simulate
LAST = date(2015, 6, 20)
TRAIN = """
[train]
hidden = 4
sequence = 16
warm_up = 4
fewest_targets = 5
pooled_epochs = 2
epochs = 2
block = 4
"""


def configuration(folder: Path, world: Path, *, end: date = LAST, more: str = TRAIN) -> Path:
    """A configuration in `folder` of the granules of `world`."""
    folder.mkdir(parents=True, exist_ok=True)
    products = ("SPL3SMP", "1C-TMI", "1C-GMI", "1C-AMSR2")
    inputs = "".join(f'[input.{p}]\npath = "{world}/granules/{p}"\n' for p in products)
    path = folder / "record.toml"
    path.write_text(
        f"""[period]
start = 2015-03-31
end = {end}
[[region.box]]
south = 34.0
north = 34.6
west = -99.0
east = -98.2
{inputs}
[work]
directory = "work"
[output]
directory = "product"
{more}"""
    )
    return path


def bytes_of(folder: Path) -> dict[str, str]:
    """Sha256 of every file of a record, but for the cache of hashes, which holds times of files."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for part in ("work", "product")
        for path in sorted((folder / part).rglob("*"))
        if path.is_file() and path.name != "inputs.json"
    }
