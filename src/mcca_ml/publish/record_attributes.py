"""Global attributes of the files of the record, and the part of the grid that they cover.

Everything here is a function of the inputs and the configuration: no clock, no host, no user.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from mcca_ml import __version__, schema
from mcca_ml.config.load import Settings
from mcca_ml.publish.attributes import (
    SIMULATED,
    commit,
    creation_epoch,
    dates,
    iso,
    settings_as_json,
    signed,
    software,
    tracking_id,
)
from mcca_ml.publish.grid_window import GridWindow
from mcca_ml.publish.variables import AttributeValue
from mcca_ml.sensors import SENSORS

_RECORD = (
    "Daily surface soil moisture learned from the brightness temperatures of TMI, AMSR-E, GMI and "
    "AMSR2 with soil moisture retrieved from SMAP as the target, the sensors fused by the "
    "covariance of their errors. "
)
_COMMENT = (
    "The target is an MCCA-type retrieval, reconstructed from its published description without "
    "the authors' code; accuracies published for MCCA do not apply to these data. The date of "
    "creation is the end of the period of the file unless SOURCE_DATE_EPOCH was set, so that the "
    "same input gives the same bytes."
)


@dataclass(frozen=True)
class RecordMade:
    """Provenance of the record; the same for all of its files."""

    project: str
    creator: str
    """Who made it; empty where nobody is named."""
    version: str
    """Of the record, 01.0 for instance."""
    settings_json: str
    """All settings as JSON with sorted keys."""
    commit: str
    """Commit of the software; empty where it is not known."""
    sources_digest: str
    """Sha256 over names and sha256 of all granules; the list stands beside the manifest."""
    is_simulated: bool
    source_date_epoch: int | None = None
    """Date of creation [s since 1970] if one was asked for."""


def record_made(
    settings: Settings, sources_digest: str, is_simulated: bool, environ_epoch: str = ""
) -> RecordMade:
    """What all files of a record say of its making.

    Args:
        settings: all of the configuration.
        sources_digest: sha256 over names and sha256 of all granules.
        is_simulated: True if the granules are marked as simulated.
        environ_epoch: value of the environment variable SOURCE_DATE_EPOCH; empty if not set.

    Raises:
        ConfigError: `environ_epoch` is no whole number.
    """
    return RecordMade(
        project=settings.project.name,
        creator=settings.project.creator,
        version=settings.publish.version,
        # What a record is scored against does not change it.
        settings_json=settings_as_json(settings.model_dump(mode="json", exclude={"validation"})),
        commit=commit(),
        sources_digest=sources_digest,
        is_simulated=is_simulated,
        source_date_epoch=creation_epoch(environ_epoch),
    )


def file_stem(made: RecordMade, window: GridWindow, day: str) -> str:
    """Name of a daily file without its suffix; day as YYYYMMDD.

    Made from simulated granules it ends in -SIMULATED: a name outlives its attributes.
    """
    ending = f"{window.ending}{'-SIMULATED' if made.is_simulated else ''}"
    return f"MCCAML-SOILMOISTURE-L3S-SSMV-PASSIVE-DAILY-{day}000000-fv{made.version}{ending}"


def period_attributes(
    made: RecordMade, name: str, first: date, last: date
) -> dict[str, AttributeValue]:
    """Attributes that differ from file to file; of the same lengths for all days of a record.

    Args:
        made: provenance of the record.
        name: of the file, without its suffix.
        first: UTC day.
        last: UTC day, included.
    """
    start = datetime.combine(first, time(), UTC)
    end = datetime.combine(last, time(), UTC) + timedelta(days=1)
    asked = made.source_date_epoch
    created = iso(end if asked is None else datetime.fromtimestamp(asked, UTC))
    return {
        "id": name,
        "history": f"{created} MCCA-ML {__version__} (commit {made.commit or 'unknown'}): publish",
        "time_coverage_start": iso(start),
        "time_coverage_end": iso(end),
        "time_coverage_duration": f"P{(end - start).days}D",
        **dates(created),
        "tracking_id": tracking_id(name, made.settings_json, made.commit, made.sources_digest),
    }


def common_attributes(
    made: RecordMade, window: GridWindow, layers: Sequence[str]
) -> dict[str, AttributeValue]:
    """Attributes that all files of a record have in common."""
    lead = SIMULATED if made.is_simulated else ""
    sensors = [name for name, layer in schema.LAYERS.items() if layer in layers or not layers]
    title = f"Daily surface soil moisture, {made.project}, {window.grid}"
    attributes: dict[str, AttributeValue] = {
        "Conventions": "CF-1.11, ACDD-1.3",
        "title": f"SIMULATED {title}" if made.is_simulated else title,
        "summary": f"{lead}{_RECORD}On the {window.words}.",
        "keywords": "EARTH SCIENCE > LAND SURFACE > SOILS > SOIL MOISTURE/WATER CONTENT",
        "keywords_vocabulary": "GCMD Science Keywords",
        "naming_authority": "mcca-ml",
        "source": f"MCCA-ML {__version__} from brightness temperatures",
        "processing_level": "Level 3",
        "comment": f"{lead}{_COMMENT}",
        "platform": ", ".join(SENSORS[name].platform for name in sensors),
        "platform_vocabulary": "GCMD Platforms",
        "instrument": ", ".join(sensors),
        "instrument_vocabulary": "GCMD Instruments",
        "product_version": made.version,
        "cdm_data_type": "Grid",
        "grid": window.grid,
        "simulated": "true" if made.is_simulated else "false",
        **signed(),
        "acknowledgement": "Made from the granules that the manifest names; acknowledge their "
        "providers as their terms ask.",
        "project": made.project,
        **window.area(),
        "time_coverage_resolution": "P1D",
        "sources_sha256": made.sources_digest,
        **software(made.settings_json, made.commit),
    }
    if made.creator:
        attributes |= {"creator_name": made.creator, "creator_institution": made.creator}
    return attributes
