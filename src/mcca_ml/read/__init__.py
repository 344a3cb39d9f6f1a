"""Granule -> GRID_TB with ANCILLARY."""
