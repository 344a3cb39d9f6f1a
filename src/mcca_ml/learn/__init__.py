"""One LSTM per cell, from a pooled start: series of inputs -> series of soil moisture."""
