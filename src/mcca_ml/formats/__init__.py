"""Layout tables of file formats (groups, names, types, fill values), for reader and simulator."""
