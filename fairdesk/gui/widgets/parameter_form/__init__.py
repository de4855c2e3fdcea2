"""A form made from a job's parameter model."""
