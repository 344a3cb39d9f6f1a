"""GRID_TB on the cells of EASE2_M36 or EASE2_M09 -> GRID_TB on the land cells of EASE2_M25."""
