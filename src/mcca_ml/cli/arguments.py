"""From the arguments of `mcca-ml retrieve` to the files and settings that they name."""

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mcca_ml.config.load import Settings, load_settings
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.config.simulate import SimulateSettings
from mcca_ml.errors import ConfigError, GranuleError

SUFFIXES = (".h5", ".hdf5", ".nc", ".nc4")
"""Files taken from a directory that a configuration names."""

SETTINGS = ".toml"
"""An argument that ends so is a configuration, any other names granules."""


@dataclass(frozen=True)
class Work:
    """What to retrieve, where to, and how."""

    granules: tuple[Path, ...]
    out: Path
    settings: RetrieveSettings


def _choose_directory(settings: Settings, base: Path, out: Path | None, what: str) -> Path:
    """Directory for what is made: the one given, else that of the configuration in `base`."""
    if out is None and settings.output is not None:
        out = base / settings.output.directory
    if out is None:
        raise ConfigError(f"{what}, expected --out DIR or [output] directory; give one of them")
    return out


def _with_world(path: Path) -> Settings:
    """Settings that hold a world.

    Raises:
        ConfigError: a bad configuration, or one without `[simulate]`.
    """
    settings = load_settings(path)
    if "simulate" not in settings.model_fields_set:
        raise ConfigError(
            f"{path}: found no [simulate], expected a world; add that table, empty for the demo "
            "world"
        )
    return settings


def read_world(path: Path, out: Path | None) -> tuple[SimulateSettings, Path]:
    """World and directory that the arguments of `mcca-ml simulate` ask for.

    Args:
        path: configuration.
        out: directory for the world; overrides that of the configuration.

    Raises:
        ConfigError: a bad configuration, one without `[simulate]`, or no directory.
    """
    settings = _with_world(path)
    what = "simulate: no directory for the world"
    return settings.simulate, _choose_directory(settings, path.parent, out, what)


def world_or_default(path: Path | None) -> SimulateSettings:
    """The world of a configuration; without one the demo world, which is all defaults.

    Raises:
        ConfigError: a bad configuration, or one without `[simulate]`.
    """
    return SimulateSettings() if path is None else _with_world(path).simulate


def expand(argument: str) -> list[Path]:
    """The files that one argument names: itself, or what its pattern matches, sorted.

    Raises:
        GranuleError: a pattern that nothing matches, a directory, or no such file.
    """
    if Path(argument).exists() or not glob.has_magic(argument):
        paths = [Path(argument)]
    else:
        # Path.glob knows no absolute patterns.
        paths = sorted(map(Path, glob.glob(argument, recursive=True)))  # noqa: PTH207
    if not paths:
        raise GranuleError(f"{argument}: no file matches this pattern, expected granules; check it")
    for path in paths:
        if path.is_dir():
            raise GranuleError(
                f"{path}: found a directory, expected a granule; give its files, {path}/*.h5"
            )
        if not path.exists():
            raise GranuleError(f"{path}: found no such file, expected a granule; check the path")
    return paths


def _input_granules(path: str, base: Path) -> list[Path]:
    """The granules of one `[input.<product>]` table; `path` is relative to the configuration."""
    where = base / path
    if not where.is_dir():
        return expand(str(where))
    files = sorted(file for file in where.iterdir() if file.suffix.lower() in SUFFIXES)
    if not files:
        raise GranuleError(
            f"{where}: no file that ends in {', '.join(SUFFIXES)}, expected granules; "
            "check the path"
        )
    return files


def find_record(arguments: Sequence[str], *, is_plain: bool) -> Path | None:
    """The configuration of a record, whose stage `retrieve` is asked for; None: granules are.

    Args:
        arguments: as in `plan_work`.
        is_plain: True if no option for granules was given.

    Raises:
        ConfigError: a bad configuration, or options that a record takes from its configuration.
    """
    if len(arguments) != 1 or not arguments[0].endswith(SETTINGS):
        return None
    path = Path(arguments[0])
    if load_settings(path).work is None:
        return None
    if not is_plain:
        raise ConfigError(
            f"{path}: is the configuration of a record ([work]), of which retrieve makes the "
            "target, found options for granules, expected none; leave them out, or name granules"
        )
    return path


def configuration_among(arguments: Sequence[str]) -> tuple[Path | None, list[str]]:
    """The configuration among some arguments, and the others.

    Raises:
        ConfigError: two configurations.
    """
    files = [Path(argument) for argument in arguments if argument.endswith(SETTINGS)]
    if len(files) > 1:
        raise ConfigError(
            f"{', '.join(map(str, files))}: found {len(files)} configurations, expected one; "
            "merge them"
        )
    others = [argument for argument in arguments if not argument.endswith(SETTINGS)]
    return (files[0] if files else None), others


def plan_work(arguments: Sequence[str], out: Path | None, mode: str | None) -> Work:
    """What the arguments ask for.

    Args:
        arguments: granules or patterns, and at most one configuration (it ends in .toml).
        out: directory for the products; overrides that of the configuration.
        mode: look or season; overrides that of the configuration.

    Raises:
        GranuleError: an argument names no granule.
        ConfigError: two configurations, a bad one, or no directory for the products.
    """
    file, names = configuration_among(arguments)
    settings = load_settings(file) if file else Settings()
    base = file.parent if file else Path()
    granules = [path for name in names for path in expand(name)]
    for source in settings.input.values():
        granules += _input_granules(source.path, base)
    out = _choose_directory(settings, base, out, "retrieve: no directory for the products")
    if not granules:
        raise GranuleError("retrieve: found no granule, expected at least one; name some files")
    changes = {} if mode is None else {"mode": mode}
    return Work(tuple(granules), out, settings.retrieve.model_copy(update=changes))
