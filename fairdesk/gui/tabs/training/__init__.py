"""training of the window."""
