"""What all tables of a configuration have in common, and the ranges that many keys share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Table(BaseModel):
    """A table of a configuration: frozen; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Positive = Annotated[float, Field(gt=0.0)]
NonNegative = Annotated[float, Field(ge=0.0)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
