"""Choosing parameters: what comes of each, from one computation of neighbours or one tree."""
