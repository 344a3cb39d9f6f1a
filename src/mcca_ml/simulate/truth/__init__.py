"""The simulated truth: weather, water, heat, vegetation."""
