"""Scripts that measure the system, run from the root: `python -m benchmarks.speed.training`."""
