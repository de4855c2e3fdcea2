"""A folder as InsightFace gives its data sets out: `train.rec`, `train.idx`, `property`, and lists to evaluate on as `.bin`."""

from __future__ import annotations

from pathlib import Path

from fairdesk.errors import RequestError
from fairdesk.images.image_reading import is_picture
from fairdesk.text_names import is_text
from fairdesk.words import tr

_SHOWN = 8


def records_in(folder: Path) -> Path | None:
    """Return the `.rec` that a folder is about, or None if it is an ordinary folder.

    Raises
    ------
    RequestError
        If it holds several and none is called train.rec.
    """
    try:
        files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return None  # whoever walks it says why
    found = [path for path in files if path.suffix.lower() == ".rec" and is_text(path.name) and path.is_file()]
    beside = any(path.name.lower() == "property" or path.suffix.lower() == ".idx" for path in files)
    if not found or any(is_picture(path.name) or (path.is_dir() and not beside) for path in files):
        return None
    train = [path for path in found if path.name.lower() == "train.rec"]
    if len(found) > 1 and not train:
        names = ", ".join(path.name for path in found)
        raise RequestError(
            tr("{folder} holds several data sets: {names}. Give one of these files.", folder=folder, names=names)
        )
    return (train or found)[0]


def offered_lists(folder: Path) -> list[str]:
    """Say which lists to evaluate on lie in a folder, and how they are used."""
    names = sorted(
        path.name
        for path in folder.iterdir()
        if path.suffix.lower() == ".bin" and is_text(path.name) and path.is_file()
    )
    if not names:
        return []
    shown = ", ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "")
    return [
        tr(
            "Lists to evaluate on in this folder: {shown}. A training takes them with --evaluate-on {folder}",
            shown=shown,
            folder=folder / names[0],
        )
    ]
