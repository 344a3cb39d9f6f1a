"""Physical constants, once, with their source. SI units."""

WATER_FREEZING_POINT = 273.15
"""Melting point of ice at standard pressure [K] (0 degrees Celsius by definition of the scale)."""

VACUUM_PERMITTIVITY = 8.8541878128e-12
"""Electric constant [F m-1]; CODATA 2018, NIST SP 961."""

SPEED_OF_LIGHT = 299_792_458.0
"""Speed of light in vacuum [m s-1]; exact by definition of the metre."""

QUARTZ_DENSITY = 2.65
"""Density of soil solids [g cm-3], used for porosity = 1 - bulk density / 2.65 as SMAP does."""

FILL_FLOAT = -9999.0
"""Fill value of float fields in the products that this package writes [1]."""
