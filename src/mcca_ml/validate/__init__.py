"""Products and stations -> scores: mergeable moments, and scores as functions of moments."""
