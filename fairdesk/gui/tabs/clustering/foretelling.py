"""What a merge or a move would do, said before it is done."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QMimeData

from fairdesk import counted
from fairdesk.clustering.records import UNCLUSTERED, Cluster
from fairdesk.gui.widgets.face_grid.model import MIME, faces_in
from fairdesk.words import tr

CLUSTER_MIME = "application/x-fairdesk-clusters"
_LONGEST = 24  # characters of a name


def kept_of(chosen: Sequence[Cluster]) -> Cluster:
    """Return the cluster that others are merged into: a named one, else the largest."""
    return max(chosen, key=lambda one: (one.name is not None or one.identity is not None, one.faces))


def merge_foretold(keep: Cluster, others: Iterable[Cluster]) -> str:
    """Say how many clusters and faces come together, and as whom."""
    every = [keep, *(one for one in others if one.id != keep.id)]
    title = keep.title if len(keep.title) <= _LONGEST else keep.title[: _LONGEST - 1] + "…"
    if keep.shared:  # its number is what it is known by
        title = keep.told
    return tr(
        "Merge {clusters}, {faces}, into {name}",
        clusters=counted.clusters(len(every)),
        faces=counted.faces(sum(one.faces for one in every)),
        name=title,
    )


def drop_foretold(data: QMimeData, target: Cluster, clusters: Sequence[Cluster]) -> str:
    """Say what dropping faces, or clusters, on a cluster would do; nothing where it would do nothing."""
    if data.hasFormat(MIME):
        faces = counted.faces(len(faces_in(data)))
        if target.label == UNCLUSTERED:
            return tr("Remove {faces} from their clusters", faces=faces)
        return tr("Move {faces} to {name}", faces=faces, name=target.told)
    numbers = set(json.loads(bytes(data.data(CLUSTER_MIME).data()))) - {target.id}
    if not numbers or target.label == UNCLUSTERED:
        return ""
    return merge_foretold(target, [one for one in clusters if one.id in numbers])
