"""What later words of a person take from their earlier ones, so that files come to the same in whatever order they are read.

A verdict that gave way no longer counts, but what it said is remembered: an older one that is read afterwards gives way
to it all the same, as it would have done had it been read first. Of two versions of one verdict of the same time, the one
from which faces were taken out is the later: what stands is what all versions have, less what later words take; what is
weighed is what any of them had. Both only ever shrink or grow, so that the end is the same in every order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import apsw

from fairdesk.project import Project
from fairdesk.project.verdicts import (
    OF_FACES,
    Said,
    Verdict,
    forget_given,
    give_again,
    keep_verdict,
    outweigh,
    outweighed,
    outweighed_verdicts,
    remember_given,
    take_back,
    verdicts,
)


@dataclass
class Weighed:
    """What comes of a file's verdicts, and of those that are there."""

    standing: list[Verdict] = field(default_factory=list)  # of the file: what is left of them, the oldest first
    given: list[Verdict] = field(default_factory=list)  # of the file: as they were given, where less or nothing is left
    taken: list[tuple[Verdict, set[int]]] = field(default_factory=list)  # of the project, and the faces they lose
    unsure: int = 0  # "not sure" that gave way
    withdrawn: int = 0  # others that gave way, some for some faces alone
    shorter: int = 0  # that lose faces, as these were taken out of them elsewhere
    known: int = 0  # of `standing` those that the project has, with an earlier time
    lost: dict[str, set[int]] = field(default_factory=dict)  # by id: what later words take
    changes: bool = False

    def __bool__(self) -> bool:
        return self.changes

    @property
    def added(self) -> int:
        """How many verdicts the project has more."""
        return len(self.standing) - self.known


class Book:
    """A project's verdicts as they stand, and as they were given."""

    def __init__(self, project: Project) -> None:
        self._standing = {one.uuid: one for one in verdicts(project)}
        self._given = outweighed_verdicts(project)

    def differs(self, one: Verdict) -> bool:
        """Return whether the verdict of the same id is here and says something else, as far as its faces are known here.

        What it was given as, what is left of it, and all between is the same verdict.
        """
        whole = self._as_given(one.uuid)
        if whole is None:
            return False
        if (whole.said, whole.who) != (one.said, one.who):
            return True
        left = self._standing.get(one.uuid)
        mine, all_of_it = (set(one.faces), set(one.others)), (set(whole.faces), set(whole.others))
        rest = (set(left.faces), set(left.others)) if left else (set[int](), set[int]())
        return not all(a <= b <= c for a, b, c in zip(rest, mine, all_of_it, strict=True))

    def within(self, one: Verdict) -> bool:
        """Return whether the verdict of the same id here says the same, of some of these faces."""
        whole = self._as_given(one.uuid)
        return (
            whole is not None
            and (whole.said, whole.who) == (one.said, one.who)
            and set(whole.faces) <= set(one.faces)
            and set(whole.others) <= set(one.others)
        )

    def version(self, one: Verdict) -> bool:
        """Return whether the verdict of the same id here is about more faces, or fewer, or partly others, and else the same."""
        whole = self._as_given(one.uuid)
        if whole is None or one.said not in OF_FACES or (whole.said, whole.who) != (one.said, one.who):
            return False
        left = self._standing.get(one.uuid)
        within = set(one.faces) <= set(whole.faces) or set(whole.faces) <= set(one.faces)
        alike = within if left is None else not set(left.faces).isdisjoint(one.faces)
        return alike and set(whole.others) == set(one.others)

    def _as_given(self, key: str) -> Verdict | None:
        return self._given.get(key) or self._standing.get(key)

    def given_at(self, key: str) -> float | None:
        """Return when the verdict of an id was given; None where it is not here."""
        one = self._standing.get(key) or self._given.get(key)
        return None if one is None else one.created

    def unexplained(self, larger: Sequence[Verdict], weighed: Weighed) -> set[str]:
        """Return which verdicts that came with more faces than are here have lost those to no later word."""
        left = {one.uuid: (one.faces, one.others) for one in weighed.standing}
        here = {key: (one.faces, one.others) for key, one in self._standing.items()}
        odd = {one.uuid for one in larger if left.get(one.uuid) != here.get(one.uuid)}
        for one in larger:
            if one.uuid in here and set(one.faces) - weighed.lost.get(one.uuid, set()) - {*here[one.uuid][0]}:
                odd.add(one.uuid)
        return odd

    def knows(self, one: Verdict) -> bool:
        """Return whether the verdict of the same id stands, and was not given again since."""
        return one.uuid in self._standing and one.created <= self._standing[one.uuid].created

    def weigh(self, coming: Sequence[Verdict]) -> Weighed:
        """Work out what is left of verdicts that come, and of those that are here."""
        new = {one.uuid: self._whole(one) for one in coming}
        whole = {**self._standing, **self._given, **new}
        cut = {one.uuid: gone for one in coming if (gone := self._cut(one, new[one.uuid]))}
        lost = _lost(
            whole, {key: self._cut(one, whole[key]) for key, one in self._standing.items() if key not in new} | cut
        )
        out = Weighed(lost=lost)
        for one in sorted(new.values(), key=lambda one: (one.created, one.uuid)):
            words, gone = lost.get(one.uuid, set()), lost.get(one.uuid, set()) | cut.get(one.uuid, set())
            left, before = _without(one, gone), self._standing.get(one.uuid)
            if left is not None:
                left = left if before is None else replace(left, answered=_longer(left, before))
                out.standing.append(left)
                out.known += before is not None
            if gone:
                out.given.append(one)
            if words:
                self._count(out, one)
            elif before is not None and left is not None and set(left.faces) < set(before.faces):
                out.shorter += 1
            out.changes |= bool(gone) and self._given.get(one.uuid) != one
            out.changes |= left is not None and (before is None or replace(before, id=0) != left)
        for key, verdict in self._standing.items():
            gone = lost.get(key, set()).intersection({*verdict.faces, *verdict.others}) if key not in new else set()
            if gone:
                out.taken.append((verdict, gone))
                self._count(out, verdict)
                out.changes = True
        return out

    def _cut(self, one: Verdict, whole: Verdict) -> set[int]:
        """Return which faces of a verdict as it was given were taken out of it here, or are not in what comes."""
        known = self.given_at(one.uuid)
        if known is None or known < one.created or one.said not in OF_FACES:
            return set()
        here = self._standing.get(
            one.uuid
        )  # None: nothing is left of it, and what is read later does not bring it back
        return {*whole.faces} - ({*here.faces} & {*one.faces} if here else set())

    def _whole(self, one: Verdict) -> Verdict:
        """Return a verdict as it was given, where that is remembered."""
        given = self._as_given(one.uuid)
        if given is None or given.created < one.created:
            return one
        return replace(
            given, faces=tuple(sorted({*given.faces, *one.faces})), others=tuple(sorted({*given.others, *one.others})),
            answered=_longer(one, given),
        )  # fmt: skip

    def _count(self, out: Weighed, verdict: Verdict) -> None:
        out.unsure += verdict.said is Said.UNSURE
        out.withdrawn += verdict.said is not Said.UNSURE

    def write(self, connection: apsw.Connection, weighed: Weighed) -> None:
        """Within a journal step: keep what comes of it."""
        for verdict, faces in weighed.taken:
            outweigh(connection, verdict, faces)
        left = {one.uuid for one in weighed.standing}
        forget_given(connection, {one.uuid for one in (*weighed.standing, *weighed.given)})
        for one in weighed.given:
            remember_given(connection, one)
            if one.uuid in self._standing and one.uuid not in left:
                take_back(connection, self._standing[one.uuid], one.faces)
        for one in weighed.standing:
            if one.uuid in self._standing:
                give_again(connection, replace(one, id=self._standing[one.uuid].id))
            else:
                keep_verdict(
                    connection, one.said, one.faces, one.others, one.who, created=one.created, key=one.uuid,
                    answered=one.answered,
                )  # fmt: skip


