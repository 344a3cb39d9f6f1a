"""Weights in a file, whole or not at all."""

import zipfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from mcca_ml.arrays import AnyArray
from mcca_ml.atomic import replacing
from mcca_ml.config.train import TrainSettings
from mcca_ml.errors import GranuleError
from mcca_ml.learn.lstm import Network, Pooled
from mcca_ml.learn.pooled_start import Start, Weights
from mcca_ml.learn.ridge_path import Form, Line
from mcca_ml.learn.target_scaling import Guess, Levels

VERSION = 4
"""Of the layout of the file."""
_SHARED = "pooled_"
_LINE = "line_"

Table = Mapping[str, AnyArray]


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
        "version": np.int64(VERSION),
        "settings": np.array(start.settings.model_dump_json()),
        "static_mean": start.static_mean,
        "static_scale": start.static_scale,
        "guess": start.guess.coefficient,
        "groups": start.groups,
        "form_memories": np.int64(start.form.memories),
        "form_penalty": np.float64(start.form.penalty),
        "pooled_static": start.pooled.static,
        "backend": np.array(weights.backend),
        "cells": weights.cells,
        "mean": weights.level.mean,
        "sd": weights.level.sd,
        "is_own": weights.level.is_own,
        **{_LINE + field.name: getattr(weights.line, field.name) for field in fields(Line)},
        **{_SHARED + name: leaf for name, leaf in start.pooled.network._asdict().items()},
        **weights.network._asdict(),
    }
    # Through an open file, since NumPy appends .npz to a name that does not end so.
    with replacing(path) as beside, beside.open("wb") as file:
        np.savez(file, **table)


def _network(table: Table, prefix: str) -> Network:
    """The network whose arrays begin with a prefix."""
    return Network(*(jnp.asarray(table[prefix + name]) for name in Network._fields))


def _weights(table: Table) -> Weights:
    """Weights from the arrays of a file."""
    start = Start(
        Pooled(_network(table, _SHARED), jnp.asarray(table["pooled_static"])),
        np.asarray(table["static_mean"], np.float32),
        np.asarray(table["static_scale"], np.float32),
        Guess(np.asarray(table["guess"], np.float32)),
        np.asarray(table["groups"], np.int64),
        TrainSettings.model_validate_json(str(table["settings"])),
        Form(int(table["form_memories"]), float(table["form_penalty"])),
    )
    levels = Levels(
        np.asarray(table["mean"], np.float32),
        np.asarray(table["sd"], np.float32),
        np.asarray(table["is_own"], np.bool_),
    )
    line = Line(*(np.asarray(table[_LINE + f.name], np.float32) for f in fields(Line)))
    cells, network = np.asarray(table["cells"], np.int64), _network(table, "")
    return Weights(start, cells, network, levels, line, str(table["backend"]))


def load(path: Path) -> Weights:
    """Weights from a file of `save`.

    Raises:
        GranuleError: no such file, damaged, or written by another version.
    """
    try:
        # Opened here, since NumPy leaves a damaged file open.
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            table = {name: file[name] for name in file.files}
    except OSError as error:
        reason = error.strerror or str(error)
        raise GranuleError(f"{path}: {reason}; give a file of weights") from error
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise GranuleError(f"{path}: no whole file of weights ({error}); train again") from error
    found = table.get("version", "none")
    if str(found) != str(VERSION):
        raise GranuleError(
            f"{path}: weights of version {found}, expected {VERSION}; train again with this version"
        )
    try:
        return _weights(table)
    except (KeyError, ValueError) as error:
        raise GranuleError(f"{path}: weights with a fault ({error}); train again") from error
