"""MCCA-ML: a consistent daily global soil-moisture record from passive microwave satellites."""

__version__ = "0.1.0"
