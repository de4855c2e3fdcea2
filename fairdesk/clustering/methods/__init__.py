"""How faces become clusters."""
