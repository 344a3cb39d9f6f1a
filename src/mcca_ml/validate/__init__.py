"""Validation of soil-moisture products against in-situ stations."""
