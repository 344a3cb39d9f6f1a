"""Scores of paired series and their confidence intervals."""
