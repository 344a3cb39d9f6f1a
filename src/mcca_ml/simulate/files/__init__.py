"""Simulated granules in the sensors' own file formats."""
