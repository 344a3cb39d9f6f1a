"""The demonstration: a simulated world with known truth, the record made of it, and a report."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mcca_ml.atomic import replacing
from mcca_ml.config_world import SimulateSettings
from mcca_ml.record.run import Workers, run
from mcca_ml.record.stages import Progress, Tally, silent
from mcca_ml.report.summary import Written, write_report
from mcca_ml.sensors import SENSORS
from mcca_ml.simulate.manifest import World
from mcca_ml.simulate.run import simulate_world
from mcca_ml.simulate.tasks import product_of

CONFIGURATION = "record.toml"
TRUTH = "truth.zarr"


@dataclass(frozen=True)
class Demo:
    """What the demonstration has made."""

    world: World
    tallies: tuple[Tally, ...]
    report: Written


def configuration_of(world: SimulateSettings, granules: Path = Path("granules")) -> str:
    """The configuration, as TOML, of the record of a simulated world.

    Args:
        world: the `[simulate]` table.
        granules: folder of its granules; by default that beside the configuration.
    """
    boxes = [
        f"[[region.box]]  # {box.name}\nsouth = {box.south}\nnorth = {box.north}\n"
        f"west = {box.west}\neast = {box.east}\n"
        for box in world.box
    ]
    products = [product_of(SENSORS[name]) for name in dict.fromkeys(world.sensors)]
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


def run_demo(
    out: Path,
    world: SimulateSettings,
    *,
    workers: int = 2,
    simulated: Callable[[int, int, int | None], None] = lambda _done, _made, _total: None,
    progress: Progress = silent,
    ended: Callable[[Tally], None] = lambda _: None,
) -> Demo:
    """Simulate a world, make its record, and report on it. Everything in it is SIMULATED.

    What is done is not done again, so that a demonstration that was stopped goes on.

    Args:
        out: directory for granules, truth, work, product and report; made if missing.
        world: the `[simulate]` table.
        workers: processes.
        simulated: told the granules that are made, as in `simulate_world`.
        progress: as in `record.run.run`.
        ended: as in `record.run.run`.

    Raises:
        ConfigError: another world stands there.
        OutputError: `out` cannot be written.
    """
    made = simulate_world(world, out, workers=workers, progress=simulated)
    path = out / CONFIGURATION
    if not path.is_file():  # else it may have been changed to try something
        with replacing(path) as beside:
            beside.write_text(configuration_of(world))
    tallies = run(path, workers=Workers(workers), progress=progress, ended=ended)
    return Demo(made, tallies, write_report(path, out / "report", truth=out / TRUTH))
