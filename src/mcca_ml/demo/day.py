"""A small simulated SMAP day, retrieved, and scored against its known truth: a quick look."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml.atomic import make_directory
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.flags import is_recommended
from mcca_ml.metrics.scores import Scores, score_pairs
from mcca_ml.pipeline.daily_product import Options, Progress, Summary, retrieve_granules
from mcca_ml.publish.smap_day import LOOKS
from mcca_ml.simulate.files.smap_products import PRODUCT, VERSION, granule_name
from mcca_ml.simulate.small_day import simulate_small_day

DAY = "2015-07-01"
SCORED = {"soil_moisture": "m3 m-3", "vod_v": "1", "vod_h": "1"}
"""Variables with a truth, and their units."""


@dataclass(frozen=True)
class Report:
    """Files of the day and their scores."""

    granule: Path
    truth: Path
    summary: Summary
    scores: Mapping[str, Scores]
    """Of each variable of `SCORED`, over recommended values."""


def score_product(product: Path, truth_path: Path) -> dict[str, Scores]:
    """Scores of the recommended values of a product against a truth over (time, look, cell)."""
    with (
        xr.open_dataset(product, engine="netcdf4") as product_ds,
        xr.open_dataset(truth_path) as truth,
    ):
        looks = [LOOKS[number] for number in product_ds["look"].to_numpy()]
        known = truth.sel(look=looks)
        shape = (len(looks), -1)
        cell = known["cell"].to_numpy()
        flag = product_ds["flag"].to_numpy()[0].reshape(shape)[:, cell].astype(np.uint32)
        scores = {}
        for name in SCORED:
            values = product_ds[name].to_numpy()[0].reshape(shape)[:, cell]
            good = np.where(is_recommended(flag), values, np.nan)
            expected = known[name].to_numpy()[0]
            scores[name] = score_pairs(good.ravel(), expected.ravel())
        return scores


def run_demo_day(
    out: Path, *, seed: int = 0, progress: Progress = lambda _granules, _cells: None
) -> Report:
    """Simulate a day, retrieve it, draw it, score it. Everything in it is SIMULATED.

    Args:
        out: directory for the granule, its truth, the product and its maps; made if missing.
        seed: of the simulation.
        progress: as in `retrieve_granules`.

    Raises:
        OutputError: `out` cannot be written.
    """
    make_directory(out)
    granule = out / granule_name(PRODUCT, VERSION, np.datetime64(DAY))
    truth = out / f"SIMULATED_truth_{DAY.replace('-', '')}.nc"
    simulate_small_day(granule, truth, seed, day=DAY)
    options = Options(has_maps=True)
    summary = retrieve_granules([granule], out, RetrieveSettings(), options, progress=progress)
    return Report(granule, truth, summary, score_product(summary.products[0], truth))