def _longer(one: Verdict, other: Verdict) -> str:
    """Return how the question of two versions of a verdict was answered: what tells more."""
    return max(one.answered, other.answered, key=lambda letters: (len(letters), letters))


def _lost(whole: Mapping[str, Verdict], cut: Mapping[str, set[int]]) -> dict[str, set[int]]:
    """Return by id which faces later words of the same person take from verdicts, as these were given and as they are left."""
    lost: dict[str, set[int]] = {}
    gone = {key: set(faces) for key, faces in cut.items()}
    some: Sequence[Verdict] = list(whole.values())
    rounds = before = 0
    while rounds < 2 or sum(map(len, lost.values())) > before:  # as they were given, then as they are left
        rounds, before = rounds + 1, sum(map(len, lost.values()))
        of: dict[str, list[Verdict]] = {}
        for verdict in sorted(some, key=lambda one: (one.created, one.said is not Said.UNSURE, one.uuid)):
            of.setdefault(verdict.who, []).append(verdict)
        for theirs in of.values():
            for verdict, faces in outweighed(theirs):
                lost.setdefault(verdict.uuid, set()).update(faces)
                gone.setdefault(verdict.uuid, set()).update(faces)
        unsure = [one for one in whole.values() if one.said is Said.UNSURE]  # they weigh even where they gave way
        rest = (_without(one, gone.get(key, set())) for key, one in whole.items() if one.said is not Said.UNSURE)
        some = [*unsure, *(one for one in rest if one is not None)]
    return lost


def _without(one: Verdict, gone: set[int]) -> Verdict | None:
    """Return what is left of a verdict without some faces; None where it says nothing any more."""
    first, second = (tuple(face for face in side if face not in gone) for side in (one.faces, one.others))
    return replace(one, faces=first, others=second) if first and (second or one.said in OF_FACES) else None
