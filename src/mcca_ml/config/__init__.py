"""Settings of a record and of a simulated world, one file per table of the configuration."""
