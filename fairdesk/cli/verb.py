"""What a verb is."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from fairdesk.jobs.results import JobResult
from fairdesk.words import tr

Namespace = argparse.Namespace


@dataclass(frozen=True)
class Verb:
    """One verb of the command line. One that returns an exit status prints nothing of its own."""

    name: str
    help: str | Callable[[], str]  # or what tells it, if that takes time
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[Namespace], JobResult | int]
    json: bool = True  # prints a result
    after_stop: str = ""  # what to do once it was stopped
    keeps: bool = True  # whether what it had done is kept then

    @property
    def about(self) -> str:
        """One line on what it does."""
        return tr(self.help) if isinstance(self.help, str) else self.help()
