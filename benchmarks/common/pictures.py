"""How is a picture of a document saved, so that its bytes depend on what it shows only?"""

from pathlib import Path

from matplotlib.figure import Figure


def save(figure: Figure, path: Path, dpi: int) -> None:
    """Write a picture without the version of the library that drew it."""
    figure.savefig(path, dpi=dpi, metadata={"Software": None})
