"""Face recognisers: data, margin heads, group-aware training, evaluation on unseen identities."""
