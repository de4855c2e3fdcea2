"""The manifest beside a folder that this program wrote: who each file is, though its name no longer says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from fairdesk.dataset.collection import Collection
from fairdesk.errors import RequestError, reason
from fairdesk.plain_json import parse
from fairdesk.words import tr

SUFFIX = ".manifest.json"


def rows_beside(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what the manifest beside a folder says of each file, by its path below the folder; nothing where there is none.

    Raises
    ------
    RequestError
        If there is one that cannot be read: what it says would be missed without a word.
    """
    path = folder.with_name(folder.name + SUFFIX)
    if not path.is_file():
        return {}
    try:
        found = parse(path.read_text(encoding="utf-8-sig"))
        rows = found["files"] if isinstance(found, dict) else None
        if not isinstance(rows, list):
            raise ValueError(tr("it has no list of files"))
    except (OSError, ValueError, KeyError) as error:
        raise RequestError(
            tr(
                "{path} cannot be read ({error}), so who the images of {folder} are is not known. Mend it, or move it away.",
                path=path,
                error=reason(error),
                folder=folder,
            )
        ) from error
    return {str(row["path"]): row for row in rows if isinstance(row, dict) and "path" in row}


def as_written(found: Collection, folder: Path) -> Collection:
    """Return a folder's images with the identities and groups that its manifest names for them.

    A folder that was split by image holds all people side by side, under names of their own: what two such folders share can
    be told only so.
    """
    rows = rows_beside(folder) if found.layout != "project" else {}
    if not rows:
        return found
    items = []
    for item in found.items:
        row = rows.get(item.relative)
        if row is None:
            items.append(item)
            continue
        identity, group = (row[name] if isinstance(row.get(name), str) else None for name in ("identity", "group"))
        items.append(replace(item, identity=identity or item.identity, group=group or item.group))
    return replace(found, items=items)
