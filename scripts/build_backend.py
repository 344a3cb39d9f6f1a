"""The build system: scikit-build-core, but for editable installations.

Its own put a finder before `PYTHONPATH`, so that one environment could not run a second checkout.
Here an editable installation is one line that names `src`, and the compiled kernel lies beside its
source, where both find it.

    python scripts/build_backend.py      compile the kernel beside its source, and no more
"""

import base64
import hashlib
import sys
import tempfile
from pathlib import Path
from zipfile import ZipFile

from scikit_build_core.build import (
    build_sdist,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
]

SOURCE = Path(__file__).parents[1] / "src"
KERNEL = "mcca_ml/learn/kernel"


def _place_kernel(whole: ZipFile) -> bool:
    """Put the compiled kernel of a wheel beside its source; whether there is one."""
    for old in (SOURCE / KERNEL).glob("_native.*.*"):
        old.unlink()  # without a compiler none must be left from before
    found = [name for name in whole.namelist() if name.startswith(f"{KERNEL}/_native.")]
    compiled = [name for name in found if not name.endswith(".pyi")]
    for name in compiled:
        # Never over the bytes of a module that a running process has mapped.
        beside = SOURCE / f"{name}.new"
        beside.write_bytes(whole.read(name))
        beside.rename(SOURCE / name)
    return bool(compiled)


def _line_of_record(name: str, content: bytes) -> str:
    """What RECORD says of a file."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"


def build_editable(
    wheel_directory: str,
    config_settings: dict[str, list[str] | str] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Write a wheel whose only module is a line that names the source; its name."""
    with tempfile.TemporaryDirectory() as folder:
        name = build_wheel(folder, config_settings, metadata_directory)
        with (
            ZipFile(Path(folder) / name) as whole,
            ZipFile(Path(wheel_directory) / name, "w") as thin,
        ):
            _place_kernel(whole)
            files = {n: whole.read(n) for n in whole.namelist() if ".dist-info/" in n}
            record = next(n for n in files if n.endswith(".dist-info/RECORD"))
            del files[record]
            files["mcca_ml.pth"] = f"{SOURCE}\n".encode()
            lines = [_line_of_record(n, content) for n, content in files.items()]
            files[record] = "".join([*lines, f"{record},,\n"]).encode()
            for n, content in files.items():
                thin.writestr(n, content)
    return name


def main() -> int:
    """Compile the kernel beside its source; exit status 1 where that fails."""
    with tempfile.TemporaryDirectory() as folder:
        name = build_wheel(folder)
        with ZipFile(Path(folder) / name) as whole:
            return 0 if _place_kernel(whole) else 1


if __name__ == "__main__":
    sys.exit(main())
