"""Settings of the stages: frozen models, read from TOML, an unknown key is an error."""

import tomllib
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, Field, ValidationError
from pydantic.fields import FieldInfo

from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.config.record import (
    FuseSettings,
    PeriodSettings,
    ProjectSettings,
    PublishSettings,
    RegionSettings,
    RolesSettings,
    WorkSettings,
)
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.config.simulate import SimulateSettings
from mcca_ml.config.table import Table
from mcca_ml.config.train import TrainSettings
from mcca_ml.config.validate import ValidateSettings
from mcca_ml.errors import ConfigError


class InputSettings(Table):
    """One `[input.<product>]` table: where the granules of a product lie."""

    path: str = Field(description="directory, searched with all below it, or glob of granules")


class OutputSettings(Table):
    """The `[output]` table."""

    directory: Path = Field(description="where the products go")


class Settings(Table):
    """A whole configuration file; each field is a table, which says what it is for."""

    input: dict[str, InputSettings] = {}
    """By product: `[input.SPL3SMP]` with its path."""
    project: ProjectSettings = ProjectSettings()
    period: PeriodSettings | None = None
    region: RegionSettings = RegionSettings()
    work: WorkSettings | None = None
    output: OutputSettings | None = None
    retrieve: RetrieveSettings = RetrieveSettings()
    calibrate: CalibrateSettings = CalibrateSettings()
    roles: RolesSettings = RolesSettings()
    train: TrainSettings = TrainSettings()
    fuse: FuseSettings = FuseSettings()
    publish: PublishSettings = PublishSettings()
    validation: ValidateSettings = Field(
        ValidateSettings(),
        alias="validate",  # a name that pydantic keeps for itself
    )
    simulate: SimulateSettings = SimulateSettings()


def _model_in(kind: object) -> type[BaseModel] | None:
    """The model that an annotation names, by itself or inside a tuple, a dict or an optional."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    return next(filter(None, map(_model_in, get_args(kind))), None)


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    """Keys that may stand in the table that holds `location`."""
    model: type[BaseModel] = Settings
    for part in location[:-1]:
        # Names of inputs and numbers of boxes lead to no other model.
        inner = _by_key(model).get(str(part))
        model = (inner and _model_in(inner.annotation)) or model
    return sorted(_by_key(model))


def _by_key(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Fields of a model by the keys that stand in a file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def load_settings(path: str | Path) -> Settings:
    """Settings read from a TOML file; every fault is reported at once.

    Raises:
        ConfigError: the file is missing, is no TOML, or holds an unknown key or a bad value; the
            message lists the keys that are known.
    """
    path = Path(path)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; give the path of a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML ({error}); correct that line") from error
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        faults = []
        for fault in error.errors():
            where = ".".join(str(part) for part in fault["loc"])
            if fault["type"] == "extra_forbidden":
                faults.append(
                    f"unknown key {where!r}, known: {', '.join(_known_keys(fault['loc']))}"
                )
            else:
                faults.append(f"{where}: {fault['msg']}, found {fault['input']!r}")
        raise ConfigError(f"{path}: " + "; ".join(faults)) from error
