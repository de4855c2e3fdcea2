"""clustering of the window."""
