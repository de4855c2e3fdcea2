"""How good made faces are, and which may enter a project."""
