"""Balance: bring groups to a target by hiding images, with the least loss of identities."""

from __future__ import annotations

from typing import Any

import numpy as np

from fairdesk.dataset.identities import LabelledImage, hide_images, labelled_images
from fairdesk.dataset.params import BalanceParams, parse_shares
from fairdesk.errors import RequestError
from fairdesk.jobs.context import Context


def level(sizes: list[int], total: int) -> list[int]:
    """Return how many of each identity's images to keep so that `total` stay, the largest reduced first.

    Every identity keeps at least one image while that can be: the fewest identities are lost.
    """
    keep = sorted(range(len(sizes)), key=lambda i: (sizes[i], i))
    out = [0] * len(sizes)
    left, people = total, len(sizes)
    for i in keep:  # from the smallest on, each gets its fair part of what is left
        out[i] = min(sizes[i], -(-left // people) if left >= people else int(left > 0))
        left -= out[i]
        people -= 1
    return out


def targets(have: dict[str, int], wanted: str) -> dict[str, int]:
    """Return the number each group is reduced to: the most that the scarcest group allows.

    Raises
    ------
    RequestError
        If a share names a group that is not there.
    """
    shares = dict.fromkeys(have, 1.0) if wanted == "equal" else parse_shares(wanted)
    missing = [name for name in shares if name not in have]
    if missing:
        raise RequestError(f"There is no group {missing[0]!r}. The project has: {', '.join(have) or 'none'}")
    size = min(have[name] / share for name, share in shares.items())
    return {name: int(size * share + 1e-9) for name, share in shares.items()}


def run(params: BalanceParams, context: Context) -> dict[str, Any]:
    """Job: plan a balance and, unless it is a dry run, hide what is too much: one undoable step."""
    project = context.project
    groups: dict[str, dict[str, list[LabelledImage]]] = {}
    for image in labelled_images(project):
        if image.group is not None and image.identity is not None:
            groups.setdefault(image.group, {}).setdefault(image.identity, []).append(image)
    if len(groups) < 2:
        raise RequestError("Balancing needs at least two groups with named identities.")
    by_images = params.by == "images"
    have = {
        name: sum(map(len, people.values())) if by_images else len(people) for name, people in sorted(groups.items())
    }
    goal = targets(have, params.target)
    rng = np.random.default_rng(params.seed)
    hidden: list[int] = []
    plan = {}
    for name, wanted in goal.items():
        people = dict(sorted(groups[name].items()))
        if by_images:
            kept = level([len(images) for images in people.values()], wanted)
        else:
            chosen = set(rng.permutation(len(people))[:wanted].tolist())
            kept = [len(images) if i in chosen else 0 for i, images in enumerate(people.values())]
        before = len(hidden)
        for count, images in zip(kept, people.values(), strict=True):
            order = rng.permutation(len(images))
            hidden += [images[i].id for i in order[count:]]
        total = sum(map(len, people.values()))
        plan[name] = {
            "images": total, "identities": len(people), "images_kept": total - (len(hidden) - before),
            "identities_kept": sum(count > 0 for count in kept),
        }  # fmt: skip
    lines = [
        f"{name}: {row['images_kept']:,} of {row['images']:,} images, {row['identities_kept']:,} of {row['identities']:,} identities stay"
        for name, row in plan.items()
    ]
    if hidden and not params.dry_run:
        hide_images(project, hidden, why=" to balance groups")
    context.progress(1, 1, "plan")
    untouched = [name for name in have if name not in goal]
    if untouched:
        lines.append(f"Not in the target and left as they are: {', '.join(untouched)}")
    lines.append(
        "Nothing has to go."
        if not hidden
        else f"{len(hidden):,} images {'would be' if params.dry_run else 'are'} hidden."
    )
    return {"plan": plan, "hidden": len(hidden), "dry_run": params.dry_run, "seed": params.seed, "by": params.by,
            "summary": "\n".join(lines)}  # fmt: skip
