"""The window. Imports no model library, not even through another module."""
