"""Where the workers of a cluster find the originals: their paths there, and a look at some before any work is done."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from fairdesk.errors import RequestError
from fairdesk.images.elsewhere import Place, places_there, why_absent
from fairdesk.project.detections import UnseenImage
from fairdesk.project.faces import FacePlace
from fairdesk.words import tr, tr_n

Seen = TypeVar("Seen", UnseenImage, FacePlace)
_TRIED = 10  # originals of each folder


class Probe(NamedTuple):
    """Some originals as workers see them, and the rule HERE=THERE that says so; None: as they are called here."""

    rule: str | None
    paths: tuple[str, ...]


def on_workers(todo: list[Seen], workers_see: Sequence[str] | None) -> tuple[list[Seen], list[Probe]]:
    """Return what is to be done with the paths that workers see, and what each worker has to find.

    Of originals that no rule is about, only those that are there on this machine have to be there on a worker.

    Raises
    ------
    RequestError
        If a rule's folder holds none of them, or one is at an address and in an archive.
    """
    rules = {Place.parse(text): text for text in workers_see or ()}
    found = places_there([one.path for one in todo], list(rules))
    probes = [Probe(rule, _some([path for of, path in found if of == place])) for place, rule in rules.items()]
    probes.append(
        Probe(None, tuple(path for path in _some([p for of, p in found if of is None]) if not why_absent(path)))
    )
    seen = [one._replace(path=path) for one, (_, path) in zip(todo, found, strict=True)]
    return seen, [probe for probe in probes if probe.paths]


def look_first(probes: Sequence[Probe], load: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    """Within a worker: find some originals, then get ready by `load(*arguments)`.

    Raises
    ------
    RequestError
        If none of a folder's originals is there.
    """
    for probe in probes:
        whys = [why_absent(path) for path in probe.paths]
        if all(whys):
            raise RequestError(_none_there(probe, whys[0] or ""))
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


def _some(paths: Sequence[str]) -> tuple[str, ...]:
    """Return at most `_TRIED` of some paths, evenly over all."""
    count = min(_TRIED, len(paths))
    return tuple(paths[len(paths) * place // count] for place in range(count))
