"""What mends an error, as a button: the form of the verb that its text names, or the job's own form as it was filled in."""

from __future__ import annotations

import re

from fairdesk.jobs.kinds import JobKind
from fairdesk.jobs.registry import job_kinds

_VERB = re.compile(r"\bfairdesk ([a-z][a-z-]*)(?: ([a-z0-9][a-z0-9-]*))?")


def verb_in(text: str) -> JobKind | None:
    """Return the kind of job whose verb an error's text names as the remedy, where the window has a form for it."""
    kinds = {kind.words: kind for kind in job_kinds().values() if not kind.asked_by}
    for first, second in _VERB.findall(text):
        found = kinds.get(f"{first} {second}") or kinds.get(first)
        if found is not None:
            return found
    return None
