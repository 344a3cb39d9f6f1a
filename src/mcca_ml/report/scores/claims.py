"""What a record is meant to show, each claim with what was found and whether it holds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mcca_ml.report.scores.compared import DENSE_VOD
from mcca_ml.report.scores.counterfactuals import OTHER, OWN
from mcca_ml.report.scores.imposed_signals import FoundDrought, FoundTrend
from mcca_ml.report.scores.interval_coverage import Interval
from mcca_ml.report.scores.sensor_changes import PeriodStep
from mcca_ml.report.scores.sheet import Sheet, filled, percent, sheet_of
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


def _beats(sensor: str, reference: str, rows: Mapping[str, Row]) -> Iterator[Claim]:
    """Whether a network is better than ridge and pooled."""
    lstm = rows.get(f"LSTM {sensor}")
    for other in ("ridge", "pooled"):
        if lstm is None or other not in rows:
            continue
        one = rows[other]
        numbers = (lstm.ubrmsd, lstm.anomaly_r, one.ubrmsd, one.anomaly_r)
        yield Claim(
            f"LSTM {sensor} beats {other} on ubRMSD and anomaly R against {reference}",
            filled(f"{{:.4f}} and {{:.3f}}, {other} {{:.4f}} and {{:.3f}}", *numbers),
            lstm.ubrmsd < one.ubrmsd and lstm.anomaly_r > one.anomaly_r,
        )


def _fusion(tables: Sequence[Table], reference: str, sensors: Sequence[str]) -> Iterator[Claim]:
    """Whether fusion costs nothing on common days, and is better than a stream on its own days."""
    rows = rows_by_name(tables, f"Common days, against {reference}")
    if "fused" in rows:
        best = min((row for name, row in rows.items() if name != "fused"), key=lambda r: r.ubrmsd)
        fused = rows["fused"].ubrmsd
        loss = fused / best.ubrmsd - 1
        yield Claim(
            f"Fused costs at most 1 % of the best stream on common days, against {reference}",
            filled(
                "ubRMSD {:.4f}, {} {:.4f} ({:+z.1f} %)", fused, best.name, best.ubrmsd, 100 * loss
            ),
            loss <= MOST_LOSS,
        )
    for sensor in sensors:
        pair = rows_by_name(tables, f"All days of {sensor}, against {reference}")
        if sensor in pair:
            fused, own = pair["fused"].ubrmsd, pair[sensor].ubrmsd
            yield Claim(
                f"Fused is better than {sensor} over all its days, against {reference}",
                filled("ubRMSD {:.4f}, {} {:.4f}", fused, sensor, own),
                fused < own,
            )


def _order(tables: Sequence[Table]) -> Iterator[Claim]:
    """Whether shuffled days cost anomaly R."""
    for table in tables:
        rows = {row.name: row.anomaly_r for row in table.rows}
        as_is = rows["as they are"]
        for name in (OWN, OTHER):
            yield Claim(
                f"{table.title}: {name} cost anomaly R",
                filled("{:.3f} as they are, {:.3f} shuffled", as_is, rows[name]),
                rows[name] < as_is,
            )


def _signals(found: Findings) -> Iterator[Claim]:
    """Steps, trend and drought."""
    for step in found.steps:
        if step.product == "record":
            yield Claim(
                f"Step {step.before} → {step.after} below {MOST_STEP}",
                filled("{:+z.4f} ± {:.4f}", step.size, step.error),
                abs(step.size) < MOST_STEP,
            )
    for one in found.trends:
        slope, error = one.record.slope, one.record.error
        yield Claim(
            f"Trend, {one.box}: differs from 0 by 2 σ and from what was imposed by less",
            filled("{:+z.4f} ± {:.4f} a decade, imposed {:+z.4f}: ", slope, error, one.imposed)
            + filled("{:.1f} σ and {:.1f} σ", one.from_zero, one.from_imposed),
            one.from_zero >= SIGMAS and one.from_imposed < SIGMAS,
        )
    for dry in found.droughts:
        numbers = (dry.record, dry.truth, dry.deviations)
        yield Claim(
            f"Drought found: {dry.name}",
            filled("{:+z.3f} (truth {:+z.3f}), {:.1f} standard deviations", *numbers),
            dry.is_found,
        )


def claims_of(found: Findings, sensors: Sequence[str]) -> Iterator[Claim]:
    """All claims, in the order of a reader.

    Args:
        found: everything that was found.
        sensors: those with a network.
    """
    for reference in ("the target", "truth"):
        for sensor in sensors:
            rows = rows_by_name(found.tables, f"{sensor} against {reference}")
            yield from _beats(sensor, reference, rows)
        yield from _fusion(found.tables, reference, sensors)
    light = rows_by_name(found.tables, "By vegetation, against truth")
    name = f"fused, VOD below {DENSE_VOD}"
    if name in light and light[name].cells:
        ubrmsd = light[name].ubrmsd
        yield Claim(
            f"ubRMSD of the record at most {MOST_UBRMSD} in cells with VOD below {DENSE_VOD}",
            filled("{:.4f}", ubrmsd),
            ubrmsd <= MOST_UBRMSD,
        )
    yield from _order(found.orders)
    for one in found.intervals:
        if one.reference.startswith("target"):
            yield Claim(
                f"Intervals of {one.name} hold 68 and 95 % of the target within 3 points",
                f"{percent(one.inside_68, 1)} and {percent(one.inside_95, 1)}",
                one.is_nominal,
            )
    yield from _signals(found)


def claims_sheet(claims: Iterable[Claim]) -> Sheet:
    """The claims as a table."""
    return sheet_of(
        "Claims",
        (("", "{}", "claim"), ("found", "{}", "found"), ("holds", "{}", "holds")),
        ((one.words, one.found, "yes" if one.holds else "NO") for one in claims),
        "Judged by the tables below.",
    )
