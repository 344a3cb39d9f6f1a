"""Models of soil, water, surface, canopy and atmosphere in the microwave; arrays in, arrays out."""
