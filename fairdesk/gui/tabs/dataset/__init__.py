"""dataset of the window."""
