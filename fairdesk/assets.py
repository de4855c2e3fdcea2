"""Where the files of `ui/` and `resources/` are, in a wheel and in a source checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@cache
def data_root() -> Path:
    """Return the folder that holds `ui` and `resources` (an editable install has no `_data`)."""
    shipped = _PACKAGE / "_data"
    return shipped if shipped.is_dir() else _PACKAGE.parent


def asset(*parts: str) -> Path:
    """Return the path of one shipped file, e.g. ``asset("ui", "dataset_tab.ui")``.

    Raises
    ------
    FileNotFoundError
        If the installation lacks the file.
    """
    path = data_root().joinpath(*parts)
    if not path.exists():
        raise FileNotFoundError(f"FairDesk's installation lacks {'/'.join(parts)}. Install it again.")
    return path
