"""What a job is, the registry, the worker process and its messages. No Qt, no models."""
