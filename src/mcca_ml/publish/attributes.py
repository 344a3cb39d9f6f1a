"""Global attributes of a product: CF and ACDD global attributes, and its provenance.

Everything here is a function of the inputs and the configuration: no clock, no host, no user.
"""

import hashlib
import json
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import xarray as xr

from mcca_ml import __version__
from mcca_ml.config.retrieve import RetrieveSettings
from mcca_ml.errors import ConfigError
from mcca_ml.grid import ease2
from mcca_ml.publish.area import area
from mcca_ml.publish.variables import AttributeValue
from mcca_ml.schema import is_simulated
from mcca_ml.sensors import SENSORS

METHOD = (
    "Multi-Channel Collaborative Algorithm (MCCA-type): soil moisture is searched so that the "
    "vegetation optical depth that one channel's own equation yields also explains the others"
)
RECONSTRUCTION = (
    "The algorithm is a reconstruction of MCCA from its published description (MCCA-type), made "
    "without the authors' code; accuracies published for MCCA do not apply to these data. "
    "No vegetation ancillary is used."
)
SIMULATED = (
    "SIMULATED: made from simulated brightness temperatures with known truth; "
    "this is no observation of the Earth. "
)


@dataclass(frozen=True)
class SourceGranule:
    """One input file."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Provenance:
    """Inputs, settings and software of a product."""

    sources: tuple[SourceGranule, ...]
    settings: str
    """The settings as JSON with sorted keys."""
    commit: str
    """Commit of the software; empty where it is not known."""
    source_date_epoch: int | None = None
    """Date of creation [s since 1970] if one was asked for; else that of the last observation."""

    def tracking_id(self, product: str) -> str:
        """UUID of the file `product`: the same for the same software, settings and inputs."""
        sources = (f"{source.name} {source.sha256}" for source in self.sources)
        return tracking_id(product, self.settings, self.commit, *sources)


def settings_as_json(settings: Mapping[str, object]) -> str:
    """Settings as all files hold them; their hash is the attribute settings_sha256.

    Args:
        settings: as plain values.
    """
    return json.dumps(settings, sort_keys=True)


def source(path: Path) -> SourceGranule:
    """Name and hash of an input file."""
    with path.open("rb") as file:
        return SourceGranule(path.name, hashlib.file_digest(file, "sha256").hexdigest())


def commit() -> str:
    """Commit of the checkout this package runs from, "-dirty" if it was changed; else empty."""
    root = Path(__file__).resolve().parents[3]
    # An installed package may lie inside somebody else's repository: that commit is not ours.
    if not ((root / ".git").exists() and (root / "src" / "mcca_ml").is_dir()):
        return ""
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return result.stdout.strip()


def creation_epoch(source_date_epoch: str) -> int | None:
    """The moment that SOURCE_DATE_EPOCH asks for [s since 1970]; None where it is not set.

    Raises:
        ConfigError: it is no whole number.
    """
    if not source_date_epoch:
        return None
    if not source_date_epoch.isdecimal():
        raise ConfigError(
            f"SOURCE_DATE_EPOCH: found {source_date_epoch!r}, expected seconds since 1970; "
            "correct or unset it"
        )
    return int(source_date_epoch)


def provenance(settings: RetrieveSettings, *, source_date_epoch: str = "") -> Provenance:
    """Provenance of products made with `settings` by this software, without sources.

    Args:
        settings: the `[retrieve]` table.
        source_date_epoch: value of the environment variable SOURCE_DATE_EPOCH, seconds since 1970;
            empty if it is not set.

    Raises:
        ConfigError: `source_date_epoch` is no whole number.
    """
    return Provenance(
        sources=(),
        settings=settings_as_json(settings.model_dump(mode="json")),
        commit=commit(),
        source_date_epoch=creation_epoch(source_date_epoch),
    )


def iso(moment: datetime) -> str:
    """A moment, UTC, as ISO 8601 writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def dates(created: str) -> dict[str, AttributeValue]:
    """Attributes with the date of creation."""
    names = ("date_created", "date_modified", "date_issued", "date_metadata_modified")
    return dict.fromkeys(names, created)


def tracking_id(name: str, settings: str, commit: str, *sources: str) -> str:
    """UUID of the file `name`: the same for the same software, settings and inputs."""
    digest = hashlib.sha256(settings.encode()).hexdigest()
    parts = (name, __version__, commit, digest, *sources)
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "\n".join(parts)))


def software(settings: str, commit: str) -> dict[str, AttributeValue]:
    """Attributes with software and settings.

    Args:
        settings: as JSON.
        commit: of the software; empty where it is not known.
    """
    return {
        "software_version": __version__,
        "software_commit": commit or "unknown",
        "settings": settings,
        "settings_sha256": hashlib.sha256(settings.encode()).hexdigest(),
    }


