"""Annotations are true at run time: named tuples, which no other test checks, and the check."""

from typing import NamedTuple, get_type_hints

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from beartype.door import is_bearable
from jaxtyping import TypeCheckError, jaxtyped

from made_kernel import lesson_of, made_cells, networks
from mcca_ml.learn.fine_tune_jax import begin_cells
from mcca_ml.learn.lstm import initialise
from mcca_ml.physics.emission import transmissivity
from mcca_ml.retrieve.self_constraint import Cell


def wrong_fields(values: NamedTuple) -> list[str]:
    """Fields of a named tuple that contradict their annotations; axes have one size in all."""
    with jaxtyped("context"):
        hints = get_type_hints(type(values))
        return [
            name for name, hint in hints.items() if not is_bearable(getattr(values, name), hint)
        ]


def test_a_network_is_of_one_cell_or_of_many():
    one, many = initialise(jax.random.key(0), 3, 4), networks(np.random.default_rng(0), 5, 3, 4)
    assert wrong_fields(one) == wrong_fields(many) == []
    assert wrong_fields(many._replace(bias=one.bias)) == ["bias"]
    assert wrong_fields(one._replace(out=one.out.astype(jnp.int32))) == ["out"]


def test_lessons_and_states_are_of_many_cells():
    lessons = lesson_of(made_cells(0))
    assert wrong_fields(lessons) == wrong_fields(begin_cells(lessons)) == []
    assert wrong_fields(lessons._replace(stop=lessons.stop[:, 1:])) == ["stop"]


def test_functions_and_dataclasses_are_checked():
    with pytest.raises(TypeCheckError, match="incidence"):
        transmissivity(jnp.zeros(3), jnp.zeros(2))
    with pytest.raises(TypeCheckError, match="clay"):
        Cell(*[jnp.zeros((2, 3))] + [jnp.zeros(2)] * 3, jnp.zeros(3), *[jnp.zeros(2)] * 7)
