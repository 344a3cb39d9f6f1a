"""Settings of the learner: the `[train]` table."""

from typing import Literal

from pydantic import Field

from mcca_ml.config.table import NonNegative, Positive, Table


class TrainSettings(Table):
    """The `[train]` table: one LSTM per cell from a pooled start."""

    start: Literal["pooled", "random"] = Field(
        "pooled", description="where a cell's training begins: a network of all cells, or by chance"
    )
    channels: tuple[str, ...] = Field(
        ("10.65V", "10.65H", "18.7V", "18.7H", "36.5V", "36.5H"),
        min_length=1,
        description="bands of the inputs, by the names of AMSR2 and GMI",
    )
    incidence: bool = Field(
        False,
        description="whether incidence is an input; it hardly varies within a sensor, and the "
        "calibration takes up how sensors differ: a network would meet values it never saw",
    )
    local_time: bool = Field(
        True, description="whether local time is an input, for the orbits that precess"
    )
    linear: bool = Field(
        True,
        description="whether each cell has a linear path, found in closed form, of which the "
        "network learns what it leaves; without it the network learns all but the cell's mean",
    )
    backend: Literal["auto", "native", "jax"] = Field(
        "auto",
        description="what trains and applies the networks of cells: the kernel in C++, JAX, or "
        "the kernel where it is built",
    )
    seed: int = Field(0, ge=0, description="of every random choice, with the number of the cell")
    hidden: int = Field(32, ge=1, le=256, description="units of each LSTM")
    sequence: int = Field(64, ge=8, description="length of a training sequence [day]")
    warm_up: int = Field(
        16, ge=0, description="first days of a sequence without loss, memory fills [day]"
    )
    age_max: int = Field(30, ge=1, description="age at which a carried value counts as old [day]")
    fewest_targets: int = Field(
        20, ge=2, description="training targets below which a cell keeps the start's network [1]"
    )
    pooled_cells: int = Field(2000, ge=1, description="cells of the sample for the pooled start")
    pooled_epochs: int = Field(60, ge=0, description="epochs of the pooled start, at most")
    pooled_patience: int = Field(20, ge=1, description="as patience, for the pooled start")
    pooled_batch: int = Field(128, ge=1, description="sequences in a step of the pooled start")
    pooled_rate: Positive = Field(3e-3, description="step of Adam, pooled start [1]")
    epochs: int = Field(40, ge=0, description="epochs of a cell, at most")
    steps: int = Field(2, ge=1, description="steps in an epoch of a cell")
    batch: int = Field(8, ge=1, description="sequences in a step of a cell")
    rate: Positive = Field(1e-3, description="step of Adam, one cell [1]")
    penalty: NonNegative = Field(
        0.03, description="of the squared departure of a cell's weights from its start [1]"
    )
    patience: int = Field(
        10, ge=1, description="epochs without a better score on the stop days after which to stop"
    )
    block: int = Field(64, ge=1, description="cells trained together; changes no number")

    def check_values(self) -> None:
        """Refuse a warm-up that leaves no day to learn from."""
        if self.warm_up >= self.sequence:
            raise ValueError(
                f"found warm_up {self.warm_up}, expected less than sequence {self.sequence}; "
                "shorten it"
            )
