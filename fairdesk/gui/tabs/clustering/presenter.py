"""What the Clustering tab shows, worked out without Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from fairdesk import counted
from fairdesk.clustering.agreement import agreement
from fairdesk.clustering.known_people import known_people
from fairdesk.clustering.likely_wrong import Suspicion, suspicions
from fairdesk.clustering.naming import Known
from fairdesk.clustering.store import Cluster, Version, clusters, members, versions
from fairdesk.clustering.version_basis import verdicts_of_version
from fairdesk.gui.tabs.clustering.shown_faces import Centres
from fairdesk.project import Project
from fairdesk.project.image_queries import GridItem, Ids, items, overview
from fairdesk.project.label_snapshot import LabelSnapshot
from fairdesk.project.verdict_constraints import constraints
from fairdesk.words import mark, tr, tr_n

if TYPE_CHECKING:
    from fairdesk.clustering.results import Agreement


@dataclass
class View:
    """The versions, and the clusters of the one shown."""

    vectors: bool = False
    images: bool = False
    versions: list[Version] = field(default_factory=list)
    version: Version | None = None
    clusters: list[Cluster] = field(default_factory=list)
    covers: dict[int, GridItem] = field(default_factory=dict)
    faces: Ids = field(default_factory=lambda: np.empty(0, dtype=np.int64))  # of the version shown, ascending
    homes: Ids = field(default_factory=lambda: np.empty(0, dtype=np.int64))  # the cluster of each
    quality: Agreement | None = None  # of the version as it is corrected now
    mixed: dict[int, float] = field(
        default_factory=dict
    )  # cluster to the share of its labelled faces that others are called
    suspicions: dict[int, Suspicion] = field(default_factory=dict)  # once they were asked for
    groups: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    people: Known = field(default_factory=dict)


def look(project: Project, wanted: int | None) -> View:
    """Read everything the tab shows, as it is at one moment; `wanted` is a version, or None for the newest."""
    with project.db.moment():  # the version may be undone meanwhile
        counts = overview(project)
        found = versions(project)
        chosen = next((v for v in found if v.id == wanted), found[0] if found else None)
        view = View(bool(counts["vectors"]), counts["images"] > 0, found, chosen)
        labels = LabelSnapshot.read(project)
        view.groups = sorted(one.name for one in labels.group_counts() if one.name is not None)
        view.people = labels.by_name()
        view.names = sorted(view.people)
        if chosen is not None:
            view.clusters = clusters(project, chosen.id)
            covers = [cluster.cover for cluster in view.clusters if cluster.cover is not None]
            view.covers = items(project, "face", covers)
            view.faces, view.homes = members(project, chosen.id)
            view.quality, view.mixed = judged(project, view, chosen.id)
    return view


def nothing_yet(view: View, project: bool, *, reading: bool) -> tuple[str, str, str]:
    """Return title, text and button of the page that stands for clusters while there are none."""
    if not project:
        return tr("No project is open"), tr("Open or create a project from the File menu."), ""
    if reading:
        return tr("Reading the project …"), "", ""
    if not view.images:
        return tr("Nothing to cluster yet"), tr("Import images in the Dataset tab first."), ""
    if not view.vectors:
        text = tr("Clustering compares embeddings. Compute them first; faces are detected first where needed.")
        return tr("The faces have no embeddings yet"), text, tr("Compute embeddings…")
    text = tr("Group similar faces, then correct the clusters by hand. Every version is kept.")
    return tr("No clusters yet"), text, tr("Cluster…")


def judged(project: Project, view: View, version: int) -> tuple[Agreement | None, dict[int, float]]:
    """Return how well the clusters agree with what is known of their faces, and how mixed the labels of each are."""
    known = known_people(project, view.faces, constraints(verdicts_of_version(project, version)))
    loose = [cluster.id for cluster in view.clusters if cluster.label < 0]
    home = np.where(np.isin(view.homes, loose), -1, view.homes)
    there = known >= 0
    if np.count_nonzero(there) < 2:
        return None, {}
    labelled = there & (home >= 0)
    _, who = np.unique(known[labelled], return_inverse=True)
    numbers, place = np.unique(home[labelled], return_inverse=True)
    mixed: dict[int, float] = {}
    if len(numbers):
        cells, counts = np.unique(place * (int(who.max()) + 1) + who, return_counts=True)
        most = np.zeros(len(numbers))
        np.maximum.at(most, cells // (int(who.max()) + 1), counts)
        mixed = dict(zip(numbers.tolist(), (1 - most / np.bincount(place)).tolist(), strict=True))
    return agreement(home[there], known[there]), mixed


class Order(Enum):
    """How the list of clusters is sorted."""

    SIZE = mark("Largest first")
    NAME = mark("By name")
    WRONG = mark("Most likely wrong first")
    SPREAD = mark("Widest first")
    MIXED = mark("Mixed labels first")
    NEAREST = mark("Nearest to the selected")


def arranged(
    found: list[Cluster], order: Order, view: View, centres: Centres | None, selected: int | None
) -> list[Cluster]:
    """Return clusters in an order; the unclustered faces are last, whatever the order."""
    spread = centres.spreads() if centres is not None else {}
    near = centres.nearest(selected) if centres is not None and selected is not None else {}
    wrong = suspicions_of(view, centres) if order is Order.WRONG else {}

    def key(cluster: Cluster) -> tuple[float, str, float, int]:
        first = {
            Order.SIZE: 0.0,
            Order.NAME: 0.0,
            Order.SPREAD: -spread.get(cluster.id, 0.0) if cluster.faces > 1 else 1.0,
            Order.WRONG: -wrong[cluster.id].score if cluster.id in wrong else 0.0,
            Order.MIXED: -view.mixed.get(cluster.id, 0.0),
            Order.NEAREST: -1.0 if cluster.id == selected else near.get(cluster.id, np.inf),
        }[order]
        named = cluster.name or cluster.identity or ""
        name = ("0" + named.casefold() if named else "1") if order is Order.NAME else ""
        return float(first), name, -cluster.faces, cluster.label

    return sorted(found, key=lambda cluster: (cluster.label < 0, *key(cluster)))


def suspicions_of(view: View, centres: Centres | None) -> dict[int, Suspicion]:
    """Return what speaks against each cluster; without embeddings its labels alone."""
    if centres is None:
        return {number: Suspicion(mixed=share) for number, share in view.mixed.items()}
    if not view.suspicions:
        real = [cluster.id for cluster in view.clusters if cluster.label >= 0]
        some = np.isin(centres.home, real)
        view.suspicions.update(suspicions(centres.vectors[some], centres.home[some], view.mixed))
    return view.suspicions


def in_place(found: list[Cluster], before: list[int], beside: int | None) -> list[Cluster]:
    """Return clusters where they were: new ones stand below the one they came from, the unclustered faces last."""
    at = {number: float(place) for place, number in enumerate(before)}
    new = at[beside] + 0.5 if beside is not None and beside in at else float(len(before))
    return sorted(found, key=lambda cluster: (cluster.label < 0, at.get(cluster.id, new)))


def kept_places(found: list[Cluster], before: list[int]) -> list[int]:
    """Return clusters in their order, with those that are gone in between where they were: what brings one back puts it there."""
    there, last = {cluster.id for cluster in found}, None
    gone: dict[int | None, list[int]] = {}  # by the one that they stood below
    for number in before:
        if number in there:
            last = number
        else:
            gone.setdefault(last, []).append(number)
    return [*gone.get(None, []), *(one for cluster in found for one in (cluster.id, *gone.get(cluster.id, [])))]


def matching(found: list[Cluster], text: str) -> list[Cluster]:
    """Return the clusters whose title, name or identity has a text in it, or all for none."""
    wanted = text.strip().casefold()
    return [
        cluster
        for cluster in found
        if not wanted
        or any(wanted in (part or "").casefold() for part in (cluster.title, cluster.name, cluster.identity))
    ]


def vectors_line(version: Version) -> str:
    """Say what a version rests on: encoder, detector, number of faces."""
    parts = [part for part in (version.encoder, version.detector) if part]
    parts.append(tr_n("{n:,} face", "{n:,} faces", version.faces))
    if version.hidden:
        parts.append(tr("{n:,} hidden", n=version.hidden))
    return ", ".join(parts)


def quality_line(version: Version, shown: list[Cluster], quality: Agreement | None) -> str:
    """Say how well a version does, as it is corrected now."""
    count = sum(1 for cluster in shown if cluster.label >= 0)
    loose = sum(cluster.faces for cluster in shown if cluster.label < 0)
    parts = [tr_n("{n:,} cluster", "{n:,} clusters", count), tr("{loose:,} unclustered", loose=loose)]
    if quality is not None and quality.bcubed_f1 is not None:
        parts.append(tr("BCubed F1 {f1:.3f}", f1=quality.bcubed_f1))
        if quality.pairwise_f1 is not None:
            parts.append(tr("pairwise F1 {f1:.3f}", f1=quality.pairwise_f1))
        parts.append(
            tr(
                "against the known and confirmed identities ({faces} of {people})",
                faces=counted.faces(quality.known_faces or 0),
                people=counted.people(quality.known_people or 0),
            )
        )
    return "  ·  ".join([*parts, vectors_line(version)])  # what matters most comes first: the end may be cut off
