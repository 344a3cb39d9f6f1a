"""Sizes of what simulated emission has and the retrieval does not model: the one table of them."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class EffectSettings(BaseModel):
    """The `[simulate.effects]` table: 0 switches an effect off, 1 leaves a share as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    second_surface: float = Field(
        1.0,
        ge=0.0,
        le=1.0,
        description="how far the two surfaces of a cell differ, of what the land says [1]; "
        "0: both are the cell's mean. The land's contrasts are this project's choice",
    )
    moisture_roughness: float = Field(
        0.5,
        ge=0.0,
        le=1.0,
        description="share of roughness h that is gone in saturated soil [1]; between LPRM (1) and "
        "a constant h (SMAP), form as in GEOS",
    )
    roughness_exponent: float = Field(
        0.25,
        ge=0.0,
        le=1.0,
        description="x of h ~ f^x [1]; 0.5 would be Coppo's h = 3 sqrt(s / wavelength), 0 that of "
        "LPRM, whose h at 10 GHz is about that of L-band",
    )
    mixing: float = Field(
        0.2,
        ge=0.0,
        le=0.35,
        description="polarization mixing that high frequencies add to that of L-band, at most [1]; "
        "CMEM 0.35; 0.2 gives 0.12 at 10.65 GHz as LPRM has",
    )
    canopy_difference: float = Field(
        1.0,
        ge=0.0,
        le=2.0,
        description="temperature of canopy minus soil, of what the state says [1]; 0: that of the "
        "soil",
    )
    deep_soil: float = Field(
        1.0,
        ge=0.0,
        le=1.0,
        description="emission from below the surface, of Choudhury 1982 [1]: the surface weighs "
        "0.24 at 1.41 GHz, 0.8 at 10.65; 0: the surface alone emits",
    )
    albedo_departure: float = Field(
        1.0,
        ge=0.0,
        le=2.0,
        description="albedo minus 0.07, of what the land says [1]; 0: 0.07 everywhere, what the "
        "retrieval takes. SMAP's DCA table 0.06 to 0.10, MT-DCA 0.06 to 0.16",
    )
    ratio_departure: float = Field(
        1.0,
        ge=0.0,
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
    open_water: float = Field(
        1.0, ge=0.0, le=1.0, description="share of open water, of what the land says [1]"
    )
    ground_ice: float = Field(
        1.0,
        ge=0.0,
        le=1.0,
        description="ice in frozen soil, of what the state says [1]; refractive mixing, Birchak "
        "1974; 0: only liquid water counts",
    )
    snow_grain: float = Field(
        1.2,
        ge=0.0,
        le=1.6,
        description="diameter of the grains of dry snow in the HUT model [mm]; 0: no snow. With "
        "1.2 the difference of 18.7 and 36.5 GHz at H grows by 1 K for 4.6 mm of water, 4.8 after "
        "Chang 1987 as commonly quoted; CMEM has 0.59 mm at 250 kg m-3",
    )
    atmosphere: float = Field(
        1.0,
        ge=0.0,
        le=2.0,
        description="opacity of air, vapour and cloud above 3 GHz, of the model [1]; Rosenkranz by "
        "pyrtlib, Wentz and Meissner 2000; SMAP's brightness temperature is free of it",
    )
    rain: float = Field(
        1.0,
        ge=0.0,
        le=2.0,
        description="opacity of rain above 3 GHz, of ITU-R P.838-3 up to the freezing level [1]",
    )

    @classmethod
    def none(cls) -> Self:
        """No effect at all: the world as the retrieval sees it."""
        return cls(**dict.fromkeys(cls.model_fields, 0.0))
