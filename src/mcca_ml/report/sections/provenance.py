"""Provenance of a record: software, settings, inputs, trained files, citation."""

import json
from collections.abc import Iterator, Mapping
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from mcca_ml import __version__
from mcca_ml.config.load import Settings
from mcca_ml.pipeline.plan import Plan
from mcca_ml.publish.attributes import commit, settings_as_json, signed
from mcca_ml.publish.record_manifest import MANIFEST
from mcca_ml.report.scores.sheet import Sheet, facts_sheet, make_sheet

_DIGITS = "{:.16}…"
"""Start of a digest; the file has the whole digest."""
_LEARNED = ("calibration/*.nc", "networks/*/*.npz", "fusion/*.npz")
_UNKNOWN = "unknown"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _manifest(plan: Plan) -> Mapping[str, Any]:
    """Read the manifest of the product; empty if it is not published or damaged."""
    try:
        manifest = json.loads((plan.output / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def origin_sheet(plan: Plan) -> Sheet:
    """Format software, inputs and digests of the record.

    Args:
        plan: plan of the record.
    """
    manifest = _manifest(plan)
    granules = ", ".join(f"{name} {len(some):,}" for name, some in sorted(plan.granules.items()))
    settings = settings_as_json(plan.settings.model_dump(mode="json"))
    rows = (
        ("record", f"{manifest.get('project', plan.settings.project.name)}"),
        (
            "made by",
            str(manifest.get("creator") or plan.settings.project.creator or "nobody named"),
        ),
        ("version of the record", str(manifest.get("version", "not published"))),
        (
            "software of the product",
            f"MCCA-ML {manifest.get('software', {}).get('mcca-ml', _UNKNOWN)}",
        ),
        ("commit of the product", str(manifest.get("commit") or _UNKNOWN)),
        ("software of this report", f"MCCA-ML {__version__}"),
        ("commit of this report", commit() or _UNKNOWN),
        ("period", f"{plan.first_day} to {plan.last_day}"),
        ("learned until", str(plan.learned_last)),
        ("cells", f"{plan.cells.size:,} of EASE2_M25km"),
        ("granules", granules),
        ("sha256 of the granules' list", str(manifest.get("sources_sha256", _UNKNOWN))),
        ("sha256 of what was learned from", plan.learned_from()),
        ("sha256 of the settings", sha256(settings.encode()).hexdigest()),
    )
    return facts_sheet("Origin", rows)


def learned_sheet(plan: Plan) -> Sheet:
    """Format digests of the trained files: calibration, networks, fusion.

    Args:
        plan: plan of the record.
    """
    paths = [path for pattern in _LEARNED for path in sorted(plan.work.glob(pattern))]
    return make_sheet(
        "What was learned",
        (("", "{}", "file"), ("bytes", "{:,}", "bytes"), ("sha256", _DIGITS, "sha256")),
        (
            (path.relative_to(plan.work).as_posix(), path.stat().st_size, _digest(path))
            for path in paths
        ),
    )


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Flatten settings to pairs of dotted name and value."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(item, f"{name}.{key}" if name else str(key))
    else:
        yield name, value if isinstance(value, str) else json.dumps(value)


def settings_sheet(settings: Settings) -> Sheet:
    """Format settings that differ from the defaults; the file has all.

    Args:
        settings: the whole configuration.
    """
    usual = dict(_flat(Settings().model_dump(mode="json")))
    data = tuple(_flat(settings.model_dump(mode="json")))
    rows = tuple((name, value) for name, value in data if usual.get(name) != value)
    note = f"{len(data) - len(rows)} others are as `mcca-ml config` prints them."
    return Sheet("Settings", ("", "value"), rows, note, ("setting", "value"), data)


def citation(settings: Settings, version: str) -> tuple[str, ...]:
    """Return how to cite the record, as paragraphs.

    Args:
        settings: the whole configuration.
        version: version of the record.
    """
    who = settings.project.creator or str(signed()["creator_name"])
    return (
        f"Cite as: {who}: {settings.project.name}, daily soil moisture, version {version}, made "
        f"with MCCA-ML {__version__}; and {signed()['references']}.",
        "Acknowledge the providers of the source granules as their terms ask. "
        f"{signed()['license']}",
    )
