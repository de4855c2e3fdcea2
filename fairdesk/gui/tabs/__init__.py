"""tabs of the window."""
