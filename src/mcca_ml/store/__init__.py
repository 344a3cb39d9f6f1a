"""Zarr stores: layout, packing, writing and reading of blocks, integrity."""
