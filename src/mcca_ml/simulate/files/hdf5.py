"""Write groups, datasets, attributes and metadata of simulated SMAP granules."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
from h5py import h5d, h5s

from mcca_ml.arrays import AnyArray, Datetime64, Int64
from mcca_ml.atomic import replacing
from mcca_ml.formats import smap
from mcca_ml.formats.smap import Group, SmapField, SmapProduct
from mcca_ml.grid import ease2

Columns = Mapping[str, AnyArray]

_COMPRESSION = 2  # level of gzip in genuine granules


def _raw(values: AnyArray, field: SmapField) -> AnyArray:
    """Convert values to the field's type, with the fill value for NaN."""
    if values.dtype.kind == "f":
        fill = smap.FILLS[field.dtype]
        values = np.where(np.isnan(values), fill, values)
    return values.astype(field.dtype)


def _empty(field: SmapField) -> object:
    """Stored value of a missing observation."""
    if field.dtype.startswith("S"):
        return np.bytes_(b"N/A".ljust(24))
    return np.dtype(field.dtype).type(smap.FILLS[field.dtype])


def _describe(dataset: h5py.Dataset, field: SmapField, group: str, suffix: str) -> None:
    """Write the attributes of a dataset as in genuine granules."""
    number = np.dtype(field.dtype).type
    dataset.attrs["long_name"] = np.bytes_(f"{field.about} (simulated)")
    if field.name not in ("latitude", "longitude"):
        places = f"/{group}/latitude{suffix} /{group}/longitude{suffix}"
        dataset.attrs["coordinates"] = np.bytes_(places)
    if field.fill is not None:
        dataset.attrs["_FillValue"] = number(field.fill)
    if field.units:
        dataset.attrs["units"] = np.bytes_(field.units)
    if field.valid is not None:
        dataset.attrs["valid_min"], dataset.attrs["valid_max"] = map(number, field.valid)
    meanings = smap.FLAG_MEANINGS.get(field.name)
    if meanings:
        masks = (f"{1 << bit}s" for bit in range(len(meanings.split())))
        dataset.attrs["flag_masks"] = np.bytes_(", ".join(masks))
        dataset.attrs["flag_meanings"] = np.bytes_(meanings)


def write_group(
    h5: h5py.File,
    group: Group,
    fields: Sequence[SmapField],
    columns: Columns,
    *,
    grid: ease2.Grid | None,
    fills_text: bool = True,
) -> None:
    """Write one group, as a list of cells or on a grid.

    Args:
        h5: file open for writing.
        group: name of the group and suffix of its datasets.
        fields: fields to write; those without a column have fill values only.
        columns: values by field, arrays (cell, ...).
        grid: grid of the datasets; None writes a list of cells.
        fills_text: True to write `N/A` for missing text, as genuine granules do; False leaves it
            empty, which takes no space.
    """
    cells = len(next(iter(columns.values()), ()))
    shape, chunk = ((cells,), (cells,)) if grid is None else (grid.shape, (1, grid.columns))
    for field in fields:
        more = (smap.COVERS,) if field.has_cover else ()
        dataset = h5.create_dataset(
            f"{group.name}/{field.name}{group.suffix}",
            shape=shape + more,
            dtype=field.dtype,
            chunks=chunk + more,
            compression="gzip",
            compression_opts=_COMPRESSION,
            fillvalue=None if field.dtype.startswith("S") else _empty(field),
        )
        _describe(dataset, field, group.name, group.suffix)
        # A text fill value would crash the NetCDF library.
        if dataset.dtype.kind == "S" and fills_text:
            dataset[...] = _empty(field)
    fill_group(h5, group, fields, columns, grid=grid)


