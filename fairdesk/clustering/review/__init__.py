"""The review: which question to a person is worth most, and what follows of each answer."""
