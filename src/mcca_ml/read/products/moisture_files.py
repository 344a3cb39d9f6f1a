"""The files of a product that have soil moisture, each open in turn, all in the same units."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from mcca_ml.errors import GranuleError, MoistureError
from mcca_ml.read.products.open import Product, files_of, opened
from mcca_ml.read.products.soil_moisture_variable import Conversion, conversion, find


@dataclass(frozen=True)
class Moisture:
    """What the first file of a product says of its soil moisture, and all others have to."""

    variable: str
    conversion: Conversion
    attrs: Mapping[str, str]
    """Global attributes."""


def _moisture(ds: xr.Dataset, path: Path, product: Product) -> Moisture:
    """What a file says of its soil moisture.

    Raises:
        GranuleError: it has none, or in units that are not known.
    """
    name = find(ds, path.name, product.variable.rpartition("/")[2])  # without its group
    attrs = {str(key): str(value) for key, value in ds.attrs.items()}
    return Moisture(name, conversion(name, ds[name].attrs, path.name), attrs)


def _check_units(ds: xr.Dataset, first: Moisture, path: Path) -> None:
    """Refuse a file in other units than the first.

    Raises:
        MoistureError: that is so.
    """
    own = conversion(first.variable, ds[first.variable].attrs, path.name)
    if own != first.conversion:
        raise MoistureError(
            f"{path.name}: {first.variable} in units {own.said}, expected "
            f"{first.conversion.said} as in the file before; give files of one product"
        )


def moisture_files(
    product: Product,
    *,
    paths: tuple[Path, ...] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[tuple[Path, xr.Dataset, Moisture]]:
    """Each file with soil moisture, open until the next is asked for; others are passed over.

    Args:
        product: what to read.
        paths: some of its files; all of them if not given.
        progress: called with 1 for each file, passed over or not.

    Raises:
        GranuleError: not readable, none has soil moisture, or files in other units.
    """
    first: Moisture | None = None
    why: GranuleError | None = None
    for path in files_of(product.path) if paths is None else paths:
        progress(1)
        with opened(path, product.variable) as ds:
            if first is None:
                try:
                    first = _moisture(ds, path, product)
                except GranuleError as error:
                    why = why or error
                    continue
            if first.variable in ds.data_vars:  # else a file of places alone, or of nothing
                _check_units(ds, first, path)
                yield path, ds, first
    if first is None and why is not None:
        raise why
