"""Soil-moisture products of any origin: one opener for points, maps and validation."""
