"""Training GANs: a task for each family, and the job."""
