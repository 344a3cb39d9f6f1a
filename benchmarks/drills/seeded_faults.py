"""How many of 100 seeded faults do the tests catch?

    python -m benchmarks.drills.seeded_faults [--checkout DIR] [--results FILE] [--only N N]

Each fault is one changed line of physics, retrieve, intercal, learn, fuse, validate or metrics
(`seeded_faults.toml`). For each the checkout is copied once, the line is changed, and the test
files of its folder run, slow ones included, until a test fails; without a fault they have to pass.
A line that is not in the checkout, or is there twice, is reported as absent. Results are kept in a
JSON file, so that a drill that was interrupted goes on. About ten seconds a fault. Another
`--checkout`, that of an older commit for instance, is judged by its own tests with the same faults.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

LIST = tomllib.loads(Path(__file__).with_name("seeded_faults.toml").read_text(encoding="utf-8"))
SECONDS = 300


def files_of(tests: Path, folder: str) -> list[str]:
    """Test files of a folder of the package, in the order of the table."""
    found = [path for pattern in LIST["tests"][folder] for path in sorted(tests.glob(pattern))]
    return [str(path) for path in dict.fromkeys(found)]


def place_of(source: Path, fault: dict[str, Any]) -> tuple[Path, str, str] | None:
    """The only file in which a form of the line stands, once, with line and fault; else None."""
    for form in (fault, *fault.get("later", ())):
        places = [
            path
            for path in sorted(source.rglob("*.py"))
            for text in path.read_text(encoding="utf-8").splitlines()
            if text.strip() == form["old"]
        ]
        if len(places) == 1:
            return places[0], form["old"], form["new"]
    return None


def run_tests(copy: Path, folder: str, cache: Path) -> str:
    """`caught by FILE`, `survived` or `caught by the clock`."""
    environment = os.environ | {
        "PYTHONPATH": str(copy / "src"),
        "JAX_COMPILATION_CACHE_DIR": str(cache),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p"]
    command += ["no:xdist", "--no-header", *files_of(copy / "tests", folder)]
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return "caught by the clock"
    if done.returncode == 0:
        return "survived"
    if done.returncode != 1:  # no test failed: pytest itself did, or found none
        return f"not judged, pytest ended with {done.returncode}"
    names = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return f"caught by {names[0].split(' - ')[0].split(' ', 1)[1]}"


def drill(checkout: Path, results: Path, only: list[int]) -> dict[str, str]:
    """Outcome of each fault by its number."""
    done: dict[str, str] = json.loads(results.read_text()) if results.exists() else {}
    with tempfile.TemporaryDirectory() as scratch:
        copy, cache = Path(scratch) / "copy", Path(scratch) / "cache"
        ignored = shutil.ignore_patterns(".git", ".venv*", "build", "demo*", "__pycache__")
        shutil.copytree(checkout, copy, ignore=ignored)
        for folder in () if only else LIST["tests"]:
            print(f"without a fault, {folder}: {run_tests(copy, folder, cache)}", flush=True)
        for fault in LIST["fault"]:
            number = str(fault["number"])
            if number in done or (only and fault["number"] not in only):
                continue
            place = place_of(copy / "src", fault)
            if place is None:
                outcome = "absent"
            else:
                path, old, new = place
                sound = path.read_text(encoding="utf-8")
                path.write_text(sound.replace(old, new), encoding="utf-8")
                outcome = run_tests(copy, fault["folder"], cache)
                path.write_text(sound, encoding="utf-8")
            done[number] = outcome
            print(f"{number:>3} {fault['folder']:8} {outcome}: {fault['new']}", flush=True)
            results.write_text(json.dumps(done, indent=1))
    return done


def main() -> None:
    """Run the drill and print the count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkout", type=Path, default=Path(__file__).parents[2])
    parser.add_argument("--results", type=Path, default=Path("build/seeded_faults.json"))
    parser.add_argument("--only", type=int, nargs="*", default=[])
    asked = parser.parse_args()
    asked.results.parent.mkdir(parents=True, exist_ok=True)
    outcomes = list(drill(asked.checkout.resolve(), asked.results, asked.only).values())
    for kind in ("caught", "survived", "absent", "not judged"):
        print(f"{kind}: {sum(outcome.startswith(kind) for outcome in outcomes)}")


if __name__ == "__main__":
    main()
