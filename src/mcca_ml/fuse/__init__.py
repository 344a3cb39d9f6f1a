"""STREAMs of several sensors -> RECORD, weighted by the covariance of their errors."""
