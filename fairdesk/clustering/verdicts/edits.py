"""Giving verdicts: each is one undoable step that keeps what was said, and corrects the version at hand by it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from fairdesk.clustering.store import (
    UNCLUSTERED,
    Cluster,
    clusters,
    faces_of,
    homes_of,
    join_clusters,
    new_cluster,
    newest_version,
    place_faces,
    put_out,
    version_of,
)
from fairdesk.clustering.verdicts.changed import Moves
from fairdesk.clustering.verdicts.otherwise import otherwise_lines, standing_lines
from fairdesk.clustering.verdicts.results import TakenOut, VerdictResult, faces_named
from fairdesk.clustering.verdicts.saying import say, taken_out
from fairdesk.errors import RequestError
from fairdesk.project import Project
from fairdesk.project.faces import hidden_among, images_of_faces
from fairdesk.project.verdict_constraints import constraints
from fairdesk.project.verdicts import Said, Verdict, last_verdict, this_person, verdicts
from fairdesk.words import tr, tr_n

Kept = tuple[int, Sequence[Verdict]]  # the number of a verdict, and those that it changed, as they were


def _target(cluster: Cluster | None = None) -> dict[str, Any]:
    return {"tab": "clustering"} | ({"cluster": cluster.id} if cluster is not None else {})


def _result(
    project: Project, said: Said, before: int, about: Sequence[int], moves: Moves, kept: Kept,
    named: Sequence[int] = (), beside: Sequence[int] = (),
) -> VerdictResult:  # fmt: skip
    """Say what was kept, about whom, and what it changed; contradictions are those that the new verdicts are part of.

    `about` are all faces that it is of; those that were `named` one by one, and those `beside` them, are said by number.
    """
    every = verdicts(project)
    new = [v.id for v in every if v.id > before]
    follows = constraints(every)
    told = [
        one.text() for one in follows.contradictions if one.verdict.id in new or any(v.id in new for v in one.against)
    ]
    faces = set(about)
    hidden = hidden_among(project, faces)
    gone, parts = taken_out(kept[1], every)
    return VerdictResult(
        verdicts=new,
        said=said.value,
        moved=moves.count(),
        version=moves.version,
        clusters=moves.clusters(),
        unchanged=kept[0] if project.journal.made is None else None,
        named=list(named),
        beside=list(beside),
        faces=len(faces),
        hidden=len(hidden) or None,
        ignored=len(faces & follows.ignored) or None if said is not Said.IGNORED else None,
        replaced=gone,
        taken_out=[TakenOut(verdict=number, faces=some) for number, some in parts.items()],
        contradictions=told,
        otherwise=otherwise_lines(every, new),
        standing=[line for v in every if v.id in new and v.said is Said.UNSURE for line in standing_lines(v, every)],
    )


def whose(project: Project, faces: Sequence[int], version: int | None) -> str:
    """Say which faces are meant, and of which cluster of a version, where they are in one."""
    some = faces_named(faces)
    homes = {} if version is None else homes_of(project, version, faces, hidden=True)
    found = clusters(project, version, list(set(homes.values()))) if version is not None and homes else []
    if len(found) != 1 or len(homes) < len(faces) or found[0].label == UNCLUSTERED:
        return some
    return tr("{faces} of {cluster}", faces=some, cluster=found[0].told)


def _known(project: Project, faces: Sequence[int]) -> list[int]:
    """Return the faces without repetitions. Raises `RequestError` if one does not exist."""
    wanted = list(dict.fromkeys(faces))
    there = images_of_faces(project, wanted)
    for face in wanted:
        if face not in there:
            raise RequestError(
                tr(
                    "The project has no face {face}. `fairdesk suggestions PROJECT --json` names faces by number.",
                    face=face,
                )
            )
    if not wanted:
        raise RequestError(tr("Say which faces are meant."))
    return wanted


def _two(a: Cluster, b: Cluster) -> None:
    if a.id == b.id:
        raise RequestError(tr("{cluster} is one cluster. Name two.", cluster=a.told))
    for one in (a, b):
        if one.label == UNCLUSTERED:
            raise RequestError(
                tr("The unclustered faces are not one person. Name two clusters, or use --confirm for single faces.")
            )


def say_same(project: Project, a: Cluster, b: Cluster) -> VerdictResult:
    """Two clusters are one person: they are merged into the named one, else the larger."""
    _two(a, b)
    before = last_verdict(project)
    keep, other = sorted((a, b), key=lambda c: (c.name is None and c.identity is None, -c.faces, c.label))
    about = [*faces_of(project, a.id), *faces_of(project, b.id)]
    text = tr("{a} and {b} are one person", a=keep.told, b=other.told)
    moves = Moves(project, version_of(project, keep.id), about, (a, b))
    with project.journal.step(text, target=_target(keep)) as connection:
        kept = 0, join_clusters(project, connection, keep.id, [other.id])[1]
    return _result(project, Said.SAME, before, about, moves, kept)


def broken_by_merge(project: Project, version: int, keep: int, others: Sequence[int]) -> list[Verdict]:
    """Return the verdicts that merging clusters of a version into one would contradict; nothing is changed."""
    loose = {one.id for one in clusters(project, version) if one.label == UNCLUSTERED}
    mine = tuple(faces_of(project, keep))
    said = verdicts(project)
    new = [(Said.CONFIRMED, faces_of(project, one), mine) for one in others if one in loose]
    theirs = [face for one in others if one not in loose for face in faces_of(project, one)]
    if theirs:
        new.append((Said.SAME, list(mine), tuple(theirs)))
    first = last_verdict(project) + 1
    said += [
        Verdict(number, "", kind, tuple(faces), against, this_person(), time.time())
        for number, (kind, faces, against) in enumerate(new, first)
    ]
    return [
        one.verdict
        for one in constraints(said).contradictions
        if one.verdict.id < first and any(v.id >= first for v in one.against)
    ]


def say_different(project: Project, a: Cluster, b: Cluster) -> VerdictResult:
    """Two clusters are two people: they stay as they are, and no later clustering joins them."""
    _two(a, b)
    before = last_verdict(project)
    text = tr("{a} and {b} are different people", a=a.told, b=b.told)
    sides = faces_of(project, a.id), faces_of(project, b.id)
    moves = Moves(project, version_of(project, a.id), [], (a, b))
    with project.journal.step(text, target=_target(a)) as connection:
        kept = say(project, connection, Said.DIFFERENT, *sides)
    return _result(project, Said.DIFFERENT, before, [*sides[0], *sides[1]], moves, kept)


def confirm(project: Project, version: int, faces: Sequence[int], cluster: Cluster) -> VerdictResult:
    """Faces are the person of a cluster: those that are elsewhere are moved there."""
    wanted = _known(project, faces)
    if cluster.label == UNCLUSTERED:
        raise RequestError(tr("The unclustered faces are not one person: a face cannot be confirmed there."))
    before = last_verdict(project)
    text = tr_n(
        "Confirm {n:,} face of {cluster}", "Confirm {n:,} faces of {cluster}", len(wanted), cluster=cluster.told
    )
    moves = Moves(project, version, wanted, (cluster,))
    with project.journal.step(text, target=_target(cluster)) as connection:
        place_faces(project, connection, version, wanted, cluster.id)
        others = set(faces_of(project, cluster.id)) - set(wanted)
        kept = say(project, connection, Said.CONFIRMED, wanted, others)
    return _result(project, Said.CONFIRMED, before, wanted, moves, kept, wanted)


def reject(project: Project, version: int, faces: Sequence[int], cluster: Cluster) -> VerdictResult:
    """Faces are not the person of a cluster: those that are in it become unclustered."""
    wanted = _known(project, faces)
    if cluster.label == UNCLUSTERED:
        raise RequestError(
            tr("The unclustered faces are not one person: there is nothing a face could be said not to be.")
        )
    before = last_verdict(project)
    text = tr_n("{n:,} face is not {cluster}", "{n:,} faces are not {cluster}", len(wanted), cluster=cluster.told)
    moves = Moves(project, version, wanted, (cluster,))
    with project.journal.step(text, target=_target(cluster)) as connection:
        rest = set(faces_of(project, cluster.id)) - set(wanted)
        if not rest:
            raise RequestError(
                tr("These are all faces of {cluster}: nobody is left that they are not.", cluster=cluster.told)
            )
        kept = say(project, connection, Said.NOT, wanted, rest)
        home_of = homes_of(project, version, wanted, hidden=True)
        put_out(project, connection, version, [face for face in wanted if home_of.get(face) == cluster.id])
    return _result(project, Said.NOT, before, wanted, moves, kept, wanted)


def _apart(faces: Sequence[int], others: Sequence[int]) -> None:
    both = set(faces) & set(others)
    if both:
        raise RequestError(tr("Face {face} is named on both sides. Name each face once.", face=min(both)))


def one_person(project: Project, version: int, faces: Sequence[int], others: Sequence[int]) -> VerdictResult:
    """Faces are the person of other faces, whether these are in a cluster or not: one face is confirmed, several are the same person.

    All come together in the cluster that most of the others are in, else in that of most of the faces; where all are
    unclustered, in a new one. Faces of the others that are in a cluster stay there.
    """
    wanted, beside = _known(project, faces), _known(project, others)
    _apart(wanted, beside)
    before, home_of = last_verdict(project), homes_of(project, version, [*wanted, *beside], hidden=True)
    moves = Moves(project, version, [*wanted, *beside])
    loose = {one.id for one in clusters(project, version) if one.label == UNCLUSTERED}
    homes = [
        [home for face in side if (home := home_of.get(face, UNCLUSTERED)) >= 0 and home not in loose]
        for side in (beside, wanted)
    ]
    found = next((Counter(side).most_common(1)[0][0] for side in homes if side), None)
    some, rest = whose(project, wanted, version), whose(project, beside, version)
    text = tr("Confirm {faces} beside {others}", faces=some, others=rest)
    said = Said.CONFIRMED if len(wanted) == 1 else Said.SAME
    with project.journal.step(text, target=_target()) as connection:
        cluster = new_cluster(connection, version) if found is None else found
        alone = [face for face in beside if home_of.get(face) is None or home_of[face] in loose]
        place_faces(project, connection, version, [*wanted, *alone], cluster)
        kept = say(project, connection, said, wanted, beside)
    return _result(project, said, before, [*wanted, *beside], moves, kept, wanted, beside)


def two_people(project: Project, version: int, faces: Sequence[int], others: Sequence[int]) -> VerdictResult:
    """Faces are not the person of other faces: one face, or several that are one other person.

    Of those that share a cluster with one of the others, one becomes unclustered, and several a cluster of their own.
    """
    wanted, beside = _known(project, faces), _known(project, others)
    _apart(wanted, beside)
    before, home_of = last_verdict(project), homes_of(project, version, [*wanted, *beside], hidden=True)
    moves = Moves(project, version, [*wanted, *beside])
    homes = {home_of.get(face) for face in beside} - {None}
    leaving = [face for face in wanted if home_of.get(face) in homes]
    loose = {one.id for one in clusters(project, version) if one.label == UNCLUSTERED}
    some, rest = whose(project, wanted, version), whose(project, beside, version)
    text = tr("Somebody else: {faces}, beside {others}", faces=some, others=rest)
    said = Said.NOT if len(wanted) == 1 else Said.DIFFERENT
    with project.journal.step(text, target=_target()) as connection:
        kept = say(project, connection, said, wanted, beside)
        if len(leaving) > 1 and not {home_of[face] for face in leaving} <= loose:
            place_faces(project, connection, version, leaving, new_cluster(connection, version))
        else:
            put_out(project, connection, version, leaving)
    return _result(project, said, before, [*wanted, *beside], moves, kept, wanted, beside)


def not_sure(project: Project, faces: Sequence[int], others: Sequence[int]) -> VerdictResult:
    """A person looked and could not tell: kept, so that it is not asked again; binds no clustering."""
    wanted, beside = _known(project, faces), _known(project, others)
    _apart(wanted, beside)
    before = last_verdict(project)
    moves = Moves(project, None, [])
    newest = newest_version(project)
    some, rest = whose(project, wanted, newest), whose(project, beside, newest)
    with project.journal.step(
        tr("Not sure: {faces} and {others}", faces=some, others=rest), target=_target()
    ) as connection:
        kept = say(project, connection, Said.UNSURE, wanted, beside)
    return _result(project, Said.UNSURE, before, [*wanted, *beside], moves, kept, wanted, beside)


def ignore(project: Project, version: int | None, faces: Sequence[int]) -> VerdictResult:
    """Faces are of no interest: they become unclustered, and later clusterings leave them out."""
    wanted = _known(project, faces)
    before = last_verdict(project)
    text = tr_n("Ignore {n:,} face", "Ignore {n:,} faces", len(wanted))
    moves = Moves(project, version, wanted)
    with project.journal.step(text, target=_target()) as connection:
        kept = say(project, connection, Said.IGNORED, wanted)
        if version is not None:
            put_out(project, connection, version, wanted)
    return _result(project, Said.IGNORED, before, wanted, moves, kept, wanted)
