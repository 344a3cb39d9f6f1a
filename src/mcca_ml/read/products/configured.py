"""Products to score according to a configuration."""

from pathlib import Path

from mcca_ml.config.load import Settings
from mcca_ml.read.products.open import CUBE, SEPARATOR, MoistureProduct, open_product, parse_product


def configured_products(settings: Settings, base: Path) -> list[MoistureProduct]:
    """Return the record and its streams, if they exist, and the products to compare.

    Args:
        settings: settings of a configuration.
        base: folder of the configuration; its paths are relative to this folder.
    """
    products = []
    if settings.output is not None:
        cube = base / settings.output.directory / CUBE
        if cube.exists():
            products = record_products(cube)
    for entry in settings.validation.product:
        path, _, variable = entry.path.partition(SEPARATOR)
        plain = parse_product(entry.path)
        shares = frozenset(entry.shares)
        products.append(MoistureProduct(entry.name or plain.name, base / path, variable, shares))
    return products


def record_products(cube: Path) -> list[MoistureProduct]:
    """Return the record in a cube and the streams of its single sensors."""
    with open_product(cube) as ds:
        names = [str(name) for name in ds.data_vars if str(name).startswith("sm_")]
    kept = [name for name in names if not name.endswith(("uncertainty", "filled"))]
    streams = [MoistureProduct(f"stream {name[3:].upper()}", cube, name) for name in sorted(kept)]
    return [MoistureProduct("record", cube, "sm"), *streams]
