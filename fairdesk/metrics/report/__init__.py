"""Tables and the written report."""
