"""Bringing faces in, labelling them, and writing folders."""
