"""What can be told of a project before it is opened."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import apsw

from fairdesk.project.project import CATALOG


def last_detector(arguments: Iterable[str]) -> str | None:
    """Return the detector used last in the project that is the first of some arguments; empty where none was, None without a project."""
    for one in arguments:
        catalog = Path(one) / CATALOG
        try:
            if not catalog.is_file():
                continue
            connection = apsw.Connection(str(catalog), flags=apsw.SQLITE_OPEN_READONLY)
            try:
                found = connection.execute("SELECT value FROM meta WHERE key = 'detector'").get
            finally:
                connection.close()
        except (OSError, ValueError, apsw.Error):  # whoever opens it says why
            return None
        return str(found or "")
    return None
