"""Base model of configuration tables, and ranges of values."""

from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from mcca_ml.config.faults import describe_fault
from mcca_ml.errors import ConfigError


class Table(BaseModel):
    """A table of a configuration: frozen; an unknown key is an error.

    Raises:
        ConfigError: unknown keys or bad values, in one line.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def check_values(self) -> None:
        """Check values against each other.

        Raises:
            ValueError: they contradict each other; the message says which.
        """

    @model_validator(mode="wrap")
    @classmethod
    def _checked(
        cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        """Raise the project's error; pydantic's for a caller with a context, who lists faults."""
        try:
            table = handler(data)
            table.check_values()
        except ValidationError as error:
            if info.context is not None:
                raise
            faults = "; ".join(describe_fault(fault, cls) for fault in error.errors())
            raise ConfigError(f"{cls.__name__}: {faults}") from error
        except ValueError as error:
            if info.context is not None:
                raise
            raise ConfigError(f"{cls.__name__}: {error}") from error
        return table


Positive = Annotated[float, Field(gt=0.0)]
NonNegative = Annotated[float, Field(ge=0.0)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
