"""The stage `calibrate`: gridded brightness temperatures of all sensors -> coefficients of each."""

from concurrent.futures import Executor

import numpy as np

from mcca_ml.intercal import coefficients
from mcca_ml.intercal.sensor_graph import calibrate_sensors
from mcca_ml.pipeline import checkpoints
from mcca_ml.pipeline.load_series import SeriesSource, dominant_classes
from mcca_ml.pipeline.plan import Plan
from mcca_ml.pipeline.stage import Progress, Stage, Tally
from mcca_ml.store.layout import digest
from mcca_ml.store.write_blocks import blocks_of_cells


def calibration_inputs(plan: Plan) -> str:
    """Digest of all that the coefficients depend on."""
    settings = plan.settings
    return digest(
        "calibrate, snow before rain, medians of the middle two",
        settings.calibrate.model_dump_json(),
        *settings.train.channels,
        settings.retrieve.model_dump_json(),
        plan.learned_from(),
    )


def calibrate(plan: Plan, _executor: Executor | None, progress: Progress) -> Tally:
    """Coefficients of every sensor that is brought to the scale of another.

    They stay as they are while a record grows, until it is told to learn anew.

    Raises:
        GranuleError: a sensor has no bridge to its reference.
        OutputError: they cannot be written.
    """
    inputs = calibration_inputs(plan)
    group = plan.work / "calibration" / "all"
    if checkpoints.is_done(group, inputs):
        return Tally(Stage.CALIBRATE, 0, "no sensor")
    bar = progress(Stage.CALIBRATE, 1)
    checkpoints.begin(group)
    for old in group.parent.glob("*.nc"):
        old.unlink()
    source = SeriesSource(plan)
    parts = [dominant_classes(source, cells) for cells in blocks_of_cells(plan.cells.size)]
    by_sensor = calibrate_sensors(
        {name: plan.grid_store(name) for name in plan.imagers},
        plan.settings.calibrate,
        first_day=plan.first_day,
        last_day=plan.learned_last,
        cell_class=np.concatenate(parts),
    )
    files = []
    for name, of_sensor in by_sensor.items():
        files.append(plan.coefficients(name))
        coefficients.write(of_sensor, files[-1])
    checkpoints.finish(group, inputs, files)
    bar(1)
    return Tally(Stage.CALIBRATE, 1, ", ".join(sorted(by_sensor)) or "no sensor")
