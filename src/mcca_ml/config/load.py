"""Settings of the stages: frozen models, read from TOML, an unknown key is an error."""

import tomllib
from pathlib import Path

from pydantic import Field, ValidationError

from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.config.faults import describe_fault
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
    """One `[input.<product>]` table: path of the granules of a product."""

    path: str = Field(description="directory, searched with all below it, or glob of granules")


class OutputSettings(Table):
    """The `[output]` table."""

    directory: Path = Field(description="where the products go")


class Settings(Table):
    """A whole configuration file; each field is a table."""

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
        alias="validate",  # pydantic reserves the name `validate`
    )
    simulate: SimulateSettings = SimulateSettings()


def load_settings(path: str | Path) -> Settings:
    """Read settings from a TOML file; all faults are reported at once.

    Raises:
        ConfigError: the file is missing, is not TOML, or has an unknown key or a bad value; the
            message lists the known keys.
    """
    path = Path(path)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; give the path of a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML ({error}); correct that line") from error
    try:
        return Settings.model_validate(raw, context={"lists_faults": True})
    except ValidationError as error:
        faults = [describe_fault(fault, Settings) for fault in error.errors()]
        raise ConfigError(f"{path}: " + "; ".join(faults)) from error
