"""Errors that a person sees: one line saying where, what was found, what was expected, what to do.

Pixels never raise (they become NaN and a flag bit); files, configurations and contracts always do.
"""


class MccaMlError(Exception):
    """Base of all errors meant for people; the command line prints them without a traceback."""


class GranuleError(MccaMlError):
    """An input file is missing, damaged, of another product, or not laid out as documented."""


class MoistureError(GranuleError):
    """Files have soil moisture, but not that of one product: several variables, or other units."""


class ConfigError(MccaMlError):
    """A configuration holds an unknown key or a value out of range."""


class SchemaError(MccaMlError):
    """A dataset between two stages breaks its contract."""


class OutputError(MccaMlError):
    """A product cannot be written where it was asked for."""
