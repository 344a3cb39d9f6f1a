"""Training of many small networks: steps a second of the learner against PyTorch.

    python benchmarks/training.py [--quick]

A step is forward, backward and Adam of 64 cells, 32 sequences of 64 days each, counted as the
products of its gates (`peers_torch.Shape.flops`); the limit is a product of two matrices of 2048 in
single precision by all cores. Peers stand in `peers_torch.py`; they are compiled outside the clock,
have the same threads, numbers and optimiser. Runs alternate; medians. `--quick` leaves out what
takes minutes to compile.
"""

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import peers_torch
from limits import SIZE, gflops_of, sgemm
from pairs import medians
from peers_torch import PEERS, RATE, Shape, Step
from result import Result, maker, save

from mcca_ml.learn import adam
from mcca_ml.learn.lstm import Network, initialise, predict

RUNS = 7
SHAPES = (Shape(), Shape(features=20), Shape(hidden=16), Shape(features=20, hidden=16))
JAX = "JAX vmap(scan)"
LIMIT = f"sgemm of {SIZE} x {SIZE} x {SIZE}"
SLOW_TO_COMPILE = "torch.compile"


def _cost(network: Network, x: jax.Array, y: jax.Array) -> jax.Array:
    """Mean squared error of one cell over its sequences."""
    return jnp.mean((jax.vmap(predict, in_axes=(None, 0))(network, x) - y) ** 2)


def by_jax(shape: Shape) -> Step:
    """A step of the learner's own network and optimiser by JAX."""
    x, y = map(jnp.asarray, shape.arrays())
    make = partial(initialise, features=shape.features, hidden=shape.hidden)
    networks = jax.vmap(make)(jax.random.split(jax.random.key(0), shape.cells))

    def one(
        network: Network, moments: adam.Moments, start: Network, x: jax.Array, y: jax.Array
    ) -> tuple[Network, adam.Moments]:
        gradient = jax.grad(_cost)(network, x, y)
        return adam.step(network, gradient, moments, rate=RATE, start=start, penalty=0.0)

    many = jax.jit(jax.vmap(one))
    state = [(networks, jax.vmap(adam.at_rest)(networks))]

    def step() -> None:
        state[0] = jax.block_until_ready(many(*state[0], networks, x, y))

    return step


def ways(shape: Shape, *, quick: bool) -> dict[str, Callable[[], object]]:
    """Steps of all that are here, by name."""
    found: dict[str, Callable[[], object]] = {JAX: by_jax(shape), LIMIT: sgemm()}
    if peers_torch.INSTALLED:
        peers_torch.use_threads(os.cpu_count() or 1)
        # Compiled for the first shape alone, since that takes minutes.
        names = [n for n in PEERS if n != SLOW_TO_COMPILE or (not quick and shape == SHAPES[0])]
        found |= {name: PEERS[name](shape) for name in names}
    return found


def measured(shape: Shape, *, quick: bool) -> list[Result]:
    """Rates of one shape: ours beside each peer."""
    make, taken = maker(), medians(ways(shape, quick=quick), RUNS)
    rates = {name: shape.flops / spent / 1e9 for name, spent in taken.items() if name != LIMIT}
    name = f"train: {shape.features} features, {shape.hidden} units, {JAX}"
    peers = [p for p in PEERS if p in rates or (not peers_torch.INSTALLED and shape == SHAPES[0])]
    return [
        make(
            name,
            rates[JAX],
            "GFLOP/s",
            peer=peer,
            peer_value=rates.get(peer),
            limit=LIMIT,
            limit_value=gflops_of(taken[LIMIT]),
        )
        for peer in peers or [""]
    ]


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="without torch.compile")
    quick = parser.parse_args().quick
    if not peers_torch.INSTALLED:
        print("PyTorch is not installed: no peers (pip install --group peers)", file=sys.stderr)
    save("training", [row for shape in SHAPES for row in measured(shape, quick=quick)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
