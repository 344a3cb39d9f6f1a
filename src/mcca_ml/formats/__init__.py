"""Layout tables of file formats (groups, names, types, fill values), for readers and simulator."""
