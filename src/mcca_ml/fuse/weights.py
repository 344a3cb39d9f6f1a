"""Weights of streams from the covariance of their errors: C^-1 1, none negative."""

import numpy as np

from mcca_ml.arrays import Booleans, Float64, Intp
from mcca_ml.fuse.error_covariance import LEAST_SD, MOST_AGREEMENT, network_of_stream

_NETWORK = network_of_stream()


def covariance(sd: Float64, agreement: Float64, network: Intp = _NETWORK) -> Float64:
    """Covariance of the errors of the streams [m6 m-6], (row, stream, stream).

    Errors of two streams of one network agree half-way more than those of two networks: they
    share its errors too. That is a choice: no day has two such streams and a target.

    Args:
        sd: of each stream [m3 m-3], (row, stream); one below `LEAST_SD` counts as that.
        agreement: correlation between two networks [1], (row,).
        network: of each stream, (stream,).
    """
    sd = np.maximum(sd, LEAST_SD)
    # Half-way between the agreement of two networks and 1.
    same = np.minimum((1 + agreement) / 2, MOST_AGREEMENT)
    is_same = network[:, None] == network[None, :]
    correlation = np.where(is_same, same[:, None, None], agreement[:, None, None])
    correlation = np.where(np.eye(network.size, dtype=np.bool_), 1.0, correlation)
    return np.asarray(correlation * sd[:, :, None] * sd[:, None, :])


def _solved(matrix: Float64, used: Booleans) -> Float64:
    """C^-1 1 of the streams used, normed to a sum of 1, 0 for the others, (row, stream)."""
    both = used[:, :, None] & used[:, None, :]
    # An identity row keeps a stream without weight out of the others' equations.
    whole = np.where(both, matrix, np.eye(used.shape[1]))
    found = np.linalg.solve(whole, used.astype(np.float64)[..., None])[..., 0]
    # w = C^-1 1 / (1' C^-1 1): minimum variance among weights of sum 1.
    total = found.sum(axis=1, keepdims=True)
    return np.asarray(found / np.where(total == 0, 1, total))


def weights(matrix: Float64, used: Booleans) -> Float64:
    """Weights of the streams, none negative, of sum 1 where any is used, (row, stream).

    A noise that all errors share adds the same number to every entry of C; it changes C^-1 1 by a
    factor only, so that the target's noise does not enter the weights. A stream whose weight would
    be negative is left out and the others are solved again.

    Args:
        matrix: covariance of the errors, (row, stream, stream).
        used: streams that may have a weight, (row, stream).
    """
    used = used.copy()
    found = _solved(matrix, used)
    for _ in range(used.shape[1] - 1):
        is_negative = found < 0
        rows = np.flatnonzero(is_negative.any(axis=1))
        if not rows.size:
            break
        # The most negative one at a time: the others may be positive without it.
        used[rows, found[rows].argmin(axis=1)] = False
        found[rows] = _solved(matrix[rows], used[rows])
    return found
