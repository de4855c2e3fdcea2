"""Two models over the same list."""
