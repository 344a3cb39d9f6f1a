"""GRID_TB -> RETRIEVAL: soil moisture and vegetation optical depth by MCCA."""
