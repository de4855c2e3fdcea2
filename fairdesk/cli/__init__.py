"""The command line: every job of the window without a window."""

from fairdesk.cli.main import run

__all__ = ["run"]
