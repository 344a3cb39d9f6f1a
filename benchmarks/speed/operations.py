"""How many operations has a JAX function, and how many can the machine do a second?"""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.speed.pairs import times

COSTLY = frozenset({"exp", "log", "log1p", "sin", "cos", "pow", "sqrt", "rsqrt", "div", "tanh"})
FREE = frozenset(
    {
        "broadcast_in_dim", "reshape", "squeeze", "concatenate", "slice", "dynamic_slice",
        "convert_element_type", "copy", "stop_gradient", "gather", "transpose", "pad", "iota",
        "device_put", "expand_dims", "rev", "split", "copy_p", "dynamic_update_slice",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Operations:
    """Operations on numbers: cheap ones (add, multiply, compare, choose), costly ones (others)."""

    cheap: int
    costly: int

    def __add__(self, other: "Operations") -> "Operations":
        """Both together."""
        return Operations(self.cheap + other.cheap, self.costly + other.costly)

    def __mul__(self, times: int) -> "Operations":
        """The same, so many times."""
        return Operations(self.cheap * times, self.costly * times)


NONE = Operations(0, 0)


def count(function: Callable[..., object], *arguments: object, trips: int = 1) -> Operations:
    """Operations of one call.

    Args:
        function: traced, not run.
        arguments: examples of what it takes.
        trips: rounds of a loop whose number the program does not state.
    """
    return _of_jaxpr(jax.make_jaxpr(function)(*arguments).jaxpr, trips)


def _size(variables: list[object]) -> int:
    return sum(int(np.prod(v.aval.shape, dtype=np.int64)) for v in variables)


def _of_jaxpr(jaxpr: object, trips: int) -> Operations:
    return sum((_of_equation(equation, trips) for equation in jaxpr.eqns), NONE)


def _of_equation(equation: object, trips: int) -> Operations:
    name, parameters = equation.primitive.name, equation.params
    if name == "scan":
        return _of_jaxpr(parameters["jaxpr"].jaxpr, trips) * parameters["length"]
    if name == "while":
        return _of_jaxpr(parameters["body_jaxpr"].jaxpr, trips) * trips
    inner = parameters.get("jaxpr") or parameters.get("call_jaxpr")
    if inner is not None:
        return _of_jaxpr(getattr(inner, "jaxpr", inner), trips)
    size = _size(equation.outvars)
    if name in FREE:
        return NONE
    if name == "dot_general":
        contracted = parameters["dimension_numbers"][0][0]
        depth = int(np.prod([equation.invars[0].aval.shape[i] for i in contracted]))
        return Operations(2 * size * depth, 0)
    if name.startswith(("reduce", "arg")):
        return Operations(_size(equation.invars), 0)
    if name == "integer_pow":
        return Operations(size * (abs(parameters["y"]).bit_length()), 0)
    return Operations(0, size) if name in COSTLY else Operations(size, 0)


@dataclass(frozen=True)
class Machine:
    """What the machine reaches at best in single precision, all cores together."""

    gexp: float
    """Exponentials of numbers that lie in the cache [1e9 s-1]."""
    gpoly: float
    """Of an elementwise polynomial in the cache, add and multiply [1e9 operations s-1]."""


def machine(cores: int) -> Machine:
    """Measured rates of this machine."""
    rounds, block = 2000, 4096

    def rate(step: Callable[[jax.Array], jax.Array], per_number: int) -> float:
        start = jnp.linspace(0.0, 1.0, block, dtype=jnp.float32)
        many = jax.jit(lambda x: jax.lax.fori_loop(0, rounds, lambda _, y: step(y), x))
        elapsed = min(times({"": lambda: many(start).block_until_ready()}, 5)[""])
        return cores * rounds * block * per_number / elapsed / 1e9

    def polynomial(x: jax.Array) -> jax.Array:
        y = x
        for _ in range(32):
            y = y * x + 0.1
        return y * 1e-3

    return Machine(
        gexp=rate(lambda x: jnp.exp(-x), 1),
        gpoly=rate(polynomial, 65),
    )
