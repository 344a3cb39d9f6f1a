"""Groups, datasets, attributes and metadata of simulated SMAP granules, in the genuine form."""

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
    """Values as stored: of the field's type, the fill value for NaN."""
    if values.dtype.kind == "f":
        fill = smap.FILLS[field.dtype]
        values = np.where(np.isnan(values), fill, values)
    return values.astype(field.dtype)


def _empty(field: SmapField) -> object:
    """Stored value where there is no observation."""
    if field.dtype.startswith("S"):
        return np.bytes_(b"N/A".ljust(24))
    return np.dtype(field.dtype).type(smap.FILLS[field.dtype])


def _describe(found: h5py.Dataset, field: SmapField, group: str, suffix: str) -> None:
    """Write the attributes that genuine granules have."""
    number = np.dtype(field.dtype).type
    found.attrs["long_name"] = np.bytes_(f"{field.about} (simulated)")
    if field.name not in ("latitude", "longitude"):
        places = f"/{group}/latitude{suffix} /{group}/longitude{suffix}"
        found.attrs["coordinates"] = np.bytes_(places)
    if field.fill is not None:
        found.attrs["_FillValue"] = number(field.fill)
    if field.units:
        found.attrs["units"] = np.bytes_(field.units)
    if field.valid is not None:
        found.attrs["valid_min"], found.attrs["valid_max"] = map(number, field.valid)
    meanings = smap.FLAG_MEANINGS.get(field.name)
    if meanings:
        masks = (f"{1 << bit}s" for bit in range(len(meanings.split())))
        found.attrs["flag_masks"] = np.bytes_(", ".join(masks))
        found.attrs["flag_meanings"] = np.bytes_(meanings)


def write_group(
    h5: h5py.File,
    group: Group,
    fields: Sequence[SmapField],
    columns: Columns,
    *,
    grid: ease2.Grid | None,
    fills_text: bool = True,
) -> None:
    """Write one group: as a list of cells, or spread over a grid.

    Args:
        h5: file open for writing.
        group: its name and the suffix of its datasets.
        fields: all of them are written; those without a column hold the fill value.
        columns: values over cells by field.
        grid: None writes a list of cells.
        fills_text: write `N/A` where a text has no value, as genuine granules do; without it such a
            text is empty, and takes no room.
    """
    cells = len(next(iter(columns.values()), ()))
    shape, chunk = ((cells,), (cells,)) if grid is None else (grid.shape, (1, grid.columns))
    for field in fields:
        more = (smap.COVERS,) if field.has_cover else ()
        found = h5.create_dataset(
            f"{group.name}/{field.name}{group.suffix}",
            shape=shape + more,
            dtype=field.dtype,
            chunks=chunk + more,
            compression="gzip",
            compression_opts=_COMPRESSION,
            fillvalue=None if field.dtype.startswith("S") else _empty(field),
        )
        _describe(found, field, group.name, group.suffix)
        # A fill value of text would crash the NetCDF library.
        if found.dtype.kind == "S" and fills_text:
            found[...] = _empty(field)
    fill_group(h5, group, fields, columns, grid=grid)


def fill_group(
    h5: h5py.File,
    group: Group,
    fields: Sequence[SmapField],
    columns: Columns,
    *,
    grid: ease2.Grid | None,
) -> None:
    """Write the columns into the datasets of a group that stands; those without one stay.

    Args:
        h5: file open for writing.
        group: its name and the suffix of its datasets.
        fields: to write, as far as there is a column.
        columns: values over cells by field.
        grid: None for a list of cells.
    """
    runs = list(_runs(columns)) if grid is not None and columns else []
    for field in fields:
        if field.name in columns:
            values = _raw(columns[field.name], field)
            # By the library's own calls: with h5py's comfortable ones a day takes twice as long.
            found = h5d.open(h5.id, f"{group.name}/{field.name}{group.suffix}".encode())
            if grid is None or not values.size:
                found.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(values))
            for first, inside, place in runs:
                whole = np.full((place[0].max() + 1, *found.shape[1:]), _empty(field), found.dtype)
                whole[place] = values[inside]
                _fill_in(found, first, whole)


def _runs(columns: Columns) -> Iterator[tuple[int, Int64, tuple[Int64, Int64]]]:
    """The runs of rows of a grid that hold cells; the rest of it stays unwritten.

    Returns:
        Of each run its first row, the numbers of its cells among all, and the row of each, counted
        from the first, with its column.
    """
    row = columns["EASE_row_index"].astype(np.int64)
    column = columns["EASE_column_index"].astype(np.int64)
    rows = np.unique(row)
    for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
        if run.size:
            inside = np.flatnonzero((row >= run[0]) & (row <= run[-1]))
            yield int(run[0]), inside, (row[inside] - run[0], column[inside])


def _fill_in(found: h5d.DatasetID, first: int, whole: AnyArray) -> None:
    """Write rows of a dataset over a grid from one on."""
    there = found.get_space()
    there.select_hyperslab((first, *(0 for _ in whole.shape[1:])), whole.shape)
    found.write(h5s.create_simple(whole.shape), there, whole)


def write_metadata(
    h5: h5py.File,
    name: str,
    product: SmapProduct,
    *,
    version: int,
    times: Datetime64,
) -> None:
    """Write the metadata that readers look at, and say that the file is simulated.

    Args:
        h5: file open for writing.
        name: that it will have.
        product: of which it is.
        version: of the product.
        times: of the observations, UTC; NaT is none.
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
    """A new HDF5 file that appears under its name only when it is whole.

    The disk is not waited for: a granule that a power cut spoils is simulated again.

    Args:
        path: of the file.
        image: what it begins as; empty for an empty file.

    Raises:
        OutputError: it cannot be written there.
    """
    with replacing(path, is_synced=False) as beside:
        if image:
            beside.write_bytes(image)
        with h5py.File(beside, "r+" if image else "w") as h5:
            yield h5
