"""How good synthetic faces are, and which may enter a project."""
