"""How do scores fall with VOD, and what does the real day look like?"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks.common import pictures
from benchmarks.common.on_land import on_land
from benchmarks.common.scores import score
from benchmarks.science import real_day, simulated_truth
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.grid import ease2

DIFFERENCE = 0.12
"""End of the colour scale of differences [m3 m-3]."""


def real_day_figure(path: Path) -> None:
    """Density of MCCA against the operational product, and the map of the difference."""
    day = real_day.load()
    ours = real_day.soil_moisture(day.ds, RetrieveSettings())
    grid = ease2.by_name("EASE2_M36")
    figure = Figure(figsize=(13, 3.9), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 2.35))
    edges = np.linspace(0, 0.6, 121)
    counts, _, _ = np.histogram2d(day.operational, ours, bins=(edges, edges))
    shown = np.where(counts.T > 0, counts.T, np.nan)
    mesh = left.pcolormesh(edges, edges, shown, norm="log", cmap="viridis", rasterized=True)
    left.plot([0, 0.6], [0, 0.6], color="0.3", lw=0.8)
    found = score(ours, day.operational)
    lines = (f"R {found.r:.3f}", f"ubRMSD {found.ubrmsd:.3f}", f"bias {found.bias:+.3f}")
    left.text(0.58, 0.02, "\n".join([*lines, f"{found.pairs:,} cells"]), ha="right", va="bottom")
    left.set(xlabel="operational product [m³ m⁻³]", ylabel="MCCA [m³ m⁻³]", aspect="equal")
    left.set(xlim=(0, 0.6), ylim=(0, 0.6), title="One real day, 2015-04-01, 6 am")
    figure.colorbar(mesh, ax=left, label="cells", shrink=0.8)
    right.imshow(
        on_land(grid).astype(np.float32), cmap="Greys", vmin=0, vmax=5, interpolation="none"
    )
    field = np.full(grid.shape, np.nan)
    field.ravel()[day.ds["cell"].to_numpy()] = ours - day.operational
    image = right.imshow(
        field, cmap="RdBu", vmin=-DIFFERENCE, vmax=DIFFERENCE, interpolation="none", aspect="equal"
    )
    right.set(xticks=[], yticks=[], title="MCCA minus operational product, EASE-Grid 2.0 36 km")
    figure.colorbar(image, ax=right, label="m³ m⁻³ (blue: MCCA wetter)", extend="both", shrink=0.8)
    pictures.save(figure, path, dpi=110)


def simulated_figure(path: Path) -> None:
    """UbRMSD against simulated truth over VOD, for every algorithm."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    titles = ("ancillary values true", "ancillary values with errors")
    middle = np.linspace(0.05, 1.15, 12)
    for axis, wrong, title in zip(axes, (False, True), titles, strict=True):
        seen = simulated_truth.world(ancillary_errors=wrong)
        found, _ = simulated_truth.retrievals(seen, ancillary_errors=wrong)
        truth, vod = seen.truth.soil_moisture, seen.truth.vod_v
        for name, result in found.items():
            inside = [np.abs(vod - m) <= 0.05 for m in middle]
            spread = [score(result.soil_moisture[w], truth[w]).ubrmsd for w in inside]
            style = "--" if "too high" in name or "two channels" in name else "-"
            axis.plot(middle, spread, style, label=name)
        axis.axhline(0.04, color="0.6", lw=0.8)
        axis.set(xlabel="true VOD [1]", title=f"Simulated: {title}", xlim=(0, 1.2), ylim=(0, 0.25))
    axes[0].set_ylabel("ubRMSD of soil moisture [m³ m⁻³]")
    axes[0].legend(frameon=False)
    pictures.save(figure, path, dpi=110)
