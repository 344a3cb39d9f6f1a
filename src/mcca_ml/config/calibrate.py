"""Settings of the cross-calibration."""

from pydantic import Field

from mcca_ml.config.table import NonNegative, Positive, Table


class CalibrateSettings(Table):
    """The `[calibrate]` table: how one sensor is brought to the scale of another."""

    window_minutes: float = Field(
        45.0, gt=0.0, le=180.0, description="largest time between the two of a pair [min]"
    )
    noise_ratio: Positive = Field(
        1.0,
        le=100.0,
        description="variance of the reference's pair noise over that of the sensor's [1]; 1: what "
        "a pair differs by lies half in each. A wrong ratio tilts the slope, see the documentation",
    )
    huber: float = Field(
        1.345,
        gt=0.5,
        le=10.0,
        description="departure in sd from which a pair weighs less [1]; 95 % efficient, Huber 1964",
    )
    reject: float = Field(
        5.0, gt=2.0, description="departure in sd from which a pair has no weight [1]"
    )
    min_pairs: int = Field(
        6, ge=4, description="pairs below which a cell has no slope of its own, only a level"
    )
    prior_pairs: NonNegative = Field(
        0.0, description="n0 of the weight n / (n + n0) of a cell's own line [1]; 0: estimated"
    )
    pool_pairs: int = Field(
        24, ge=2, description="pairs of a cell, at most, in the line of its class and of all"
    )
    pool_cells: int = Field(
        10, ge=2, description="cells below which a class has no line of its own"
    )
    curvature_sd: NonNegative = Field(
        0.3, description="departure from a line at 50 K from the middle of its pairs, 1 sd [K]"
    )
    common_sd: NonNegative = Field(
        0.2,
        description="systematic calibration error common to all cells of a channel, "
        "1 sd [K]: footprint, frequency and hour; choice of this project, see the documentation",
    )
    snow_difference: Positive = Field(
        5.0, description="18.7 less 36.5 GHz at V of snow, above [K]; common practice"
    )
    snow_below: float = Field(
        255.0, gt=200.0, le=300.0, description="and 36.5 GHz at V below [K]; common practice"
    )
    rain_difference: Positive = Field(
        5.0,
        description="the same of rain, above the median of the cell [K]; choice of this project",
    )
    rfi_difference: Positive = Field(
        5.0, description="10.65 less 18.7 GHz of interference, above [K]; common practice"
    )
    step_window_days: int = Field(
        730, ge=60, description="days before and after a boost that its test looks at"
    )
    step_block_days: int = Field(
        30,
        ge=1,
        description="days within which departures depend on each other; twice it without reference",
    )
    step_significance: float = Field(
        0.01, gt=0.0, lt=0.5, description="p value below which a step is removed [1]"
    )
    drift_years: float = Field(
        3.0,
        ge=1.0,
        description="years of pairs of AMSR2 with GMI below which no drift of AMSR2 is looked for; "
        "one that is significant as a step is would be removed",
    )
