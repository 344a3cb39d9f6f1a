"""Open the files of a product with soil moisture one by one; all must have the same units."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from mcca_ml.errors import GranuleError, MoistureError
from mcca_ml.read.products.open import MoistureProduct, list_files, open_product
from mcca_ml.read.products.soil_moisture_variable import Conversion, find_conversion, find_variable


@dataclass(frozen=True)
class Moisture:
    """Soil moisture variable of the first file of a product; the other files must agree."""

    variable: str
    conversion: Conversion
    attrs: Mapping[str, str]
    """Global attributes."""


def _moisture(ds: xr.Dataset, path: Path, product: MoistureProduct) -> Moisture:
    """Return the soil moisture variable of a file.

    Raises:
        GranuleError: there is no soil moisture, or its units are unknown.
    """
    name = find_variable(ds, path.name, product.variable.rpartition("/")[2])  # without its group
    attrs = {str(key): str(value) for key, value in ds.attrs.items()}
    return Moisture(name, find_conversion(name, ds[name].attrs, path.name), attrs)


def _check_units(ds: xr.Dataset, first: Moisture, path: Path) -> None:
    """Refuse a file with other units than the first file.

    Raises:
        MoistureError: the units differ.
    """
    own = find_conversion(first.variable, ds[first.variable].attrs, path.name)
    if own != first.conversion:
        raise MoistureError(
            f"{path.name}: {first.variable} in units {own.description}, expected "
            f"{first.conversion.description} as in the file before; give files of one product"
        )


def moisture_files(
    product: MoistureProduct,
    *,
    paths: tuple[Path, ...] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[tuple[Path, xr.Dataset, Moisture]]:
    """Yield each file with soil moisture, open until the next one; other files are skipped.

    Args:
        product: product to read.
        paths: some of its files; default all.
        progress: called with 1 for each file, including skipped files.

    Raises:
        GranuleError: a file is unreadable, no file has soil moisture, or units differ.
    """
    first: Moisture | None = None
    why: GranuleError | None = None
    for path in list_files(product.path) if paths is None else paths:
        progress(1)
        with open_product(path, product.variable) as ds:
            if first is None:
                try:
                    first = _moisture(ds, path, product)
                except GranuleError as error:
                    why = why or error
                    continue
            if first.variable in ds.data_vars:  # else a file of coordinates only
                _check_units(ds, first, path)
                yield path, ds, first
    if first is None and why is not None:
        raise why
