"""CFP's protocol: two lists of images, and folders of pairs of their numbers."""

from __future__ import annotations

import re
from pathlib import Path

from fairdesk.dataset.table_files import read_text
from fairdesk.errors import RequestError
from fairdesk.metrics.pair_lists.pairs import Pair, PairList
from fairdesk.words import tr

_LISTS = {"F": "Pair_list_F.txt", "P": "Pair_list_P.txt"}
_PERSON = re.compile(r"(?:^|/)(\d+)/(?:frontal|profile)/")


def split_of(path: Path) -> Path | None:
    """Return the folder `Split/FF` or `Split/FP` that a path means or lies in; None where it is no part of the protocol."""
    for folder in (path, *path.parents):
        if folder.name in ("FF", "FP") and (folder.parent.parent / _LISTS["F"]).is_file():
            return folder
    return None


def need_split(path: Path) -> None:
    """Refuse the protocol's other folders and lists: they hold both kinds. Raises `RequestError`."""
    for home in (path, path.parent):
        if (home / _LISTS["F"]).is_file() and (home / "Split").is_dir():
            raise RequestError(
                tr(
                    "{path} is CFP's protocol, which has two lists. Give one of them: {ff} (frontal to frontal) or {fp} "
                    "(frontal to profile).",
                    path=path,
                    ff=home / "Split" / "FF",
                    fp=home / "Split" / "FP",
                )
            )


def read_split(folder: Path) -> PairList:
    """Read the ten folds of `Split/FF` or `Split/FP`; in FP the second number means a profile image."""
    home = folder.parent.parent
    images = {kind: _numbered(home / name) for kind, name in _LISTS.items() if kind in folder.name}
    first, second = images["F"], images["P" if folder.name == "FP" else "F"]
    pairs = []
    folds = sorted(one for one in folder.iterdir() if one.is_dir() and one.name.isdecimal())
    if not folds:
        raise RequestError(tr("{folder} holds no folds (01, 02, ...).", folder=folder))
    for fold, place in enumerate(folds):
        for name, label in (("same.txt", 1), ("diff.txt", 0)):
            file = place / name
            for number, line in _lines(file):
                cells = [cell.strip() for cell in line.split(",")]
                if len(cells) != 2 or cells[0] not in first or cells[1] not in second:
                    raise RequestError(
                        tr(
                            "{path}: line {number} is not two numbers of images: {line}",
                            path=file,
                            number=number,
                            line=line,
                        )
                    )
                a, b = first[cells[0]], second[cells[1]]
                pairs.append(Pair(a, b, label, fold, _person(a), _person(b), line=number))
    return PairList(pairs, "cfp")


def _person(path: str) -> str:
    found = _PERSON.search(path)
    return found[1] if found else ""


def _lines(path: Path) -> list[tuple[int, str]]:
    return [(number, line) for number, line in enumerate(read_text(path).split("\n"), 1) if line.strip()]


def _numbered(path: Path) -> dict[str, str]:
    out = {}
    for number, line in _lines(path):
        cells = line.split(maxsplit=1)
        if len(cells) != 2 or not cells[0].isdecimal():
            raise RequestError(
                tr("{path}: line {number} is not a number and a path: {line}", path=path, number=number, line=line)
            )
        out[cells[0]] = cells[1].strip().replace("\\", "/").removeprefix("../")
    return out
