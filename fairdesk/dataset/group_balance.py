"""Balance: bring groups to a target by hiding and by adding, with the least loss of identities; one undoable step."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fairdesk import counted
from fairdesk.dataset.collection import SourceImage, people_of, project_items, read_folder
from fairdesk.dataset.identity_partition import nearest_subset
from fairdesk.dataset.image_import import Labelled, bring_in
from fairdesk.dataset.params import BalanceParams, parse_shares
from fairdesk.dataset.results import BalanceResult, GroupPlan
from fairdesk.errors import RequestError
from fairdesk.images.file_facts import sha256_of
from fairdesk.images.folder_layouts import Entry, Tree
from fairdesk.jobs.context import Context
from fairdesk.project import Project
from fairdesk.project.identities import names_in_groups
from fairdesk.project.images import HideReason, hide_images, known_contents
from fairdesk.project.kept_facts import FactStore
from fairdesk.words import tr, tr_n


@dataclass
class Group:
    """One group now, and what the plan does to it."""

    name: str
    people: dict[str, list[SourceImage]]
    without_identity: int = 0  # images that are not counted and stay
    goal: int | None = None  # None: not in the target
    hide: list[SourceImage] = field(default_factory=list)
    add: list[SourceImage] = field(default_factory=list)

    def count(self, *, by_images: bool) -> int:
        """How many images or identities it has now."""
        return sum(map(len, self.people.values())) if by_images else len(self.people)

    def row(self, *, by_images: bool) -> GroupPlan:
        """The group's line of the plan."""
        gone = {item.id for item in self.hide}
        images = sum(map(len, self.people.values()))
        kept = sum(any(item.id not in gone for item in items) for items in self.people.values())
        added = len({item.identity for item in self.add})
        after = (images - len(gone) + len(self.add)) if by_images else kept + added
        return GroupPlan(
            images=images,
            identities=len(self.people),
            images_kept=images - len(gone),
            identities_kept=kept,
            images_added=len(self.add),
            identities_added=added,
            goal=self.goal,
            lacking=max(0, (self.goal or 0) - after),
            without_identity=self.without_identity or None,
        )


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


def targets(have: dict[str, int], wanted: str, to: str = "smallest") -> dict[str, int]:
    """Return the number each group is brought to.

    Parameters
    ----------
    have
        Images (or identities) of each group.
    wanted
        "equal", or shares such as ``A=.25,B=.75``.
    to
        "smallest": the most that the scarcest group allows, so that nothing has to be added; "largest": so
        that nothing has to go; or a number: of each group (equal), or of all together (shares).

    Raises
    ------
    RequestError
        If a share names a group that is not there.
    """
    shares = dict.fromkeys(have, 1.0) if wanted == "equal" else parse_shares(wanted)
    missing = [name for name in shares if name not in have]
    if missing:
        raise RequestError(
            tr(
                "There is no group {missing!r}. The project has: {have}",
                missing=missing[0],
                have=", ".join(have) or "none",
            )
        )
    if to == "smallest":
        size = min(have[name] / share for name, share in shares.items())
        return {name: int(size * share + 1e-9) for name, share in shares.items()}
    if to == "largest":
        size = max(have[name] / share for name, share in shares.items())
        return {name: int(np.ceil(size * share - 1e-9)) for name, share in shares.items()}
    whole = 1.0 if wanted == "equal" else sum(shares.values())
    return {name: round(int(to) * share / whole) for name, share in shares.items()}


def _groups(project: Project) -> dict[str, Group]:
    found: dict[str, Group] = {}
    for item in project_items(project):
        if item.group is None:
            continue
        group = found.setdefault(item.group, Group(item.group, {}))
        if item.identity is None:
            group.without_identity += 1
        else:
            group.people.setdefault(item.identity, []).append(item)
    return {name: group for name, group in sorted(found.items()) if group.people}


def _plan_hiding(group: Group, rng: np.random.Generator, *, by_images: bool) -> None:
    assert group.goal is not None
    people = dict(sorted(group.people.items()))
    if by_images:
        kept = level([len(images) for images in people.values()], group.goal)
    else:
        chosen = set(rng.permutation(len(people))[: group.goal].tolist())
        kept = [len(images) if i in chosen else 0 for i, images in enumerate(people.values())]
    for count, images in zip(kept, people.values(), strict=True):
        order = rng.permutation(len(images))
        group.hide += [images[i] for i in order[count:]]


def _plan_adding(
    group: Group,
    pool: dict[str, list[SourceImage]],
    taken: set[str],
    known: set[str],
    store: FactStore,
    rng: np.random.Generator,
    *,
    by_images: bool,
) -> None:
    """Take whole identities that the project does not have, in images the nearest to what lacks."""
    assert group.goal is not None
    lacking = group.goal - group.count(by_images=by_images)
    fresh = {}
    for name, images in sorted(pool.items()):
        if name not in taken and not any(sha256_of(item.path, store) in known for item in images):
            fresh[name] = images
    order = [list(fresh)[i] for i in rng.permutation(len(fresh))]
    if by_images:
        chosen = [order[i] for i in nearest_subset([len(fresh[name]) for name in order], lacking)]
    else:
        chosen = order[:lacking]
    group.add = [item for name in sorted(chosen) for item in fresh[name]]


