"""Sets that share no identity, with totals the nearest to what was asked that whole identities allow."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fairdesk.dataset.collection import Collection, Item, counts, need_empty, read_folder, summary, write_items
from fairdesk.dataset.prepare_params import SplitParams
from fairdesk.errors import RequestError
from fairdesk.jobs.context import Context

Key = tuple[str, str]


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


def _take(people: dict[Key, list[Item]], free: list[Key], target: int, rng: np.random.Generator) -> list[Key]:
    """Choose identities at random whose images sum nearest to a target, and take them out of `free`."""
    order = [free[i] for i in rng.permutation(len(free))]
    chosen = [order[i] for i in nearest_subset([len(people[key]) for key in order], target)]
    for key in chosen:
        free.remove(key)
    return chosen


def _by_identity(
    source: Collection, params: SplitParams, rng: np.random.Generator
) -> tuple[list[list[Item]], list[float]]:
    people = source.people()
    if not people:
        raise RequestError(f"{params.folder} has no identity folders. Give --layout, or split --by image.")
    sets: list[list[Key]] = [[] for _ in params.out]
    asked = [0.0] * len(params.out)
    if params.images is not None:
        free = list(people)
        total = sum(len(images) for images in people.values())
        if params.images * len(params.out) > total:
            raise RequestError(
                f"{len(params.out)} x {params.images:,} images were asked for, but only {total:,} have an identity. Nothing was written."
            )
        for number in range(len(params.out)):
            asked[number] = params.images
            sets[number] = _take(people, free, params.images, rng)
    else:
        assert params.shares is not None
        rest = int(np.argmax(params.shares)) if abs(sum(params.shares) - 1) < 1e-9 else None
        for group in sorted({group for group, _ in people}):
            free = [key for key in people if key[0] == group]
            total = sum(len(people[key]) for key in free)
            for number, share in enumerate(params.shares):
                asked[number] += share * total
                if number != rest:
                    sets[number] += _take(people, free, round(share * total), rng)
            if rest is not None:  # the largest share takes all that is left
                sets[rest] += free
    return [[item for key in sorted(keys) for item in people[key]] for keys in sets], asked


def _by_image(
    source: Collection, params: SplitParams, rng: np.random.Generator
) -> tuple[list[list[Item]], list[float]]:
    order = [source.items[i] for i in rng.permutation(len(source.items))]
    total = len(order)
    if params.images is not None:
        sizes = [params.images] * len(params.out)
    else:
        assert params.shares is not None
        ends = [round(sum(params.shares[: n + 1]) * total) for n in range(len(params.shares))]
        sizes = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    if sum(sizes) > total:
        raise RequestError(f"{sum(sizes):,} images were asked for, but only {total:,} exist. Nothing was written.")
    sets, start = [], 0
    for size in sizes:
        sets.append(sorted(order[start : start + size], key=lambda item: item.relative))
        start += size
    asked = [float(params.images or 0)] * len(sizes) if params.shares is None else [s * total for s in params.shares]
    return sets, asked


def run(params: SplitParams, context: Context) -> dict[str, Any]:
    """Job: split. By identity nobody is on two sides; asked and got are both reported."""
    source = read_folder(params.folder, params.layout)
    rng = np.random.default_rng(params.seed)
    sets, asked = (_by_identity if params.by == "identity" else _by_image)(source, params, rng)
    reports = []
    for out, items, wanted in zip(params.out, sets, asked, strict=True):
        found = counts(items)
        reports.append(
            {"out": str(out), "asked": round(wanted, 3), "got": len(items), **found, "summary": summary(found)}
        )
    unnamed = sum(item.key is None for item in source.items) if params.by == "identity" else 0
    result: dict[str, Any] = {
        "sets": reports, "seed": params.seed, "by": params.by, "dry_run": params.dry_run, "left_out": source.left_out,
        "without_identity": unnamed, "collisions": 0,
        "summary": "\n".join(f"{out.name}: {report['summary']} (asked for {report['asked']:g})"
                             for out, report in zip(params.out, reports, strict=True)),
    }  # fmt: skip
    if unnamed:
        context.message(f"{unnamed:,} images have no identity and are in no set.")
    if params.dry_run:
        return result
    need_empty(*params.out, source=params.folder)
    about = {"job": "split", "folder": str(params.folder), "seed": params.seed, "by": params.by, "images": params.images,
             "shares": params.shares}  # fmt: skip
    total, done = sum(map(len, sets)), 0
    for out, items in zip(params.out, sets, strict=True):
        flat = params.by == "image"
        chosen = [(item, f"{n}_{item.path.name}" if flat else item.relative) for n, item in enumerate(items)]
        result["collisions"] += write_items(
            chosen, out, context, copy=params.copy_files, about=about | {"set": out.name}, done=done, total=total
        )
        done += len(items)
    return result
