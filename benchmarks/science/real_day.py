"""How near is MCCA to the operational product on a real day, and what rests on which constant?"""

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from benchmarks.common import peers, real_granules
from benchmarks.common import rows as tabular
from benchmarks.common.markdown import percent, table
from benchmarks.common.scores import Scores, score
from mcca_ml.arrays import Float32
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


def _scored(day: Day, settings: RetrieveSettings) -> Scores:
    return score(soil_moisture(day.ds, settings), day.operational)


def settings_table(day: Day) -> str:
    """Scores over albedo, ratio of VOD and default clay."""
    lines: list[tuple[object, ...]] = []
    sources = [("uniform", omega) for omega in OMEGAS] + [(name, 0.07) for name in OMEGA_TABLES]
    for source, omega in sources:
        for ratio in RATIOS:
            line: list[object] = [f"{omega:.2f}" if source == "uniform" else source, ratio]
            for clay in CLAYS:
                found = _scored(
                    day,
                    RetrieveSettings(
                        omega=omega, omega_source=source, vod_ratio=ratio, default_clay=clay
                    ),
                )
                line.append(f"{found.r:.3f} / {found.ubrmsd:.3f} / {found.bias:+.3f}")
            lines.append(tuple(line))
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
    return table(
        ("settings", *HEAD),
        [(name, *cells_of(_scored(day, settings))) for name, settings in variants.items()],
    )


def selection_table(day: Day) -> str:
    """Scores over the product's own recommended cells and over those that our flags recommend."""
    out = retrieve(day.ds, RetrieveSettings())
    ours = out["soil_moisture"].to_numpy()[0, 0]
    good = is_recommended(out["flag"].to_numpy()[0, 0])
    chosen = {
        "recommended by the operational product": np.ones_like(good),
        "and by our flags": good,
        "and not by our flags": ~good,
    }
    return table(
        ("cells", *HEAD),
        [(n, *cells_of(score(ours[w], day.operational[w]))) for n, w in chosen.items()],
    )


def class_tables(day: Day) -> tuple[str, str]:
    """Scores by land cover and by the VOD of the product."""
    ours = soil_moisture(day.ds, RetrieveSettings())
    cover = day.ds["land_cover"].to_numpy()[0, 0, :, 0]
    by_cover = [
        (
            f"{number} {name}",
            *cells_of(score(ours[cover == number], day.operational[cover == number])),
        )
        for number, name in enumerate(IGBP)
        if (cover == number).sum() >= FEWEST_OF_CLASS
    ]
    by_vod = []
    for low, high in zip(VOD_CLASSES[:-1], VOD_CLASSES[1:], strict=True):
        inside = (day.vod >= low) & (day.vod < high)
        if inside.sum() >= FEWEST_OF_CLASS:
            found = score(ours[inside], day.operational[inside])
            by_vod.append((f"{low:.1f}-{high:.1f}", *cells_of(found)))
    return table(("IGBP class", *HEAD), by_cover), table(("VOD", *HEAD), by_vod)


def peers_table(day: Day) -> str:
    """MCCA and its peers against the operational product, on the same cells."""
    settings = RetrieveSettings()
    rows, model = tabular.rows_from(day.ds, settings)
    mixing = settings.polarization_mixing
    product = replace(rows, cell=replace(rows.cell, omega=day.albedo))
    clay = rows.cell.clay
    ours, same = (tabular.mcca(r, model, settings) for r in (rows, product))
    sca_v = peers.sca_v(replace(product.cell, clay=clay), day.vod, 0.0)
    dca_own = peers.dca(product.cell, day.vod, mixing)
    dca = peers.dca(rows.cell, day.vod, mixing)
    joint = peers.two_channels(rows.cell, mixing)
    found = [
        ("MCCA (default)", "0.07", "none", ours),
        ("MCCA", "product's", "none", same),
        ("two channels, no prior", "0.07", "none", joint),
        ("DCA, lambda 20 K", "0.07", "product's", dca),
        ("DCA, lambda 20 K", "product's", "product's", dca_own),
        ("SCA-V (closure)", "product's", "product's", sca_v),
    ]
    return table(
        ("algorithm", "omega", "VOD prior", "cells", "failed", "R", "ubRMSD", "bias"),
        [_peer(day, *line) for line in found],
    )


def _peer(
    day: Day, name: str, omega: str, prior: str, result: tabular.Retrieved | peers.Found
) -> tuple[object, ...]:
    s = score(result.soil_moisture, day.operational, result.failed)
    return name, omega, prior, s.cells, percent(s.failure), s.r, s.ubrmsd, s.bias


def tables() -> dict[str, str]:
    """All tables of the real day, by the name of their markers."""
    day = load()
    by_cover, by_vod = class_tables(day)
    return {
        "day-selection": selection_table(day),
        "day-constants": settings_table(day),
        "day-others": other_settings_table(day),
        "day-cover": by_cover,
        "day-vod": by_vod,
        "day-peers": peers_table(day),
    }
