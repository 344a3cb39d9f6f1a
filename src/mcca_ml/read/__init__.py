"""Read granules: GRID_TB with ANCILLARY, or SWATH_TB."""
