"""GRID_TB of a sensor -> the scale of its reference, with coefficients as a product."""
