"""What was found -> the tables of a report."""

from collections.abc import Sequence
from dataclasses import astuple

from mcca_ml.report.scores.imposed_signals import FOUND, FoundDrought, FoundTrend
from mcca_ml.report.scores.sensor_changes import PeriodStep
from mcca_ml.report.scores.sheet import Sheet, sheet_of
from mcca_ml.report.scores.tables import Table


def scores_sheet(table: Table) -> Sheet:
    """Scores of products."""
    return sheet_of(
        table.title,
        (
            ("", "{}", "product"),
            ("pairs", "{:,}", "pairs"),
            ("cells", "{:,}", "cells"),
            ("R", "{:.3f}", "r"),
            ("anomaly R", "{:.3f}", "anomaly_r"),
            ("ubRMSD", "{:.4f}", "ubrmsd"),
            ("bias", "{:+z.4f}", "bias"),
            ("looks left out by flag", "{}", "left_out"),
        ),
        map(astuple, table.rows),
        table.note,
    )


def steps_sheet(found: Sequence[PeriodStep]) -> Sheet:
    """Steps between periods, of the record and of the record without calibration."""
    return sheet_of(
        "Steps of product less truth between the periods of the sensors",
        (
            ("", "{} → {}", "before", "after"),
            ("product", "{}", "product"),
            ("step", "{:+z.4f} ± {:.4f}", "step", "step_error"),
            ("cells", "{:,}", "cells"),
            ("pairs", "{:,}", "pairs"),
        ),
        map(astuple, found),
        "Mean over cells of the change of the error, like months of the year compared; ± from how "
        "months differ. Recommended values.",
    )


def trend_sheet(found: Sequence[FoundTrend]) -> Sheet:
    """The imposed trend and those found [m3 m-3 per decade]."""
    slope = "{:+z.4f} ± {:.4f}"
    return sheet_of(
        "Trend, m3 m-3 per decade",
        (
            ("", "{}", "box"),
            ("imposed", "{:+z.4f}", "imposed"),
            ("truth at the record's times", slope, "truth", "truth_error"),
            ("record", slope, "record", "record_error"),
            ("from 0 (σ)", "{:.1f}", "sigmas_from_0"),
            ("from imposed (σ)", "{:.1f}", "sigmas_from_imposed"),
            ("record less truth", slope, "difference", "difference_error"),
            ("of it calibration", "{:.4f}", "calibration_error"),
        ),
        (
            (one.box, one.imposed, one.truth.slope, one.truth.error)
            + (one.record.slope, one.record.error, one.from_zero, one.from_imposed)
            + (one.off.slope, one.off.error, one.calibration)
            for one in found
        ),
        "Monthly departures from the usual month, outside the drought and the year after it; "
        "errors hold the memory of the residuals and, for the record, what calibration leaves "
        "open. The truth's own slope differs from the imposed one by its weather.",
    )


def drought_sheet(found: Sequence[FoundDrought]) -> Sheet:
    """The imposed droughts and what the record has of them."""
    return sheet_of(
        "Drought: departure from the same months of other years, m3 m-3",
        (
            ("", "{}", "drought"),
            ("imposed", "{:+z.3f}", "imposed"),
            ("truth", "{:+z.3f}", "truth"),
            ("record", "{:+z.3f}", "record"),
            ("standard deviations", "{:.1f}", "standard_deviations"),
            ("found", {"true": "yes", "false": "no"}.__getitem__, "is_found"),
        ),
        ((*astuple(one), str(one.is_found).lower()) for one in found),
        f"Found: more than {-FOUND:g} standard deviations of other years below their mean. "
        "Imposed: against the same world without the drought; truth: at the times of the record.",
    )
