"""Settings of simulated worlds: boxes, and the size of every effect that no retrieval models."""

from datetime import date
from typing import Literal, Self

from pydantic import Field

from mcca_ml.config.table import Fraction, NonNegative, Table


class EffectSettings(Table):
    """The `[simulate.effects]` table: 0 switches an effect off, 1 leaves a share as it is."""

    second_surface: Fraction = Field(
        1.0,
        description="how far the two surfaces of a cell differ, of what the land says [1]; "
        "0: both are the cell's mean. The land's contrasts are this project's choice",
    )
    moisture_roughness: Fraction = Field(
        0.5,
        description="share of roughness h that is gone in saturated soil [1]; between LPRM (1) and "
        "a constant h (SMAP), form as in GEOS",
    )
    roughness_exponent: Fraction = Field(
        0.25,
        description="x of h ~ f^x [1]; 0.5 would be Coppo's h = 3 sqrt(s / wavelength), 0 that of "
        "LPRM, whose h at 10 GHz is about that of L-band",
    )
    mixing: NonNegative = Field(
        0.2,
        le=0.35,
        description="polarization mixing that high frequencies add to that of L-band, at most [1]; "
        "CMEM 0.35; 0.2 gives 0.12 at 10.65 GHz as LPRM has",
    )
    canopy_difference: NonNegative = Field(
        1.0,
        le=2.0,
        description="temperature of canopy minus soil, of what the state says [1]; 0: that of the "
        "soil",
    )
    deep_soil: Fraction = Field(
        1.0,
        description="emission from below the surface, of Choudhury 1982 [1]: the surface weighs "
        "0.24 at 1.41 GHz, 0.8 at 10.65; 0: the surface alone emits",
    )
    albedo_departure: NonNegative = Field(
        1.0,
        le=2.0,
        description="albedo minus 0.07, of what the land says [1]; 0: 0.07 everywhere, what the "
        "retrieval takes. SMAP's DCA table 0.06 to 0.10, MT-DCA 0.06 to 0.16",
    )
    ratio_departure: NonNegative = Field(
        1.0,
        le=2.0,
        description="VOD ratio H/V minus 1, of what the land says, 0.1 (1 sd) [1]; 0: 1 "
        "everywhere, what the retrieval takes. The size is that of the prior of the season mode",
    )
    albedo_exponent: float = Field(
        -0.1,
        ge=-0.5,
        le=0.5,
        description="x of albedo ~ f^x [1]; from 0.07 at 1.41 GHz (DCA) to 0.05-0.06 at C and X "
        "band (LPRM)",
    )
    open_water: Fraction = Field(1.0, description="share of open water, of what the land says [1]")
    ground_ice: Fraction = Field(
        1.0,
        description="ice in frozen soil, of what the state says [1]; refractive mixing, Birchak "
        "1974; 0: only liquid water counts",
    )
    snow_grain: NonNegative = Field(
        1.2,
        le=1.6,
        description="diameter of the grains of dry snow in the HUT model [mm]; 0: no snow. With "
        "1.2 the difference of 18.7 and 36.5 GHz at H grows by 1 K for 4.6 mm of water, 4.8 after "
        "Chang 1987 as commonly quoted; CMEM has 0.59 mm at 250 kg m-3",
    )
    atmosphere: NonNegative = Field(
        1.0,
        le=2.0,
        description="opacity of air, vapour and cloud above 3 GHz, of the model [1]; Rosenkranz by "
        "pyrtlib, Wentz and Meissner 2000; SMAP's brightness temperature is free of it",
    )
    rain: NonNegative = Field(
        1.0,
        le=2.0,
        description="opacity of rain above 3 GHz, of ITU-R P.838-3 up to the freezing level [1]",
    )

    @classmethod
    def none(cls) -> Self:
        """No effect at all: the world as the retrieval sees it."""
        return cls(**dict.fromkeys(cls.model_fields, 0.0))


