"""What later words of a person take from their earlier ones, so that files come to the same in whatever order they are read.

A verdict that gave way no longer counts, but what it said is remembered: an older one that is read afterwards gives way
to it all the same, as it would have done had it been read first.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    known: int = 0  # of `standing` those that the project has, with an earlier time
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
        return {one.uuid for one in larger if left.get(one.uuid) != here.get(one.uuid)}

    def knows(self, one: Verdict) -> bool:
        """Return whether the verdict of the same id stands, and was not given again since."""
        return one.uuid in self._standing and one.created <= self._standing[one.uuid].created

    def weigh(self, coming: Sequence[Verdict]) -> Weighed:
        """Work out what is left of verdicts that come, and of those that are here."""
        new = {one.uuid: self._whole(one) for one in coming}
        whole = {**self._standing, **self._given, **new}
        of: dict[str, list[Verdict]] = {}
        for verdict in sorted(whole.values(), key=lambda one: (one.created, one.said is not Said.UNSURE, one.uuid)):
            of.setdefault(verdict.who, []).append(verdict)
        lost: dict[str, set[int]] = {}
        for theirs in of.values():
            for verdict, faces in outweighed(theirs):
                lost.setdefault(verdict.uuid, set()).update(faces)
        out = Weighed()
        for one in sorted(new.values(), key=lambda one: (one.created, one.uuid)):
            gone = lost.get(one.uuid, set())
            left = _without(one, gone)
            if left is not None:
                out.standing.append(left)
                out.known += one.uuid in self._standing
            if gone:
                out.given.append(one)
                self._count(out, one)
            before = self._standing.get(one.uuid)
            out.changes |= bool(gone) and self._given.get(one.uuid) != one
            out.changes |= left is not None and (before is None or replace(before, id=0) != left)
        for key, verdict in self._standing.items():
            gone = lost.get(key, set()).intersection({*verdict.faces, *verdict.others}) if key not in new else set()
            if gone:
                out.taken.append((verdict, gone))
                self._count(out, verdict)
                out.changes = True
        return out

    def _whole(self, one: Verdict) -> Verdict:
        """Return a verdict as it was given, where that is remembered."""
        given = self._given.get(one.uuid)
        if given is None or given.created < one.created:
            return one
        return replace(
            given, faces=tuple(sorted({*given.faces, *one.faces})), others=tuple(sorted({*given.others, *one.others}))
        )

    def _count(self, out: Weighed, verdict: Verdict) -> None:
        out.unsure += verdict.said is Said.UNSURE
        out.withdrawn += verdict.said is not Said.UNSURE

    def write(self, connection: apsw.Connection, weighed: Weighed) -> None:
        """Within a journal step: keep what comes of it."""
        for verdict, faces in weighed.taken:
            outweigh(connection, verdict, faces)
        forget_given(connection, {one.uuid for one in (*weighed.standing, *weighed.given)})
        for one in weighed.given:
            remember_given(connection, one)
            if one.uuid in self._standing:
                take_back(connection, self._standing[one.uuid], one.faces)
        for one in weighed.standing:
            if one.uuid in self._standing:
                give_again(connection, replace(one, id=self._standing[one.uuid].id))
            else:
                keep_verdict(connection, one.said, one.faces, one.others, one.who, created=one.created, key=one.uuid)


def _without(one: Verdict, gone: set[int]) -> Verdict | None:
    """Return what is left of a verdict without some faces; None where it says nothing any more."""
    first, second = (tuple(face for face in side if face not in gone) for side in (one.faces, one.others))
    return replace(one, faces=first, others=second) if first and (second or one.said in OF_FACES) else None
