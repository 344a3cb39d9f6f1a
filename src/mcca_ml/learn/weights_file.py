"""Files of the weights of the networks of cells, and of their error model."""

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
from mcca_ml.learn.ridge_path import Form, RidgeModel
from mcca_ml.learn.target_scaling import TargetScaling
from mcca_ml.learn.uncertainty import ErrorModel
from mcca_ml.store import npz

VERSION = 4
"""Version of the format of weights files."""
UNCERTAINTY_VERSION = 3
"""Version of the format of error-model files."""
_SHARED = "pooled_"
_LINE = "line_"
_REMEDY = "train again"

Table = Mapping[str, Any]


def save(path: Path, weights: Weights) -> None:
    """Write weights to a file; equal weights give equal bytes.

    Args:
        path: path ending in `.npz`; an existing file is replaced.
        weights: weights of cells, with their start.

    Raises:
        OutputError: the file cannot be written; an existing file is left unchanged.
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
        **vars(weights.scaling),
        **{_LINE + name: values for name, values in vars(weights.ridge).items()},
        **{_SHARED + name: leaf for name, leaf in start.pooled.network._asdict().items()},
        **weights.network._asdict(),
    }
    npz.save(path, VERSION, table)


def _network(table: Table, prefix: str) -> Network:
    """Network from the arrays whose names begin with a prefix."""
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
    levels = TargetScaling(*(table[f.name] for f in fields(TargetScaling)))
    line = RidgeModel(*(table[_LINE + f.name] for f in fields(RidgeModel)))
    cells, network = np.asarray(table["cells"], np.int64), _network(table, "")
    return Weights(start, cells, network, levels, line, str(table["backend"]))


def load(path: Path) -> Weights:
    """Read weights from a file written by `save`.

    Raises:
        GranuleError: the file is missing, damaged, or of another version.
    """
    table = npz.load(path, VERSION, (), what="weights", remedy=_REMEDY)
    try:
        return _weights(table)
    except (KeyError, ValueError) as error:
        raise GranuleError(f"{path}: damaged weights ({error}); {_REMEDY}") from error


def save_uncertainty(path: Path, model: ErrorModel) -> None:
    """Write the error model of one sensor's networks; equal models give equal bytes.

    Args:
        path: path ending in `.npz`; an existing file is replaced.
        model: error model of the cells of the networks.

    Raises:
        OutputError: the file cannot be written; an existing file is left unchanged.
    """
    npz.save(path, UNCERTAINTY_VERSION, vars(model))


def load_uncertainty(path: Path) -> ErrorModel:
    """Read the error model from a file written by `save_uncertainty`.

    Raises:
        GranuleError: the file is missing, damaged, or of another version.
    """
    names = [field.name for field in fields(ErrorModel)]
    return ErrorModel(
        **npz.load(path, UNCERTAINTY_VERSION, names, what="an error model", remedy=_REMEDY)
    )
