"""Generating faces, interpolating between them, exploring and translating them."""
