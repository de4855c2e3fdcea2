"""What follows of all verdicts together: which faces belong together, which are kept apart, and what contradicts what.

Newer verdicts outweigh older ones, and what is set aside is always reported. One thing is no contradiction: a face that
was judged by itself later than its whole cluster was leaves what was said of the cluster, while others of it are left:
a side whose every face was judged since was meant face by face, and holds or is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from fairdesk.project.verdicts import OF_FACES, Said, Verdict
from fairdesk.words import tr, tr_n

Faces = tuple[int, ...]


@dataclass(frozen=True)
class Contradiction:
    """A verdict that is set aside, wholly or for some of its faces, as newer ones say the opposite."""

    verdict: Verdict
    against: tuple[Verdict, ...]  # all newer ones of these faces that have to do with it
    faces: Faces
    because: tuple[Verdict, ...] = ()  # as few of the newer ones as say the opposite together; none: `against`

    def text(self) -> str:
        """Say it in a line; of a verdict about faces of which some still hold, how many do not."""
        some = len(set(self.faces) & set(self.verdict.faces))
        if self.verdict.said in OF_FACES and some < len(self.verdict.faces):
            return tr_n(
                "Verdict {older} is set aside for {n:,} of its faces: {newer} says the opposite.",
                "Verdict {older} is set aside for {n:,} of its faces: {newer} says the opposite.",
                some,
                older=self.verdict.title,
                newer=", ".join(one.title for one in self.because or self.against),
            )
        return tr(
            "Verdict {older} is set aside: {newer} says the opposite.",
            older=self.verdict.title,
            newer=", ".join(one.title for one in self.because or self.against),
        )


@dataclass(frozen=True)
class Apart:
    """No face of one side may be with one of the other."""

    verdict: Verdict
    faces: Faces
    others: Faces


@dataclass(frozen=True)
class Constraints:
    """What every clustering honours."""

    together: tuple[Faces, ...] = ()  # each at least two faces
    same: tuple[tuple[Faces, Faces], ...] = ()  # the clusters that hold most of either are one
    apart: tuple[Apart, ...] = ()
    joined: tuple[tuple[Verdict, Faces, Faces], ...] = ()  # the first go where most of the second are
    confirmed: tuple[
        Faces, ...
    ] = ()  # of one person each: said of the faces themselves, so that it is known who they are
    ignored: frozenset[int] = frozenset()
    contradictions: tuple[Contradiction, ...] = ()
    united: tuple[tuple[Verdict, Faces], ...] = ()  # what each verdict by itself puts together

    def __bool__(self) -> bool:
        return bool(self.together or self.apart or self.joined or self.ignored or self.contradictions)

    def beside(self, face: int) -> tuple[set[int], set[int]]:
        """Return the other faces that are the person of one, and those that are not or are of no interest."""
        mine = next((set(group) for group in self.together if face in group), {face})
        for _, faces, others in self.joined:
            if mine.intersection(faces) or mine.intersection(others):
                mine |= set(faces) | {one for one in others if mine.intersection(faces)}
        without = set(self.ignored)
        for apart in self.apart:
            if mine.intersection(apart.faces):
                without.update(apart.others)
            if mine.intersection(apart.others):
                without.update(apart.faces)
        return mine - {face}, without - mine


@dataclass
class _Merged:
    """Faces that are together, the sides of `apart` verdicts they are on, and the verdicts that joined them."""

    faces: set[int] = field(default_factory=set)
    sides: dict[int, int] = field(default_factory=dict)  # number of an apart verdict to 1, 2 or 3 (both)
    by: list[Verdict] = field(default_factory=list)


class _Compiler:
    def __init__(self) -> None:
        self.of: dict[int, _Merged] = {}
        self.apart: list[Apart] = []
        self.joined: list[tuple[Verdict, Faces, Faces]] = []
        self.sure: list[tuple[Verdict, Faces]] = []
        self.both: list[tuple[Faces, Faces]] = []
        self.ignored: set[int] = set()
        self.judged: set[int] = set()  # by newer verdicts of single faces
        self.united: list[tuple[Verdict, Faces]] = []
        self.contradictions: list[Contradiction] = []

    def _merged(self, face: int) -> _Merged:
        found = self.of.get(face)
        if found is None:
            found = self.of[face] = _Merged({face})
        return found

    def _against(self, faces: Iterable[int]) -> list[Verdict]:
        """Return the newer verdicts that forbid that these faces are together."""
        sides: dict[int, int] = {}
        for one in self._groups(faces):
            for number, side in one.sides.items():
                sides[number] = sides.get(number, 0) | side
        return [self.apart[number].verdict for number, side in sorted(sides.items()) if side == 3]

    def _groups(self, faces: Iterable[int]) -> list[_Merged]:
        """Return what is known of some faces; of those that stand alone nothing is."""
        return list({id(one): one for one in map(self.of.get, faces) if one is not None}.values())

    def _unite(self, faces: Sequence[int], verdict: Verdict) -> None:
        groups = self._groups(faces)
        into = max(groups, key=lambda group: len(group.faces)) if groups else _Merged()
        alone = [face for face in faces if face not in self.of]
        into.faces.update(alone)
        self.of.update(dict.fromkeys(alone, into))
        for group in groups:
            if group is into:
                continue
            into.faces |= group.faces
            into.by += group.by
            for number, side in group.sides.items():
                into.sides[number] = into.sides.get(number, 0) | side
            self.of.update(dict.fromkeys(group.faces, into))
        into.by.append(verdict)
        self.united.append((verdict, tuple(faces)))

    def _set_aside(
        self, verdict: Verdict, against: Sequence[Verdict], faces: Iterable[int], because: Sequence[Verdict] = ()
    ) -> None:
        made = Contradiction(verdict, tuple(dict.fromkeys(against)), tuple(sorted(faces)), tuple(because))
        self.contradictions.append(made)

    def _chain(self, first: Iterable[int], second: Iterable[int]) -> list[Verdict]:
        """Return as few verdicts as put a face of one side together with one of the other; of as few, the newest."""
        ends, reached = set(second), set(first)
        if reached & ends:
            return []
        left, chains = list(self.united), {face: list[Verdict]() for face in reached}
        while left:
            step = [(verdict, faces) for verdict, faces in left if not reached.isdisjoint(faces)]
            if not step:
                break
            found: dict[int, list[Verdict]] = {}
            for verdict, faces in step:
                before = next(chains[face] for face in faces if face in reached)
                for face in faces:
                    if face not in reached:
                        found.setdefault(face, [*before, verdict])
            chains |= found
            reached |= set(found)
            for face, chain in found.items():
                if face in ends:
                    return chain
            left = [one for one in left if not reached.issuperset(one[1])]
        return []

    def _meant(self, side: Faces) -> Faces:
        """Return the faces of a side that its verdict is still about: those that were not judged by themselves since, else all."""
        return tuple(face for face in side if face not in self.judged) or side

    def same(self, verdict: Verdict) -> None:
        first, second = self._meant(verdict.faces), self._meant(verdict.others)
        if not first or not second:
            return  # the faces are gone
        against = self._against([*first, *second])
        if against:
            self._set_aside(verdict, against, [*first, *second])
        else:
            self._unite([*first, *second], verdict)
            self.both.append((first, second))

    def different(self, verdict: Verdict) -> None:
        """Two people: no face of one side with one of the other."""
        first, second = self._meant(verdict.faces), self._meant(verdict.others)
        if first and second:
            self._keep_apart(verdict, first, second)

    def _keep_apart(self, verdict: Verdict, first: Faces, second: Faces) -> None:
        one = {id(self._merged(face)) for face in first}
        both = [self._merged(face) for face in second if id(self._merged(face)) in one]
        if both:
            here = set(first) | set(second)
            against = [v for m in both for v in m.by if here.intersection(v.faces) or here.intersection(v.others)]
            self._set_aside(verdict, against or both[0].by, [*first, *second], self._chain(first, second))
            return
        number = len(self.apart)
        self.apart.append(Apart(verdict, first, second))
        for side, faces in ((1, first), (2, second)):
            for face in faces:
                merged = self._merged(face)
                merged.sides[number] = merged.sides.get(number, 0) | side

    def rejected(self, verdict: Verdict) -> None:
        """Faces that are not the person of the others; one that was confirmed since is set aside."""
        others = self._meant(verdict.others)
        left = []
        there = {id(self._merged(face)): self._merged(face) for face in others}
        for face in verdict.faces:
            newer = [v for v, faces, anchor in self.joined if face in faces and _mostly(anchor, verdict.others)]
            with_them = there.get(id(self._merged(face)))
            if with_them is not None:
                here = {face, *others}
                newer += [v for v in with_them.by if here.intersection(v.faces) or here.intersection(v.others)]
            if newer:
                because = self._chain([face], others) if with_them is not None else newer[:1]
                self._set_aside(verdict, newer, [face], because)
            else:
                left.append(face)
        if left and others:
            self._keep_apart(verdict, tuple(left), others)
        self.judged.update(left)

    def confirmed(self, verdict: Verdict) -> None:
        """Faces that are the person of the others, and so of one another; one other face is meant as itself, not as its cluster."""
        anchor = self._meant(verdict.others)
        mate = anchor if len(verdict.others) == 1 else ()
        kept: list[int] = []
        for face in sorted(verdict.faces, key=lambda one: one in self.judged):  # what was judged since gives way
            opposed = [
                apart.verdict
                for apart in self.apart
                if (face in apart.faces and _mostly(verdict.others, apart.others))
                or (face in apart.others and _mostly(verdict.others, apart.faces))
            ]
            against = opposed or self._against([*kept, *mate, face])
            if against:
                self._set_aside(verdict, against, [face])
            else:
                kept.append(face)
        if kept and len(kept) + len(mate) > 1:
            self._unite([*kept, *mate], verdict)
        if kept:
            self.sure.append((verdict, tuple(kept)))
        if kept and anchor and not mate:
            self.joined.append((verdict, tuple(kept), anchor))
        self.judged.update(kept)

    def ignore(self, verdict: Verdict) -> None:
        for face in verdict.faces:
            newer = [v for v, faces in self.sure if face in faces]
            if newer:
                self._set_aside(verdict, newer, [face])
            else:
                self.ignored.add(face)
                self.judged.add(face)


def _mostly(faces: Faces, within: Faces) -> bool:
    """Whether half of the faces, or more, are among others."""
    return bool(faces) and 2 * len(set(faces) & set(within)) >= len(faces)


def constraints(found: Sequence[Verdict]) -> Constraints:
    """Work out what verdicts, given from the oldest to the newest, say together."""
    made = _Compiler()
    add = {
        Said.SAME: made.same, Said.DIFFERENT: made.different, Said.NOT: made.rejected,
        Said.CONFIRMED: made.confirmed, Said.IGNORED: made.ignore,
    }  # fmt: skip
    for verdict in reversed(found):
        if verdict.said in add:
            add[verdict.said](verdict)
    groups = {id(m): m for m in made.of.values() if len(m.faces) > 1}
    together = [tuple(sorted(m.faces - made.ignored)) for m in groups.values()]
    return Constraints(
        tuple(sorted(group for group in together if len(group) > 1)),
        tuple(reversed(made.both)),
        tuple(made.apart),
        tuple(made.joined),
        tuple(faces for _, faces in made.sure),
        frozenset(made.ignored),
        tuple(_each_once(made.contradictions)),
        tuple(made.united),
    )


def _each_once(found: Sequence[Contradiction]) -> list[Contradiction]:
    """Join what is set aside of one verdict."""
    of: dict[int, Contradiction] = {}
    for one in found:
        before = of.get(one.verdict.id, one)
        against = tuple(dict.fromkeys((*before.against, *one.against)))
        because = tuple(dict.fromkeys((*before.because, *one.because)))
        of[one.verdict.id] = Contradiction(one.verdict, against, tuple(sorted({*before.faces, *one.faces})), because)
    return list(of.values())
