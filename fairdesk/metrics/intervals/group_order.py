"""The order in which groups are drawn: by what is in them and never by their names, so that other names change no digit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fairdesk.metrics.rates.error_rates import Scores
from fairdesk.metrics.scores.subjects import Subjects

Ints = npt.NDArray[np.int64]


def order_of_groups(everything: Scores, own: dict[str, Scores], subjects: Subjects | None) -> list[str]:
    """Return groups' names in an order that hangs on their subjects, then on their comparisons.

    First by the names of their subjects, where these are known (two models over one list have the same), then by how many
    comparisons they have and how high these rank among all. The order of rows plays no part, nor does a transform that
    leaves the order of scores. Only groups alike in all of this are put in order of their names.
    """
    names = list(own)
    return sorted(names, key=lambda name: (_people(subjects, names.index(name)), *_ranks(everything, own[name]), name))


def _people(subjects: Subjects | None, number: int) -> tuple[int, ...]:
    """Return the numbers of the names of a group's subjects, in order of these names."""
    if subjects is None or subjects.names is None:
        return ()
    return tuple(np.sort(subjects.names[subjects.members[number]]).tolist())


def _ranks(everything: Scores, own: Scores) -> tuple[int, ...]:
    """Return how many comparisons of each kind a group has, and the sums of their ranks among all of that kind."""
    ranks = [
        int(np.searchsorted(all_, mine, "left").sum())
        for all_, mine in ((everything.genuine, own.genuine), (everything.impostor, own.impostor))
    ]
    return (own.ng, own.ni, *ranks)


def in_order(subjects: Subjects, order: Ints) -> Subjects:
    """Return subjects with groups in another order, `order` their numbers until now.

    One name in several groups is several subjects: these follow the order of their groups.
    """
    place = np.full(subjects.groups + 1, -1, dtype=np.int64)  # the last stands for no group, -1
    place[order] = np.arange(subjects.groups)
    group1, group2 = place[subjects.group1], place[subjects.group2]
    new = np.arange(subjects.count)
    names = subjects.names
    if names is not None:
        sorted_ = np.lexsort((place[subjects.stratum], names))
        new[sorted_] = np.arange(subjects.count)
        names = names[sorted_]
    return Subjects(
        new[subjects.first], new[subjects.second], group1, group2, subjects.count, subjects.groups, subjects.named,
        subjects.unnamed, names,
    )  # fmt: skip
