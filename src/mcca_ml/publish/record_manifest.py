"""The manifest of a product: every file with its size and sha256, and the provenance."""

import json
from collections.abc import Mapping
from hashlib import file_digest
from pathlib import Path
from typing import Any

from mcca_ml import __version__
from mcca_ml.atomic import replacing
from mcca_ml.errors import OutputError
from mcca_ml.publish.record_attributes import RecordMade

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def write_manifest(
    directory: Path,
    made: RecordMade,
    *,
    known: Mapping[str, str] | None = None,
    sources: str = "",
) -> Path:
    """Write manifest.json and SHA256SUMS, which `sha256sum -c` reads; return the manifest's path.

    Args:
        directory: of the product; every file in it counts but these two and hidden ones.
        made: provenance of the record.
        known: sha256 by path in `directory` of files just written; the others are read.
        sources: name of the file in `directory` that lists the granules.

    Raises:
        OutputError: a file cannot be read or written.
    """
    digests = known or {}
    files = {}
    try:
        for path in sorted(directory.rglob("*")):
            name = path.relative_to(directory)
            if not path.is_file() or any(part.startswith(".") for part in name.parts):
                continue
            if str(name) in (MANIFEST, SUMS):
                continue
            digest = digests.get(name.as_posix()) or _sha256(path)
            files[name.as_posix()] = {"sha256": digest, "size": path.stat().st_size}
    except OSError as error:
        raise OutputError(f"{directory}: cannot read ({error.strerror}); see its rights") from error
    manifest = {
        "commit": made.commit,
        "creator": made.creator,
        "files": files,
        "project": made.project,
        "settings": json.loads(made.settings_json),
        "simulated": made.is_simulated,
        "software": {"mcca-ml": __version__},
        "sources": sources,
        "sources_sha256": made.sources_digest,
        "version": made.version,
    }
    path = directory / MANIFEST
    with replacing(path) as beside:
        beside.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    with replacing(directory / SUMS) as beside:
        beside.write_text(_sums(files))
    return path


def _sums(files: Mapping[str, Mapping[str, Any]]) -> str:
    """What `sha256sum -c` reads."""
    return "".join(f"{of['sha256']}  {name}\n" for name, of in files.items())


def manifest_stands(directory: Path) -> bool:
    """Whether the manifest, the list of sums and that of the granules are whole and agree.

    Args:
        directory: of the product; of its files only the list of the granules is read.
    """
    try:
        manifest = json.loads((directory / MANIFEST).read_text())
        files, sources = manifest["files"], manifest["sources"]
        has_sums = (directory / SUMS).read_text() == _sums(files)
        return has_sums and (
            not sources or _sha256(directory / sources) == files[sources]["sha256"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False
