"""Split a folder into sets: links or copies, after a check that nothing leaks between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fairdesk.dataset.collection import (
    SourceImage,
    contents,
    need_empty,
    nothing_written,
    people_of,
    read_folder,
    write_items,
)
from fairdesk.dataset.identity_partition import Request, partition
from fairdesk.dataset.leaks import check_sets, refuse
from fairdesk.dataset.prepare_params import SplitParams
from fairdesk.dataset.results import SetContents, SplitResult
from fairdesk.jobs.context import Context
from fairdesk.jobs.results import Unreadable
from fairdesk.project.kept_facts import user_facts
from fairdesk.words import tr, tr_n


def report(names: list[str], sets: list[list[SourceImage]], asked: list[float]) -> tuple[list[SetContents], str]:
    """Return what each set got beside what was asked for, as data and in words."""
    rows = []
    for name, items, wanted in zip(names, sets, asked, strict=True):
        found = contents(items)
        rows.append(
            SetContents(**found.model_dump(), name=name, asked=round(wanted, 3), got=len(items), summary=found.words())
        )
    lines = [
        tr("{row}: {summary} (asked for {asked:g})", row=row.name, summary=row.summary, asked=row.asked) for row in rows
    ]
    return rows, "\n".join(lines)


def shared_people(sets: Sequence[Sequence[SourceImage]]) -> list[str]:
    """Return who is in more than one set, as group/name."""
    found = [set(people_of(items)) for items in sets]
    return sorted(
        f"{group}/{name}" if group else name
        for group, name in set().union(*found)
        if sum((group, name) in one for one in found) > 1
    )


def caution(names: list[str], sets: list[list[SourceImage]], asked: list[float], *, by_identity: bool) -> str | None:
    """Say which sets got nothing, or nobody of a group that others have; None where each has someone of every group."""
    groups = [{item.group for item in items if item.group is not None} for items in sets]
    every, lines = set().union(*groups), []
    for name, items, wanted, have in zip(names, sets, asked, groups, strict=True):
        if not items and wanted > 0:
            lines.append(
                tr(
                    "{set} is empty: there are too few identities for it. Ask for fewer sets, or a larger share.",
                    set=name,
                )
                if by_identity
                else tr(
                    "{set} is empty: there are too few images for it. Ask for fewer sets, or a larger share.", set=name
                )
            )
        elif items and have != every:
            lines.append(
                tr(
                    "{set} has nobody of {groups}, so that nothing can be said of them there. Give it a larger share.",
                    set=name,
                    groups=", ".join(sorted(every - have)),
                )
            )
    return "\n".join(lines) or None


def split_folder(params: SplitParams, context: Context) -> SplitResult:
    """Job: split. By identity nobody is on two sides; asked and got are both reported."""
    source = read_folder(params.folder, params.layout)
    outs = params.folders()
    request = Request(len(outs), params.images, params.shares, params.by)
    sets, asked = partition(source.items, request, np.random.default_rng(params.seed))
    rows, text = report([out.name for out in outs], sets, asked)
    for row, out in zip(rows, outs, strict=True):
        row.out = str(out)
    unnamed = sum(item.key is None for item in source.items) if params.by == "identity" else 0
    result = SplitResult(
        sets=rows,
        seed=params.seed,
        by=params.by,
        dry_run=params.dry_run,
        left_out=source.left_out,
        without_identity=unnamed,
        warning=caution([row.name for row in rows], sets, asked, by_identity=params.by == "identity"),
        summary=text,
    )
    if unnamed:
        context.message(
            tr_n(
                "{n:,} image has no identity and is in no set.",
                "{n:,} images have no identity and are in no set.",
                unnamed,
            )
        )
    if params.leaks != "skip":
        with user_facts() as store:
            checked = check_sets(sets, store, context, distance=params.distance)
        source.need_unchanged()
        sets, leaks = checked.sets, checked.shared
        result.leaks, result.unreadable = leaks.result(), [Unreadable(**one) for one in checked.unreadable]
        result.summary = f"{text}\n{leaks.summary()}"
        if not params.dry_run:
            # by image the same person may be on both sides, as was asked for: that is told, and refuses nothing
            refused = replace(leaks, identities=[]) if params.by == "image" else leaks
            refuse(refused, allow=params.leaks == "allow", context=context)
    shared = shared_people(sets)
    if params.by == "image" and shared:
        context.message(
            tr_n(
                "{n:,} person is in more than one set: {names}. Split by identity where people must not be shared.",
                "{n:,} people are in more than one set: {names}. Split by identity where people must not be shared.",
                len(shared),
                names=", ".join(shared[:5]) + (", ..." if len(shared) > 5 else ""),
            )
        )
    if params.dry_run:
        return result
    need_empty(*outs, source=params.folder)
    about = {"job": "split", "folder": str(params.folder), "seed": params.seed, "by": params.by, "images": params.images,
             "shares": params.shares, "folds": params.folds}  # fmt: skip
    total, done = sum(map(len, sets)), 0
    written: list[list[SourceImage]] = []
    unreadable: list[Unreadable] = []
    for out, items in zip(outs, sets, strict=True):
        flat = params.by == "image"
        chosen = [(item, f"{n}_{item.path.name}" if flat else item.relative) for n, item in enumerate(items)]
        placed = write_items(
            chosen, out, context, copy=params.copy_files, about=about | {"set": out.name}, done=done, total=total
        )
        written.append(placed.items)
        result.collisions += placed.collisions
        result.left_out += placed.unreadable
        unreadable += placed.unreadable
        done += len(items)
    source.need_unchanged()
    if unreadable:
        if not any(written):
            raise nothing_written(unreadable)
        result.sets, said = report([out.name for out in outs], written, asked)
        for row, out in zip(result.sets, outs, strict=True):
            row.out = str(out)
        result.summary = result.summary.replace(text, said, 1)
    return result
