"""What an earlier report in the same folder wrote, by its own record."""

from __future__ import annotations

import json
import re
from pathlib import Path

_OURS = re.compile(r"(tables/)?[^/\\]+\.(csv|tex|html|json|pdf|svg|png)")


def files_of_earlier(folder: Path) -> set[str]:
    """Return the names, below the folder, of the files that an earlier report's evaluation.json says it wrote.

    Empty where there is no such record. A name that no report of ours has, such as one outside of the folder, is none.
    """
    try:
        record = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    names = record.get("files") if isinstance(record, dict) else None
    if not isinstance(names, list):
        return set()
    return {name for name in names if isinstance(name, str) and _OURS.fullmatch(name) and (folder / name).is_file()}
