"""Check that the installed package is whole: run by a Python that sees the wheel and no source."""

import importlib
import math
import subprocess
import sys
import tempfile
from importlib import metadata, resources
from pathlib import Path

import numpy as np

NEEDED = (
    "py.typed",
    "grid/land_ease2_m25.npy",
    "plot/coast_lines.npy",
    "report/html/report.css",
)


def kernel_faults() -> list[str]:
    """What is wrong with the compiled kernel: it applies a network of one unit to one day."""
    try:
        native = importlib.import_module("mcca_ml.learn.native_backend")
    except ImportError as error:
        return [f"the kernel is not in the wheel ({error}): is there a C++ compiler?"]
    network = importlib.import_module("mcca_ml.learn.lstm").Network
    shapes = (1, 1, 4), (1, 1, 4), (1, 4), (1, 1), (1,)
    of_ones = network(*(np.ones(shape, np.float32) for shape in shapes))
    found = native.predict(of_ones, np.zeros((1, 1, 1), np.float32))
    gate = 1 / (1 + math.exp(-1))
    wanted = 1 + gate * math.tanh(gate * math.tanh(1))
    if abs(float(found[0, 0]) - wanted) > 1e-6:
        return [f"the kernel says {found[0, 0]}, expected {wanted}"]
    return []


def main() -> int:
    """Exit status: 0 where everything is there."""
    package = resources.files("mcca_ml")
    files = {str(file) for file in metadata.files("mcca-ml") or ()}
    faults = [f"{name} is not in the wheel" for name in NEEDED if not (package / name).is_file()]
    faults += [f"{name} does not belong in the wheel" for name in files if "tests" in name]
    if not any(name.endswith("licenses/LICENSE") for name in files):
        faults.append("the licence is not in the wheel")
    if "site-packages" not in str(package):
        faults.append(f"the package was imported from {package}, not from the wheel")
    faults += kernel_faults()
    command = Path(sys.executable).with_name("mcca-ml")
    shown = subprocess.run([command, "--help"], capture_output=True, text=True, check=False)
    if shown.returncode != 0 or "retrieve" not in shown.stdout:
        faults.append(f"mcca-ml --help: exit status {shown.returncode}, {shown.stderr.strip()}")
    with tempfile.TemporaryDirectory() as folder:
        day = [command, "demo-day", "--out", folder]
        made = subprocess.run(day, capture_output=True, text=True, check=False)
        if made.returncode != 0 or not list(Path(folder).glob("*_simulated.nc")):
            faults.append(f"mcca-ml demo-day: exit status {made.returncode}, {made.stderr.strip()}")
    for fault in faults:
        print(f"wheel: {fault}")
    if not faults:
        print(f"wheel: mcca-ml {metadata.version('mcca-ml')} is whole")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
