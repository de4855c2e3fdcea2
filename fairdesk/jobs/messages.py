"""The files a job passes through: JOBDIR/spec.json in, events.jsonl out, control.jsonl in, log.

All are written by appending whole lines, so a reader that comes late, or comes back, misses nothing.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fairdesk.plain_json import parse
from fairdesk.words import tr

SPEC, EVENTS, CONTROL, LOG = "spec.json", "events.jsonl", "control.jsonl", "log"
FINAL = frozenset({"done", "failed", "stopped"})


@dataclass(frozen=True)
class JobSpec:
    """What to run."""

    kind: str
    params: dict[str, Any]
    project: str | None = None
    device: str = "auto"
    title: str = ""
    created: float = field(default_factory=time.time)

    def write(self, folder: Path) -> None:
        """Write spec.json, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / (SPEC + ".part")
        part.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        part.replace(folder / SPEC)

    @classmethod
    def read(cls, folder: Path) -> JobSpec:
        """Read spec.json. Raises `ValueError` or `TypeError` where it is none: it may come from anywhere."""
        spec = cls(**parse((folder / SPEC).read_text(encoding="utf-8")))
        texts = (spec.kind, spec.device, spec.title, spec.project or "")
        if not isinstance(spec.params, dict) or not all(isinstance(text, str) for text in texts):
            raise ValueError(f"{folder / SPEC} describes no job")
        return spec


def append_line(path: Path, message: dict[str, Any]) -> None:
    """Append one JSON line in a single write."""
    data = (json.dumps(message, ensure_ascii=False) + "\n").encode()
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, data)
    finally:
        os.close(handle)


class Tail:
    """Reads whole new lines of a growing JSON-lines file; broken lines are counted, not fatal."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.broken = 0
        self._offset = 0

    def read(self, limit: int = 2_000_000) -> list[dict[str, Any]]:
        """Return the messages that have arrived since the last call, at most `limit` bytes of them."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read(limit)
        except FileNotFoundError:
            return []
        end = data.rfind(b"\n") + 1
        self._offset += end
        found = []
        for line in data[:end].splitlines():
            try:
                message = parse(line)
            except ValueError:
                self.broken += 1
                continue
            if isinstance(message, dict):
                found.append(message)
        return found


def duration(seconds: float) -> str:
    """Say a length of time in words: 8 s, 3 min 20 s, 2 h 5 min."""
    whole = max(0, round(seconds))
    if whole < 60:
        return tr("{seconds} s", seconds=whole)
    if whole < 3600:
        return tr("{minutes} min {seconds} s", minutes=whole // 60, seconds=whole % 60)
    return tr("{hours} h {minutes} min", hours=whole // 3600, minutes=whole % 3600 // 60)
