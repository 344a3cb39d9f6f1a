"""Settings of the product: the `[publish]` table."""

from pydantic import BaseModel, ConfigDict, Field


class PublishSettings(BaseModel):
    """The `[publish]` table: which files the record is written to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    daily: bool = Field(True, description="a CF NetCDF file a day")
    quarter_degree: bool = Field(
        False, description="a CF NetCDF file a day on a regular 0.25 degree grid as well"
    )
    cube: bool = Field(True, description="one Zarr store of the whole record")
    version: str = Field(
        "01.0", pattern=r"^\d\d\.\d$", description="version of the record, in names of files"
    )
