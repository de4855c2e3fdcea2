"""What mends an error, as a button: the form of the verb that its text names, or the job's own form as it was filled in; and how the text says it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from fairdesk.jobs.fields import title_of
from fairdesk.jobs.kinds import JobKind
from fairdesk.jobs.registry import job_kinds
from fairdesk.words import tr

_OPTIONS = ("encoder", "detector", "precision", "scaling")  # whose values a form may take over
_FLAGS = ("mirrored",)
_VERB = re.compile(r"\bfairdesk ([a-z][a-z-]*)(?: ([a-z0-9][a-z0-9-]*))?")

_TYPED = re.compile(
    r"""\bfairdesk ([a-z][a-z-]*)((?: (?:[A-Z][A-Z-]+\b|'[^']*'(?:"'"'[^']*')*|/\S*?(?=[.,;:)]*(?:\s|$))|--[a-z][a-z-]*(?: [^\s-]\S*)?))*)"""
)

_TWICE = re.compile(r"\b([^:“”\n]+): “\1”")  # a form's name as what is to be done, and again as the form


def in_window(text: str, project: Path | None = None) -> str:
    """Return a text as the window says it: a command that has a form is that form's name, once; others can be typed.

    With options it is the form's name where these are values that the form takes over.
    """
    kinds = {kind.words: kind for kind in job_kinds().values() if not kind.asked_by}

    def said(found: re.Match[str]) -> str:
        kind = kinds.get(found[1])
        filled = None if kind is None else _taken_over(found[0], kind)
        if kind is not None and filled is not None:
            form = tr("“{form}”", form=tr(kind.title))
            return form if not filled else tr("{form} ({values})", form=form, values=", ".join(filled))
        if project is None or found[1] == "new":
            return found[0]
        return re.sub(r"(?<= )PROJECT\b", lambda _: shlex.quote(str(project)), found[0])

    return _TWICE.sub(r"“\1”", _TYPED.sub(said, text))


def _taken_over(text: str, kind: JobKind) -> list[str] | None:
    """Return the options of a command as a form shows them, if it takes over all of them; None if it does not, or it is of another project."""
    fields, values = kind.params.model_fields, values_in(text, kind)
    options = text.count(" --")
    if options != len(values) or (options and not text.startswith(f"fairdesk {kind.words} PROJECT ")):
        return None
    shown = [(tr(title_of(name, fields[name])), value) for name, value in values.items()]
    return [title if value is True else f"{title}: {value}" for title, value in shown]


def verb_in(text: str) -> JobKind | None:
    """Return the kind of job whose verb an error's text names as the remedy, where the window has a form for it."""
    kinds = {kind.words: kind for kind in job_kinds().values() if not kind.asked_by}
    for first, second in _VERB.findall(text):
        found = kinds.get(f"{first} {second}") or kinds.get(first)
        if found is not None:
            return found
    return None


def values_in(text: str, kind: JobKind) -> dict[str, object]:
    """Return what the options that an error's text names for a verb fill in its form; what stands for a person's choice (FILE) is left out."""
    _, _, after = text.partition(f"fairdesk {kind.words} ")
    try:
        words = shlex.split(after)
    except ValueError:  # a quote in what follows
        return {}
    fields = kind.params.model_fields
    found: dict[str, object] = {name: True for name in _FLAGS if name in fields and f"--{name}" in words}
    for name in _OPTIONS:
        if name in fields and f"--{name}" in words[:-1]:
            value = words[words.index(f"--{name}") + 1].rstrip(".,;")
            if not value.endswith("FILE"):
                found[name] = value
    return found
