"""The project's real people, whom synthetic faces are compared with: how near is too close, and which group a face is near to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from fairdesk.dataset.collection import project_items
from fairdesk.dataset.near_vectors import distances
from fairdesk.errors import RequestError
from fairdesk.project import Project
from fairdesk.project.recipes import StoredRecipe
from fairdesk.words import tr

NEIGHBOURS = 10  # real people that say which group a synthetic face is near to
_MOST = 200  # real faces of a group that are looked at
_PAIRS = 20_000_000  # of different people that are compared, at most: more need too much memory
FMR = 0.001  # of the project's own impostors: where "too like a real person" starts unless said


@dataclass(frozen=True)
class Real:
    """Vectors of the project's real faces, and whose they are."""

    vectors: npt.NDArray[np.float32]
    who: list[str]  # group/identity, or the path where nobody is named
    groups: list[str | None]
    paths: list[str]
    metric: str
    without: int = 0  # real images that have no vector, so that nothing is compared with them

    @cached_property
    def people(self) -> dict[str, str]:
        """Everybody who has a group, and which."""
        return {who: group for who, group in zip(self.who, self.groups, strict=True) if group is not None}


def real_faces(project: Project, recipe: StoredRecipe) -> Real:
    """Return the real faces that have a vector of a recipe."""
    images, vectors = project.vectors.of_images(recipe)
    items = {item.id: item for item in project_items(project) if not item.synthetic}
    rows = [n for n, image in enumerate(images.tolist()) if image in items]
    found = [items[int(images[n])] for n in rows]
    who = ["/".join(p for p in item.key if p) if item.key else str(item.path) for item in found]
    groups = [item.group for item in found]
    return Real(vectors[rows], who, groups, [str(item.path) for item in found], recipe.metric, len(items) - len(found))


def impostor_limit(real: Real, fmr: float = FMR) -> float:
    """Return the distance that a share `fmr` of pairs of different people is nearer than.

    Of a large project, those pairs that some faces, always the same ones, have with all others: `_PAIRS` or a little more.

    Raises
    ------
    RequestError
        If fewer than 1 / `fmr` such pairs exist: then a person has to say.
    """
    names, count = np.array(real.who), len(real.who)
    rows = np.arange(count)
    if count**2 > 2 * _PAIRS:
        rows = np.sort(np.random.default_rng(0).permutation(count)[: -(-_PAIRS // count)])
    found = []
    for start in range(0, len(rows), 512):
        some = rows[start : start + 512]
        table = distances(real.vectors[some], real.vectors, real.metric)
        different = names[some, None] != names[None]
        if len(rows) == count:  # each pair once
            different &= some[:, None] < np.arange(count)[None]
        found.append(table[different])
    pairs = np.concatenate(found) if found else np.empty(0)
    if len(pairs) < 1 / fmr:
        raise RequestError(
            tr(
                "The project has only {count:,} pairs of different people with embeddings, too few to tell how close is too close. "
                "Give a distance: --too-like DISTANCE (dlib: people are told apart at about 0.6).",
                count=len(pairs),
            )
        )
    return float(np.quantile(pairs, fmr))


def shares_of_groups(
    table: npt.NDArray[np.floating[Any]], real: Real, without: Collection[str] = ()
) -> dict[str, float]:
    """Return for each group its share of the nearest real people, as if all groups had the same number of them.

    A person is as near as the nearest of their faces.

    Parameters
    ----------
    table
        Distances to the real faces, shape (n,).
    without
        People who do not count: whom a synthetic face was translated from.

    Returns
    -------
    dict
        Shares that sum to 1, the largest first; nothing where fewer than two groups, or fewer than `NEIGHBOURS` people, are there.
    """
    sizes = Counter(real.people.values())
    sizes.subtract(real.people[who] for who in without if who in real.people)
    sizes = +sizes  # groups that have somebody left
    if sizes.total() < NEIGHBOURS or len(sizes) < 2:
        return {}
    nearest: set[str] = set()
    for n in np.argsort(table, kind="stable"):
        if real.who[n] in real.people and real.who[n] not in without:
            nearest.add(real.who[n])
            if len(nearest) == NEIGHBOURS:
                break
    found = Counter(real.people[who] for who in nearest)
    weights = {group: found[group] / size for group, size in sizes.items()}
    whole = sum(weights.values())
    return dict(sorted(((group, weight / whole) for group, weight in weights.items()), key=lambda one: -one[1]))


def share_of_their_own(real: Real, group: str) -> float | None:
    """Return the mean share that real faces of a group have themselves among the other people nearest to them.

    None where too few people are left beside each.
    """
    rows = [n for n, name in enumerate(real.groups) if name == group]
    rows = rows[:: -(-len(rows) // _MOST)]
    tables = distances(real.vectors[rows], real.vectors, real.metric)
    found = [shares_of_groups(table, real, {real.who[n]}) for n, table in zip(rows, tables, strict=True)]
    known = [shares.get(group, 0.0) for shares in found if shares]
    return float(np.mean(known)) if known else None
