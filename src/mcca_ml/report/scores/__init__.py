"""Scores and tables that the report shows."""
