"""Series of cells -> weights, and weights -> series: the LSTM of `lstm` and `tune` in C++."""
