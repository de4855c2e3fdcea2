"""The labels of all images at one moment, and what they are after a change of few of them.

A window keeps one, so that a label given to one image costs the reading of one row, not of a million. It is never
changed in place: a reader thread makes the next one while the window shows the last.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import apsw
import numpy as np
import numpy.typing as npt

from fairdesk.project.identities import GroupCount
from fairdesk.project.main_face import NAMED, SOURCE, WHO

if TYPE_CHECKING:
    from fairdesk.project.project import Project

Ids = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Counts = dict[int, dict[int, int]]  # group to identity to images; 0 is none of either
NOBODY = 0
_AT_ONCE = 100_000  # rows that are in memory as text
_FIRST = 1000  # rows that are read one by one for the words that are common
_UNKNOWN = 31  # the number of a word that SQLite was not told
_ARRAYS = ("images", "hidden", "synthetic", "identity", "group", "gender", "source")
_FLAGS = ("i.hidden", "i.synthetic IS NOT NULL")
_GENDER = "ifnull(i.gender, '')"
_FROM = f"FROM image i {NAMED}"
_ROWS = f"SELECT i.id, {', '.join(_FLAGS)}, ifnull({WHO}, 0), ifnull(i.group_id, 0), {_GENDER}, ifnull({SOURCE}, '') {_FROM}"
_HAS_NAMED = "i.id IN (SELECT image_id FROM face WHERE place = 0 AND label_source IS NOT NULL)"
_BESIDE = (  # of some identities, those that a face bears that a person named, on an image that is not hidden
    "SELECT c.value FROM carray(?) c WHERE EXISTS (SELECT 1 FROM face f JOIN image i ON i.id = f.image_id"
    " WHERE f.identity_id = c.value AND f.label_source IS NOT NULL AND i.hidden = 0)"
)


@dataclass(frozen=True)
class Words:
    """Words that few different values stand for; 0 is none."""

    words: tuple[str, ...] = ("",)

    def case(self, text: str) -> tuple[str, list[str]]:
        """Return SQL that gives the number of a text, `_UNKNOWN` of one that is not among the first words, and its values."""
        first = self.words[:_UNKNOWN]
        return f"CASE {text}{''.join(f' WHEN ? THEN {n}' for n in range(len(first)))} ELSE {_UNKNOWN} END", list(first)

    def coded(self, texts: Iterable[str]) -> tuple[Words, Codes]:
        """Return the numbers of some words, and all words known then."""
        place = {word: number for number, word in enumerate(self.words)}
        codes = np.array([place.setdefault(text, len(place)) for text in texts], dtype=np.int32)
        return Words(tuple(place)), codes

    def used(self, codes: Codes) -> list[str]:
        """Return the words that occur, in order."""
        counts = np.bincount(codes, minlength=len(self.words))
        return sorted(word for word, count in zip(self.words, counts, strict=True) if word and count)


@dataclass(frozen=True)
class LabelSnapshot:
    """Who is in each image, by place in `images` (ascending ids, hidden ones too)."""

    images: Ids
    hidden: npt.NDArray[np.bool_]
    synthetic: npt.NDArray[np.bool_]
    identity: Ids  # 0 where it has none
    group: Ids  # of the identity, else of the image; 0 where it has none
    gender: Codes
    source: Codes
    genders: Words
    sources: Words
    names: dict[int, tuple[str, int]]  # identity to its name and group
    groups: dict[int, str]
    counts: Counts  # of images that are not hidden
    beside: frozenset[int] = (
        frozenset()
    )  # identities that no image not hidden bears, but a face that a person named on one

    @classmethod
    def read(cls, project: Project) -> LabelSnapshot:
        """Read every image's labels."""
        with project.db.moment():
            names, groups = _names(project)
            none, no_codes, no_flags = np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.bool_)
            part = cls(
                none, no_flags, no_flags, none, none, no_codes, no_codes, Words(), Words(), names, groups, counts={}
            )
            first = part._with(project.db.rows(f"{_ROWS} ORDER BY i.id LIMIT ?", (_FIRST,)))
            own = first._those_behind(project, "FROM image i", "i.identity_id", "i.label_source", "1")
            named = (own[-1] if own else first)._those_behind(project, _FROM, WHO, SOURCE, _HAS_NAMED, after=0)
        every = _joined([part, first, *own])
        if named:  # few: the faces that people named decide their images' labels
            theirs = _joined(named)
            every = every._over(theirs, np.searchsorted(every.images, theirs.images))
        return every._with_groups_of_identities()._counted()._with_those_beside(project)

    def with_hidden(self, project: Project) -> LabelSnapshot:
        """Return the labels after images, perhaps many, were hidden or shown, and nothing else was touched."""
        hidden = project.db.numbers("SELECT id AS n FROM image WHERE hidden = 1 ORDER BY id")
        place = np.searchsorted(self.images, hidden)
        if len(hidden) and (place[-1] >= len(self.images) or not np.array_equal(self.images[place], hidden)):
            return LabelSnapshot.read(project)
        flags = np.zeros(len(self.images), dtype=np.bool_)
        flags[place] = True
        return replace(self, hidden=flags)._counted()._with_those_beside(project)

    def _counted(self) -> LabelSnapshot:
        """Return it with the number of images, that are not hidden, of each identity in each group."""
        shown, wide = ~self.hidden, int(self.identity.max(initial=0)) + 1
        pairs = self.group[shown] * wide + self.identity[shown]
        pairs.sort()  # np.unique takes fifty times as long
        first = np.flatnonzero(np.diff(pairs, prepend=-1))
        times = np.diff(first, append=len(pairs))
        found = pairs[first]
        counts: Counts = {}
        for pair, count in zip(found.tolist(), times.tolist(), strict=True):
            counts.setdefault(pair // wide, {})[pair % wide] = count
        return replace(self, counts=counts)

    def _with_those_beside(self, project: Project) -> LabelSnapshot:
        """Return it with the identities that only faces on images bear: smaller ones, or one that a newer name stands before."""
        rest = np.fromiter(self.names.keys() - self._of_images(), dtype=np.int64)
        found = project.db.rows(_BESIDE, (apsw.carray(rest),)) if len(rest) else []
        return replace(self, beside=frozenset(row[0] for row in found))

    def _of_images(self) -> set[int]:
        """Return the identities of images that are not hidden."""
        return set().union(*self.counts.values()) - {NOBODY}

    def _with_groups_of_identities(self) -> LabelSnapshot:
        """Return it with the group of each image's identity in place of its own, where that has one."""
        group = np.zeros(max(int(self.identity.max(initial=0)), max(self.names, default=0)) + 1, dtype=np.int64)
        group[list(self.names)] = [group for _, group in self.names.values()]
        of_identity = group[self.identity]
        return replace(self, group=np.where(of_identity > 0, of_identity, self.group))

    def _over(self, other: LabelSnapshot, place: npt.NDArray[np.intp]) -> LabelSnapshot:
        """Return these labels with those of another snapshot written over them, at some places."""
        arrays: dict[str, Any] = {}
        for name in _ARRAYS[1:]:
            arrays[name] = getattr(self, name).copy()
            arrays[name][place] = getattr(other, name)
        return replace(self, **arrays, genders=other.genders, sources=other.sources)

    def after(self, project: Project, touched: frozenset[int]) -> LabelSnapshot:
        """Return the labels after a change of some images that were there before and still are."""
        with project.db.moment():
            names, groups = _names(project)
            rows = project.db.rows(
                f"{_ROWS} WHERE i.id IN (SELECT value FROM json_each(?)) ORDER BY i.id", (json.dumps(sorted(touched)),)
            )
        current = replace(self, names=names, groups=groups)
        if [row[0] for row in rows] != sorted(touched):
            return LabelSnapshot.read(project)
        place = np.searchsorted(self.images, np.array(sorted(touched), dtype=np.int64))
        if not len(place):
            return current._with_those_beside(project)
        if place[-1] >= len(self.images) or [int(n) for n in self.images[place]] != sorted(touched):
            return LabelSnapshot.read(project)
        new = current._with(rows)
        groups_now = [current._who(int(who))[1] or own for who, own in zip(new.identity, new.group, strict=True)]
        new = replace(new, group=np.array(groups_now, dtype=np.int64))
        counts = dict(self.counts)
        for state, by in ((self._at(place), -1), (new._at(np.arange(len(rows))), 1)):
            for group, identity, hidden in state:
                if not hidden:
                    if counts.get(group) is self.counts.get(group):
                        counts[group] = dict(counts.get(group, {}))
                    counts[group][identity] = counts[group].get(identity, 0) + by
        for group in [group for group, people in counts.items() if people is not self.counts.get(group)]:
            counts[group] = {identity: count for identity, count in counts[group].items() if count}
            if not counts[group]:
                del counts[group]
        return replace(current._over(new, place), counts=counts)._with_those_beside(project)

    def _those_behind(
        self, project: Project, rows: str, who: str, source: str, which: str, after: int | None = None
    ) -> list[LabelSnapshot]:
        """Read the images behind these, or behind a number, in parts; `who` and `source` say where their labels stand."""
        parts: list[LabelSnapshot] = []
        last = (int(self.images[-1]) if len(self.images) else 0) if after is None else after
        part = self
        while len((part := part._next(project, rows, who, source, which, last)).images):
            parts.append(part)
            last = int(part.images[-1])
        return parts

    def _next(self, project: Project, rows: str, who: str, source: str, which: str, last: int) -> LabelSnapshot:
        """Read the images behind a number, as many as are read at once."""
        gender, genders = self.genders.case(_GENDER)
        said, sources = self.sources.case(f"ifnull({source}, '')")
        wide = max(
            20, max(self.groups, default=0).bit_length()
        )  # more than are known: another program may add some meanwhile
        parts = (*_FLAGS, gender, said, "ifnull(i.group_id, 0)", f"ifnull({who}, 0)")
        all_in_one = " | ".join(
            f"(({part}) << {place})" for part, place in zip(parts, (0, 1, 2, 7, 12, 12 + wide), strict=True)
        )
        behind, limits = f"WHERE {which} AND i.id > ? ORDER BY i.id LIMIT ?", (last, _AT_ONCE)
        found = project.db.integers(("i.id", all_in_one), f"{rows} {behind}", [*genders, *sources, *limits])
        images, packed = found.T.copy()
        codes = packed >> 2 & 31, packed >> 7 & 31
        own, identity = packed >> 12 & (1 << wide) - 1, packed >> 12 + wide
        if any((code == _UNKNOWN).any() for code in codes):  # a word that is new: row by row
            return self._with(project.db.rows(f"{_ROWS} {behind}", limits))
        return self._of(np.stack([images, packed & 1, packed >> 1 & 1, identity, own]), *codes)

    def _at(self, place: npt.NDArray[np.intp]) -> list[tuple[int, int, bool]]:
        """Return group, identity and whether it is hidden of some images."""
        parts = (self.group[place].tolist(), self.identity[place].tolist(), self.hidden[place].tolist())
        return list(zip(*parts, strict=True))

    def _with(self, rows: list[tuple[int, int, int, int, int, str, str]]) -> LabelSnapshot:
        """Return a snapshot of these rows alone, with the names and words of this one."""
        columns = list(zip(*rows, strict=True)) or [()] * 7
        genders, gender = self.genders.coded(str(text) for text in columns[5])
        sources, source = self.sources.coded(str(text) for text in columns[6])
        numbers = np.array(columns[:5], dtype=np.int64)
        return replace(self, genders=genders, sources=sources)._of(numbers, gender, source)

    def _of(self, numbers: Ids, gender: Ids | Codes, source: Ids | Codes) -> LabelSnapshot:
        """Return a snapshot of these images alone: their ids, hidden, synthetic, identities and own groups."""
        images, hidden, synthetic, identity, own = numbers
        return replace(
            self, images=images, hidden=hidden.astype(bool), synthetic=synthetic.astype(bool), identity=identity,
            group=own, gender=gender.astype(np.int32), source=source.astype(np.int32),
        )  # fmt: skip

    def _who(self, identity: int) -> tuple[str, int]:
        """Return name and group; of one that is just being removed, nothing until its images are read again."""
        return self.names.get(identity, ("", 0))

    def renames(self, before: LabelSnapshot) -> bool:
        """Whether an identity that was there before has another name or group now, or is gone."""
        return any(self.names.get(who) != named for who, named in before.names.items())

    def totals(self) -> dict[str, int]:
        """Return how many images, synthetic ones, identities and groups are shown, and how many images are hidden.

        An identity counts where an image that is not hidden bears it, or a face on one; a group where such an image or
        identity is of it. Names that nothing bears any more, and those of hidden images alone, count nowhere.
        """
        hidden = int(np.count_nonzero(self.hidden))
        groups = self.counts.keys() | {self._who(who)[1] for who in self.beside}
        return {
            "images": len(self.hidden) - hidden, "hidden": hidden,
            "synthetic": int(np.count_nonzero(self.synthetic & ~self.hidden)),
            "identities": len(self._of_images()) + len(self.beside), "groups": len(groups - {NOBODY}),
        }  # fmt: skip

    def genders_used(self) -> list[str]:
        """Return the genders that occur."""
        return self.genders.used(self.gender)

    def sources_used(self) -> list[str]:
        """Return who gave identities: folder, csv, person ..."""
        return self.sources.used(self.source)

    def group_counts(self) -> list[GroupCount]:
        """Return (group, images, identities) of each group, by name; None, which comes last, is "no group"."""
        found = [GroupCount(self.groups.get(group), sum(people.values()), len(people.keys() - {NOBODY}))
                 for group, people in self.counts.items()]  # fmt: skip
        return sorted(found, key=lambda group: (group.name is None, group.name or ""))

    def people(self, before: LabelSnapshot | None = None, kept: People | None = None) -> People:
        """Return each group's identities with their images, by name.

        Lists of an earlier snapshot are kept where nothing in them changed, so that who shows them sees that at once.
        """
        same = before is not None and kept is not None and not self.renames(before) and before.groups == self.groups
        out: People = {}
        for group, counted in self.counts.items():
            name = self.groups.get(group)
            if same and before is not None and kept is not None and before.counts.get(group) is counted:
                out[name] = kept.get(name, [])
            else:
                named: dict[str, int] = {}  # one of the group and one of none may have the same name
                for who, count in counted.items():
                    if who != NOBODY:
                        named[self._who(who)[0]] = named.get(self._who(who)[0], 0) + count
                out[name] = sorted(named.items())
        return out

    def by_name(self) -> dict[str, dict[str | None, int]]:
        """Return the people of each name by their own group, with their images; None is a person of no group.

        Of a person of no group the images may be in one: whom a name means goes by the person's.
        """
        known: dict[str, dict[str | None, int]] = {}
        for counted in self.counts.values():
            for who, count in counted.items():
                name, group = self._who(who)
                if name:
                    of = known.setdefault(name, {})
                    of[self.groups.get(group)] = of.get(self.groups.get(group), 0) + count
        return known

    def synthetic_images(self) -> Ids:
        """Return the ids of the synthetic images, hidden ones too."""
        return self.images[self.synthetic]

    def hidden_images(self) -> Ids:
        """Return the ids of the hidden images."""
        return self.images[self.hidden]

    def labelled_by_people(self) -> Ids:
        """Return the ids of the images whose label, or the removal of it, is a person's word."""
        said = [number for number, word in enumerate(self.sources.words) if word == "person"]
        return self.images[np.isin(self.source, said)]

    def basis(self) -> tuple[Ids, npt.NDArray[np.uint64]]:
        """Return the ids that are not hidden, and a 64-bit hash of the names of each one's identity and its group; 0 without."""
        shown = ~self.hidden
        digests = np.zeros(max(self.names, default=NOBODY) + 1, dtype=np.uint64)
        for who, (name, group) in self.names.items():
            digests[who] = _digest(name, self.groups.get(group, ""))
        known = np.where(self.identity < len(digests), self.identity, NOBODY)
        return self.images[shown], digests[known[shown]]


@lru_cache(maxsize=500_000)
def _digest(identity: str, group: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{group}\0{identity}".encode(), digest_size=8).digest(), "little")


People = dict[str | None, list[tuple[str, int]]]


def _names(project: Project) -> tuple[dict[int, tuple[str, int]], dict[int, str]]:
    rows = project.db.rows("SELECT id, name, ifnull(group_id, 0) FROM identity")
    return {row[0]: (row[1], row[2]) for row in rows}, dict(project.db.rows("SELECT id, name FROM grp"))


def _joined(parts: list[LabelSnapshot]) -> LabelSnapshot:
    """Return the images of several snapshots in one; the last knows the words of all."""
    arrays: dict[str, Any] = {name: np.concatenate([getattr(one, name) for one in parts]) for name in _ARRAYS}
    return replace(parts[-1], **arrays)
