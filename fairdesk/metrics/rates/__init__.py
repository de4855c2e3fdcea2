"""Error rates at thresholds, and the protocols that name them."""
