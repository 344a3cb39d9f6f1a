"""What do the granules of each sensor say of one simulated cell and its truth?

    python -m benchmarks.science.world_figures [WORLD]

WORLD is a folder that `mcca-ml simulate worlds/two_boxes.toml` has made; without it a smaller world
is simulated, one box over two and a half years. Writes docs/images/world_series.png.
"""

import sys
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.common.open_truth import open_truth
from mcca_ml.config.simulate import SimulateSettings
from mcca_ml.grid import ease2
from mcca_ml.read.gpm_1c import read_1c
from mcca_ml.read.smap import read_smap
from mcca_ml.simulate.run import GRANULES, TRUTH, simulate_world
from mcca_ml.simulate.truth.types import WorldTruth

IMAGE = Path(__file__).resolve().parents[2] / "docs" / "images" / "world_series.png"
SPAN = (date(2014, 7, 1), date(2016, 6, 30))
SHOWN = (np.datetime64("2014-07-01"), np.datetime64("2016-07-01"))
NEAR_KM = 8.0
KM_PER_DEGREE = 111.2
IMAGERS = {"1C-TMI": "tab:orange", "1C-GMI": "tab:green", "1C-AMSR2": "tab:blue"}

Series = list[tuple[np.datetime64, float]]
"""Times and brightness temperatures [K]."""


def make_world(folder: Path) -> None:
    """Simulate one box over two years."""
    settings = SimulateSettings(first_day=SPAN[0], last_day=SPAN[1])
    simulate_world(settings.model_copy(update={"box": settings.box[:1]}), folder, workers=2)


def chosen(truth: WorldTruth) -> int:
    """A cell in the middle of the first box, with little open water."""
    core = truth.cells.is_core & (truth.land.water_fraction < 0.02)
    lat, lon = (getattr(truth.cells, axis) for axis in ("lat", "lon"))
    box = truth.cells.patches[0].cells
    middle = lat[box].mean(), lon[box].mean()
    off = np.hypot(lat - middle[0], lon - middle[1]) + np.where(core, 0, 1e3)
    return int(off.argmin())


def imager(
    files: Iterable[Path], place: tuple[float, float], names: tuple[str, ...]
) -> dict[str, Series]:
    """Brightness temperature of the footprint nearest to a place, of each pass that has one."""
    pairs: dict[str, Series] = {name: [] for name in names}
    for path in sorted(files):
        for swath in read_1c(path):
            east = (swath["lon"].to_numpy() - place[1]) * np.cos(np.deg2rad(place[0]))
            off = np.hypot(swath["lat"].to_numpy() - place[0], east) * KM_PER_DEGREE
            index = int(off.argmin())
            if off[index] > NEAR_KM:
                continue
            for name in set(names) & set(map(str, swath["channel"].to_numpy())):
                value = float(swath["tb"].sel(channel=name)[index])
                pairs[name].append((swath["time"].to_numpy()[index], value))
    return pairs


def smap(files: Iterable[Path], place: tuple[float, float]) -> dict[str, Series]:
    """Brightness temperature of the 36 km cell around a place, both looks."""
    row, column = ease2.find_cell(ease2.M36, *place)
    cell = int(ease2.flat_cell(ease2.M36, row, column))
    pairs: dict[str, Series] = {"1.41V": [], "1.41H": []}
    for path in sorted(files):
        ds = read_smap(path)
        if cell not in ds["cell"]:
            continue
        one = ds.sel(cell=cell).isel(time=0)
        for look in range(one.sizes["look"]):
            for name, series in pairs.items():
                value = float(one["tb"].sel(channel=name)[look])
                if np.isfinite(value):
                    series.append((one["obs_time"].to_numpy()[look], value))
    return pairs


def _truth_panels(axes: Sequence[Axes], truth: WorldTruth, cell: int) -> None:
    """Soil moisture with rain and VOD, and temperatures."""
    kept = (truth.time >= SHOWN[0]) & (truth.time < SHOWN[1])
    time, state = truth.time[kept], truth.state.at((kept, cell))
    axes[0].fill_between(time, state.total_water, color="lightsteelblue", label="ice")
    axes[0].plot(time, state.soil_moisture, color="tab:blue", lw=0.8, label="liquid water")
    axes[0].plot(time, state.vod_v, color="tab:green", lw=1, label="VOD at V [1]")
    axes[0].set_ylabel("soil moisture\n[m³ m⁻³]")
    axes[0].legend(ncol=3, fontsize=7, loc="upper right")
    daily = time[::8]
    axes[1].plot(time, state.surface_temperature, color="tab:red", lw=0.3, label="0-5 cm")
    axes[1].plot(daily, state.deep_temperature[::8], color="black", lw=1, label="50 cm")
    axes[1].axhline(273.15, color="gray", lw=0.6)
    axes[1].set_ylabel("soil\ntemperature [K]")
    axes[1].legend(ncol=2, fontsize=7, loc="upper right")


def draw(folder: Path) -> None:
    """Draw a cell of a world."""
    truth = open_truth(folder / TRUTH)
    cell = chosen(truth)
    place = float(truth.cells.lat[cell]), float(truth.cells.lon[cell])
    box = truth.cells.patches[0].name
    figure = Figure(figsize=(10, 9), layout="constrained")
    axes = figure.subplots(5, 1, sharex=True)
    _truth_panels(axes, truth, cell)

    def dots(panel: int, series: Series, size: float, colour: str, label: str) -> None:
        if series:
            times, values = zip(*series, strict=True)
            dates = np.array(times, "M8[s]")
            axes[panel].plot(dates, np.array(values), ".", ms=size, color=colour, label=label)

    for product, colour in IMAGERS.items():
        files = (folder / GRANULES / product / box).glob("201[456]/*")
        seen = imager(files, place, ("10.65H", "36.5V", "37V"))
        for panel, name in ((2, "10.65H"), (3, "36.5V"), (3, "37V")):
            dots(panel, seen[name], 1.5, colour, product[3:])
    files = (folder / GRANULES / "SPL3SMP").glob("201[456]/*")
    for name, series in smap(files, place).items():
        colour = "tab:purple" if name.endswith("V") else "tab:pink"
        dots(4, series, 2, colour, f"SMAP {name[-1]}")
    for panel, title in ((2, "10.65 GHz H\n[K]"), (3, "37 GHz V\n[K]"), (4, "1.41 GHz\n[K]")):
        axes[panel].set_ylabel(f"TB {title}")
        axes[panel].legend(ncol=3, fontsize=7, loc="lower right", markerscale=4)
    axes[0].set_title(f"SIMULATED cell at {place[0]:.2f} N, {place[1]:.2f} E", fontsize=10)
    axes[0].set_xlim(*SHOWN)
    figure.savefig(IMAGE, dpi=90)
    print(f"written: docs/images/{IMAGE.name}")


def main(given: list[str]) -> None:
    """Simulate or take a world, read its granules, draw."""
    if given:
        draw(Path(given[0]))
        return
    with tempfile.TemporaryDirectory() as folder:
        make_world(Path(folder))
        draw(Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
