"""Observation of the simulated truth by the simulated sensors."""
