"""What is to be translated: an image, a folder, a list of identity folders, or a project's images; and who is on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from fairdesk.dataset.collection import Item, read_either, read_folder
from fairdesk.errors import RequestError
from fairdesk.generation.params import TranslateParams
from fairdesk.images.places import safe_name
from fairdesk.project.project import CATALOG


@dataclass(frozen=True)
class Wanted:
    """An image to translate, its path below the output, and who is on it."""

    path: Path
    relative: str
    who: str | None


def _names_apart(items: list[Item]) -> dict[tuple[str, str], str]:
    """Return a name for each identity; one that several groups have gets its group's before it."""
    keys = {item.key for item in items if item.key is not None}
    often = Counter(identity for _, identity in keys)
    return {(group, who): who if often[who] == 1 else f"{group}-{who}" for group, who in keys}


def wanted_images(params: TranslateParams) -> tuple[list[Wanted], list[dict[str, str]]]:
    """Return everything to translate, and what is left out.

    Raises
    ------
    RequestError
        If there is nothing at that place, or it holds no image.
    """
    if (params.input / CATALOG).is_file():
        items = read_either(params.input, params.where or ()).items
        names = _names_apart(items)
        who = [None if item.key is None else names[item.key] for item in items]
        return [
            Wanted(item.path, f"{safe_name(name)}/{item.relative}" if name else item.relative, name)
            for item, name in zip(items, who, strict=True)
        ], []
    if params.where:
        raise RequestError(f"{params.input} is no project, so there are no labels to choose by. Leave --where out.")
    if params.input.is_dir():
        found = read_folder(params.input)
        names = _names_apart(found.items)
        return [
            Wanted(item.path, item.relative, None if item.key is None else names[item.key]) for item in found.items
        ], found.left_out
    if params.input.suffix.lower() == ".txt":
        return _listed(params.input)
    if not params.input.is_file():
        raise RequestError(f"There is no image, folder, list or project {params.input}.")
    return [Wanted(params.input, params.input.name, None)], []


def _listed(path: Path) -> tuple[list[Wanted], list[dict[str, str]]]:
    """Read a list of identity folders, one a line; a line that names none is left out and said."""
    out: list[Wanted] = []
    left: list[dict[str, str]] = []
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise RequestError(f"{path} is no list of folders: it is not text in UTF-8.") from error
    taken: dict[str, Path] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        folder = Path(line.strip()).expanduser()
        folder = (folder if folder.is_absolute() else path.parent / folder).absolute()
        try:
            if not folder.is_dir():
                raise RequestError("there is no such folder")
            found = read_folder(folder, "flat")
        except RequestError as error:
            left.append({"path": line.strip(), "why": f"line {number}: {error}"})
            continue
        name = folder.name if taken.setdefault(folder.name, folder) == folder else f"{folder.parent.name}-{folder.name}"
        out += [Wanted(item.path, f"{name}/{item.relative}", name) for item in found.items]
        left += found.left_out
    if not out:
        first = f" First of what it lists: {left[0]['path']}, {left[0]['why']}." if left else ""
        raise RequestError(f"{path} lists no folder that holds images; it takes one folder a line.{first}")
    return out, left
