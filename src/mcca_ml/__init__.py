"""MCCA-ML: a consistent daily global soil-moisture record from passive microwave satellites.

The names in `__all__` are the public interface. Each is loaded when it is first used, so that
`import mcca_ml` costs next to nothing. `retrieve` and `validate` are packages too, which can be
called.

>>> import mcca_ml
>>> mcca_ml.SENSORS["AMSR2"].first_day
'2012-07-03'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = (  # noqa: F822 loaded by __getattr__
    "M25",
    "MEANING",
    "SENSORS",
    "ConfigError",
    "Flag",
    "GranuleError",
    "MccaMlError",
    "OutputError",
    "RetrieveSettings",
    "Scores",
    "Sensor",
    "Settings",
    "TrainSettings",
    "draw_map",
    "fit",
    "is_recommended",
    "load_settings",
    "open_granule",
    "open_record",
    "open_swaths",
    "predict",
    "retrieve",
    "run",
    "score_pairs",
    "select_box",
    "simulate_world",
    "validate",
)

if TYPE_CHECKING:
    from mcca_ml.config.load import Settings, load_settings
    from mcca_ml.config.retrieve import RetrieveSettings
    from mcca_ml.config.train import TrainSettings
    from mcca_ml.errors import ConfigError, GranuleError, MccaMlError, OutputError
    from mcca_ml.flags import MEANING, Flag, is_recommended
    from mcca_ml.grid.ease2 import M25
    from mcca_ml.learn.fit import fit, predict
    from mcca_ml.metrics.scores import Scores, score_pairs
    from mcca_ml.pipeline.run import run
    from mcca_ml.plot.record_map import draw_map
    from mcca_ml.read.any_granule import open_granule, open_swaths
    from mcca_ml.read.open_record import open_record, select_box
    from mcca_ml.retrieve.single_look import retrieve
    from mcca_ml.sensors import SENSORS, Sensor
    from mcca_ml.simulate.run import simulate_world
    from mcca_ml.validate.run import validate

_HOMES = {
    "config.load": ("Settings", "load_settings"),
    "config.retrieve": ("RetrieveSettings",),
    "config.train": ("TrainSettings",),
    "errors": ("ConfigError", "GranuleError", "MccaMlError", "OutputError"),
    "flags": ("MEANING", "Flag", "is_recommended"),
    "grid.ease2": ("M25",),
    "learn.fit": ("fit", "predict"),
    "metrics.scores": ("Scores", "score_pairs"),
    "pipeline.run": ("run",),
    "plot.record_map": ("draw_map",),
    "read.any_granule": ("open_granule", "open_swaths"),
    "read.open_record": ("open_record", "select_box"),
    "sensors": ("SENSORS", "Sensor"),
    "simulate.run": ("simulate_world",),
}


def __getattr__(name: str) -> Any:
    """A public name from the module that defines it."""
    if name in ("retrieve", "validate"):
        return import_module(f"{__name__}.{name}")
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"mcca_ml has no {name!r}; its public names are {', '.join(__all__)}")


def __dir__() -> list[str]:
    """Names that are offered after `mcca_ml.`."""
    return ["__version__", *__all__]
