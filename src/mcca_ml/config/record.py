"""Settings of the whole record: name, period, region, splits of days, fusion and files."""

from datetime import date
from pathlib import Path

from pydantic import Field

from mcca_ml.config.table import NonNegative, Table


class ProjectSettings(Table):
    """The `[project]` table."""

    name: str = Field(
        "record", min_length=1, description="name of the record, an attribute of its files"
    )
    creator: str = Field("", description="who made it, an attribute of its files; empty: left out")


class PeriodSettings(Table):
    """The `[period]` table; a later `end` appends to the existing record."""

    start: date = Field(date(1997, 12, 7), description="first UTC day; the default is TMI's first")
    end: date = Field(description="last UTC day, included")

    def check_values(self) -> None:
        """Refuse a period that ends before it begins."""
        if self.end < self.start:
            raise ValueError(
                f"found end {self.end} before start {self.start}, expected start first; swap them"
            )


class RegionBox(Table):
    """One `[[region.box]]`: cells with their centres inside."""

    south: float = Field(ge=-90.0, le=90.0, description="southern edge [degrees_north]")
    north: float = Field(ge=-90.0, le=90.0, description="northern edge [degrees_north]")
    west: float = Field(ge=-180.0, le=180.0, description="western edge [degrees_east]")
    east: float = Field(
        ge=-180.0, le=180.0, description="eastern edge [degrees_east]; below west: over 180"
    )

    def check_values(self) -> None:
        """Refuse a box without area."""
        if self.north <= self.south or self.east == self.west:
            raise ValueError(
                f"found a box without area, {self.south:g} to {self.north:g} N, {self.west:g} to "
                f"{self.east:g} E, expected south below north and west other than east; correct it"
            )


class RegionSettings(Table):
    """The `[region]` table: boxes, or cells; without either all land."""

    box: tuple[RegionBox, ...] = Field((), description="boxes of land; none: all land")
    cells: tuple[int, ...] = Field(
        (), description="flat cells of EASE2_M25, row * 1388 + column, beside those of the boxes"
    )


class WorkSettings(Table):
    """The `[work]` table."""

    directory: Path = Field(description="directory of intermediate files")


class DaySpan(Table):
    """Consecutive days, first and last included."""

    first: date = Field(description="first UTC day")
    last: date = Field(description="last UTC day, included")


class RolesSettings(Table):
    """The `[roles]` table: which days with a target train, calibrate and test."""

    calibrate: tuple[DaySpan, ...] = Field(
        (),
        description="days for uncertainty and fusion; none: before the test days as many as those",
    )
    test: tuple[DaySpan, ...] = Field(
        (),
        description="days for scores only; none: the last 365 with a target, or a quarter of them",
    )
    stop_block: int = Field(
        16, ge=15, le=120, description="length of a block of days that says when to stop [day]"
    )
    stop_every: int = Field(
        6, ge=2, le=50, description="one in so many blocks of the training days is such a block"
    )


class FuseSettings(Table):
    """The `[fuse]` table: how streams become one record."""

    prior_days: NonNegative = Field(
        60.0,
        description="calibration days that the covariance of all cells counts for in that of one",
    )
    min_days: int = Field(
        10, ge=2, description="common calibration days below which a cell has that of all [day]"
    )
    fill_age_max: int = Field(
        10, ge=0, le=60, description="age of the last look beyond which nothing is filled [day]"
    )


class PublishSettings(Table):
    """The `[publish]` table: which files the record is written to."""

    daily: bool = Field(True, description="a CF NetCDF file a day")
    quarter_degree: bool = Field(
        False, description="a CF NetCDF file a day on a regular 0.25 degree grid as well"
    )
    cube: bool = Field(True, description="one Zarr store of the whole record")
    version: str = Field(
        "01.0", pattern=r"^\d\d\.\d$", description="version of the record, in names of files"
    )
