"""A job as the command that does the same."""

from __future__ import annotations

import shlex
from typing import Any

from fairdesk.jobs.kinds import JobKind, Needs
from fairdesk.jobs.params import JobParams


def command(kind: JobKind, params: JobParams, project: str) -> str:
    """Return the command line of a job: positional parameters first, then options that are not at their default."""
    model = type(params)
    values = params.model_dump(mode="json")
    place = values.get(kind.instead) or project
    start = ["fairdesk", *kind.words.split(), *([] if kind.needs is Needs.FOLDERS else [str(place)])]
    positional: list[str] = []
    for name in kind.positional:
        if values[name] is not None:
            positional += _words(values[name])
    options: list[str] = []
    for name, field in model.model_fields.items():
        value = values[name]
        default = None if field.is_required() else field.default
        if (
            not params.counts(name)
            or name in kind.positional
            or name == kind.instead
            or value is None
            or value == default
            or value == str(default)
        ):
            continue
        option = model.option(name).removeprefix("--")
        if isinstance(value, list) and kind.passes_on:
            options += [word for one in value for word in (f"--{option}", str(one))]
        elif isinstance(value, bool):
            options.append(f"--{option}" if value else f"--no-{option}")
        else:
            options += [f"--{option}", *_words(value)]
    # a verb that passes the rest of its line on takes its own options before that
    parts = [options, positional] if kind.passes_on else [positional, options]
    return shlex.join([*start, *parts[0], *parts[1]])


def _words(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
