"""What do all comparisons of stage one find? Writes docs/validation.md anew.

    python -m benchmarks.science.tables

Tables stand between markers, the text around them is written by hand. Tables of simulated cells
need nothing; those of real granules need the folder of real data (MCCA_ML_DATA or ../shared/data)
and stay as they are, with a line that says so, where it is absent.
"""

from pathlib import Path

from benchmarks.common import markdown, real_granules
from benchmarks.science import figures, half_orbit, real_day, seasons, simulated_truth

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "validation.md"
IMAGES = DOCUMENT.parent / "images"


def main() -> None:
    """Write the document anew."""
    IMAGES.mkdir(exist_ok=True)
    contents = simulated_truth.tables() | seasons.tables()
    figures.simulated_figure(IMAGES / "validation_simulated.png")
    if real_granules.path_of(real_granules.DAY).is_file():
        contents |= real_day.tables()
        figures.real_day_figure(IMAGES / "validation_day.png")
    else:
        print("tables: no real day; its tables stay as they are")
    if real_granules.path_of(real_granules.HALF_ORBIT).is_file():
        contents |= half_orbit.tables()
    else:
        print("tables: no real half orbit; its tables stay as they are")
    markdown.write(DOCUMENT, contents)
    print(f"{len(contents)} tables written to docs/{DOCUMENT.name}")


if __name__ == "__main__":
    main()
