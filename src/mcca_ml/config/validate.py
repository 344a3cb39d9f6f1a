"""Settings of the validation: the `[validate]` table."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from mcca_ml.config.table import Table


class ComparedSettings(Table):
    """One `[[validate.product]]` table: a product to put beside the record."""

    path: str = Field(description="file, folder or cube; PATH::VARIABLE names a variable")
    name: str = Field("", description="in the tables; empty: that of the path")
    shares: tuple[str, ...] = Field(
        (), description="targets and instruments it is made from; empty: what its attributes say"
    )


class ValidateSettings(Table):
    """The `[validate]` table: what the record is scored against, and how."""

    stations: Path | None = Field(None, description="folder of stations as ISMN delivers them")
    product: tuple[ComparedSettings, ...] = Field(
        (), description="other products, scored on the same days and stations"
    )
    max_depth: float = Field(
        0.10, gt=0.0, le=1.0, description="lower end of the deepest sensor that counts [m]"
    )
    window_hours: float = Field(
        1.0, gt=0.0, le=12.0, description="largest distance of a reading to an observation [h]"
    )
    fewest_stations: int = Field(
        4, ge=2, description="stations of a network in a cell from which on they are averaged"
    )
    weights: Literal["equal", "thiessen"] = Field(
        "equal", description="of stations in a cell: equal, or the share nearest to each"
    )
    fewest_pairs: int = Field(20, ge=2, description="days without which a station has no score")
    keep_frozen: bool = Field(
        False, description="keep readings that ISMN doubts only for frozen soil"
    )
    quality: Literal["recommended", "any"] = Field(
        "recommended", description="values of a product: those its flag recommends, or any"
    )
