"""Settings of the stages: frozen models, read from TOML, an unknown key is an error."""

import tomllib
from pathlib import Path
from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo

from mcca_ml.config.calibrate import CalibrateSettings
from mcca_ml.config.fuse import FuseSettings
from mcca_ml.config.publish import PublishSettings
from mcca_ml.config.record import (
    PeriodSettings,
    ProjectSettings,
    RegionSettings,
    RolesSettings,
    WorkSettings,
)
from mcca_ml.config.simulate import SimulateSettings
from mcca_ml.config.train import TrainSettings
from mcca_ml.config.validate import ValidateSettings
from mcca_ml.errors import ConfigError


class RetrieveSettings(BaseModel):
    """The `[retrieve]` table: constants of stage one, fixed before any day is looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["look", "season"] = Field(
        "look",
        description="look: each look alone, VOD ratio from here; season: ratio estimated per cell",
    )
    core: str = Field(
        "", description="core channel, 1.41H for instance; empty: lowest frequency at H"
    )
    channels: tuple[str, ...] = Field(
        (), description="channels to use; empty: every channel below 20 GHz"
    )
    omega: float = Field(
        0.07,
        ge=0.0,
        lt=0.5,
        description="scattering albedo [1]; 0.07 is the commonest value of the DCA table",
    )
    omega_source: Literal["uniform", "dca", "mt-dca"] = Field(
        "uniform", description="uniform: `omega` everywhere; dca, mt-dca: by land cover"
    )
    roughness_source: Literal["granule", "smap-atbd", "smos-ic"] = Field(
        "granule", description="granule: its roughness field; others: a table by land cover"
    )
    polarization_mixing: float = Field(
        0.1771, ge=0.0, le=1.0, description="Q = this times h [1]; Chaubell et al. 2020"
    )
    roughness_exponent: float = Field(
        2.0, ge=-2.0, le=4.0, description="N of exp(-h cos^N incidence) [1]; SMAP baseline 2"
    )
    vod_ratio: float = Field(
        1.0, ge=0.5, le=2.0, description="VOD at H over VOD at V [1]; 1 is the prior mean"
    )
    vod_ratio_sd: float = Field(0.1, gt=0.0, le=0.5, description="its standard deviation [1]")
    vod_ratio_bounds: tuple[float, float] = Field(
        (0.8, 1.2), description="bounds of an estimated ratio [1]"
    )
    vod_window: int = Field(
        7, ge=5, le=11, description="looks over which VOD is smooth (season mode), odd"
    )
    vod_drift_sd: float = Field(
        0.02, gt=0.0, description="change of VOD from a look to the window's mean, sd [1]"
    )
    keep_prior_above: float = Field(
        0.7, gt=0.0, le=1.0, description="posterior/prior sd above which the prior ratio is kept"
    )
    vod_max: float = Field(2.0, gt=0.0, le=5.0, description="upper bound of VOD at nadir [1]")
    soil_moisture_min: float = Field(0.02, ge=0.0, le=0.1, description="lower bound [m3 m-3]")
    soil_moisture_max: float = Field(
        0.60, gt=0.1, le=1.0, description="upper bound where bulk density is missing [m3 m-3]"
    )
    nedt: float = Field(
        0.0, ge=0.0, description="noise of a brightness temperature [K]; 0: the sensor's own"
    )
    omega_sd: float = Field(0.02, ge=0.0, description="error of the albedo, 1 sd [1]")
    temperature_sd: float = Field(2.0, ge=0.0, description="error of soil temperature, 1 sd [K]")
    ka_temperature_sd: float = Field(
        4.0, ge=0.0, description="the same where it comes from 36.5 GHz at V, 1 sd [K]"
    )
    roughness_sd: float = Field(0.03, ge=0.0, description="error of roughness h, 1 sd [1]")
    clay_sd: float = Field(0.05, ge=0.0, description="error of clay fraction, 1 sd [1]")
    exponent_sd: float = Field(
        0.15, ge=0.0, description="error of the frequency exponent of VOD, 1 sd [1]"
    )
    default_clay: float = Field(
        0.18, ge=0.0, le=1.0, description="clay fraction where missing [1]; loam of Cosby 1984"
    )
    default_clay_sd: float = Field(
        0.12, ge=0.0, description="error of that default, 1 sd [1]; spread of texture classes"
    )

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        """Refuse settings that contradict each other."""
        low, high = self.vod_ratio_bounds
        if not low < self.vod_ratio < high:
            raise ValueError(
                f"vod_ratio {self.vod_ratio:g} must lie between vod_ratio_bounds {low:g}, {high:g}"
            )
        if self.vod_window % 2 == 0:
            raise ValueError(f"vod_window {self.vod_window} must be odd, a look and its neighbours")
        return self


class InputSettings(BaseModel):
    """One `[input.<product>]` table: where the granules of a product lie."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(description="directory, searched with all below it, or glob of granules")


class OutputSettings(BaseModel):
    """The `[output]` table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    directory: Path = Field(description="where the products go")


class Settings(BaseModel):
    """A whole configuration file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: dict[str, InputSettings] = Field(
        default_factory=dict, description="granules by product, [input.SPL3SMP] path = ..."
    )
    project: ProjectSettings = Field(
        default_factory=ProjectSettings, description="what the record is called"
    )
    period: PeriodSettings | None = Field(None, description="days of the record")
    region: RegionSettings = Field(
        default_factory=RegionSettings, description="cells of the record"
    )
    work: WorkSettings | None = Field(None, description="where the stages keep what they make")
    output: OutputSettings | None = Field(None, description="where the products go")
    retrieve: RetrieveSettings = Field(
        default_factory=RetrieveSettings, description="constants of stage one"
    )
    calibrate: CalibrateSettings = Field(
        default_factory=CalibrateSettings, description="cross-calibration"
    )
    roles: RolesSettings = Field(
        default_factory=RolesSettings, description="what the days with a target are for"
    )
    train: TrainSettings = Field(default_factory=TrainSettings, description="the learner")
    fuse: FuseSettings = Field(default_factory=FuseSettings, description="the fusion")
    publish: PublishSettings = Field(default_factory=PublishSettings, description="the product")
    validation: ValidateSettings = Field(
        default_factory=ValidateSettings,
        alias="validate",  # a name that pydantic keeps for itself
        description="scores against stations",
    )
    simulate: SimulateSettings = Field(
        default_factory=SimulateSettings, description="a simulated world"
    )


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


def load(path: Path) -> Settings:
    """Settings read from a TOML file; every fault is reported at once.

    Raises:
        ConfigError: the file is missing, is no TOML, or holds an unknown key or a bad value; the
            message lists the keys that are known.
    """
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
