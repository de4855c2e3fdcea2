"""Benchmark pair lists in the formats of the field: a module each, and the door to all of them (`reading`, `writing`)."""
