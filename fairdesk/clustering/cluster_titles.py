"""What a cluster may be called, so that a number or a title always means one cluster."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fairdesk.clustering.records import UNCLUSTERED, Cluster
from fairdesk.errors import RequestError
from fairdesk.words import tr


def default_title(label: int) -> str:
    """Return what a cluster without a name is called."""
    return Cluster(0, label, None, None, 0, None).title


def told_apart(rows: Iterable[Sequence[Any]], people: Mapping[int, tuple[str, str | None]]) -> list[Cluster]:
    """Return clusters of rows (id, label, name, identity, faces, cover), each knowing whether another has its title.

    `people` are the names and groups of identities.
    """
    found = []
    for number, label, name, who, faces, cover in rows:
        identity, group = people.get(who, (None, None))
        found.append(Cluster(number, label, name, identity, faces, cover, group))
    of = Counter(one.title for one in found)
    return [replace(one, shared=True) if of[one.title] > 1 else one for one in found]


def label_in(text: str) -> int | None:
    """Return the label that a text means, a number or the title of a cluster without a name; None for a name.

    A number with zeros before it is a name: no label is written so.
    """
    found = re.search(r"-?[0-9]+", text)
    if found is None:
        return UNCLUSTERED if text == default_title(UNCLUSTERED) else None
    label = int(found[0]) if len(found[0]) < 19 else None  # more than any label
    return label if label is not None and text in (str(label), default_title(label)) else None


def own_name(name: str, cluster: int, every: Iterable[Cluster]) -> str | None:
    """Return the name to keep for a cluster, by id, of a version's; None where it needs none, as it is called so without.

    Raises
    ------
    RequestError
        If the name could be taken for another cluster of the version.
    """
    others = list(every)
    mine = next((one for one in others if one.id == cluster), None)
    if not name or (mine is not None and name == default_title(mine.label)):
        return None
    if re.fullmatch(r"[+-]?(0|(?!0)\d+)", name):  # 007 is nobody's label
        raise RequestError(
            tr(
                "“{name}” would be taken for the number of a cluster. Give a name that is not only digits, for example “Person {name}”.",
                name=name,
            )
        )
    if label_in(name) is not None:
        raise RequestError(
            tr("“{name}” is what another cluster is called while it has no name. Give another name.", name=name)
        )
    other = next((one for one in others if one is not mine and one.title == name), None)
    if other is not None and (mine is None or name != mine.title):
        raise RequestError(
            tr(
                "Cluster {label} is called “{name}” already. If they are one person, merge them; else give another name.",
                label=other.label,
                name=name,
            )
        )
    return name
