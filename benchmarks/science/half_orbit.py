"""Why do MCCA, SCA-V and DCA differ on a real half orbit over cold vegetation?"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from benchmarks.common import peers, real_granules
from benchmarks.common import rows as tabular
from benchmarks.common.markdown import percent, table
from benchmarks.common.scores import Scores, score
from mcca_ml.arrays import Booleans, Float32
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.flags import is_recommended
from mcca_ml.retrieve.inputs import Rows
from mcca_ml.retrieve.self_constraint import RetrievalModel
from mcca_ml.retrieve.single_look import retrieve

VOD_EDGES = (0.0, 0.3, 0.6, 0.9, 2.01)
HEAD = ("cells", "R, SCA-V", "ubRMSD", "bias", "R, DCA", "ubRMSD", "bias")


@dataclass(frozen=True)
class HalfOrbit:
    """The recommended cells of the half orbit and what the product says of them."""

    rows: Rows
    model: RetrievalModel
    settings: RetrieveSettings
    fields: dict[str, Float32]
    good: Booleans
    """Whether our own flags recommend a cell."""

    @property
    def sca_v(self) -> Float32:
        """Soil moisture of the product's SCA-V [m3 m-3]."""
        return self.fields["soil_moisture_option2"]

    @property
    def dca(self) -> Float32:
        """Soil moisture of the product's DCA [m3 m-3]."""
        return self.fields["soil_moisture_option3"]

    def vod(self, option: int) -> Float32:
        """VOD of an option at nadir [1]; the product holds it along the line of sight."""
        opacity = self.fields[f"vegetation_opacity_option{option}"]
        return (opacity * np.cos(self.rows.cell.incidence)).astype(np.float32)


def load() -> HalfOrbit:
    """The half orbit."""
    path, settings = real_granules.path_of(real_granules.HALF_ORBIT), RetrieveSettings()
    ds = real_granules.recommended(path)
    rows, model = tabular.rows_from(ds, settings)
    flag = retrieve(ds, settings)["flag"].to_numpy().ravel()
    fields = real_granules.fields(path, ds["cell"].to_numpy())
    if rows.shape[:2] != (1, 1):
        raise ValueError(f"half_orbit: found looks {rows.shape[:2]}, expected one day, one look")
    return HalfOrbit(rows, model, settings, fields, is_recommended(flag))


def _pair(a: Scores, b: Scores) -> tuple[object, ...]:
    return a.cells, a.r, a.ubrmsd, f"{a.bias:+.3f}", b.r, b.ubrmsd, f"{b.bias:+.3f}"


def by_class(orbit: HalfOrbit) -> str:
    """Scores by VOD of MCCA, by organic content and by our flags."""
    ours = tabular.mcca(orbit.rows, orbit.model, orbit.settings)
    organic = orbit.fields["organic_content"]
    thirds = np.quantile(organic, (0.0, 1 / 3, 2 / 3, 1.0))
    product = orbit.vod(3)
    chosen = {"all recommended by the product": np.ones(len(organic), np.bool_)}
    for low, high in pairwise(VOD_EDGES):
        chosen[f"MCCA VOD {low:.1f}-{high:.1f}"] = (ours.vod_v >= low) & (ours.vod_v < high)
    for low, high in ((0.0, 0.2), (0.2, 0.3), (0.3, 0.6)):
        chosen[f"product's VOD {low:.1f}-{high:.1f}"] = (product >= low) & (product < high)
    for low, high in pairwise(thirds):
        inside = (organic >= low) & (organic <= high)
        chosen[f"organic content {low:.0f}-{high:.0f}"] = inside
    chosen["recommended by our flags"] = orbit.good
    lines = []
    for name, w in chosen.items():
        a, b = (
            score(ours.soil_moisture[w], reference[w]) for reference in (orbit.sca_v, orbit.dca)
        )
        lines.append((name, *_pair(a, b)))
    return table(("cells of the product", *HEAD), lines)


