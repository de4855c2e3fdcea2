"""Commands that a verb tells people to type name the project that it is about."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from fairdesk.text_names import without_steering

_COMMAND = re.compile(r"(fairdesk (?!new )[a-z-]+ )PROJECT\b")
_about: list[
    str
] = []  # the project of the verb that runs; none where there are several, so that none is meant for sure


def about(project: object, verb: str) -> None:
    """Know which project the verb that runs now is about."""
    _about[:] = [shlex.quote(str(project))] if isinstance(project, (str, Path)) and verb != "leaks" else []


def typeable(text: str) -> str:
    """Return a text for the terminal: commands in it can be typed as they are, and nothing steers the terminal."""
    return without_steering(_COMMAND.sub(lambda found: found[1] + _about[0], text) if _about else text)
