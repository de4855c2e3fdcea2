"""Measure the quality of a project's images, and see (or hide, or tag) those outside of given limits.

A face is measured once for each content: what was measured of another copy of the same file counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fairdesk.dataset.params import QualityParams
from fairdesk.dataset.results import QualityResult
from fairdesk.errors import RequestError
from fairdesk.faces.quality import measure
from fairdesk.images.image_reading import UnreadableImageError
from fairdesk.images.inspection import no_preparation
from fairdesk.images.pixels import read_pixels
from fairdesk.jobs.context import Context
from fairdesk.jobs.pool import map_batches
from fairdesk.project import Project
from fairdesk.project.detections import searches
from fairdesk.project.detector_key import DetectorKey
from fairdesk.project.images import HideReason, hide_images
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.project.quality import (
    Measured,
    Unmeasured,
    copy_measured,
    counts,
    keep_measured,
    measured,
    outside,
    unmeasured,
)
from fairdesk.words import tr, tr_n

_BATCH = 16
_COMMIT = 256


def _measure(batch: list[Unmeasured]) -> list[Measured]:
    out = []
    for task in batch:
        try:
            out.append(Measured(task.image, measure(read_pixels(Path(task.path)), task.box, task.faces)))
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


def measure_quality(params: QualityParams, context: Context) -> QualityResult:
    """Job: measure what is not measured yet, then count what lies outside the limits, and hide or tag it if asked."""
    project = context.project
    detector = params.detector or project.shown_detector()
    others = [one.detector for one in searches(project)]
    if detector not in others:
        if params.detector is None:
            raise RequestError(tr("Faces have not been looked for yet. Detect faces first: fairdesk detect PROJECT"))
        raise RequestError(
            tr(
                "The detector {detector} has looked at no image. These have: {others}. "
                "Detect faces first: fairdesk detect PROJECT {options}",
                detector=detector,
                others=", ".join(others) or "none",
                options=DetectorKey.parse(detector).options(),
            )
        )
    others.remove(detector)
    if others and params.detector is None:
        context.message(
            tr(
                "Measured are the faces that {detector} found, which are those shown. There are also those of "
                "{others}: say --detector to measure them.",
                detector=detector,
                others=", ".join(others),
            )
        )
    before = len(unmeasured(project, detector))
    context.progress(0, before, tr("images"))
    if before:
        _measure_all(project, detector, before, context)
    limits = params.ranges()
    found = counts(project, detector)
    bad = outside(project, limits, detector) if limits else []
    spreads = measured(project, detector)
    text = tr_n(
        "{n:,} image measured (faces of {detector})",
        "{n:,} images measured (faces of {detector})",
        found["measured"],
        detector=detector,
    )
    if limits:
        told = ", ".join(limit.words() for limit in limits)
        text += "; " + tr_n("{n:,} does not have {limits}", "{n:,} do not have {limits}", len(bad), limits=told)
        if bad and params.action == "hide":
            hide_images(project, bad, HideReason.QUALITY)
            text += ", " + tr("hidden")
        elif bad and params.action == "tag":
            edit_labels(project, bad, Edit(add_tags=(params.tag,)))
            text += ", " + tr("tagged {tag}", tag=params.tag)
    return QualityResult(
        **found,
        measured_now=before,
        outside=len(bad),
        limits=[str(limit) for limit in limits],
        action=params.action,
        measures=spreads,
        detector=detector,
        other_detectors=others,
        summary=text + ".",
    )


def _measure_all(project: Project, detector: str, total: int, context: Context) -> None:
    pending: list[Measured] = []
    done = 0

    def commit() -> None:
        keep_measured(project, detector, pending)
        pending.clear()

    def left() -> list[Unmeasured]:
        copy_measured(project, detector)
        return unmeasured(project, detector)

    tried: set[int] = set()
    while todo := _each_once(left(), tried):  # again only where one of several copies could not be read
        tried |= {task.image for task in todo}
        try:
            for batch, found in map_batches(_measure, todo, _BATCH, context, no_preparation):
                pending += found
                if len(pending) >= _COMMIT:
                    commit()
                done += len(batch)
                context.progress(min(done, total), total, tr("images"))
        finally:
            commit()
    context.progress(total, total, tr("images"))
