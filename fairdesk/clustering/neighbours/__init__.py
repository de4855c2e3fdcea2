"""The nearest neighbours of faces."""
