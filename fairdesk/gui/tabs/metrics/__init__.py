"""metrics of the window."""
