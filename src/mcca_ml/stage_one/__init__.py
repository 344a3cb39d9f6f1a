"""SMAP granules of a day -> soil moisture and vegetation optical depth on a grid."""
