"""What was learned for a record: networks, their spread, the pool of the fusion."""

import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np

from mcca_ml.fuse.models import load_pool
from mcca_ml.grid.ease2 import M25, cell_latlon
from mcca_ml.inspect.description import Description, extent, row_of
from mcca_ml.sensors import trained

_SPREAD_MARK = "ratio95"
_POOL_MARK = "covariance"


def describe_weights(path: Path) -> Description:
    """What networks, the spread of what they tell, or the pool of the fusion a file holds.

    Args:
        path: `.npz` file of the stage of training or of fusion.

    Raises:
        GranuleError: it is damaged, of another version, or something else.
    """
    # Imported here, not above: JAX would slow down the look at anything else.
    from mcca_ml.learn import weights_file as networks

    names = _names(path)
    if _SPREAD_MARK in names:
        return _of_spread(path)
    if _POOL_MARK in names:
        return _of_pool(path)
    weights = networks.load(path)
    start, cells = weights.start, weights.cells
    settings, place = start.settings, cell_latlon(M25, cells)
    shape = weights.network.input.shape
    heading = {
        "file": path.name,
        "product": "networks of cells, and the pooled network that they begin with",
        "cells": f"{cells.size:,}, {extent(place.lat, place.lon)}",
        "own level": f"{int(weights.scaling.is_own.sum()):,} cells; others guess it from statics",
        "network": f"{shape[1]} inputs, {settings.hidden} units, {start.static_mean.size} statics",
        "channels": ", ".join(settings.channels),
        "training": f"{settings.epochs} epochs, rate {settings.rate:g}, seed {settings.seed}, "
        f"start {settings.start}",
    }
    level = [("mean of target", weights.scaling.mean), ("sd of target", weights.scaling.sd)]
    rows = [row_of(name, "m3 m-3", np.asarray(values)) for name, values in level]
    named = zip(weights.network._fields, weights.network, strict=True)
    rows += [row_of(f"weights {name}", "1", np.asarray(values)) for name, values in named]
    return Description(heading, tuple(rows))


def _names(path: Path) -> frozenset[str]:
    """Names of the arrays of a file; of one that cannot be read none."""
    try:
        with zipfile.ZipFile(path) as file:
            return frozenset(name.removesuffix(".npy") for name in file.namelist())
    except (OSError, zipfile.BadZipFile):
        return frozenset()


def _of_spread(path: Path) -> Description:
    from mcca_ml.learn.weights_file import load_uncertainty

    spread = load_uncertainty(path)
    place = cell_latlon(M25, spread.cells)
    heading = {
        "file": path.name,
        "product": "errors of networks against their target and against truth",
        "cells": f"{spread.cells.size:,}, {extent(place.lat, place.lon)}",
    }
    arrays = {one.name: np.asarray(getattr(spread, one.name)) for one in fields(spread)}
    rows = [
        row_of(name, "", np.atleast_1d(values).astype(np.float64))
        for name, values in arrays.items()
        if name != "cells"
    ]
    return Description(heading, tuple(rows))


def _of_pool(path: Path) -> Description:
    pool = load_pool(path)
    heading = {
        "file": path.name,
        "product": "errors that the networks of all cells have in common, for the fusion",
        "sensors": ", ".join(trained()),
    }
    rows = [
        row_of(f"bias {name}", "m3 m-3", np.atleast_1d(value))
        for name, value in zip(trained(), pool.bias, strict=True)
    ]
    rows.append(row_of("correlation of errors", "1", np.atleast_1d(pool.error_correlation)))
    return Description(heading, tuple(rows))
