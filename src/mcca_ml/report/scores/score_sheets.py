"""Tables of scores, steps, trends and droughts."""

from collections.abc import Sequence
from dataclasses import astuple

from mcca_ml.report.scores.imposed_signals import DETECTION_LIMIT, DetectedDrought, DetectedTrend
from mcca_ml.report.scores.sensor_changes import PeriodStep
from mcca_ml.report.scores.sheet import Sheet, make_sheet
from mcca_ml.report.scores.tables import ScoreTable


def scores_sheet(table: ScoreTable) -> Sheet:
    """Format the scores of products."""
    return make_sheet(
        table.title,
        (
            ("", "{}", "product"),
            ("pairs", "{:,}", "pairs"),
            ("cells", "{:,}", "cells"),
            ("R", "{:.3f}", "r"),
            ("anomaly R", "{:.3f}", "anomaly_r"),
            ("ubRMSD", "{:.4f}", "ubrmsd"),
            ("bias", "{:+z.4f}", "bias"),
            ("looks excluded by flags", "{}", "left_out"),
        ),
        map(astuple, table.rows),
        table.note,
    )


def steps_sheet(steps: Sequence[PeriodStep]) -> Sheet:
    """Format steps between sensor periods, with and without cross-calibration."""
    return make_sheet(
        "Steps of product less truth between the periods of the sensors",
        (
            ("", "{} → {}", "before", "after"),
            ("product", "{}", "product"),
            ("step", "{:+z.4f} ± {:.4f}", "step", "step_error"),
            ("cells", "{:,}", "cells"),
            ("pairs", "{:,}", "pairs"),
        ),
        map(astuple, steps),
        "Mean over cells of the change of the error between the same calendar months; ± is the "
        "standard error over months. Recommended values.",
    )


def trend_sheet(trends: Sequence[DetectedTrend]) -> Sheet:
    """Format imposed and measured trends [m3 m-3 per decade]."""
    slope = "{:+z.4f} ± {:.4f}"
    return make_sheet(
        "Trend, m3 m-3 per decade",
        (
            ("", "{}", "box"),
            ("imposed", "{:+z.4f}", "imposed"),
            ("truth at the record's times", slope, "truth", "truth_error"),
            ("record", slope, "record", "record_error"),
            ("from 0 (σ)", "{:.1f}", "sigmas_from_0"),
            ("from imposed (σ)", "{:.1f}", "sigmas_from_imposed"),
            ("record minus truth", slope, "difference", "difference_error"),
            ("part from calibration", "{:.4f}", "calibration_error"),
        ),
        (
            (trend.box, trend.imposed, trend.truth.slope, trend.truth.error)
            + (trend.record.slope, trend.record.error, trend.from_zero, trend.from_imposed)
            + (trend.off.slope, trend.off.error, trend.calibration)
            for trend in trends
        ),
        "Monthly departures from the mean of the calendar month, outside the drought and the year "
        "after it; errors allow for autocorrelation of the residuals and, for the record, for the "
        "calibration error. The truth's own slope differs from the imposed one by its weather.",
    )


def drought_sheet(droughts: Sequence[DetectedDrought]) -> Sheet:
    """Format imposed droughts and their size in the record."""
    return make_sheet(
        "Drought: departure from the same months of other years, m3 m-3",
        (
            ("", "{}", "drought"),
            ("imposed", "{:+z.3f}", "imposed"),
            ("truth", "{:+z.3f}", "truth"),
            ("record", "{:+z.3f}", "record"),
            ("standard deviations", "{:.1f}", "standard_deviations"),
            ("detected", {"true": "yes", "false": "no"}.__getitem__, "is_found"),
        ),
        ((*astuple(drought), str(drought.is_detected).lower()) for drought in droughts),
        f"Detected: more than {-DETECTION_LIMIT:g} standard deviations below the mean of other "
        "years. Imposed: difference from the same world without the drought; truth: at the times "
        "of the record.",
    )
