"""RETRIEVAL -> CF NetCDF of a UTC day on the whole grid, and its map."""
