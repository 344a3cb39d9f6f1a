"""What a record is meant to show, each claim with what was found and whether it holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from mcca_ml.report.scores.compared import DENSE_VOD
from mcca_ml.report.scores.counterfactuals import OTHER, OWN
from mcca_ml.report.scores.imposed_signals import FoundDrought, FoundTrend
from mcca_ml.report.scores.interval_coverage import Interval
from mcca_ml.report.scores.sensor_changes import PeriodStep
from mcca_ml.report.scores.sheet import Sheet, number, percent, signed
from mcca_ml.report.scores.tables import Row, Table, rows_by_name

MOST_STEP = 0.005
"""[m3 m-3]."""
MOST_LOSS = 0.01
"""Share of the best stream's ubRMSD that fusion may cost on common days [1]."""
MOST_UBRMSD = 0.04
"""Of the record against truth in light vegetation [m3 m-3]."""
SIGMAS = 2.0


@dataclass(frozen=True)
class Claim:
    """One thing that the record is meant to show."""

    words: str
    found: str
    holds: bool


@dataclass(frozen=True)
class Findings:
    """Everything that claims are judged by."""

    tables: Sequence[Table]
    orders: Sequence[Table]
    intervals: Sequence[Interval]
    steps: Sequence[PeriodStep] = ()
    trends: Sequence[FoundTrend] = ()
    droughts: Sequence[FoundDrought] = ()


def _beats(sensor: str, reference: str, rows: dict[str, Row]) -> list[Claim]:
    """Whether a network is better than ridge and pooled."""
    lstm = rows.get(f"LSTM {sensor}")
    claims = []
    for other in ("ridge", "pooled"):
        if lstm is None or other not in rows:
            continue
        one = rows[other]
        claims.append(
            Claim(
                f"LSTM {sensor} beats {other} on ubRMSD and anomaly R against {reference}",
                f"{number(lstm.ubrmsd, 4)} and {number(lstm.anomaly_r, 3)}, {other} "
                f"{number(one.ubrmsd, 4)} and {number(one.anomaly_r, 3)}",
                lstm.ubrmsd < one.ubrmsd and lstm.anomaly_r > one.anomaly_r,
            )
        )
    return claims


def _fusion(tables: Sequence[Table], reference: str, sensors: Sequence[str]) -> list[Claim]:
    """Whether fusion costs nothing on common days, and is better than a stream on its own days."""
    claims = []
    rows = rows_by_name(tables, f"Common days, against {reference}")
    if "fused" in rows:
        best = min((row for name, row in rows.items() if name != "fused"), key=lambda r: r.ubrmsd)
        loss = rows["fused"].ubrmsd / best.ubrmsd - 1
        claims.append(
            Claim(
                f"Fused costs at most 1 % of the best stream on common days, against {reference}",
                f"ubRMSD {number(rows['fused'].ubrmsd, 4)}, {best.name} {number(best.ubrmsd, 4)} "
                f"({signed(100 * loss, 1)} %)",
                loss <= MOST_LOSS,
            )
        )
    for sensor in sensors:
        pair = rows_by_name(tables, f"All days of {sensor}, against {reference}")
        if sensor in pair:
            claims.append(
                Claim(
                    f"Fused is better than {sensor} over all its days, against {reference}",
                    f"ubRMSD {number(pair['fused'].ubrmsd, 4)}, {sensor} "
                    f"{number(pair[sensor].ubrmsd, 4)}",
                    pair["fused"].ubrmsd < pair[sensor].ubrmsd,
                )
            )
    return claims


def _order(tables: Sequence[Table]) -> list[Claim]:
    """Whether shuffled days cost anomaly R."""
    claims = []
    for table in tables:
        rows = {row.name: row for row in table.rows}
        as_is = rows["as they are"].anomaly_r
        for name in (OWN, OTHER):
            claims.append(
                Claim(
                    f"{table.title}: {name} cost anomaly R",
                    f"{number(as_is, 3)} as they are, {number(rows[name].anomaly_r, 3)} shuffled",
                    rows[name].anomaly_r < as_is,
                )
            )
    return claims


def _signals(found: Findings) -> list[Claim]:
    """Steps, trend and drought."""
    claims = [
        Claim(
            f"Step {step.before} → {step.after} below {MOST_STEP}",
            f"{signed(step.size, 4)} ± {number(step.error, 4)}",
            abs(step.size) < MOST_STEP,
        )
        for step in found.steps
        if step.product == "record"
    ]
    claims += [
        Claim(
            f"Trend, {one.box}: differs from 0 by 2 σ and from what was imposed by less",
            f"{signed(one.record.slope, 4)} ± {number(one.record.error, 4)} a decade, imposed "
            f"{signed(one.imposed, 4)}: {number(one.from_zero, 1)} σ and "
            f"{number(one.from_imposed, 1)} σ",
            one.from_zero >= SIGMAS and one.from_imposed < SIGMAS,
        )
        for one in found.trends
    ]
    claims += [
        Claim(
            f"Drought found: {one.name}",
            f"{signed(one.record, 3)} (truth {signed(one.truth, 3)}), "
            f"{number(one.deviations, 1)} standard deviations",
            one.is_found,
        )
        for one in found.droughts
    ]
    return claims


def claims_of(found: Findings, sensors: Sequence[str]) -> list[Claim]:
    """All claims, in the order of a reader.

    Args:
        found: everything that was found.
        sensors: those with a network.
    """
    claims: list[Claim] = []
    for reference in ("the target", "truth"):
        for sensor in sensors:
            rows = rows_by_name(found.tables, f"{sensor} against {reference}")
            claims += _beats(sensor, reference, dict(rows))
        claims += _fusion(found.tables, reference, sensors)
    light = rows_by_name(found.tables, "By vegetation, against truth")
    name = f"fused, VOD below {DENSE_VOD}"
    if name in light and light[name].cells:
        claims.append(
            Claim(
                f"ubRMSD of the record at most {MOST_UBRMSD} in cells with VOD below {DENSE_VOD}",
                number(light[name].ubrmsd, 4),
                light[name].ubrmsd <= MOST_UBRMSD,
            )
        )
    claims += _order(found.orders)
    claims += [
        Claim(
            f"Intervals of {one.name} hold 68 and 95 % of the target within 3 points",
            f"{percent(one.inside_68, 1)} and {percent(one.inside_95, 1)}",
            one.is_nominal,
        )
        for one in found.intervals
        if one.reference.startswith("target")
    ]
    return claims + _signals(found)


def claims_sheet(claims: Sequence[Claim]) -> Sheet:
    """The claims as a table."""
    rows = tuple((one.words, one.found, "yes" if one.holds else "NO") for one in claims)
    columns = ("claim", "found", "holds")
    return Sheet("Claims", ("", "found", "holds"), rows, "Judged by the tables below.", columns)
