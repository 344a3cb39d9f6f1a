"""Truth -> granules in the sensors' own formats, marked as simulated."""
