"""Settings of stage one, the retrieval: the `[retrieve]` table."""

from typing import Literal

from pydantic import Field

from mcca_ml.config.table import Table


class RetrieveSettings(Table):
    """The `[retrieve]` table: constants of stage one, fixed before any day is looked at."""

    mode: Literal["look", "season"] = Field(
        "look",
        description="look: each look alone, VOD ratio from here; season: ratio estimated per cell",
    )
    core: str = Field(
        "", description="core channel, 1.41H for instance; empty: lowest frequency at H"
    )
    channels: tuple[str, ...] = Field(
        (), description="channels to use; empty: every channel below 20 GHz"
    )
    omega: float = Field(
        0.07,
        ge=0.0,
        lt=0.5,
        description="scattering albedo [1]; 0.07 is the commonest value of the DCA table",
    )
    omega_source: Literal["uniform", "dca", "mt-dca"] = Field(
        "uniform", description="uniform: `omega` everywhere; dca, mt-dca: by land cover"
    )
    roughness_source: Literal["granule", "smap-atbd", "smos-ic"] = Field(
        "granule", description="granule: its roughness field; others: a table by land cover"
    )
    polarization_mixing: float = Field(
        0.1771, ge=0.0, le=1.0, description="Q = this times h [1]; Chaubell et al. 2020"
    )
    roughness_exponent: float = Field(
        2.0, ge=-2.0, le=4.0, description="N of exp(-h cos^N incidence) [1]; SMAP baseline 2"
    )
    vod_ratio: float = Field(
        1.0, ge=0.5, le=2.0, description="VOD at H over VOD at V [1]; 1 is the prior mean"
    )
    vod_ratio_sd: float = Field(0.1, gt=0.0, le=0.5, description="its standard deviation [1]")
    vod_ratio_bounds: tuple[float, float] = Field(
        (0.8, 1.2), description="bounds of an estimated ratio [1]"
    )
    vod_window: int = Field(
        7, ge=5, le=11, description="looks over which VOD is smooth (season mode), odd"
    )
    vod_drift_sd: float = Field(
        0.02, gt=0.0, description="change of VOD from a look to the window's mean, sd [1]"
    )
    keep_prior_above: float = Field(
        0.7, gt=0.0, le=1.0, description="posterior/prior sd above which the prior ratio is kept"
    )
    vod_max: float = Field(2.0, gt=0.0, le=5.0, description="upper bound of VOD at nadir [1]")
    soil_moisture_min: float = Field(0.02, ge=0.0, le=0.1, description="lower bound [m3 m-3]")
    soil_moisture_max: float = Field(
        0.60, gt=0.1, le=1.0, description="upper bound where bulk density is missing [m3 m-3]"
    )
    nedt: float = Field(
        0.0, ge=0.0, description="noise of a brightness temperature [K]; 0: the sensor's own"
    )
    omega_sd: float = Field(0.02, ge=0.0, description="error of the albedo, 1 sd [1]")
    temperature_sd: float = Field(2.0, ge=0.0, description="error of soil temperature, 1 sd [K]")
    ka_temperature_sd: float = Field(
        4.0, ge=0.0, description="the same where it comes from 36.5 GHz at V, 1 sd [K]"
    )
    roughness_sd: float = Field(0.03, ge=0.0, description="error of roughness h, 1 sd [1]")
    clay_sd: float = Field(0.05, ge=0.0, description="error of clay fraction, 1 sd [1]")
    exponent_sd: float = Field(
        0.15, ge=0.0, description="error of the frequency exponent of VOD, 1 sd [1]"
    )
    default_clay: float = Field(
        0.18, ge=0.0, le=1.0, description="clay fraction where missing [1]; loam of Cosby 1984"
    )
    default_clay_sd: float = Field(
        0.12, ge=0.0, description="error of that default, 1 sd [1]; spread of texture classes"
    )

    def check_values(self) -> None:
        """Refuse settings that contradict each other."""
        low, high = self.vod_ratio_bounds
        if not low < self.vod_ratio < high:
            raise ValueError(
                f"found vod_ratio {self.vod_ratio:g}, expected it between vod_ratio_bounds "
                f"{low:g} and {high:g}; correct either"
            )
        if self.vod_window % 2 == 0:
            raise ValueError(
                f"found vod_window {self.vod_window}, expected an odd number; add or subtract 1"
            )
