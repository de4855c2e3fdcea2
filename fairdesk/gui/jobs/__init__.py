"""jobs of the window."""
