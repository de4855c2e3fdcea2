"""How sure every figure is."""
