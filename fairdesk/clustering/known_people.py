"""Who is known of some faces: by their labels, and by what people have confirmed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairdesk.project import Project
from fairdesk.project.faces import identities_of_faces
from fairdesk.project.verdict_constraints import Constraints

Ids = npt.NDArray[np.int64]


def known_people(project: Project, faces: Ids, said: Constraints) -> Ids:
    """Return a number for the person of each face, -1 where nobody knows.

    A face without an identity is known where people have confirmed whose it is: it is the person that the faces it
    belongs together with show, by the identity that most of them have, or a person of their own.
    """
    known = identities_of_faces(project, faces)
    confirmed = {face for faces in said.confirmed for face in faces}
    row = {int(face): place for place, face in enumerate(faces)}
    fresh = int(known.max(initial=0)) + 1
    for together in _confirmed_groups(said, confirmed):
        rows = np.array([row[face] for face in together if face in row], dtype=np.intp)
        if not len(rows):
            continue
        named = known[rows][known[rows] >= 0]
        if len(named):
            numbers, counts = np.unique(named, return_counts=True)
            person = int(numbers[np.argmax(counts)])
        else:
            person, fresh = fresh, fresh + 1
        known[rows[known[rows] < 0]] = person
    return known


def _confirmed_groups(said: Constraints, confirmed: set[int]) -> list[set[int]]:
    """Return the confirmed faces of each person: those that must be together, and those confirmed beside the same faces."""
    groups: list[set[int]] = [set(group) & confirmed for group in (*said.together, *said.confirmed)]
    for _, subjects, others in said.joined:
        groups.append(set(subjects) | (set(others) & confirmed))
    merged: list[set[int]] = []
    for group in groups:
        touching = [one for one in merged if one & group]
        merged = [one for one in merged if not one & group]
        merged.append(group.union(*touching))
    return [group for group in merged if group]
