"""The Help menu: the guide, the shortcuts, what to do next, the log, about."""
