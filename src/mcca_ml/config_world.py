"""Settings of simulated worlds: boxes, and the size of every effect that no retrieval models."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FROZEN = ConfigDict(frozen=True, extra="forbid")


class BoxSettings(BaseModel):
    """One box of land, `[[simulate.box]]`."""

    model_config = FROZEN

    name: str = Field(description="short name, in file names")
    south: float = Field(ge=-84.0, le=84.0, description="[degree]")
    north: float = Field(ge=-84.0, le=84.0, description="[degree]")
    west: float = Field(ge=-180.0, le=180.0, description="[degree]")
    east: float = Field(ge=-180.0, le=180.0, description="[degree]")
    elevation: float = Field(0.0, ge=-400.0, le=6000.0, description="mean height [m]")
    climate: Literal["plateau", "temperate", "semiarid", "savanna"] = Field(
        "temperate", description="its commonest climate zone"
    )


class SimulateSettings(BaseModel):
    """The `[simulate]` table; the defaults are the demo world."""

    model_config = FROZEN

    seed: int = Field(0, ge=0, description="of all randomness")
    first_day: date = Field(date(2011, 1, 1), description="first UTC day")
    last_day: date = Field(date(2018, 12, 31), description="last UTC day")
    sensors: tuple[Literal["SMAP", "TMI", "AMSRE", "GMI", "AMSR2"], ...] = Field(
        ("SMAP", "TMI", "AMSRE", "GMI", "AMSR2"), description="sensors whose granules are written"
    )
    rim: int = Field(3, ge=2, le=8, description="cells around a box, so that footprints see ground")
    box: tuple[BoxSettings, ...] = Field(
        (
            BoxSettings(
                name="plateau",
                south=33.0,
                north=35.0,
                west=90.5,
                east=93.1,
                elevation=4500.0,
                climate="plateau",
            ),
            BoxSettings(
                name="north",
                south=54.2,
                north=56.2,
                west=-107.0,
                east=-104.4,
                elevation=500.0,
                climate="temperate",
            ),
        ),
        description="boxes of land",
    )
