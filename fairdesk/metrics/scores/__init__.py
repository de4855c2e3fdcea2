"""Scores of comparisons: making, reading, matching and grouping them."""
