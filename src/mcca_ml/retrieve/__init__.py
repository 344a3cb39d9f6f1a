"""GRID_TB -> RETRIEVAL: soil moisture and vegetation optical depth by MCCA.

The package can be called: `mcca_ml.retrieve(tb)` is `mcca_ml.retrieve.single_look.retrieve`.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

    from mcca_ml.config.retrieve import RetrieveSettings


class _Callable(ModuleType):
    """A package with the name of its main function."""

    def __call__(
        self, tb: "xr.Dataset", settings: "RetrieveSettings | None" = None
    ) -> "xr.Dataset":
        """Soil moisture and VOD of every look; see `single_look.retrieve`."""
        from mcca_ml.retrieve.single_look import retrieve  # not above: JAX takes a second to load

        return retrieve(tb, settings)


sys.modules[__name__].__class__ = _Callable
