"""What does a SIMULATED record look like in one cell? Makes the picture of the README.

    mcca-ml demo --out demo && python -m benchmarks.science.record_figure demo

Shows the cell of the first box whose ubRMSD from the truth is the median of that box: no better
cell than the others.
"""

import io
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from mcca_ml.atomic import replacing
from mcca_ml.config.load import load_settings
from mcca_ml.demo.world import CONFIGURATION, TRUTH
from mcca_ml.flags import FLAG_DTYPE, is_recommended
from mcca_ml.grid.place_text import place_text
from mcca_ml.pipeline.plan import make_plan
from mcca_ml.report.figures.time_series import draw_series
from mcca_ml.report.scores.reference import read_truth
from mcca_ml.store.read_blocks import open_store

OUT = Path(__file__).resolve().parents[2] / "docs" / "images" / "simulated_record.png"
COLOURS = 256
"""Of the palette, which makes a third of the bytes."""


def main(folder: Path) -> None:
    """Draw the picture of the record in a folder of `mcca-ml demo`."""
    settings = load_settings(folder / CONFIGURATION)
    plan = make_plan(settings, folder)
    ds = open_store(plan.record_store, first_day=plan.first_day, last_day=plan.last_day)
    truth = read_truth(folder / TRUTH, plan.cells).of_record(ds)
    good = is_recommended(ds["flag"].to_numpy().astype(FLAG_DTYPE))
    off = np.where(good, ds["sm"].to_numpy(), np.nan).T - truth
    lat, lon = ds["lat"].to_numpy(), ds["lon"].to_numpy()
    box = settings.region.box[0]
    inside = (lat >= box.south) & (lat <= box.north) & (lon >= box.west) & (lon <= box.east)
    ubrmsd = np.where(inside, np.nanstd(off, axis=1), np.nan)
    place = int(np.nanargmin(np.abs(ubrmsd - np.nanmedian(ubrmsd))))
    title = f"SIMULATED   cell {plan.cells[place]}, {place_text(lat[place], lon[place])}"
    drawn = io.BytesIO()
    draw_series(ds, place, truth[place], title).savefig(drawn, format="png", dpi=120)
    with replacing(OUT) as beside:
        Image.open(drawn).convert("RGB").quantize(COLOURS).save(beside, format="png", optimize=True)
    print(f"{OUT.name}: {title}, ubRMSD {ubrmsd[place]:.3f}, {OUT.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
