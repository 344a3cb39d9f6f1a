"""What a granule, a store or a product contains, in a screenful."""
