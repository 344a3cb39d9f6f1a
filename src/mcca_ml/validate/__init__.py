"""Validation of soil-moisture products against in-situ stations.

The package can be called: `mcca_ml.validate(...)` is `mcca_ml.validate.run.validate`.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcca_ml.config.validate import ValidateSettings
    from mcca_ml.read.products.open import MoistureProduct
    from mcca_ml.validate.run import Validation


class _Callable(ModuleType):
    """A package with the name of its main function."""

    def __call__(
        self,
        products: "Sequence[str | Path | MoistureProduct]",
        stations: str | Path,
        settings: "ValidateSettings | None" = None,
    ) -> "Validation":
        """Scores of products at stations; see `run.validate`."""
        from mcca_ml.validate.run import validate  # not above: xarray takes a second to load

        return validate(products, stations, settings)


sys.modules[__name__].__class__ = _Callable
