"""Generators and discriminators as published, and those of other programs."""
