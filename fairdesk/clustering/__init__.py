"""Grouping faces by their vectors, and correcting the result."""
