"""Does the forward model reproduce the brightness temperature of SMAP's own inversion?

The operational single-channel algorithms find the soil moisture with which their forward model
meets one observed brightness temperature. Put that soil moisture and the granule's ancillary
fields into the forward model of this package, and the observation must come back: V from the
soil moisture of option 2 (SCA-V), H from option 1 (SCA-H). Nothing is fitted.

    python -m benchmarks.science.forward_certificate [GRANULE]

The default granule is looked for in the folder named in MCCA_ML_DATA, else in ../shared/data.
Exit status 1 where a limit is not met.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import h5py
import jax.numpy as jnp
import numpy as np

from benchmarks.common.real_granules import FLAG_FILL, GROUP, HALF_ORBIT, path_of
from mcca_ml.physics.dielectric import soil_permittivity_mironov09
from mcca_ml.physics.emission import brightness_temperature_mo82
from mcca_ml.physics.reflectivity import fresnel_reflectivity
from mcca_ml.physics.roughness import polarization_mixing_chaubell20, rough_reflectivity_wang81

FREQUENCY = 1.41e9
LIMIT_V, LIMIT_H = 0.01, 0.02  # [K] rms


@dataclass(frozen=True)
class Conditions:
    """What the operational forward model is taken to be; the defaults are what it is."""

    is_mixing: bool = False
    """Polarization mixing q = 0.1771 h instead of 0."""
    exponent: float = 2.0
    """Exponent of the cosine in the roughness loss [1]."""
    incidence_deg: float | None = None
    """One incidence angle for all cells [degree]; None takes each cell's own."""


@dataclass(frozen=True)
class Misfit:
    """Modelled minus observed brightness temperature over recommended cells."""

    rms: float
    """Root mean square [K]."""
    cells: int


@dataclass(frozen=True)
class Certificate:
    """Misfit of both polarisations."""

    v: Misfit
    h: Misfit

    @property
    def is_met(self) -> bool:
        """Whether both limits hold."""
        return self.v.rms <= LIMIT_V and self.h.rms <= LIMIT_H


OPERATIONAL = Conditions()
WRONG = {
    "roughness loss with N = 1": Conditions(exponent=1.0),
    "polarization mixing Q = 0.1771 h": Conditions(is_mixing=True),
    "incidence fixed at 40 degrees": Conditions(incidence_deg=40.0),
}


def certificate(path: Path, conditions: Conditions = OPERATIONAL) -> Certificate:
    """Misfit of the forward model over the recommended cells of an SPL2SMP granule."""
    with h5py.File(path) as granule:
        fields = {name: item[()] for name, item in granule[GROUP].items() if item.ndim == 1}
    return Certificate(
        v=_misfit(fields, polarisation=0, option=2, conditions=conditions),
        h=_misfit(fields, polarisation=1, option=1, conditions=conditions),
    )


def _misfit(
    fields: dict[str, np.ndarray], *, polarisation: int, option: int, conditions: Conditions
) -> Misfit:
    """Misfit of one polarisation (0 = V, 1 = H) with the soil moisture of one option."""
    flag = fields[f"retrieval_qual_flag_option{option}"]
    keep = (flag != FLAG_FILL) & (flag & 1 == 0)

    def field(name: str) -> jnp.ndarray:
        return jnp.asarray(fields[name][keep], jnp.float32)

    degrees = field("boresight_incidence")
    if conditions.incidence_deg is not None:
        degrees = jnp.full_like(degrees, conditions.incidence_deg)
    incidence = jnp.deg2rad(degrees)
    h = field("roughness_coefficient")
    q = polarization_mixing_chaubell20(h) if conditions.is_mixing else jnp.zeros_like(h)
    permittivity = soil_permittivity_mironov09(
        field(f"soil_moisture_option{option}"), field("clay_fraction"), jnp.float32(FREQUENCY)
    )
    smooth = fresnel_reflectivity(permittivity, incidence)
    rough = rough_reflectivity_wang81(*smooth, h, q, jnp.float32(conditions.exponent), incidence)
    temperature = field("surface_temperature")
    modelled = brightness_temperature_mo82(
        rough[polarisation],
        temperature,
        temperature,
        jnp.exp(-field(f"vegetation_opacity_option{option}")),  # slant already: no cosine
        field("albedo"),
    )
    observed = field(f"tb_{'vh'[polarisation]}_corrected")
    misfit = np.asarray(modelled - observed, np.float64)
    return Misfit(rms=float(np.sqrt(np.mean(misfit**2))), cells=int(keep.sum()))


def _row(label: str, result: Certificate) -> str:
    v, h = result.v, result.h
    return f"{label:36s} V {v.rms:8.4f} K ({v.cells} cells)   H {h.rms:8.4f} K ({h.cells} cells)"


def main(arguments: list[str]) -> int:
    path = Path(arguments[0]) if arguments else path_of(HALF_ORBIT)
    if not path.is_file():
        print(f"forward_certificate: no file {path}; name an SPL2SMP granule", file=sys.stderr)
        return 2
    result = certificate(path)
    print(f"rms of modelled minus observed brightness temperature, {path.name}")
    print(_row("Q = 0, N = 2, own incidence", result))
    for label, conditions in WRONG.items():
        print(_row(f"  wrong: {label}", certificate(path, conditions)))
    print(f"limits {LIMIT_V} K at V, {LIMIT_H} K at H: {'met' if result.is_met else 'NOT MET'}")
    return 0 if result.is_met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