def fill_group(
    h5: h5py.File,
    group: Group,
    fields: Sequence[SmapField],
    columns: Columns,
    *,
    grid: ease2.Grid | None,
) -> None:
    """Write columns into the existing datasets of a group; other datasets are unchanged.

    Args:
        h5: file open for writing.
        group: name of the group and suffix of its datasets.
        fields: fields to write if they have a column.
        columns: values by field, arrays (cell, ...).
        grid: grid of the datasets; None for a list of cells.
    """
    runs = list(_runs(columns)) if grid is not None and columns else []
    for field in fields:
        if field.name in columns:
            values = _raw(columns[field.name], field)
            # Low-level calls: a day takes twice as long with the high-level interface of h5py.
            dataset = h5d.open(h5.id, f"{group.name}/{field.name}{group.suffix}".encode())
            if grid is None or not values.size:
                dataset.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(values))
            for first, inside, place in runs:
                shape = (place[0].max() + 1, *dataset.shape[1:])
                rows = np.full(shape, _empty(field), dataset.dtype)
                rows[place] = values[inside]
                _write_rows(dataset, first, rows)


def _runs(columns: Columns) -> Iterator[tuple[int, Int64, tuple[Int64, Int64]]]:
    """Runs of consecutive grid rows with cells; other rows are not written.

    Returns:
        For each run its first row, the indices of its cells, and the row (relative to the first)
        and column of each cell.
    """
    row = columns["EASE_row_index"].astype(np.int64)
    column = columns["EASE_column_index"].astype(np.int64)
    rows = np.unique(row)
    for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
        if run.size:
            inside = np.flatnonzero((row >= run[0]) & (row <= run[-1]))
            yield int(run[0]), inside, (row[inside] - run[0], column[inside])


def _write_rows(dataset: h5d.DatasetID, first: int, rows: AnyArray) -> None:
    """Write consecutive rows of a gridded dataset, starting at row `first`."""
    space = dataset.get_space()
    space.select_hyperslab((first, *(0 for _ in rows.shape[1:])), rows.shape)
    dataset.write(h5s.create_simple(rows.shape), space, rows)


def write_metadata(
    h5: h5py.File,
    name: str,
    product: SmapProduct,
    *,
    version: int,
    times: Datetime64,
) -> None:
    """Write the metadata that readers use, and the statement that the file is simulated.

    Args:
        h5: file open for writing.
        name: final name of the file.
        product: product of the file.
        version: version of the product.
        times: UTC of the observations; NaT where missing.
    """
    known = times[~np.isnat(times)]
    note = f"SIMULATED by MCCA-ML in the layout of {product.short_name}; not an observation"
    h5.attrs[smap.SIMULATED] = "true"
    h5.attrs["title"] = note
    identification = {
        "shortName": product.short_name,
        "SMAPShortName": product.smap_name,
        "ECSVersionID": f"{version:03d}",
        "CompositeReleaseID": f"R{version:02d}000",
        "abstract": note,
        "fileName": name,
    }
    groups: dict[str, dict[str, str]] = {
        "DatasetIdentification": identification,
        "SeriesIdentification": {**identification, "longName": f"{note} ({product.title})"},
        "ProcessStep": {"processDescription": note, "identifier": product.smap_name},
    }
    if known.size:
        first, last = (
            f"{np.datetime_as_string(t, unit='ms')}Z" for t in (known.min(), known.max())
        )
        groups["Extent"] = {"rangeBeginningDateTime": first, "rangeEndingDateTime": last}
    for group, attributes in groups.items():
        h5.create_group(f"Metadata/{group}").attrs.update(attributes)


@contextmanager
def new_file(path: Path, image: bytes = b"") -> Iterator[h5py.File]:
    """Create an HDF5 file atomically: it has its name only when it is complete.

    The file is not synced to disk: a granule lost in a power cut is simulated again.

    Args:
        path: path of the file.
        image: bytes of the initial HDF5 file; empty for a new file.

    Raises:
        OutputError: the file cannot be written.
    """
    with replacing(path, is_synced=False) as beside:
        if image:
            beside.write_bytes(image)
        with h5py.File(beside, "r+" if image else "w") as h5:
            yield h5
