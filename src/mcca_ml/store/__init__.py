"""Zarr stores: layout, packing, block writer and reader, integrity."""
