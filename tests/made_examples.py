"""How many examples a law is given: all of them, or few by the profile `quick` of `make test`."""

from hypothesis import settings

FEW = 10


def at_most(number: int, few: int = FEW) -> int:
    """This number of examples, or few where the profile has no more than few."""
    return min(number, few) if settings.default.max_examples <= FEW else number
