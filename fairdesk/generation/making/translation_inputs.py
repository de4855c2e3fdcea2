"""What is to be translated: an image, a folder, a list of identity folders, or a project's images; and who is on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from fairdesk.dataset.collection import SourceImage, read_either
from fairdesk.errors import RequestError
from fairdesk.generation.params import TranslateParams
from fairdesk.images.written_files import safe_name
from fairdesk.jobs.context import Context
from fairdesk.project.project import CATALOG
from fairdesk.words import tr


@dataclass(frozen=True)
class Wanted:
    """An image to translate, its path below the output, and who is on it."""

    path: Path
    relative: str
    who: str | None


def _names_apart(items: list[SourceImage]) -> dict[tuple[str, str], str]:
    """Return a name for each identity; one that several groups have gets its group's before it."""
    keys = {item.key for item in items if item.key is not None}
    often = Counter(identity for _, identity in keys)
    return {(group, who): who if often[who] == 1 else f"{group}-{who}" for group, who in keys}


def wanted_images(params: TranslateParams, context: Context) -> tuple[list[Wanted], list[dict[str, str]]]:
    """Return everything to translate, and what is left out.

    Raises
    ------
    RequestError
        If there is nothing at that place, or it holds no image.
    """
    project = (params.input / CATALOG).is_file()
    if not project and not params.where and params.input.is_file() and params.input.suffix.lower() != ".txt":
        return [Wanted(params.input, params.input.name, None)], []
    if not params.input.exists():
        raise RequestError(tr("There is no image, folder, list or project {input}.", input=params.input))
    found = read_either(params.input, params.where or ())
    if found.told is not None:
        context.message(found.told)
    names = _names_apart(found.items)
    out = []
    for item in found.items:
        who = None if item.key is None else names[item.key]
        out.append(Wanted(item.path, f"{safe_name(who)}/{item.relative}" if project and who else item.relative, who))
    return out, found.left_out
