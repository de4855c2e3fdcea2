"""Any method's clusters, corrected by what people have said: the constrained version of each of them.

Faces that belong together are put together, those that do not are taken apart again: within a cluster that holds faces of
two people the faces are joined anew, nearest first (average linkage), wherever no verdict forbids it. What could not be
honoured is returned, never passed over.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.methods.linkage import join_nearest
from fairdesk.project.verdict_constraints import Constraints
from fairdesk.project.verdicts import Verdict

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
Ids = npt.NDArray[np.int64]
MOST = 1500  # parts of a mixed cluster that are joined by all their distances; of more, each goes to the nearest seed


class _Corrector:
    def __init__(self, labels: Labels, faces: Ids, vectors: Floats, said: Constraints) -> None:
        self.labels = labels.copy()
        loose = self.labels < 0
        self.labels[loose] = labels.max(initial=-1) + 1 + np.arange(int(loose.sum()))
        self.next = int(self.labels.max(initial=-1)) + 1
        self.was_loose = loose
        self.vectors, self.said = vectors, said
        self.row = {int(face): row for row, face in enumerate(faces)}
        self.group = np.arange(len(faces))  # the row that stands for each must-be-together group
        for together in said.together:
            rows = self.rows(together)
            if rows:
                self.group[rows] = rows[0]
        self.sides = [(frozenset(self.rows(a.faces)), frozenset(self.rows(a.others))) for a in said.apart]
        self.tagged: dict[int, list[int]] = {}  # row to the apart verdicts it is in
        for number, (first, second) in enumerate(self.sides):
            for row in first | second:
                self.tagged.setdefault(row, []).append(number)

    def rows(self, faces: Iterable[int]) -> list[int]:
        return [self.row[face] for face in faces if face in self.row]

    def members(self) -> dict[int, npt.NDArray[np.intp]]:
        order = np.argsort(self.labels, kind="stable")
        numbers, starts = np.unique(self.labels[order], return_index=True)
        return dict(zip(numbers.tolist(), np.split(order, starts[1:]), strict=True))

    def put_together(self) -> None:
        """Join what is one person: the clusters with most of either side, and its faces in other clusters."""
        for first, second in self.said.same:
            sides = [self.labels[rows] for rows in (self.rows(first), self.rows(second)) if rows]
            homes = [int(np.bincount(np.unique(side, return_inverse=True)[1]).argmax()) for side in sides]
            if len(homes) == 2:
                one, other = (int(np.unique(side)[home]) for side, home in zip(sides, homes, strict=True))
                self.labels[self.labels == other] = one
        for together in self.said.together:
            rows = np.array(self.rows(together), dtype=np.intp)
            if len(rows) < 2:
                continue
            numbers, counts = np.unique(self.labels[rows], return_counts=True)
            main = int(numbers[np.argmax(counts)])
            sizes = {int(n): int(np.count_nonzero(self.labels == n)) for n in numbers}
            for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
                if number != main and 2 * count >= sizes[number]:
                    self.labels[self.labels == number] = main
            self.labels[rows] = main

    def conflicts(self, rows: Iterable[int]) -> set[int]:
        """Return the apart verdicts of which both sides are among some rows."""
        here = {int(row) for row in rows}
        mine = {number for row in here for number in self.tagged.get(row, ())}
        return {n for n in mine if here & self.sides[n][0] and here & self.sides[n][1]}

    def take_apart(self) -> None:
        """Part clusters that hold two people; those that a correction made are looked at too."""
        touched = set(self.labels[list(self.tagged)].tolist()) if self.tagged else set()
        members = self.members()
        for number in sorted(touched):
            rows = members[number]
            against = self.conflicts(rows)
            if against:
                self._part(rows, against)

    def _part(self, rows: npt.NDArray[np.intp], against: set[int]) -> None:
        parts: dict[int, list[int]] = {}
        for row in rows.tolist():
            parts.setdefault(int(self.group[row]), []).append(row)
        found = list(parts.values())
        sides = sorted(against)
        tags = np.zeros((2, len(found), len(sides)), dtype=bool)
        for place, part in enumerate(found):
            inside = set(part)
            for column, number in enumerate(sides):
                tags[0, place, column] = bool(inside & self.sides[number][0])
                tags[1, place, column] = bool(inside & self.sides[number][1])
        free = [n for n in range(len(found)) if not tags[:, n].any()]
        seeds = [n for n in range(len(found)) if tags[:, n].any()]
        joined_free = len(found) <= MOST
        chosen = list(range(len(found))) if joined_free else seeds[:MOST]
        means = np.array([self.vectors[found[n]].mean(0) for n in chosen], dtype=np.float64)
        sizes = np.array([len(found[n]) for n in chosen], dtype=np.float64)
        spread = np.array(
            [
                ((self.vectors[found[n]].astype(np.float64) - means[at]) ** 2).sum(1).mean()
                for at, n in enumerate(chosen)
            ]
        )
        squared = (means**2).sum(1)
        distances = squared[:, None] + squared[None] - 2 * means @ means.T + spread[:, None] + spread[None]
        one, two = tags[0, chosen].astype(np.int32), tags[1, chosen].astype(np.int32)
        forbidden = (one @ two.T + two @ one.T) > 0
        nucleus = join_nearest(np.maximum(distances, 0), sizes, forbidden)
        where = {n: int(nucleus[at]) for at, n in enumerate(chosen)}
        if not joined_free:
            numbers, inverse = np.unique(nucleus, return_inverse=True)
            weights = np.zeros((len(numbers), len(chosen)))
            weights[inverse, np.arange(len(chosen))] = sizes
            centres = (weights @ means) / weights.sum(1, keepdims=True)
            rest = free + seeds[MOST:]
            for n in rest:
                mean = self.vectors[found[n]].mean(0)
                where[n] = int(numbers[((centres - mean) ** 2).sum(1).argmin()])
        first = where[int(np.argmax([len(part) for part in found]))]
        renamed = {first: int(self.labels[rows[0]])}
        for place, part in enumerate(found):
            number = where[place]
            if number not in renamed:
                renamed[number], self.next = self.next, self.next + 1
            self.labels[part] = renamed[number]

    def join_confirmed(self) -> list[Verdict]:
        """Put confirmed faces where most of their person's other faces are; returns the verdicts that cannot be honoured."""
        broken = []
        for verdict, faces, others in self.said.joined:
            rows, anchor = self.rows(faces), [row for row in self.rows(others) if row not in set(self.rows(faces))]
            if not rows or not anchor:
                continue
            numbers, counts = np.unique(self.labels[anchor], return_counts=True)
            target = int(numbers[np.argmax(counts)])
            moving = np.flatnonzero(np.isin(self.group, np.unique(self.group[rows])))
            moving = moving[self.labels[moving] != target]
            if not len(moving):
                continue
            there = np.flatnonzero(self.labels == target)
            if self.conflicts([*there, *moving]) - self.conflicts(there):
                broken.append(verdict)
            else:
                self.labels[moving] = target
        return broken

    def result(self) -> Labels:
        """Return the labels; a face that is alone is unclustered."""
        numbers, inverse, counts = np.unique(self.labels, return_inverse=True, return_counts=True)
        return np.where(counts[inverse] == 1, -1, self.labels).astype(np.int64) if len(numbers) else self.labels


def corrected(labels: Labels, faces: Ids, vectors: Floats, said: Constraints) -> tuple[Labels, list[Verdict]]:
    """Correct a method's labels by what was said.

    Parameters
    ----------
    labels
        Shape (n,), -1 for unclustered.
    faces, vectors
        The ids, ascending, and vectors of the n faces.

    Returns
    -------
    labels, broken
        The corrected labels, and the verdicts that could not be honoured together with the others.
    """
    if not (said.together or said.apart or said.joined):
        return labels, []
    alone = set(np.unique(labels[labels >= 0])[np.unique(labels[labels >= 0], return_counts=True)[1] == 1].tolist())
    work = _Corrector(labels, faces, vectors, said)
    work.put_together()
    work.take_apart()
    broken = work.join_confirmed()
    work.take_apart()
    found = work.result()
    # a cluster of one that the method itself made stays one
    kept = [row for row in np.flatnonzero(found < 0).tolist() if int(labels[row]) in alone]
    top = int(found.max(initial=-1)) + 1
    found[kept] = top + np.arange(len(kept))
    return found, broken
