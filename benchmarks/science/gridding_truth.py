"""How near is gridded brightness temperature to the emission of a simulated cell, by kernel?

    mcca-ml simulate worlds/two_boxes.toml --out world
    python -m benchmarks.science.gridding_truth world

A week of passes of each sensor with footprints, noise and pointing errors, without calibration
errors and interference, over one box; each pass gridded by itself. Writes the table of
docs/gridding.md. Half a minute a line.
"""

import sys
import tempfile
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.common.markdown import table
from benchmarks.common.open_truth import open_truth
from mcca_ml.config.simulate import EffectSettings, InstrumentSettings
from mcca_ml.errors import GranuleError
from mcca_ml.grid.footprint_bins import Kernel
from mcca_ml.grid.swaths import grid_swaths
from mcca_ml.read.gpm_1c import read_1c
from mcca_ml.sensors import SENSORS
from mcca_ml.simulate.files.gpm_1c import write_1c
from mcca_ml.simulate.granule_tasks import box_target
from mcca_ml.simulate.observe import observe_1c
from mcca_ml.simulate.observe.instrument import Instrument
from mcca_ml.simulate.observe.truth_slice import slice_truth
from mcca_ml.simulate.truth.types import WorldTruth

CASES = (("AMSR2", 0), ("AMSR2", 1), ("GMI", 0), ("TMI", 0))
KERNELS = {
    "own cell, all alike (drop in the bucket)": Kernel(0.5),
    "own cell, spread 0.4": Kernel(0.5, 0.4),
    "own cell, spread 0.3": Kernel(0.5, 0.3),
    "own cell, spread 0.2": Kernel(0.5, 0.2),
    "reach 0.75, spread 0.3": Kernel(0.75, 0.3),
    "reach 0.75, spread 0.45": Kernel(0.75, 0.45),
    "reach 1, spread 0.4": Kernel(1.0, 0.4),
    "reach 1, all alike": Kernel(1.0),
}
GHZ = {"10": ("10.65",), "19": ("18.7", "19.35"), "37": ("36.5", "37")}
FIRST, LAST = np.datetime64("2014-07-02"), np.datetime64("2014-07-09")
SETTINGS = InstrumentSettings(
    offset_sd=0, slope_sd=0, curvature_sd=0, drift_sd=0, tmi_boost_step=0, gmi_boost_step=0,
    rfi_x_band=0, rfi_l_band=0,
)  # fmt: skip


def errors(
    truth: WorldTruth, name: str, box: int, folder: Path
) -> dict[str, dict[str, np.ndarray]]:
    """Errors [K] of gridded cells by kernel and channel."""
    piece = slice_truth(truth, truth.cells.patches[box], FIRST - 1, LAST + 2)
    at = Instrument(SENSORS[name], SETTINGS, EffectSettings(), 0)
    order = np.argsort(piece.cells.cell)
    order = order[piece.cells.is_core[order]]
    cells, path = piece.cells.cell[order], folder / "granule.HDF5"
    channels = [channel.name for channel in SENSORS[name].channels]
    found: dict[str, dict[str, list]] = {k: {c: [] for c in channels} for k in KERNELS}
    for over in observe_1c.overpasses(at, box_target(piece), FIRST, LAST):
        angle = np.array([over.incidence], np.float32)
        tb = observe_1c.cell_tb(piece, at, np.array([over.when], "M8[us]"), angle)[0]
        write_1c(path, observe_1c.granule(piece, at, over, tb))
        try:
            swaths = read_1c(path)
        except GranuleError:
            continue  # nothing inside the box
        day = over.when.astype("M8[D]")
        for kernel_name, kernel in KERNELS.items():
            out = grid_swaths(swaths, cells, day - 1, day + 1, kernel=kernel)
            for channel in map(str, out["channel"].to_numpy()):
                off = out["tb"].sel(channel=channel).to_numpy() - tb[order, channels.index(channel)]
                found[kernel_name][channel].append(off[np.isfinite(off)])
    return {k: {c: np.concatenate(v) for c, v in f.items() if v} for k, f in found.items()}


def main() -> None:
    """Print the tables."""
    truth = open_truth(Path(sys.argv[1]) / "truth.zarr")
    columns = list(product(GHZ, "VH"))
    for name, box in CASES:
        with tempfile.TemporaryDirectory() as folder:
            found = errors(truth, name, box, Path(folder))
        rows = []
        for kernel, by_channel in found.items():
            values = [
                next(v for c, v in by_channel.items() if c[:-1] in GHZ[ghz] and c[-1] == p)
                for ghz, p in columns
            ]
            rms = (f"{np.sqrt(np.mean(v**2)):.2f}" for v in values)
            rows.append([kernel, *rms, str(len(values[0]))])
        head = [f"{name}, {truth.cells.patches[box].name}", *(f"{p} {ghz}" for ghz, p in columns)]
        print("\n" + table([*head, "n"], rows))


if __name__ == "__main__":
    main()