class BoxSettings(Table):
    """One box of land, `[[simulate.box]]`."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9-]+$", description="short, of letters, digits and -; in file names"
    )
    south: float = Field(ge=-84.0, le=84.0, description="[degree]")
    north: float = Field(ge=-84.0, le=84.0, description="[degree]")
    west: float = Field(ge=-180.0, le=180.0, description="[degree]")
    east: float = Field(ge=-180.0, le=180.0, description="[degree]")
    elevation: float = Field(0.0, ge=-400.0, le=6000.0, description="mean height [m]")
    climate: Literal["plateau", "temperate", "semiarid", "savanna", "boreal", "rainforest"] = Field(
        "temperate", description="its commonest climate zone"
    )


class DroughtSettings(Table):
    """One drought, `[[simulate.drought]]`: less rain in a box for a while."""

    box: str = Field("", description="its box; empty: the first one")
    start: date = Field(date(2017, 5, 1), description="first UTC day")
    end: date = Field(date(2017, 9, 30), description="last UTC day")
    rain_factor: float = Field(
        0.3, ge=0.0, le=2.0, description="share of the rain that falls all the same [1]"
    )


class InstrumentSettings(Table):
    """The `[simulate.instrument]` table: errors of the sensors, all known to the truth store."""

    noise: NonNegative = Field(1.0, description="noise over each channel's NEDT [1]; 0: none")
    has_footprints: bool = Field(
        True, description="footprints average over cells; false: they see the cell they point at"
    )
    geolocation_sd: NonNegative = Field(
        1.5, le=20.0, description="error of an imager's pointing, one a pass and axis, 1 sd [km]"
    )
    offset_sd: NonNegative = Field(
        1.0, description="calibration offset of a channel, 1 sd [K]; XCAL sees 2 to 3 K raw"
    )
    slope_sd: NonNegative = Field(0.01, description="error of the calibration's slope, 1 sd [1]")
    curvature_sd: NonNegative = Field(
        0.3, description="dependence on the scene, at 50 K from 250 K, 1 sd [K]"
    )
    drift_sd: NonNegative = Field(0.3, description="drift of a channel, 1 sd [K per decade]")
    tmi_boost_step: float = Field(0.6, description="TMI before the boost of 2001 minus after [K]")
    gmi_boost_step: float = Field(0.3, description="GMI before the boost of 2023 minus after [K]")
    rfi_x_band: NonNegative = Field(15.0, description="largest interference, 10.65 GHz [K]")
    rfi_l_band: NonNegative = Field(25.0, description="largest interference, 1.41 GHz [K]")
    temperature_sd: NonNegative = Field(
        2.0, description="error of the soil temperature in SMAP granules, 1 sd [K]"
    )
    clay_sd: NonNegative = Field(0.05, description="error of their clay fraction, 1 sd [1]")
    water_left: Fraction = Field(
        0.1, description="share of the water correction of SMAP that is missing [1]"
    )
    bad_scan_share: float = Field(
        0.002, ge=0.0, le=0.5, description="scans of an imager that are missing, all fill [1]"
    )


class SimulateSettings(Table):
    """The `[simulate]` table; the defaults are the demo world."""

    seed: int = Field(0, ge=0, description="of all randomness")
    first_day: date = Field(date(2011, 6, 1), description="first UTC day")
    last_day: date = Field(date(2017, 10, 31), description="last UTC day")
    sensors: tuple[Literal["SMAP", "TMI", "AMSRE", "GMI", "AMSR2"], ...] = Field(
        ("SMAP", "TMI", "AMSRE", "GMI", "AMSR2"), description="sensors whose granules are written"
    )
    effects: EffectSettings = Field(
        default_factory=EffectSettings, description="what the retrieval does not model"
    )
    instrument: InstrumentSettings = Field(
        default_factory=InstrumentSettings, description="errors of the sensors"
    )
    rim: int = Field(3, ge=2, le=8, description="cells around a box, so that footprints see ground")
    spin_up_days: int = Field(
        365, ge=30, le=3650, description="simulated before the first day and left out [day]"
    )
    trend: float = Field(
        -0.02,
        ge=-0.2,
        le=0.2,
        description="slow change of soil moisture since the first day [m3 m-3 per decade]; less "
        "where the soil has no more to lose",
    )
    drought: tuple[DroughtSettings, ...] = Field((DroughtSettings(),), description="droughts")
    networks: int = Field(2, ge=0, le=9, description="dense networks of stations in each box")
    stations: int = Field(8, ge=1, le=40, description="stations of a network")
    box: tuple[BoxSettings, ...] = Field(
        (
            BoxSettings(
                name="gibraltar",
                south=34.0,
                north=37.6,
                west=-7.5,
                east=-3.5,
                elevation=500.0,
                climate="semiarid",
            ),
        ),
        description="boxes of land",
    )
