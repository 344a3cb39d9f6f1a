"""Maps and series as pictures."""
