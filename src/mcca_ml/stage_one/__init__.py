"""From SMAP granules to soil moisture and vegetation optical depth on a grid."""
