"""What several benchmarks use: peers, real granules, tables, scores."""
