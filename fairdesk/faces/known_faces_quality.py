"""Measures the quality of images whose faces are known already.

A face is measured once for each content: what was measured of another copy of the same file counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fairdesk.faces.early_start import ready_for
from fairdesk.faces.nothing_done import by_reason
from fairdesk.faces.quality import measure
from fairdesk.faces.writing_times import WritingTimes
from fairdesk.images.image_reading import UnreadableImageError
from fairdesk.images.inspection import no_preparation
from fairdesk.images.pixels import read_pixels
from fairdesk.jobs.context import Context
from fairdesk.jobs.pool import map_batches
from fairdesk.project import Project
from fairdesk.project.conditions import meeting
from fairdesk.project.quality import Measured, Unmeasured, copy_measured, keep_measured, unmeasured, unread_for_quality
from fairdesk.words import tr, tr_n

_BATCH = 16
_COMMIT = 256


def _measure(batch: list[Unmeasured]) -> list[Measured]:
    out = []
    for task in batch:
        try:
            image = read_pixels(Path(task.path), bytes.fromhex(task.sha256))  # not of what replaced it
            out.append(Measured(task.image, measure(image, task.box, task.faces)))
        except UnreadableImageError as error:
            out.append(Measured(task.image, None, error.why))
    return out


def _each_once(todo: list[Unmeasured], tried: set[int]) -> list[Unmeasured]:
    """Return one image for each content and face, leaving out those that were tried."""
    first: dict[tuple[Any, ...], Unmeasured] = {}
    for task in todo:
        if task.image not in tried:
            first.setdefault((task.sha256, task.box, task.faces), task)
    return list(first.values())


def measure_all(project: Project, detector: str, context: Context, where: Sequence[str] | None = None) -> int:
    """Measure what a detector has looked at (in images that meet some conditions) and is not measured; returns how many images."""
    wanted = meeting(project, where) if where else None
    total = len([one for one in unmeasured(project, detector) if wanted is None or one.image in wanted])
    if not total:
        return 0
    context.progress(0, total, tr("images"))
    pending: list[Measured] = []
    done = 0
    times = WritingTimes(_COMMIT)

    def commit() -> None:
        keep_measured(project, detector, pending)
        pending.clear()
        times.written()

    def left() -> list[Unmeasured]:
        copy_measured(project, detector)
        return [one for one in unmeasured(project, detector) if wanted is None or one.image in wanted]

    tried: set[int] = set()
    ready = ready_for(detector, landmarks=True)
    while todo := _each_once(left(), tried):  # again only where one of several copies could not be read
        tried |= {task.image for task in todo}
        try:
            for batch, found in map_batches(_measure, todo, _BATCH, context, no_preparation, ready=ready):
                pending += found
                if times.due(len(pending)):
                    commit()
                done += len(batch)
                context.progress(min(done, total), total, tr("images"))
        finally:
            commit()
    context.progress(total, total, tr("images"))
    return total


def measure_too(project: Project, detector: str, context: Context, where: Sequence[str] | None = None) -> None:
    """Measure as `measure_all` does, and say what could not be read: whoever asked for something else as well hears it nowhere else."""
    left = {one.image for one in unmeasured(project, detector)}
    measure_all(project, detector, context, where)
    unread = unread_for_quality(project, detector)
    whys = {unread[image].path: unread[image].why for image in sorted(left & unread.keys()) if not unread[image].hidden}
    if whys:
        context.message(
            tr_n(
                "The quality of {n:,} image could not be measured: {reasons}",
                "The quality of {n:,} images could not be measured: {reasons}",
                len(whys),
                reasons=by_reason(whys),
            )
        )
