"""The demonstration: a simulated world with known truth, the record made of it, and a report."""

from collections.abc import Callable
from pathlib import Path

from mcca_ml.atomic import replacing
from mcca_ml.config.simulate import SimulateSettings
from mcca_ml.report.html.files import OnDisk
from mcca_ml.report.record_report import write_report
from mcca_ml.sensors import SENSORS
from mcca_ml.simulate.granule_tasks import blocks, product_folder
from mcca_ml.simulate.manifest import World
from mcca_ml.simulate.run import STATIONS, TRUTH, simulate_world

CONFIGURATION = "record.toml"


def world_configuration(world: SimulateSettings, granules: Path = Path("granules")) -> str:
    """The configuration, as TOML, of the record of a simulated world; of sensors that fly in it.

    Args:
        world: the `[simulate]` table.
        granules: folder of its granules; by default that beside the configuration.
    """
    boxes = [
        f"[[region.box]]  # {box.name}\nsouth = {box.south}\nnorth = {box.north}\n"
        f"west = {box.west}\neast = {box.east}\n"
        for box in world.box
    ]
    seen = [name for name in dict.fromkeys(world.sensors) if blocks(world, SENSORS[name])]
    products = [product_folder(SENSORS[name]) for name in seen]
    inputs = [f'[input.{name}]\npath = "{granules.as_posix()}/{name}"\n' for name in products]
    return "\n".join(
        [
            "# The record of a SIMULATED world; mcca-ml run makes it, and goes on with it.\n",
            '[project]\nname = "simulated world"\n',
            f"[period]\nstart = {world.first_day}\nend = {world.last_day}\n",
            *boxes,
            *inputs,
            '[work]\ndirectory = "work"\n',
            '[output]\ndirectory = "product"\n',
        ]
    )


def make_world(
    out: Path,
    world: SimulateSettings,
    *,
    workers: int = 2,
    progress: Callable[[int, int, int | None], None] = lambda _done, _made, _total: None,
) -> World:
    """Simulate a world, and write beside it the configuration of its record.

    An existing world is kept, and so is its configuration, which may have been edited.

    Args:
        out: directory for granules, stations, truth and configuration; made if missing.
        world: the `[simulate]` table.
        workers: processes.
        progress: as in `simulate_world`.

    Raises:
        ConfigError: another world stands there.
        OutputError: `out` cannot be written.
    """
    simulated = simulate_world(world, out, workers=workers, progress=progress)
    path = out / CONFIGURATION
    if not path.is_file():
        with replacing(path) as beside:
            beside.write_text(world_configuration(world))
    return simulated


def report(out: Path) -> OnDisk:
    """Report on a simulated world's record, against its truth and stations. All is SIMULATED.

    Args:
        out: directory of the world and its record; the report goes there too.

    Raises:
        GranuleError: the truth is of another world.
        OutputError: `out` cannot be written.
    """
    stations = out / STATIONS
    return write_report(
        out / CONFIGURATION,
        out / "report",
        truth=out / TRUTH,
        stations=stations if stations.is_dir() else None,
    )
