"""How differently groups are treated."""
