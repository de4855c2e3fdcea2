"""What a verb is."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from fairdesk.jobs.results import JobResult

Namespace = argparse.Namespace


@dataclass(frozen=True)
class Verb:
    """One verb of the command line. One that returns an exit status prints nothing of its own."""

    name: str
    help: str
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[Namespace], JobResult | int]
    json: bool = True  # prints a result
    after_stop: str = ""  # what to do once it was stopped
