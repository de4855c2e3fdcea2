"""Training runs on disk, and the logs of other tools. No torch here."""
