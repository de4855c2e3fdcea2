"""generation of the window."""
