"""Faces laid out in a plane."""
