"""Soil, water, surface, canopy -> brightness temperature: arrays in, arrays out."""
