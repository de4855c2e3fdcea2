"""The jobs that wait, kept in the user's own folder, so that a closed window finds its queue again.

Not in the project: a project may come from a stranger, and what a stranger has queued must not start by itself.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from fairdesk.jobs.messages import SPEC
from fairdesk.plain_json import parse
from fairdesk.state_folder import state_folder


def _file(home: Path) -> Path:
    return state_folder("queues", hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:32] + ".json")


def _fingerprint(folder: Path) -> str:
    return hashlib.sha256((folder / SPEC).read_bytes()).hexdigest()


def keep(home: Path, folders: list[Path]) -> None:
    """Write down which job folders of a project wait, in their order."""
    path = _file(home)
    if not folders:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps([[one.name, _fingerprint(one)] for one in folders]), encoding="utf-8")
    part.replace(path)


def read(home: Path) -> list[str]:
    """Return the names of the job folders that this user has left waiting, in order; a changed job is none of them."""
    try:
        entries = [(str(name), str(mark)) for name, mark in parse(_file(home).read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return []
    found = []
    for name, mark in entries:
        try:
            if _fingerprint(home / name) == mark:
                found.append(name)
        except OSError:
            continue
    return found
