"""What was found -> the tables of a report."""

from collections.abc import Sequence

from mcca_ml.report.scores.imposed_signals import FOUND, FoundDrought, FoundTrend
from mcca_ml.report.scores.sensor_changes import PeriodStep
from mcca_ml.report.scores.sheet import Sheet, number, signed
from mcca_ml.report.scores.tables import Table


def scores_sheet(table: Table) -> Sheet:
    """Scores of products."""
    rows = tuple(
        (
            row.name,
            f"{row.days:,}",
            f"{row.cells:,}",
            number(row.r, 3),
            number(row.anomaly_r, 3),
            number(row.ubrmsd, 4),
            signed(row.bias, 4),
            row.left_out,
        )
        for row in table.rows
    )
    head = ("", "pairs", "cells", "R", "anomaly R", "ubRMSD", "bias", "looks left out by flag")
    columns = ("product", "pairs", "cells", "r", "anomaly_r", "ubrmsd", "bias", "left_out")
    data = tuple(
        (row.name, row.days, row.cells, row.r, row.anomaly_r, row.ubrmsd, row.bias, row.left_out)
        for row in table.rows
    )
    return Sheet(table.title, head, rows, table.note, columns, data)


def steps_sheet(found: Sequence[PeriodStep]) -> Sheet:
    """Steps between periods, of the record and of the record without calibration."""
    rows = tuple(
        (
            f"{step.before} → {step.after}",
            step.product,
            f"{signed(step.size, 4)} ± {number(step.error, 4)}",
            f"{step.cells:,}",
            f"{step.days:,}",
        )
        for step in found
    )
    return Sheet(
        "Steps of product less truth between the periods of the sensors",
        ("", "product", "step", "cells", "pairs"),
        rows,
        "Mean over cells of the change of the error, like months of the year compared; ± from how "
        "months differ. Recommended values.",
        ("before", "after", "product", "step", "step_error", "cells", "pairs"),
        tuple(
            (one.before, one.after, one.product, one.size, one.error, one.cells, one.days)
            for one in found
        ),
    )


def trend_sheet(found: Sequence[FoundTrend]) -> Sheet:
    """The imposed trend and those found [m3 m-3 per decade]."""
    rows = tuple(
        (
            one.box,
            signed(one.imposed, 4),
            f"{signed(one.truth.slope, 4)} ± {number(one.truth.error, 4)}",
            f"{signed(one.record.slope, 4)} ± {number(one.record.error, 4)}",
            number(one.from_zero, 1),
            number(one.from_imposed, 1),
            f"{signed(one.off.slope, 4)} ± {number(one.off.error, 4)}",
            number(one.calibration, 4),
        )
        for one in found
    )
    return Sheet(
        "Trend, m3 m-3 per decade",
        (
            "",
            "imposed",
            "truth at the record's times",
            "record",
            "from 0 (σ)",
            "from imposed (σ)",
            "record less truth",
            "of it calibration",
        ),
        rows,
        "Monthly departures from the usual month, outside the drought and the year after it; "
        "errors hold the memory of the residuals and, for the record, what calibration leaves "
        "open. The truth's own slope differs from the imposed one by its weather.",
        ("box", "imposed", "truth", "truth_error", "record", "record_error", "sigmas_from_0")
        + ("sigmas_from_imposed", "difference", "difference_error", "calibration_error"),
        tuple(
            (one.box, one.imposed, one.truth.slope, one.truth.error)
            + (one.record.slope, one.record.error, one.from_zero, one.from_imposed)
            + (one.off.slope, one.off.error, one.calibration)
            for one in found
        ),
    )


def drought_sheet(found: Sequence[FoundDrought]) -> Sheet:
    """The imposed droughts and what the record has of them."""
    rows = tuple(
        (
            one.name,
            signed(one.imposed, 3),
            signed(one.truth, 3),
            signed(one.record, 3),
            number(one.deviations, 1),
            "yes" if one.is_found else "no",
        )
        for one in found
    )
    return Sheet(
        "Drought: departure from the same months of other years, m3 m-3",
        ("", "imposed", "truth", "record", "standard deviations", "found"),
        rows,
        f"Found: more than {-FOUND:g} standard deviations of other years below their mean. "
        "Imposed: against the same world without the drought; truth: at the times of the record.",
        ("drought", "imposed", "truth", "record", "standard_deviations", "is_found"),
        tuple(
            (
                one.name,
                one.imposed,
                one.truth,
                one.record,
                one.deviations,
                str(one.is_found).lower(),
            )
            for one in found
        ),
    )
