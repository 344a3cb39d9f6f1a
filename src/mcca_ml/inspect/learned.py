"""Describe learned files of a record: networks, error models, the pool of the fusion."""

import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np

from mcca_ml.fuse.models import load_pool
from mcca_ml.grid.ease2 import M25, cell_latlon
from mcca_ml.inspect.description import Description, extent, variable_row
from mcca_ml.sensors import trained

_ERROR_ARRAY = "ratio95"
_POOL_ARRAY = "covariance"


def describe_weights(path: Path) -> Description:
    """Describe networks, their error model, or the pool of the fusion.

    Args:
        path: `.npz` file of the training or fusion stage.

    Raises:
        GranuleError: the file is damaged, has another version, or other content.
    """
    # Imported here: JAX would slow down the description of all other files.
    from mcca_ml.learn import weights_file as networks

    names = _names(path)
    if _ERROR_ARRAY in names:
        return _describe_errors(path)
    if _POOL_ARRAY in names:
        return _describe_pool(path)
    weights = networks.load(path)
    start, cells = weights.start, weights.cells
    settings, place = start.settings, cell_latlon(M25, cells)
    shape = weights.network.input.shape
    heading = {
        "file": path.name,
        "product": "networks of cells, and the pooled network from which they start",
        "cells": f"{cells.size:,}, {extent(place.lat, place.lon)}",
        "own level": f"{int(weights.scaling.is_own.sum()):,} cells; others guess it from statics",
        "network": f"{shape[1]} inputs, {settings.hidden} units, {start.static_mean.size} statics",
        "channels": ", ".join(settings.channels),
        "training": f"{settings.epochs} epochs, rate {settings.rate:g}, seed {settings.seed}, "
        f"start {settings.start}",
    }
    level = [("mean of target", weights.scaling.mean), ("sd of target", weights.scaling.sd)]
    rows = [variable_row(name, "m3 m-3", np.asarray(values)) for name, values in level]
    named = zip(weights.network._fields, weights.network, strict=True)
    rows += [variable_row(f"weights {name}", "1", np.asarray(values)) for name, values in named]
    return Description(heading, tuple(rows))


def _names(path: Path) -> frozenset[str]:
    """Return the names of the arrays of a file; empty if it cannot be read."""
    try:
        with zipfile.ZipFile(path) as file:
            return frozenset(name.removesuffix(".npy") for name in file.namelist())
    except (OSError, zipfile.BadZipFile):
        return frozenset()


def _describe_errors(path: Path) -> Description:
    from mcca_ml.learn.weights_file import load_uncertainty

    errors = load_uncertainty(path)
    place = cell_latlon(M25, errors.cells)
    heading = {
        "file": path.name,
        "product": "errors of networks against their target and against truth",
        "cells": f"{errors.cells.size:,}, {extent(place.lat, place.lon)}",
    }
    arrays = {field.name: np.asarray(getattr(errors, field.name)) for field in fields(errors)}
    rows = [
        variable_row(name, "", np.atleast_1d(values).astype(np.float64))
        for name, values in arrays.items()
        if name != "cells"
    ]
    return Description(heading, tuple(rows))


def _describe_pool(path: Path) -> Description:
    pool = load_pool(path)
    heading = {
        "file": path.name,
        "product": "errors that the networks of all cells have in common, for the fusion",
        "sensors": ", ".join(trained()),
    }
    rows = [
        variable_row(f"bias {name}", "m3 m-3", np.atleast_1d(value))
        for name, value in zip(trained(), pool.bias, strict=True)
    ]
    rows.append(variable_row("correlation of errors", "1", np.atleast_1d(pool.error_correlation)))
    return Description(heading, tuple(rows))
