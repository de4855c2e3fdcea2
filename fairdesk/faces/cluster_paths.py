"""Where the workers of a cluster find the originals: their paths there, and a look at some before any work is done."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from fairdesk.errors import RequestError
from fairdesk.images.elsewhere import Place, is_address, places_there, why_absent
from fairdesk.images.inspection import content_sha256
from fairdesk.project.detections import UnseenImage
from fairdesk.project.faces import FacePlace, images_of_faces
from fairdesk.project.originals import imported_sums
from fairdesk.words import tr, tr_n

if TYPE_CHECKING:
    from fairdesk.jobs.context import Context

Seen = TypeVar("Seen", UnseenImage, FacePlace)
_TRIED = 10  # originals of each folder
_AT_ONCE = 5000


class Probe(NamedTuple):
    """Some originals as workers see them, and the rule HERE=THERE that says so; None: as they are called here."""

    rule: str | None
    paths: tuple[str, ...]
    sums: tuple[str, ...] = ()  # SHA-256 of each as it is here; empty where it is not here


def on_workers(todo: list[Seen], workers_see: Sequence[str] | None) -> tuple[list[Seen], list[Probe]]:
    """Return what is to be done with the paths that workers see, and what each worker has to find.

    Of originals that no rule is about, only those that are there on this machine have to be there on a worker.

    Raises
    ------
    RequestError
        If a rule's folder holds none of them, or one is at an address and in an archive.
    """
    rules: dict[Place | None, str | None] = {Place.parse(text): text for text in workers_see or ()}
    found = places_there([one.path for one in todo], [place for place in rules if place is not None])
    pairs = [(place, one.path, path) for one, (place, path) in zip(todo, found, strict=True)]
    probes = []
    for place, rule in (rules | {None: None}).items():
        some = _some([(here, there) for of, here, there in pairs if of == place])
        if place is None:
            some = [(here, there) for here, there in some if not why_absent(here)]
        probes.append(Probe(rule, tuple(there for _, there in some), tuple(_sum_here(here) for here, _ in some)))
    seen = [one._replace(path=path) for one, (_, path) in zip(todo, found, strict=True)]
    return seen, [probe for probe in probes if probe.paths]


def with_sums(todo: Sequence[Seen], context: Context) -> list[Seen]:
    """Return what is to be done with the SHA-256 that each original has to have: of its contents when it was imported.

    Whoever reads it refuses what has another, whenever it was replaced: no face of another photograph is kept under an image's
    name. The bytes are in hand then, and hashing 20 KB takes 15 µs.
    """
    out: list[Seen] = []
    for part in _parts(todo):
        of = _images(part, context)
        sums = imported_sums(context.project, list(set(of.values())))
        there = (
            (one, sums.get(of.get(one.id, 0))) for one in part
        )  # one may have been removed from the project meanwhile
        out += [one._replace(sha256=bytes.fromhex(sha)) for one, sha in there if sha is not None]
    return out


def _parts(todo: Sequence[Seen]) -> Iterator[Sequence[Seen]]:
    for start in range(0, len(todo), _AT_ONCE):
        yield todo[start : start + _AT_ONCE]


def _images(part: Sequence[Seen], context: Context) -> dict[int, int]:
    """Return the image of each."""
    numbers = [one.id for one in part]
    if isinstance(part[0], FacePlace):
        return images_of_faces(context.project, numbers)
    return dict(zip(numbers, numbers, strict=True))


def _sum_here(path: str) -> str:
    try:
        return content_sha256(Path(path))
    except OSError:
        return ""


def _sum_there(path: str) -> str:
    if not is_address(path):
        return _sum_here(path)
    import fsspec

    try:
        with fsspec.open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return ""


def look_first(probes: Sequence[Probe], load: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    """Within a worker: find some originals, then get ready by `load(*arguments)`.

    Raises
    ------
    RequestError
        If none of a folder's originals is there, or one is another file than here.
    """
    for probe in probes:
        whys = [why_absent(path) for path in probe.paths]
        if all(whys):
            raise RequestError(_none_there(probe, whys[0] or ""))
        for path, why, here in zip(probe.paths, whys, probe.sums, strict=False):
            if why is None and here and _sum_there(path) not in ("", here):
                raise RequestError(_another_file(probe, path))
    load(*arguments)


def _none_there(probe: Probe, why: str) -> str:
    path, others = probe.paths[0], len(probe.paths) - 1
    told = tr(
        "A worker of the cluster ({machine}) does not find {path} ({why})", machine=platform.node(), path=path, why=why
    )
    if others:
        told += tr_n(", nor {n} other original that was tried", ", nor {n} other originals that were tried", others)
    if probe.rule is not None:
        return told + tr(
            ". --workers-see {rule} says that it is there: give the folder or address by which the workers see it.",
            rule=probe.rule,
        )
    return told + tr(
        ". It is there on this machine: say where the workers see it, by --workers-see {folder}=FOLDER-THERE.",
        folder=os.path.dirname(path),
    )


def _another_file(probe: Probe, path: str) -> str:
    told = tr(
        "A worker of the cluster ({machine}) finds another photograph at {path} than this machine has under that name.",
        machine=platform.node(),
        path=path,
    )
    if probe.rule is None:
        return told
    return f"{told} " + tr(
        "--workers-see {rule} leads to other files: give the folder or address of the very originals.", rule=probe.rule
    )


def _some(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return at most `_TRIED` of some originals, evenly over all."""
    count = min(_TRIED, len(pairs))
    return [pairs[len(pairs) * place // count] for place in range(count)]
