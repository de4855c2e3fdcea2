"""Which group a name would take images or faces from, and which groups are tied for giving it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from fairdesk.project.faces import commonest_group, group_counts_of_faces
from fairdesk.project.identities import groups_with
from fairdesk.project.main_face import LABELS
from fairdesk.words import tr, tr_n

if TYPE_CHECKING:
    from fairdesk.project.project import Project


class GroupChange(NamedTuple):
    """Images that would be in another group."""

    old: str
    new: str
    images: int

    @property
    def text(self) -> str:
        """How many change from which group to which."""
        return tr_n(
            "{n:,} image changes from {old} to {new}.",
            "{n:,} images change from {old} to {new}.",
            self.images,
            old=self.old,
            new=self.new,
        )


class Tie(NamedTuple):
    """Groups that as many of some faces are in, more than in any other."""

    groups: tuple[str, ...]  # that of the only person of the name first, then by name
    faces: int  # in each

    @property
    def text(self) -> str:
        """Which groups are tied, and how many faces are in each."""
        return tr_n(
            "As many faces are in {first} as in {others}: {n:,} in each.",
            "As many faces are in {first} as in {others}: {n:,} in each.",
            self.faces,
            first=self.groups[0],
            others=", ".join(self.groups[1:]),
        )


def group_changes(project: Project, images: Sequence[int], group: str | None) -> list[GroupChange]:
    """Return which images that have a group would be in another one if they showed a person of a group, most first.

    A person of no group leaves an image in the group of its own, where it has one.
    """
    rows = project.db.rows(
        f"SELECT g.name, ifnull(?, own.name) AS new, count(*) FROM image i {LABELS}"
        " LEFT JOIN grp own ON own.id = i.group_id WHERE i.id IN (SELECT value FROM json_each(?))"
        " AND g.name IS NOT NULL AND g.name IS NOT new GROUP BY g.id, new ORDER BY count(*) DESC, g.name",
        (group, json.dumps(list(images))),
    )
    return [GroupChange(old, new or tr("no group"), count) for old, new, count in rows]


def tie(project: Project, faces: Sequence[int], name: str) -> Tie | None:
    """Return the groups that are tied for most of some faces; None where one is most, or none has a group."""
    counts = {group: n for group, n in group_counts_of_faces(project, faces).items() if group is not None}
    most = max(counts.values(), default=0)
    tied = sorted(group for group, n in counts.items() if n == most)
    if len(tied) < 2:
        return None
    known = set(groups_with(project, name)) & set(tied)
    return Tie(tuple(sorted(tied, key=lambda one: (len(known) != 1 or one not in known, one))), most)


def likely_group(project: Project, faces: Sequence[int], name: str) -> str | None:
    """Return the group that a name means for some faces.

    That of most of the faces, so that naming changes no group (of several that are tied, the first of the `tie`); where they
    have none, the one group that has the name.
    """
    tied = tie(project, faces, name)
    if tied is not None:
        return tied.groups[0]
    usual, groups = commonest_group(project, faces), groups_with(project, name)
    return groups[0] if len(groups) == 1 and usual is None else usual
