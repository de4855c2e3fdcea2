"""Naming a cluster: which identity a name means, and what joining it would change, told before it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from fairdesk.clustering.results import NamedResult, in_group
from fairdesk.clustering.store import faces_of, is_loose, named_cluster
from fairdesk.errors import RequestError
from fairdesk.project import Project
from fairdesk.project.faces import (
    commonest_group,
    give_identity,
    group_counts_of_faces,
    identities_of_faces,
    images_of_faces,
)
from fairdesk.project.group_changes import Tie, likely_group, tie
from fairdesk.project.identities import (
    NamedImages,
    find_identity,
    groups_alike,
    identity_names,
    images_beside,
    label_ids,
    names_alike,
    namesakes,
    typed_group,
    typed_name,
)
from fairdesk.words import tr, tr_n

NEARLY = 3  # people of nearly the same name who are told
Known = Mapping[str, Mapping[str | None, int]]
"""People by name: the groups that have one (None is "no group"), with the images of each."""


@dataclass(frozen=True)
class Naming:
    """What giving a name to a cluster would do."""

    cluster: int
    name: str
    group: str | None
    faces: int
    joins: int  # images that have the name in that group already, and are none of the cluster's
    own: bool  # most of the cluster's faces are called that already
    leaving: dict[str, int]  # faces that change their group, by the group that they leave
    usual: str | None  # the group that most of the faces have
    alike: tuple[NamedImages, ...] = ()  # of a new identity: those whose names differ in case or blanks alone
    namesakes: tuple[NamedImages, ...] = ()  # of a new identity: those of this name in other groups
    like_group: tuple[str, ...] = ()  # of a new group: those that differ from it in case or blanks alone
    tied: Tie | None = None  # groups that as many of the faces have, more than any other
    usual_known: bool = False  # somebody of that name is in the usual group
    renamed: dict[str, int] = field(default_factory=dict)  # faces that are of somebody of another name, by that name

    def question(self, *, joins: bool = True, changes: bool = True, renames: bool = True) -> str | None:
        """Return what to ask a person first; None where nobody is joined or renamed and no group changes, or that was answered."""
        said = []
        if joins and self.joins and not self.own:
            said.append(
                tr_n(
                    "Join the {n:,} image of {name} in {group}?",
                    "Join the {n:,} images of {name} in {group}?",
                    self.joins,
                    name=self.name,
                    group=self.group or tr("no group"),
                )
            )
        if renames and list(self.renamed.values()) != [self.faces]:  # of one person alone: that name was shown
            said += filter(None, [self.renames()])
        if changes and self.leaving:
            said.append(self.changes())
        return "\n".join(said) or None

    def renames(self) -> str:
        """Say whose faces get the name; empty where they are nobody else's."""
        most = most_first(self.renamed)
        said = [
            tr_n(
                "{n:,} of these {of:,} faces is of {person}; it would become {name}'s.",
                "{n:,} of these {of:,} faces are of {person}; they would become {name}'s.",
                count,
                of=self.faces,
                person=person,
                name=self.name,
            )
            for person, count in most[:NEARLY]
        ]
        if rest := sum(count for _, count in most[NEARLY:]):
            said.append(tr_n("{n:,} more is of others.", "{n:,} more are of others.", rest))
        if said:
            said.append(tr("To leave them as they are, cancel, and first take them out of the cluster."))
        return " ".join(said)

    def changes(self) -> str:
        """Say which groups change; empty where none does."""
        return " ".join(
            tr_n(
                "{n:,} face changes its group from {old} to {new}.",
                "{n:,} faces change their group from {old} to {new}.",
                count,
                old=old,
                new=self.group or tr("no group"),
            )
            for old, count in most_first(self.leaving)
        )


def most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return names with their counts, the largest first."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def meant(name: str, group: str | None, known: Known, usual: str | None, alike: Sequence[str] = ()) -> str:
    """Say whom a name means, beside the people who are known.

    Parameters
    ----------
    group
        The group that was chosen: "" for none; None: nobody chose one, and it is as `likely_group` says.
    usual
        The group that most of the faces have.
    alike
        Names of people who are known that differ from the name in case or blanks alone.
    """
    of = known.get(name, {})
    chosen = (group or None) if group is not None else next(iter(of)) if len(of) == 1 and usual is None else usual
    here = chosen or tr("no group")
    there = ", ".join(sorted(f"{one or tr('no group')} ({images:,})" for one, images in of.items() if one != chosen))
    if chosen in of:
        said = tr_n(
            "{name} in {group}, who has {n:,} image.",
            "{name} in {group}, who has {n:,} images.",
            of[chosen],
            name=name,
            group=here,
        )
        more = tr("There are others of that name in: {groups}; set the group to mean one of them.", groups=there)
        return f"{said} {more}" if there else said
    said = tr("A new person in {group}.", group=here)
    for one in alike:
        if chosen in known.get(one, {}):
            said += " " + tr(
                "{name} in {group} differs in case, accents or blanks alone: you will be asked whether this is the same person.",
                name=one,
                group=here,
            )
    nearly = [(one, group, images) for one in alike for group, images in known.get(one, {}).items() if group != chosen]
    if nearly:
        named = [f"{one}, {group or tr('no group')} ({images:,})" for one, group, images in nearly]
        said += " " + tr(
            "In another group somebody's name differs in case, accents or blanks alone: {people}. You will be asked who is meant.",
            people="; ".join(sorted(named)[:NEARLY]) + ("; …" if len(named) > NEARLY else ""),
        )
    if not there:
        return said
    return (
        said
        + " "
        + tr("A person named {name} exists in: {groups}; set the group to mean that one.", name=name, groups=there)
    )


