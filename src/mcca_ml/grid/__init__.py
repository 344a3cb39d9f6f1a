"""Grids and regridding: SWATH_TB or GRID_TB -> GRID_TB on the land cells of EASE2_M25."""
