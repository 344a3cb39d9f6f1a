"""What a product that already stands in the folder was made from."""

from collections.abc import Sequence
from pathlib import Path

from mcca_ml.errors import GranuleError
from mcca_ml.publish.attributes import Source
from mcca_ml.read.granule import open_hdf5, text


def is_of_others(path: Path, sources: Sequence[Source]) -> bool:
    """Whether there is a file at `path` that was not made from these input files.

    Args:
        path: where a product is about to be written.
        sources: what it is made from; contents are compared, not names.
    """
    if not path.is_file():
        return False
    try:
        with open_hdf5(path) as h5:
            stated = text(h5.attrs.get("source_granules_sha256"))
    except GranuleError:
        return True
    return set(stated.split(", ")) != {source.sha256 for source in sources}
