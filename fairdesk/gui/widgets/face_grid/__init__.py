"""face grid of the window."""
