"""Which verdicts hold in a clustering as it is: one that was read from a file, or gone back to, was made without them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from fairdesk.clustering.store import UNCLUSTERED, clusters, membership
from fairdesk.clustering.verdicts.reach import broken_line, reach
from fairdesk.clustering.version_basis import verdicts_of_version
from fairdesk.project import Project
from fairdesk.project.verdict_constraints import Constraints, constraints
from fairdesk.project.verdicts import Said, Verdict, verdicts


class Holding(NamedTuple):
    """How many verdicts say something of a clustering's faces, and how many of these do not hold in it."""

    verdicts: int
    broken: int

    def line(self) -> str:
        """Say how many do not hold; empty where all do."""
        return broken_line(self.broken, self.verdicts)


def holding_in(project: Project, version: int) -> Holding:
    """Count the verdicts that say something of a version's faces, and those that do not hold in it as it is corrected now."""
    every = verdicts(project)
    if not every:
        return Holding(0, 0)
    here = verdicts_of_version(project, version)
    said, homes = constraints(here), membership(project, version)
    loose = {one.id for one in clusters(project, version) if one.label == UNCLUSTERED}
    broken = broken_in(here, said, {face: home for face, home in homes.items() if home not in loose}, homes)
    return Holding(reach(every, here, said, homes).followed, len(broken))


def broken_in(
    every: Iterable[Verdict], said: Constraints, homes: Mapping[int, int], faces: Iterable[int]
) -> list[Verdict]:
    """Return the verdicts that do not hold, but for what is set aside as newer ones say the opposite.

    A verdict binds what every clustering is held to: faces that it puts together are in one cluster, no cluster has faces
    of both sides of what it keeps apart, faces confirmed beside several others are where most of these are (where as
    many are in several clusters, in any of these), and what is ignored is in none.

    Parameters
    ----------
    every, said
        The verdicts as they are about the faces at hand, and what follows of them together.
    homes
        The cluster of each face that is in one.
    faces
        All faces that were clustered, those that are unclustered too.
    """
    here = set(faces) - said.ignored
    found: set[int] = set()
    for verdict, together in said.united:
        mine = [face for face in together if face in here]
        if len(mine) > 1 and not _in_one(homes, mine):
            found.add(verdict.id)
    for apart in said.apart:
        if _in_clusters(homes, apart.faces) & _in_clusters(homes, apart.others):
            found.add(apart.verdict.id)
    for verdict, subjects, others in said.joined:
        mine = [face for face in subjects if face in here]
        beside = [face for face in others if face in here and face not in subjects]
        if mine and beside and not _with_most(homes, mine, beside):
            found.add(verdict.id)
    every = list(every)
    for one in every:
        if one.said is Said.IGNORED and any(face in homes for face in one.faces if face in said.ignored):
            found.add(one.id)
    return [one for one in every if one.id in found]


def not_with_all(said: Constraints, homes: Mapping[int, int], faces: Iterable[int]) -> set[int]:
    """Return the numbers of the verdicts whose faces are not with all of the several others they were confirmed beside."""
    here = set(faces) - said.ignored
    out = set()
    for verdict, subjects, others in said.joined:
        mine, beside = ([face for face in side if face in here] for side in (subjects, others))
        if mine and beside and not _in_one(homes, [*mine, *beside]):
            out.add(verdict.id)
    return out


def _in_clusters(homes: Mapping[int, int], faces: Iterable[int]) -> set[int]:
    return {homes[face] for face in faces if face in homes}


def _in_one(homes: Mapping[int, int], faces: list[int]) -> bool:
    return len({homes.get(face) for face in faces}) == 1 and faces[0] in homes


def _with_most(homes: Mapping[int, int], mine: list[int], beside: list[int]) -> bool:
    """Whether faces are in a cluster that as many of some others are in as in any; each that is unclustered stands alone."""
    if not _in_one(homes, mine):
        return False
    counts = Counter(homes[face] for face in beside if face in homes)
    return counts[homes[mine[0]]] == max(counts.values(), default=1)
