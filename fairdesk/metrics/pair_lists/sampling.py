"""Drawing genuine and impostor pairs: seeded, without repeats or mirrored pairs, even over identities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

Pick = tuple[int, int]  # two item numbers, the smaller first


@dataclass(frozen=True)
class PairImage:
    """One image that may take part."""

    path: str
    identity: str
    group: str


def _by_identity(items: list[PairImage]) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = {}
    for number, item in enumerate(items):
        found.setdefault((item.group, item.identity), []).append(number)
    return dict(sorted(found.items()))


def _shuffled_pairs(members: list[int], rng: np.random.Generator) -> Iterator[Pick]:
    """Yield every pair of a person's images once, in random order, each image about equally often.

    Circle method: a shuffled round-robin tournament, so the first pairs use different images.
    """
    order: list[int | None] = [members[i] for i in rng.permutation(len(members))]
    if len(order) % 2:
        order.append(None)
    for _ in range(len(order) - 1):
        for a, b in zip(order[: len(order) // 2], reversed(order[len(order) // 2 :]), strict=True):
            if a is not None and b is not None:
                yield min(a, b), max(a, b)
        order = [order[0], order[-1], *order[1:-1]]


def genuine_pairs(items: list[PairImage], count: int, rng: np.random.Generator) -> tuple[list[Pick], int]:
    """Draw genuine pairs, one from each identity in turn; returns them and how many exist in all."""
    people = [members for members in _by_identity(items).values() if len(members) > 1]
    exist, _ = existing_pairs(items)
    sources = [_shuffled_pairs(people[i], rng) for i in rng.permutation(len(people))]
    out: list[Pick] = []
    while sources and len(out) < count:
        alive = []
        for source in sources:
            pick = next(source, None)
            if pick is not None:
                alive.append(source)
                out.append(pick)
                if len(out) == count:
                    break
        sources = alive
    return out, exist


def existing_pairs(items: list[PairImage], *, within_group: bool = False) -> tuple[int, int]:
    """Return how many genuine and how many impostor pairs exist."""
    people = _by_identity(items)
    genuine = sum(len(members) * (len(members) - 1) // 2 for members in people.values())
    return genuine, sum(_existing(block, people) for block in _blocks(people, within_group=within_group))


def _blocks(people: dict[tuple[str, str], list[int]], *, within_group: bool) -> list[list[tuple[str, str]]]:
    """Return the identities among which impostor pairs are drawn: those of each group, or all together."""
    if not within_group:
        return [list(people)]
    groups = sorted({group for group, _ in people})
    return [[key for key in people if key[0] == group] for group in groups]


def impostor_pairs(
    items: list[PairImage], count: int, rng: np.random.Generator, *, within_group: bool = False
) -> tuple[list[Pick], int]:
    """Draw impostor pairs, each identity equally often; returns them and how many exist in all.

    The same name under two groups is never an impostor pair: it may be one person.
    """
    people = _by_identity(items)
    blocks = _blocks(people, within_group=within_group)
    exist = sum(_existing(block, people) for block in blocks)
    if count >= exist // 2 or exist <= 4096:
        return _from_all(blocks, people, count, rng), exist
    used: set[Pick] = set()
    out: list[Pick] = []
    while len(out) < count:
        before = len(out)
        for a, b in _round(blocks, rng):
            if len(out) == count:
                break
            for _ in range(8):
                x, y = (people[k][int(rng.integers(len(people[k])))] for k in (a, b))
                pick = (min(x, y), max(x, y))
                if pick not in used:
                    used.add(pick)
                    out.append(pick)
                    break
        if len(out) == before:  # nearly exhausted: choose among what is left
            rest = [pick for block in blocks for pick in _all_of(block, people) if pick not in used]
            chosen = rng.permutation(len(rest))[: count - len(out)]
            out += [rest[i] for i in chosen]
    return out, exist


def _round(
    blocks: list[list[tuple[str, str]]], rng: np.random.Generator
) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """One pass: in every block each identity is paired once as first and once as second."""
    pairs = []
    for block in blocks:
        if len(block) < 2:
            continue
        order = rng.permutation(len(block))
        shift = int(rng.integers(1, len(block)))
        for place, i in enumerate(order):
            a, b = block[i], block[order[(place + shift) % len(order)]]
            if a[1] != b[1]:
                pairs.append((a, b))
    return [pairs[i] for i in rng.permutation(len(pairs))]


def _existing(block: list[tuple[str, str]], people: dict[tuple[str, str], list[int]]) -> int:
    total = sum(len(people[key]) for key in block)
    by_name: dict[str, int] = {}
    for key in block:
        by_name[key[1]] = by_name.get(key[1], 0) + len(people[key])
    return (total * total - sum(n * n for n in by_name.values())) // 2


def _all_of(block: list[tuple[str, str]], people: dict[tuple[str, str], list[int]]) -> Iterator[Pick]:
    for a, b in combinations(block, 2):
        if a[1] != b[1]:
            yield from ((min(x, y), max(x, y)) for x in people[a] for y in people[b])


def _from_all(
    blocks: list[list[tuple[str, str]]], people: dict[tuple[str, str], list[int]], count: int, rng: np.random.Generator
) -> list[Pick]:
    """Draw from the full list, so that no identity is used twice more than another where that can be."""
    left: dict[tuple[tuple[str, str], tuple[str, str]], list[Pick]] = {}
    for block in blocks:
        for a, b in combinations(block, 2):
            if a[1] != b[1]:
                picks = list(_all_of([a, b], people))
                left[a, b] = [picks[i] for i in rng.permutation(len(picks))]
    out: list[Pick] = []
    used: dict[tuple[str, str], int] = dict.fromkeys(people, 0)
    while left and len(out) < count:
        order = list(left)
        ranked = sorted((int(used[k[0]] + used[k[1]]), float(rng.random()), place) for place, k in enumerate(order))
        level = ranked[0][0]
        taken: set[tuple[str, str]] = set()
        for total, _, place in ranked:
            key = order[place]
            if total > level + 1 or key[0] in taken or key[1] in taken:
                continue
            taken |= set(key)
            out.append(left[key].pop())
            for side in key:
                used[side] += 1
            if not left[key]:
                del left[key]
            if len(out) == count:
                break
    return out
