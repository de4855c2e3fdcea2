"""Who is it: the clusters without a name, and the names that their faces have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.review.asked import Asked
from fairdesk.clustering.review.questions import Kind
from fairdesk.project import Project
from fairdesk.project.faces import commonest_group, identities_of_faces
from fairdesk.project.group_changes import tie
from fairdesk.project.identities import people_by_id
from fairdesk.project.verdicts import SHOWN

Numbers = npt.NDArray[np.int64]
MOST = 3  # names that are suggested


def nameless(project: Project, faces: Numbers, at: Numbers, wanted: Callable[[int], bool], count: int) -> list[Asked]:
    """Return who is to be named, the largest cluster first; one of a single face is not asked about.

    Parameters
    ----------
    faces, at
        Shape (n,): the id of each face, and the cluster that it is in (below 0: none).
    wanted
        Whether a cluster is to be asked about.
    """
    numbers, sizes = np.unique(at[at >= 0], return_counts=True)
    out: list[Asked] = []
    for place in np.argsort(-sizes, kind="stable").tolist():
        number = int(numbers[place])
        if len(out) >= count:
            break
        if sizes[place] < 2 or not wanted(number):
            continue
        mine = faces[at == number]
        known = identities_of_faces(project, mine)
        counted = Counter(known[known >= 0].tolist()).most_common(MOST)
        people = people_by_id(project, [who for who, _ in counted])
        found = [people[who] for who, _ in counted]
        every = mine.tolist()
        out.append(
            Asked(
                Kind.NAME,
                0.0,
                [number],
                every,
                [],
                every[:SHOWN],
                [],
                names=tuple(name for name, _ in found),
                groups=tuple(group for _, group in found),
                usual=commonest_group(project, every),
                tied=tied.groups if (tied := tie(project, every, "")) is not None else (),
            )
        )
    return out
