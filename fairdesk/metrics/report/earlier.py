"""What an earlier report in the same folder wrote, by its own record."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_RECORDS = ("evaluation.json", "identification.json", "comparison.json")
_OURS = re.compile(r"(tables/)?[^/\\]+\.(csv|tex|html|json|pdf|svg|png)")


def files_of_earlier(folder: Path, record: str) -> set[str]:
    """Return the names, below the folder, of the files that an earlier report says in its record, such as evaluation.json, that it wrote.

    Empty where there is no such record. A name that no report of ours has, such as one outside of the folder, is none.
    """
    names = _record(folder / record).get("files")
    if not isinstance(names, list):
        return set()
    return {name for name in names if isinstance(name, str) and _OURS.fullmatch(name) and (folder / name).is_file()}


def _record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def folder_for(wanted: Path, *scores: Path) -> Path:
    """Return the folder for a report of score files: the one wanted, or with a number where that has a report of others."""
    folder, number = wanted, 1
    while _is_of_another(folder, scores):
        number += 1
        folder = wanted.with_name(f"{wanted.name}-{number}")
    return folder


def _is_of_another(folder: Path, scores: Sequence[Path]) -> bool:
    for name in _RECORDS:
        about = _record(folder / name).get("about")
        of = about.get("scores") if isinstance(about, dict) else None
        named = [of] if isinstance(of, str) else of if isinstance(of, list) else []
        if not named:
            continue
        if len(named) != len(scores) or any(
            one not in (str(path), path.name) for one, path in zip(named, scores, strict=True)
        ):
            return True
    return False
