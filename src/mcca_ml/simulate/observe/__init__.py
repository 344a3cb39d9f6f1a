"""How the simulated sensors observe the simulated truth."""
