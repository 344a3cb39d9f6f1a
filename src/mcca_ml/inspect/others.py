"""Describe any soil-moisture product, as read by `mcca-ml validate` and `series`."""

from datetime import date
from pathlib import Path

import numpy as np

from mcca_ml.inspect.description import SIMULATED, Description, VariableRow, extent, variable_row
from mcca_ml.read.products.dimensions import find_layout
from mcca_ml.read.products.extract_file import flag_name
from mcca_ml.read.products.moisture_files import moisture_files
from mcca_ml.read.products.open import list_files, parse_product
from mcca_ml.read.products.point_series import file_days
from mcca_ml.schema import is_simulated


def describe_other(path: Path) -> Description:
    """Describe a product; of a folder the first and the last file are read.

    Args:
        path: file, folder of files, or Zarr store.

    Raises:
        GranuleError: no soil moisture with coordinates, or an unreadable file.
    """
    product, files = parse_product(str(path)), list_files(path)
    days: list[date | None] = []
    heading: dict[str, str] = {}
    rows: list[VariableRow] = []
    ends = tuple(dict.fromkeys((files[0], files[-1])))
    count = f"{len(files):,}" + (", the first and last are read" if len(files) > 2 else "")
    for file, ds, first in moisture_files(product, paths=ends):
        layout = find_layout(ds, first.variable, file.name)
        days += file_days(ds, file).tolist()
        flag = flag_name(ds, first.variable)
        heading = {
            "product": first.attrs.get("title", product.name),
            **({"simulated": SIMULATED} if is_simulated(ds) else {}),
            "files": count,
            "variable": f"{first.variable} in {first.conversion.description}",
            "recommended": f"by the variable {flag}" if flag else "all: no flag beside it",
            "places": f"{' x '.join(map(str, layout.shape))}, {extent(layout.lat, layout.lon)}",
        }
        variable = ds[first.variable]
        units = str(variable.attrs.get("units", ""))
        rows = [
            variable_row(first.variable, units, np.asarray(variable.to_numpy(), np.float64).ravel())
        ]
    known = sorted(day for day in days if day is not None)
    heading["days"] = f"{known[0]} to {known[-1]}" if known else "unknown"
    return Description({"file": path.name, **heading}, tuple(rows))