def foresee(project: Project, cluster: int, name: str, group: str | None = None) -> Naming:
    """Return what giving a name to a cluster would do.

    Without a group `likely_group` chooses it; an empty one means no group.

    Raises
    ------
    RequestError
        If the name is empty, or the group is the word for none.
    """
    name = typed_name(name)
    if not name:
        raise RequestError(tr("An identity needs a name."))
    faces = faces_of(project, cluster)
    usual = commonest_group(project, faces)
    chosen = (typed_group(project, group) or None) if group is not None else likely_group(project, faces, name)
    identity = find_identity(project, name, chosen)
    joins = 0 if identity is None else images_beside(project, identity, faces)
    own = identity is not None and _commonest(project, faces) == identity
    leaving = {g: n for g, n in group_counts_of_faces(project, faces).items() if g is not None and g != chosen}
    alike = () if identity is not None else tuple(names_alike(project, name, faces))
    same = () if identity is not None else tuple(namesakes(project, name, faces))
    images = sorted(set(images_of_faces(project, faces).values())) if chosen is not None and group is not None else []
    like = tuple(groups_alike(project, chosen, images)) if images and chosen is not None else ()
    tied = tie(project, faces, name)
    there = find_identity(project, name, usual) is not None
    renamed = _of_others(project, faces, name)
    return Naming(
        cluster, name, chosen, len(faces), joins, own, leaving, usual, alike, same, like, tied, there, renamed
    )


def _of_others(project: Project, faces: Sequence[int], name: str) -> dict[str, int]:
    """Return how many of some faces are of people of another name, by that name."""
    known = identities_of_faces(project, np.array(faces, dtype=np.int64))
    people = Counter(known[known >= 0].tolist())
    called = identity_names(project, list(people))
    found: Counter[str] = Counter()
    for identity, count in people.items():
        found[called[identity]] += count
    return {one: count for one, count in found.items() if one != name}


def _commonest(project: Project, faces: Sequence[int]) -> int | None:
    """Return the identity that more than half of some faces have, or None."""
    known = identities_of_faces(project, np.array(faces, dtype=np.int64))
    most = Counter(known[known >= 0].tolist()).most_common(1)
    return int(most[0][0]) if most and 2 * most[0][1] > len(faces) else None


def suggested_name(project: Project, cluster: int) -> str:
    """Return the name that most of a cluster's named faces have; empty where none has one."""
    known = identities_of_faces(project, np.array(faces_of(project, cluster), dtype=np.int64))
    most = Counter(known[known >= 0].tolist()).most_common(1)
    return identity_names(project, [int(most[0][0])])[int(most[0][0])] if most else ""


def name_cluster(project: Project, wanted: Naming) -> NamedResult:
    """Do what was foreseen: one undoable step.

    Raises
    ------
    RequestError
        If what it would do has changed since a person was asked.
    """
    if foresee(project, wanted.cluster, wanted.name, wanted.group or "") != wanted:
        raise RequestError(tr("The project has changed since you were asked. Name the cluster again."))
    done = name_identity(project, wanted.cluster, wanted.name, wanted.group or "")
    return done.model_copy(
        update={
            "joined": 0 if wanted.own else wanted.joins,
            "regrouped": sum(wanted.leaving.values()),
            "regrouped_from": dict(most_first(wanted.leaving)) or None,
            "renamed": dict(most_first(wanted.renamed)) or None,
            "tied": list(wanted.tied.groups)
            if wanted.tied is not None and wanted.group in wanted.tied.groups
            else None,
            "alike": [
                *(
                    tr(
                        "{name} ({here}) is a new person beside {name} ({there}), who has the same name. "
                        "If they are one, give the cluster that group too.",
                        name=done.identity,
                        here=in_group(done.group),
                        there=in_group(one.group),
                    )
                    for one in wanted.namesakes
                ),
                *(
                    tr(
                        "{name} is a new person beside {other} ({there}), whose name differs in case, accents or blanks alone. "
                        "If they are one, name the cluster {other} in that group.",
                        name=done.identity,
                        other=one.name,
                        there=in_group(one.group),
                    )
                    for one in wanted.alike
                ),
                *(
                    tr(
                        "{group} is a new group beside {other}, which differs in case, accents or blanks alone. "
                        "If they are one, give the cluster the group {other}.",
                        group=done.group,
                        other=one,
                    )
                    for one in wanted.like_group
                ),
            ],
        }
    )


def name_identity(project: Project, cluster: int, name: str, group: str | None = None) -> NamedResult:
    """Turn a cluster into an identity: all its faces get the name, as said by a person.

    Without a group `likely_group` chooses it; an empty one means no group. What that joins and changes is told before
    by `naming`.

    Raises
    ------
    RequestError
        If the name is empty, the group is the word for none, or the cluster is the unclustered faces.
    """
    name = typed_name(name)
    if not name:
        raise RequestError(tr("An identity needs a name."))
    target = {"tab": "clustering", "cluster": cluster}
    with project.journal.step(tr("Make a cluster the identity {name}", name=name), target=target) as connection:
        if is_loose(connection, cluster):
            raise RequestError(
                tr("Unclustered faces are not one identity. First split off the faces that belong together.")
            )
        members = faces_of(project, cluster)
        chosen = likely_group(project, members, name) if group is None else typed_group(project, group) or None
        identity, _ = label_ids(connection, name, chosen)
        faces = give_identity(project, members, identity)
        label = named_cluster(connection, cluster, identity)
    same = project.journal.made is None
    return NamedResult(
        identity=name, group=chosen, faces=faces, cluster=label, cluster_id=cluster, unchanged=same or None
    )