def _created(ds: xr.Dataset, made: Provenance, day: datetime) -> datetime:
    """Date of creation: the one asked for, else the last observation, else the day's end."""
    if made.source_date_epoch is not None:
        return datetime.fromtimestamp(made.source_date_epoch, UTC)
    times = ds["obs_time"].to_numpy().astype("datetime64[s]")
    times = times[~np.isnat(times)]
    if times.size == 0:
        return day + timedelta(days=1)
    return datetime.fromtimestamp(int(times.max().astype(np.int64)), UTC)


def _described(ds: xr.Dataset, name: str, day: datetime) -> dict[str, AttributeValue]:
    """Attributes that describe the product."""
    sensor = SENSORS[ds.attrs["sensor"]]
    simulated = is_simulated(ds)
    grid = ease2.by_name(ds.attrs["grid"])
    channels = str(ds.attrs["channels"])
    product = f"{ds.attrs.get('product', 'unknown')} {ds.attrs.get('product_version', '')}".strip()
    lead = SIMULATED if simulated else ""
    title = f"{sensor.name} soil moisture and vegetation optical depth, {day:%Y-%m-%d}, {grid.name}"
    return {
        "title": f"SIMULATED {title}" if simulated else title,
        "summary": f"{lead}Surface soil moisture and vegetation optical depth of one UTC day, each "
        f"look by itself, from {sensor.name} brightness temperatures ({product}) on the "
        f"{grid.cell_m / 1000:.1f} km {grid.name} grid. {METHOD}.",
        "keywords": "EARTH SCIENCE > LAND SURFACE > SOILS > SOIL MOISTURE/WATER CONTENT, "
        "EARTH SCIENCE > BIOSPHERE > VEGETATION, "
        "EARTH SCIENCE > SPECTRAL/ENGINEERING > MICROWAVE > BRIGHTNESS TEMPERATURE",
        "keywords_vocabulary": "GCMD Science Keywords",
        "id": name,
        "naming_authority": "mcca-ml",
        "source": f"MCCA-ML {__version__} from {product}",
        "processing_level": "Level 3",
        "comment": f"{lead}{RECONSTRUCTION} Retrieved from the channels {channels}; vegetation "
        f"optical depth is that of {float(ds.attrs['vod_frequency_ghz']):g} GHz. The date of "
        "creation is that of the last observation unless SOURCE_DATE_EPOCH was set, so that the "
        "same input gives the same bytes.",
        "platform": sensor.platform,
        "platform_vocabulary": "GCMD Platforms",
        "instrument": f"{sensor.name} radiometer, channels used (GHz, polarization): {channels}",
        "instrument_vocabulary": "project's own words",
        "product_version": __version__,
        "cdm_data_type": "Grid",
        "sensor": sensor.name,
        "grid": grid.name,
        "simulated": "true" if simulated else "false",
    }


def signed() -> dict[str, AttributeValue]:
    """Attributes with creators and terms of use."""
    makers = "The MCCA-ML developers"
    return {
        "institution": "MCCA-ML project",
        "project": "MCCA-ML",
        "program": "MCCA-ML",
        "creator_name": makers,
        "creator_type": "group",
        "creator_institution": "MCCA-ML project",
        "publisher_name": makers,
        "publisher_type": "group",
        "publisher_institution": "MCCA-ML project",
        "contributor_name": "providers of the source granules",
        "contributor_role": "originator",
        "acknowledgement": "Made from the granules named in source_granules; acknowledge their "
        "provider as its terms ask.",
        "license": "Terms of the source granules apply; the software is under Apache-2.0.",
        "standard_name_vocabulary": "CF Standard Name Table v93",
        "references": "Zhao et al. (2021), Remote Sens. Environ. 257, 112425, for the algorithm of "
        "which this method is a reconstruction",
    }


def global_attributes(ds: xr.Dataset, made: Provenance, name: str) -> dict[str, AttributeValue]:
    """Global attributes of the product `name`.

    Args:
        ds: after schema.RETRIEVAL, one UTC day.
        made: its provenance.
        name: file name without its suffix.
    """
    seconds = int(ds["time"].to_numpy()[0].astype("datetime64[s]").astype(np.int64))
    day = datetime.fromtimestamp(seconds, UTC)
    created = iso(_created(ds, made, day))
    return {
        "Conventions": "CF-1.11, ACDD-1.3",
        **_described(ds, name, day),
        **signed(),
        **area(ease2.by_name(ds.attrs["grid"]), slice(None), slice(None)),
        "time_coverage_start": iso(day),
        "time_coverage_end": iso(day + timedelta(days=1)),
        "time_coverage_duration": "P1D",
        "time_coverage_resolution": "P1D",
        **dates(created),
        "history": f"{created} MCCA-ML {__version__} (commit {made.commit or 'unknown'}): retrieve",
        "source_granules": ", ".join(source.name for source in made.sources),
        "source_granules_sha256": ", ".join(source.sha256 for source in made.sources),
        **software(made.settings, made.commit),
        "tracking_id": made.tracking_id(name),
    }
