"""Which values of a place are better, and whether the difference is real."""
