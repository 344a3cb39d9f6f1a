"""What is seen of land and state that are the same in every case? For tests and tables."""

from functools import partial

import numpy as np

from mcca_ml.simulate.truth.types import Land, State, Surface


def uniform_land(count: int) -> Land:
    """Land of one ordinary kind: grass on loam near the sea, both surfaces alike.

    Args:
        count: cells or cases; `dataclasses.replace` puts other values in.
    """
    everywhere = partial(np.full, count, dtype=np.float32)

    surface = Surface(
        land_cover=np.full(count, 10, np.uint8),
        roughness_h=everywhere(0.13),
        omega=everywhere(0.07),
        vod_factor=everywhere(1.0),
        moisture_factor=everywhere(1.0),
        vod_exponent=everywhere(0.45),
    )
    return Land(
        clay=everywhere(0.2),
        sand=everywhere(0.4),
        bulk_density=everywhere(1.4),
        porosity=everywhere(0.47),
        water_fraction=everywhere(0.0),
        elevation=everywhere(0.0),
        climate=np.zeros(count, np.uint8),
        first=surface,
        second=surface,
        first_share=everywhere(0.7),
        vod_ratio=everywhere(1.0),
        has_rfi=np.zeros(count, np.bool_),
    )


def uniform_state(count: int) -> State:
    """A mild, dry-aired day: soil, canopy and air at 290 K, moist soil under thin grass.

    Args:
        count: cases; `dataclasses.replace` puts other values in.
    """
    everywhere = partial(np.full, count, dtype=np.float32)

    return State(
        soil_moisture=everywhere(0.2),
        total_water=everywhere(0.2),
        surface_temperature=everywhere(290.0),
        deep_temperature=everywhere(290.0),
        canopy_temperature=everywhere(290.0),
        air_temperature=everywhere(290.0),
        vod_v=everywhere(0.2),
        snow_water=everywhere(0.0),
        rain_rate=everywhere(0.0),
        vapour=everywhere(15.0),
        cloud_water=everywhere(0.0),
    )
