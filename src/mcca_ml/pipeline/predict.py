"""The stage `predict`: networks applied to the whole record of each sensor -> a store of STREAM."""

from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from mcca_ml.grid.ease2 import M25
from mcca_ml.learn import weights_file
from mcca_ml.learn.predict_stream import make_stream
from mcca_ml.parallel import perform
from mcca_ml.pipeline import checkpoints
from mcca_ml.pipeline.load_series import SeriesSource, calibrated_inputs, observed
from mcca_ml.pipeline.plan import Plan
from mcca_ml.pipeline.stage import Progress, Stage, Tally
from mcca_ml.pipeline.train import weight_files
from mcca_ml.sensors import SENSORS
from mcca_ml.store.integrity import missing_blocks
from mcca_ml.store.layout import digest
from mcca_ml.store.read_blocks import content_digest
from mcca_ml.store.write_blocks import blocks_of_cells, write_block


@dataclass(frozen=True)
class PredictTask:
    """A block of cells of one sensor over all days."""

    source: SeriesSource
    sensor: str
    cells: slice
    files: tuple[tuple[Path, slice], ...]
    """Weights and the cells that they are of."""
    inputs: str


def predict_block(task: PredictTask) -> int:
    """Write the stream of a block of cells; returns the number of cells."""
    plan, network = task.source.plan, SENSORS[task.sensor].network
    spread = weights_file.load_uncertainty(plan.network(network) / "spread.npz")
    read = observed(task.source, task.sensor, task.cells, plan.days())
    parts = []
    for path, cells in task.files:
        part = slice(cells.start - task.cells.start, cells.stop - task.cells.start)
        inputs = calibrated_inputs(task.source, read, part, plan.days())
        attributes = {
            "grid": M25.name,
            "network": network,
            "interval_ratio": f"{float(spread.ratio95):.6f}",
            "simulated": "true" if inputs.is_simulated else "false",
        }
        parts.append(make_stream(weights_file.load(path), spread, inputs, attrs=attributes))
    ds = xr.concat(parts, "cell", coords="minimal", compat="override", combine_attrs="override")
    write_block(plan.stream_store(task.sensor), ds, task.inputs)
    return int(ds.sizes["cell"])


def _tasks(plan: Plan, sensor: str) -> list[PredictTask]:
    """Blocks of one stream that are missing."""
    source = SeriesSource(plan.lean())
    trained = SENSORS[sensor].network
    folder = plan.network(trained)
    files = weight_files(plan, trained)
    blocks = blocks_of_cells(plan.cells.size)
    of_all = (
        "predict, each cell by its own line, seasons not learned flagged",
        sensor,
        str(plan.first_day),
        str(plan.last_day),
        content_digest(plan.grid_store(sensor)),
        checkpoints.digest_of_done(plan.work / "calibration" / "all"),
        checkpoints.digest_of_done(folder / "spread.npz"),
    )
    path = plan.stream_store(sensor)
    checkpoints.ready_store(path, plan.frame(sensor, "STREAM", digest("stream", sensor)))
    of_block = [
        tuple(file for file in files if cells.start <= file[1].start < cells.stop)
        for cells in blocks
    ]
    wanted = {
        number: digest(*of_all, *(checkpoints.digest_of_done(file) for file, _ in some))
        for number, some in enumerate(of_block)
    }
    return [
        PredictTask(source, sensor, blocks[n], of_block[n], wanted[n])
        for n in missing_blocks(path, wanted)
    ]


def predict(plan: Plan, executor: Executor | None, progress: Progress) -> Tally:
    """Soil moisture of every sensor that has a network, on all days of the record.

    Raises:
        OutputError: it cannot be written.
    """
    tasks = [task for sensor in plan.streams for task in _tasks(plan, sensor)]
    bar = progress(Stage.PREDICT, len(tasks))
    perform(predict_block, tasks, executor, bar)
    left = sorted(set(plan.imagers) - set(plan.streams))
    notes = [
        f"{name} gives no stream: its network is {SENSORS[name].network}'s, of which there is no "
        "granule"
        for name in left
    ]
    return Tally(Stage.PREDICT, len(tasks), f"streams of {', '.join(plan.streams)}", tuple(notes))
