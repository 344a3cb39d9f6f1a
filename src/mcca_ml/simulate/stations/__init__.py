"""Simulated in-situ stations."""