def _variants(orbit: HalfOrbit) -> dict[str, Rows]:
    """Rows with one assumption changed each, then several."""
    cell, rows = orbit.rows.cell, orbit.rows
    h3, omega3 = (orbit.fields[f"{n}_option3"] for n in ("roughness_coefficient", "albedo"))
    product_omega = orbit.fields["albedo"]

    def uniform(value: float) -> Float32:
        return np.full_like(cell.omega, value)

    cells = {"default: omega 0.07, h of SCA (0.12), ratio 1": cell}
    for omega in (0.05, 0.06, 0.08, 0.09):
        cells[f"omega {omega:.2f}"] = replace(cell, omega=uniform(omega))
    cells["omega of SCA (0.05)"] = replace(cell, omega=product_omega)
    cells["omega of DCA (0.07-0.08)"] = replace(cell, omega=omega3)
    for ratio in (0.9, 1.1):
        cells[f"VOD ratio {ratio:.1f}"] = replace(cell, vod_ratio=uniform(ratio))
    for shift in (-2.0, 2.0):
        warm = np.float32(shift)
        cells[f"temperature {shift:+.0f} K"] = replace(
            cell,
            soil_temperature=cell.soil_temperature + warm,
            canopy_temperature=cell.canopy_temperature + warm,
        )
    cells["h 0.5"] = replace(cell, roughness_h=uniform(0.5))
    cells["h of DCA (median 1.07)"] = replace(cell, roughness_h=h3)
    cells["h and omega of DCA"] = replace(cell, roughness_h=h3, omega=omega3)
    return {name: replace(rows, cell=found) for name, found in cells.items()}


def _line(
    orbit: HalfOrbit, name: str, found: tabular.Retrieved | peers.Found, vod: Float32
) -> tuple[object, ...]:
    a, b = (
        score(found.soil_moisture, reference, found.failed)
        for reference in (orbit.sca_v, orbit.dca)
    )
    return name, percent(b.failure), float(np.median(vod)), *_pair(a, b)[1:]


def causes(orbit: HalfOrbit) -> str:
    """Scores with one assumption changed at a time, and of the peers."""
    lines, variants = [], _variants(orbit)
    for name, rows in variants.items():
        found = tabular.mcca(rows, orbit.model, orbit.settings)
        lines.append(_line(orbit, f"MCCA, {name}", found, found.vod_v))
    mixing, prior = orbit.settings.polarization_mixing, orbit.vod(2)
    own = variants["omega of SCA (0.05)"].cell
    full = variants["h and omega of DCA"].cell
    both = {
        "two channels, no prior, as MCCA": peers.two_channels(orbit.rows.cell, mixing),
        "DCA (lambda 20 K), h of SCA": peers.dca(orbit.rows.cell, prior, mixing),
        "DCA (lambda 20 K), h and omega of DCA": peers.dca(full, prior, mixing),
        "SCA-V (closure), Q 0, omega of SCA": peers.sca_v(own, prior, 0.0),
    }
    lines += [_line(orbit, name, found, found.vod) for name, found in both.items()]
    return table(("retrieval", "failed", "median VOD", *HEAD[1:]), lines)


def product_line(orbit: HalfOrbit) -> str:
    """What the product's own algorithms say of the same cells."""
    same = score(orbit.dca, orbit.sca_v)
    ours = tabular.mcca(orbit.rows, orbit.model, orbit.settings)
    medians = {
        "MCCA": (ours.soil_moisture, ours.vod_v),
        "MCCA, its own sd": (ours.sd,),
        "SCA-V (option 2)": (orbit.sca_v, orbit.vod(2)),
        "DCA (option 3)": (orbit.dca, orbit.vod(3)),
    }
    lines = [(name, *(float(np.median(v)) for v in values)) for name, values in medians.items()]
    agreement = f"{same.r:.3f}, {same.ubrmsd:.3f}, {same.bias:+.3f}"
    lines.append(("DCA against SCA-V: R, ubRMSD, bias", agreement))
    head = ("of the 592 cells", "median soil moisture", "median VOD at nadir")
    return table(head, [line if len(line) == 3 else (*line, "-") for line in lines])


def tables() -> dict[str, str]:
    """All tables of the half orbit, by the name of their markers."""
    orbit = load()
    return {
        "orbit-product": product_line(orbit),
        "orbit-classes": by_class(orbit),
        "orbit-causes": causes(orbit),
    }
