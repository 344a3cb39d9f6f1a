"""How near is MCCA to the operational product on a real day, and what rests on which constant?"""

from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np
import xarray as xr

from benchmarks.common import peers, real_granules
from benchmarks.common import rows as tabular
from benchmarks.common.markdown import percent, table
from benchmarks.common.scores import Scores, score
from mcca_ml.arrays import Booleans, Float32
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.flags import is_recommended
from mcca_ml.retrieve.single_look import retrieve

OMEGAS = (0.05, 0.06, 0.07, 0.08)
OMEGA_TABLES = ("dca", "mt-dca")
RATIOS = (0.9, 1.0, 1.1)
CLAYS = (0.18, 0.23, 0.30)
VOD_CLASSES = (0.0, 0.1, 0.3, 0.6, 0.9, 1.2)
IGBP = (
    "water", "evergreen needleleaf forest", "evergreen broadleaf forest",
    "deciduous needleleaf forest", "deciduous broadleaf forest", "mixed forest",
    "closed shrubland", "open shrubland", "woody savanna", "savanna", "grassland", "wetland",
    "cropland", "built-up", "crops and natural", "snow and ice", "barren",
)  # fmt: skip
FEWEST_OF_CLASS = 30
HEAD = ("cells", "retrieved", "R", "ubRMSD", "bias")


@dataclass(frozen=True)
class Day:
    """The recommended cells of the real day and what the product says of them."""

    ds: xr.Dataset
    operational: Float32
    vod: Float32
    """The product's, from its NDVI climatology, at nadir [1]."""
    albedo: Float32
    """The product's [1]."""


def cells_of(found: Scores) -> tuple[object, ...]:
    """The cells of a row of a table."""
    return found.cells, percent(1 - found.failure), found.r, found.ubrmsd, found.bias


def load() -> Day:
    """The real day."""
    path = real_granules.path_of(real_granules.DAY)
    ds = real_granules.recommended(path)
    fields = real_granules.fields(path, ds["cell"].to_numpy())
    cosine = np.cos(ds["incidence"].to_numpy()[0, 0])
    return Day(
        ds=ds,
        operational=ds["soil_moisture_operational"].to_numpy()[0, 0],
        vod=np.maximum(fields["vegetation_opacity"] * cosine, 0).astype(np.float32),
        albedo=fields["albedo"],
    )


def soil_moisture(ds: xr.Dataset, settings: RetrieveSettings) -> Float32:
    """Soil moisture of MCCA, as the command gives it [m3 m-3]."""
    return retrieve(ds, settings)["soil_moisture"].to_numpy()[0, 0]


def _scores(day: Day, settings: RetrieveSettings) -> Scores:
    return score(soil_moisture(day.ds, settings), day.operational)


def settings_table(day: Day) -> str:
    """Scores over albedo, ratio of VOD and default clay."""
    lines: list[tuple[object, ...]] = []
    sources = [("uniform", omega) for omega in OMEGAS] + [(name, 0.07) for name in OMEGA_TABLES]
    for (source, omega), ratio in product(sources, RATIOS):
        same = RetrieveSettings(omega=omega, omega_source=source, vod_ratio=ratio)
        found = (_scores(day, same.model_copy(update={"default_clay": clay})) for clay in CLAYS)
        texts = (f"{s.r:.3f} / {s.ubrmsd:.3f} / {s.bias:+.3f}" for s in found)
        lines.append((f"{omega:.2f}" if source == "uniform" else source, ratio, *texts))
    return table(("omega", "VOD ratio", *(f"clay {clay:.2f}" for clay in CLAYS)), lines)


def other_settings_table(day: Day) -> str:
    """Scores over roughness, mixing, core channel and noise."""
    variants = {
        "default": RetrieveSettings(),
        "roughness by land cover, SMAP ATBD": RetrieveSettings(roughness_source="smap-atbd"),
        "roughness by land cover, SMOS-IC": RetrieveSettings(roughness_source="smos-ic"),
        "Q = 0 instead of 0.1771 h": RetrieveSettings(polarization_mixing=0.0),
        "N = 1 instead of 2": RetrieveSettings(roughness_exponent=1.0),
        "core channel V instead of H": RetrieveSettings(core="1.41V"),
    }
    lines = [(name, *cells_of(_scores(day, settings))) for name, settings in variants.items()]
    return table(("settings", *HEAD), lines)


def class_tables(day: Day) -> dict[str, str]:
    """Scores over cells that the product recommends, that our flags do, by land cover and VOD."""
    out = retrieve(day.ds, RetrieveSettings())
    ours, flag = (out[name].to_numpy()[0, 0] for name in ("soil_moisture", "flag"))
    good = is_recommended(flag)
    cover = day.ds["land_cover"].to_numpy()[0, 0, :, 0]
    selections = {
        "recommended by the operational product": np.ones_like(good),
        "and by our flags": good,
        "and not by our flags": ~good,
    }
    covers = {f"{number} {name}": cover == number for number, name in enumerate(IGBP)}
    vods = {
        f"{low:.1f}-{high:.1f}": (day.vod >= low) & (day.vod < high)
        for low, high in pairwise(VOD_CLASSES)
    }

    def by_class(head: str, classes: dict[str, Booleans], fewest: int) -> str:
        lines = [
            (name, *cells_of(score(ours[cells], day.operational[cells])))
            for name, cells in classes.items()
            if cells.sum() >= fewest
        ]
        return table((head, *HEAD), lines)

    return {
        "day-selection": by_class("cells", selections, 0),
        "day-cover": by_class("IGBP class", covers, FEWEST_OF_CLASS),
        "day-vod": by_class("VOD", vods, FEWEST_OF_CLASS),
    }


def peers_table(day: Day) -> str:
    """MCCA and its peers against the operational product, on the same cells."""
    settings = RetrieveSettings()
    rows, model = tabular.rows_from(day.ds, settings)
    mixing = settings.polarization_mixing
    product_rows = replace(rows, cell=replace(rows.cell, omega=day.albedo))
    ours, same = (tabular.mcca(r, model, settings) for r in (rows, product_rows))
    found = [
        ("MCCA (default)", "0.07", "none", ours),
        ("MCCA", "product's", "none", same),
        ("two channels, no prior", "0.07", "none", peers.two_channels(rows.cell, mixing)),
        ("DCA, lambda 20 K", "0.07", "product's", peers.dca(rows.cell, day.vod, mixing)),
        (
            *("DCA, lambda 20 K", "product's", "product's"),
            peers.dca(product_rows.cell, day.vod, mixing),
        ),
        (
            *("SCA-V (closure)", "product's", "product's"),
            peers.sca_v(product_rows.cell, day.vod, 0.0),
        ),
    ]
    lines = []
    for *words, result in found:
        s = score(result.soil_moisture, day.operational, result.failed)
        lines.append((*words, s.cells, percent(s.failure), s.r, s.ubrmsd, s.bias))
    head = ("algorithm", "omega", "VOD prior", "cells", "failed", "R", "ubRMSD", "bias")
    return table(head, lines)


def tables() -> dict[str, str]:
    """All tables of the real day, by the name of their markers."""
    day = load()
    return {
        **class_tables(day),
        "day-constants": settings_table(day),
        "day-others": other_settings_table(day),
        "day-peers": peers_table(day),
    }
