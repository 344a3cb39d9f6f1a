"""Files of what was learned: the weights of the networks of cells, and their error model."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from mcca_ml.config.train import TrainSettings
from mcca_ml.errors import GranuleError
from mcca_ml.learn.lstm import Network, Pooled
from mcca_ml.learn.pooled_start import Start, Weights
from mcca_ml.learn.ridge_path import Form, Line
from mcca_ml.learn.target_scaling import Levels
from mcca_ml.learn.uncertainty import Spread
from mcca_ml.store import npz

VERSION = 4
"""Layout of a file of weights."""
UNCERTAINTY_VERSION = 3
"""Layout of a file of an error model."""
_SHARED = "pooled_"
_LINE = "line_"
_REMEDY = "train again"

Table = Mapping[str, Any]


def save(path: Path, weights: Weights) -> None:
    """Write weights to one file; the same weights give the same bytes.

    Args:
        path: ends in `.npz`; made or replaced.
        weights: of cells, with their start.

    Raises:
        OutputError: it cannot be written; what stood there still stands.
    """
    start = weights.start
    table = {
        "settings": np.array(start.settings.model_dump_json()),
        "static_mean": start.static_mean,
        "static_scale": start.static_scale,
        "guess": start.guess,
        "groups": start.groups,
        "form_memories": np.int64(start.form.memories),
        "form_penalty": np.float64(start.form.penalty),
        "pooled_static": start.pooled.static,
        "backend": np.array(weights.backend),
        "cells": weights.cells,
        **vars(weights.level),
        **{_LINE + name: values for name, values in vars(weights.line).items()},
        **{_SHARED + name: leaf for name, leaf in start.pooled.network._asdict().items()},
        **weights.network._asdict(),
    }
    npz.save(path, VERSION, table)


def _network(table: Table, prefix: str) -> Network:
    """The network whose arrays begin with a prefix."""
    return Network(*(jnp.asarray(table[prefix + name]) for name in Network._fields))


def _weights(table: Table) -> Weights:
    """Weights from the arrays of a file."""
    start = Start(
        Pooled(_network(table, _SHARED), jnp.asarray(table["pooled_static"])),
        np.asarray(table["static_mean"], np.float32),
        np.asarray(table["static_scale"], np.float32),
        np.asarray(table["guess"], np.float32),
        np.asarray(table["groups"], np.int64),
        TrainSettings.model_validate_json(str(table["settings"])),
        Form(int(table["form_memories"]), float(table["form_penalty"])),
    )
    levels = Levels(*(table[f.name] for f in fields(Levels)))
    line = Line(*(table[_LINE + f.name] for f in fields(Line)))
    cells, network = np.asarray(table["cells"], np.int64), _network(table, "")
    return Weights(start, cells, network, levels, line, str(table["backend"]))


def load(path: Path) -> Weights:
    """Weights from a file of `save`.

    Raises:
        GranuleError: no such file, damaged, or of another layout.
    """
    table = npz.load(path, VERSION, (), what="weights", remedy=_REMEDY)
    try:
        return _weights(table)
    except (KeyError, ValueError) as error:
        raise GranuleError(f"{path}: weights with a fault ({error}); {_REMEDY}") from error


def save_uncertainty(path: Path, spread: Spread) -> None:
    """Write the error model of one sensor's networks; the same model gives the same bytes.

    Args:
        path: ends in `.npz`; made or replaced.
        spread: of the cells of the networks.

    Raises:
        OutputError: it cannot be written; what stood there still stands.
    """
    npz.save(path, UNCERTAINTY_VERSION, vars(spread))


def load_uncertainty(path: Path) -> Spread:
    """The error model from a file of `save_uncertainty`.

    Raises:
        GranuleError: no such file, damaged, or of another layout.
    """
    names = [one.name for one in fields(Spread)]
    return Spread(
        **npz.load(path, UNCERTAINTY_VERSION, names, what="an error model", remedy=_REMEDY)
    )