def plan(project: Project, params: BalanceParams) -> dict[str, Group]:
    """Work out what to hide and what to add; writes nothing.

    Raises
    ------
    RequestError
        If there are fewer than two groups, or a target names one that is not there.
    """
    groups = _groups(project)
    if len(groups) < 2:
        raise RequestError(tr("Balancing needs at least two groups with named identities."))
    by_images = params.by == "images"
    goal = targets({name: g.count(by_images=by_images) for name, g in groups.items()}, params.target, params.to)
    rng = np.random.default_rng(params.seed)
    pools: dict[str, dict[str, list[SourceImage]]] = {}
    known: set[str] = set()
    taken: dict[str, set[str]] = {}  # also who is hidden
    if params.source is not None:
        for (name, identity), items in people_of(read_folder(params.source).items).items():
            pools.setdefault(name, {})[identity] = items
        known = known_contents(project)
        taken = names_in_groups(project)
    for name, wanted in goal.items():
        group = groups[name]
        group.goal = wanted
        have = group.count(by_images=by_images)
        if have > wanted:
            _plan_hiding(group, rng, by_images=by_images)
        elif have < wanted and params.source is not None:
            _plan_adding(
                group, pools.get(name, {}), taken.get(name, set()), known, project.facts, rng, by_images=by_images
            )
    return groups


def balance_groups(params: BalanceParams, context: Context) -> BalanceResult:
    """Job: plan a balance and, unless it is a dry run, carry it out: one undoable step."""
    project = context.project
    groups = plan(project, params)
    by_images = params.by == "images"
    rows = {name: group.row(by_images=by_images) for name, group in groups.items() if group.goal is not None}
    hide = [item.id for group in groups.values() for item in group.hide if item.id is not None]
    add = [item for group in groups.values() for item in group.add]
    unreadable: list[dict[str, str]] = []
    if not params.dry_run:
        key = f"balance {os.urandom(6).hex()}"
        if add:
            assert params.source is not None
            tree = Tree(params.source, "group-identity", [Entry(i.relative, i.identity, i.group) for i in add])
            labelled = [Labelled(entry, entry.identity, entry.group, "folder", []) for entry in tree.entries]

            def each(item: Labelled, seen: Any) -> None:
                if seen.why is not None:
                    unreadable.append({"path": item.entry.path, "why": seen.why})

            bring_in(tree, labelled, context, tr("Balance groups"), key, each)
        if hide:
            hide_images(project, hide, HideReason.BALANCE, merge_key=key)
    context.progress(1, 1, tr("plan"))
    return BalanceResult(
        plan=rows,
        hidden=len(hide),
        added=len(add) - len(unreadable),
        unreadable=unreadable,
        lacking={name: row.lacking for name, row in rows.items() if row.lacking},
        dry_run=params.dry_run,
        seed=params.seed,
        by=params.by,
        summary="\n".join(_lines(rows, groups, params, len(hide), len(add))),
    )


def told_unnamed(group: str, images: int) -> str:
    """Say which images of a group balancing does not count."""
    return tr_n(
        "{group}: {n:,} image without an identity is not counted and stays",
        "{group}: {n:,} images without an identity are not counted and stay",
        images,
        group=group,
    )


def _told_added(added: int, params: BalanceParams) -> str:
    if params.dry_run:
        return tr_n(
            "{n:,} image would be added from {folder}.",
            "{n:,} images would be added from {folder}.",
            added,
            folder=params.source,
        )
    return tr_n(
        "{n:,} image is added from {folder}.", "{n:,} images are added from {folder}.", added, folder=params.source
    )


def _lines(
    rows: dict[str, GroupPlan], groups: dict[str, Group], params: BalanceParams, hidden: int, added: int
) -> list[str]:
    lines = []
    for name, row in rows.items():
        line = tr(
            "{group}: {kept:,} of {images}, {people:,} of {identities} stay",
            group=name,
            kept=row.images_kept,
            images=counted.images(row.images),
            people=row.identities_kept,
            identities=counted.identities(row.identities),
        )
        if row.images_added:
            line += "; " + tr(
                "{images:,} images of {identities:,} identities are added",
                images=row.images_added,
                identities=row.identities_added,
            )
        if row.lacking:
            line += "; " + (
                tr("shortfall: {n}", n=counted.images(row.lacking))
                if params.by == "images"
                else tr("shortfall: {n}", n=counted.identities(row.lacking))
            )
        lines.append(line)
    lines += [told_unnamed(name, row.without_identity) for name, row in rows.items() if row.without_identity]
    untouched = [name for name in groups if name not in rows]
    if untouched:
        lines.append(tr("Not in the target and left as they are: {groups}", groups=", ".join(untouched)))
    if hidden:
        lines.append(
            tr_n("{n:,} image would be hidden.", "{n:,} images would be hidden.", hidden)
            if params.dry_run
            else tr_n("{n:,} image is hidden.", "{n:,} images are hidden.", hidden)
        )
    if added:
        lines.append(_told_added(added, params))
    if not hidden and not added:
        lines.append(tr("Nothing has to be hidden and nothing can be added."))
    if any(row.lacking for row in rows.values()):
        lines.append(
            tr(
                "Fill the shortfall from another folder (--from), or generate faces: fairdesk generate RUN --group NAME ..."
            )
        )
    return lines
