"""Simulated worlds: a known truth, in-situ stations, and granules in the sensors' own formats."""
