"""From a configuration to the products that it asks to score."""

from pathlib import Path

from mcca_ml.config.load import Settings
from mcca_ml.read.products.open import CUBE, SEPARATOR, Product, opened, product_of


def products_of(settings: Settings, base: Path) -> list[Product]:
    """The record and its streams, where there is one, and the products to put beside it.

    Args:
        settings: of a configuration.
        base: its folder, from which its paths are seen.
    """
    found = []
    if settings.output is not None:
        cube = base / settings.output.directory / CUBE
        if cube.exists():
            found = products_of_record(cube)
    for one in settings.validation.product:
        path, _, variable = one.path.partition(SEPARATOR)
        plain = product_of(one.path)
        shares = frozenset(one.shares)
        found.append(Product(one.name or plain.name, base / path, variable, shares))
    return found


def products_of_record(cube: Path) -> list[Product]:
    """The record in a cube, and the streams of single sensors beside it."""
    with opened(cube) as ds:
        names = [str(name) for name in ds.data_vars if str(name).startswith("sm_")]
    kept = [name for name in names if not name.endswith(("uncertainty", "filled"))]
    streams = [Product(f"stream {name[3:].upper()}", cube, name) for name in sorted(kept)]
    return [Product("record", cube, "sm"), *streams]
