"""Sets that share no identity, with totals the nearest to what was asked that whole identities allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from fairdesk.dataset.collection import SourceImage, people_of
from fairdesk.errors import RequestError
from fairdesk.words import tr

Key = tuple[str, str]


@dataclass(frozen=True)
class Request:
    """What is asked for: `count` sets of `images` each, or by `shares`; without either, equal folds of all."""

    count: int
    images: int | None = None
    shares: Sequence[float] | None = None
    by: Literal["identity", "image"] = "identity"


def nearest_subset(sizes: list[int], target: int) -> list[int]:
    """Return indices of the sizes whose sum is nearest to a target, ties down; earlier ones are preferred.

    Exact, by dynamic programming over the reachable sums: n vector operations of target + max(sizes) cells.
    """
    if not sizes or target <= 0:
        return []
    top = target + max(sizes)
    first: npt.NDArray[np.int32] = np.full(top + 1, -1, dtype=np.int32)  # the size that first reached this sum
    reached = np.zeros(top + 1, dtype=bool)
    reached[0] = True
    for index, size in enumerate(sizes):
        if size > top:
            continue
        new = reached[: top + 1 - size] & ~reached[size:]
        first[size:][new] = index
        reached[size:] |= new
        if reached[target]:
            break
    sums = np.flatnonzero(reached)
    best = int(min(sums.tolist(), key=lambda total: (abs(total - target), total)))
    chosen = []
    while best:
        index = int(first[best])
        chosen.append(index)
        best -= sizes[index]
    return chosen[::-1]


def _take(people: dict[Key, list[SourceImage]], free: list[Key], target: int, rng: np.random.Generator) -> list[Key]:
    """Choose identities at random whose images sum nearest to a target, and take them out of `free`."""
    order = [free[i] for i in rng.permutation(len(free))]
    chosen = [order[i] for i in nearest_subset([len(people[key]) for key in order], target)]
    gone = set(chosen)
    free[:] = [key for key in free if key not in gone]
    return chosen


def partition(
    items: list[SourceImage], request: Request, rng: np.random.Generator
) -> tuple[list[list[SourceImage]], list[float]]:
    """Return the sets in order and the number of images asked for in each.

    Raises
    ------
    RequestError
        If more is asked for than there is, or by identity where nothing has one.
    """
    return (_by_identity if request.by == "identity" else _by_image)(items, request, rng)


def _by_identity(
    items: list[SourceImage], request: Request, rng: np.random.Generator
) -> tuple[list[list[SourceImage]], list[float]]:
    people = people_of(items)
    if not people:
        raise RequestError(tr("None of the images has an identity. Say what the folders mean, or split by image."))
    sets: list[list[Key]] = [[] for _ in range(request.count)]
    asked = [0.0] * request.count
    if request.images is not None:
        free = list(people)
        total = sum(len(images) for images in people.values())
        if request.images * request.count > total:
            raise RequestError(
                tr(
                    "{count} x {images:,} images were asked for, but only {total:,} have an identity. Nothing was written.",
                    count=request.count,
                    images=request.images,
                    total=total,
                )
            )
        for number in range(request.count):
            asked[number] = request.images
            sets[number] = _take(people, free, request.images, rng)
        return [[item for key in sorted(keys) for item in people[key]] for keys in sets], asked
    shares = request.shares or [1 / request.count] * request.count
    rest = int(np.argmax(shares)) if abs(sum(shares) - 1) < 1e-9 else None
    if request.shares is None:
        rest = request.count - 1
    for group in sorted({group for group, _ in people}):
        free = [key for key in people if key[0] == group]
        total = sum(len(people[key]) for key in free)
        for number, share in enumerate(shares):
            asked[number] += share * total
            if number != rest:
                left = sum(len(people[key]) for key in free)
                # a fold takes its part of what is left, so that no error adds up on the last one
                target = left / (request.count - number) if request.shares is None else share * total
                sets[number] += _take(people, free, round(target), rng)
        if rest is not None:  # the largest share takes all that is left
            sets[rest] += free
    _give_each_someone(sets, people, asked, rng)
    return [[item for key in sorted(keys) for item in people[key]] for keys in sets], asked


def _give_each_someone(
    sets: list[list[Key]], people: dict[Key, list[SourceImage]], asked: list[float], rng: np.random.Generator
) -> None:
    """Move an identity into each set that rounding left empty, from the set that has the most of them."""
    for number, wanted in enumerate(asked):
        if sets[number] or wanted <= 0:
            continue
        fullest = max(sets, key=len)
        if len(fullest) < 2:
            return
        order = [fullest[i] for i in rng.permutation(len(fullest))]
        moved = min(order, key=lambda key: abs(len(people[key]) - wanted))
        fullest.remove(moved)
        sets[number].append(moved)


def _by_image(
    items: list[SourceImage], request: Request, rng: np.random.Generator
) -> tuple[list[list[SourceImage]], list[float]]:
    order = [items[i] for i in rng.permutation(len(items))]
    total = len(order)
    shares = request.shares or [1 / request.count] * request.count
    if request.images is not None:
        sizes = [request.images] * request.count
    else:
        ends = [round(sum(shares[: n + 1]) * total) for n in range(len(shares))]
        sizes = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    if sum(sizes) > total:
        raise RequestError(
            tr(
                "{count:,} images were asked for, but only {total:,} exist. Nothing was written.",
                count=sum(sizes),
                total=total,
            )
        )
    sets, start = [], 0
    for size in sizes:
        sets.append(sorted(order[start : start + size], key=lambda item: (item.relative, item.id or 0)))
        start += size
    asked = [float(request.images)] * len(sizes) if request.images is not None else [s * total for s in shares]
    return sets, asked
