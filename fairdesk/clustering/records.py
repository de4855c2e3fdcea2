"""Versions, clusters and their faces, as values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from fairdesk.words import tr

UNCLUSTERED = -1


@dataclass(frozen=True)
class Version:
    """One clustering."""

    id: int
    name: str
    method: str
    params: dict[str, Any]
    quality: dict[str, Any]
    created: float
    stale: str | None  # what changed since, or None
    recipe: str | None = None  # of the vectors; None: from a file
    encoder: str | None = None
    detector: str | None = None
    faces: int = 0
    note: str = ""
    clusters: int = 0  # but for the unclustered faces
    hidden: int = 0  # faces of hidden images, which do not count


@dataclass(frozen=True)
class Cluster:
    """One cluster as a list shows it."""

    id: int
    label: int
    name: str | None
    identity: str | None
    faces: int
    cover: int | None  # a face id
    group: str | None = None  # of its identity
    shared: bool = False  # another cluster of the version has the same title

    @property
    def who(self) -> tuple[str | None, str | None, str | None]:
        """Whose cluster it is: its own name, its identity and that one's group. Clusters that have the same are of one person."""
        return self.name, self.identity, self.group

    @property
    def title(self) -> str:
        """What a person reads: its name, its identity, or its number."""
        if self.name:
            return self.name
        if self.identity:
            return self.identity
        return tr("Unclustered") if self.label == UNCLUSTERED else tr("Cluster {label}", label=self.label)

    @property
    def told(self) -> str:
        """What a person reads where it must not be taken for another cluster: a shared title comes with number and group."""
        if not self.shared:
            return self.title
        if self.identity and not self.name:
            group = self.group or tr("no group")
            return tr("{title} (cluster {label}, {group})", title=self.title, label=self.label, group=group)
        return tr("{title} (cluster {label})", title=self.title, label=self.label)


@dataclass(frozen=True)
class NewVersion:
    """A clustering that is to be kept."""

    method: str
    params: dict[str, Any]
    clusters: Sequence[NewCluster]
    about: str = ""  # method and parameters, or the file; empty: the method. Its number goes before it
    recipe: int | None = None  # of the vectors
    quality: dict[str, Any] = field(default_factory=dict)


class NewCluster(NamedTuple):
    """A cluster that is to be kept."""

    label: int
    name: str | None = None
    identity: int | None = None


class ClusteredFace(NamedTuple):
    """One face of a version, and the cluster it is in."""

    face: int
    cluster: int
    label: int
    title: str
    path: Path  # of its image


class Regrouping(NamedTuple):
    """Faces that go to a cluster: one that exists, a new one (None), or the unclustered (`UNCLUSTERED`)."""

    cluster: int | None
    faces: list[int]


def numbered(version: int, name: str) -> str:
    """Return the name of a version with its own number; names of old projects may hold another one, or none."""
    return f"{version}: {re.sub(r'^[0-9]+: ', '', name)}"
