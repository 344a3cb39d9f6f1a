"""Settings of the fusion: the `[fuse]` table."""

from pydantic import BaseModel, ConfigDict, Field


class FuseSettings(BaseModel):
    """The `[fuse]` table: how streams become one record."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prior_days: float = Field(
        60.0,
        ge=0.0,
        description="calibration days that the covariance of all cells counts for in that of one",
    )
    min_days: int = Field(
        10, ge=2, description="common calibration days below which a cell has that of all [day]"
    )
    fill_age_max: int = Field(
        10, ge=0, le=60, description="age of the last look beyond which nothing is filled [day]"
    )
