"""Non-negative minimum-variance weights of streams from their error covariance, C^-1 1."""

import numpy as np

from mcca_ml.arrays import Booleans, Float64, Intp
from mcca_ml.fuse.error_covariance import MAX_CORRELATION, MIN_SD, stream_networks

_NETWORK = stream_networks()


def covariance(sd: Float64, error_correlation: Float64, network: Intp = _NETWORK) -> Float64:
    """Covariance of the errors of the streams [m6 m-6], (row, stream, stream).

    Two streams of the same network share its errors; their correlation is taken half-way between
    that of two networks and 1. This is a choice: no day has two such streams and a target.

    Args:
        sd: standard deviation of the error of each stream [m3 m-3], (row, stream), at least
            `MIN_SD`; smaller values are raised to it.
        error_correlation: error correlation of two networks [1], (row,).
        network: index of the network of each stream, (stream,).
    """
    sd = np.maximum(sd, MIN_SD)
    # Half-way between the error correlation of two networks and 1.
    same = np.minimum((1 + error_correlation) / 2, MAX_CORRELATION)
    is_same = network[:, None] == network[None, :]
    # C_ij = rho_ij s_i s_j, rho_ii = 1.
    correlation = np.where(is_same, same[:, None, None], error_correlation[:, None, None])
    correlation = np.where(np.eye(network.size, dtype=np.bool_), 1.0, correlation)
    return np.asarray(correlation * sd[:, :, None] * sd[:, None, :])


def _solve_weights(matrix: Float64, used: Booleans) -> Float64:
    """C^-1 1 of the streams used, normalised to a sum of 1, 0 for the others, (row, stream)."""
    both = used[:, :, None] & used[:, None, :]
    # An identity row removes an unused stream from the equations.
    whole = np.where(both, matrix, np.eye(used.shape[1]))
    solution = np.linalg.solve(whole, used.astype(np.float64)[..., None])[..., 0]
    # w = C^-1 1 / (1' C^-1 1): minimum variance among weights of sum 1.
    total = solution.sum(axis=1, keepdims=True)
    return np.asarray(solution / np.where(total == 0, 1, total))


def weights(matrix: Float64, used: Booleans) -> Float64:
    """Weights of the streams, non-negative, of sum 1 where any is used, (row, stream).

    Noise common to all errors adds the same number to every entry of C; this changes C^-1 1 by a
    factor only, so that the noise of the target does not affect the weights. A stream with a
    negative weight is removed and the others are solved again.

    Args:
        matrix: covariance of the errors, (row, stream, stream).
        used: True for streams that may have a weight, (row, stream).
    """
    used = used.copy()
    weight = _solve_weights(matrix, used)
    for _ in range(used.shape[1] - 1):
        is_negative = weight < 0
        rows = np.flatnonzero(is_negative.any(axis=1))
        if not rows.size:
            break
        # Remove only the most negative one: the others may be positive without it.
        used[rows, weight[rows].argmin(axis=1)] = False
        weight[rows] = _solve_weights(matrix[rows], used[rows])
    return weight
