"""Describe the content of a granule, a store or a product."""
