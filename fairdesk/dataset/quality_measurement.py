"""Measure the quality of a project's images, and see (or hide, or tag) those outside of given limits."""

from __future__ import annotations

from fairdesk.dataset.params import QualityParams
from fairdesk.dataset.quality_results import QualityResult
from fairdesk.errors import RequestError
from fairdesk.faces.changed_originals import compare_originals, images_meant
from fairdesk.faces.detection import counts as faces_found
from fairdesk.faces.known_faces_quality import measure_all
from fairdesk.faces.nothing_done import need_some_read, need_some_there
from fairdesk.jobs.context import Context
from fairdesk.jobs.results import Unreadable
from fairdesk.project.detections import others_found, searches
from fairdesk.project.detector_key import DetectorKey
from fairdesk.project.images import HideReason, hide_images
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.project.quality import (
    counts,
    measured,
    outside,
    unmeasured,
    unread_for_quality,
)
from fairdesk.words import tr, tr_n


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
    found_others = others_found(project, detector)
    if found_others and params.detector is None:
        context.message(
            tr(
                "Measured are the faces that {detector} found, which are those shown. There are also those of "
                "{others}: say --detector to measure them.",
                detector=detector,
                others=found_others,
            )
        )
    left = {one.image for one in unmeasured(project, detector)}
    context.progress(0, len(left), tr("images"))
    if not left and not counts(project, detector)["measured"]:
        need_some_read(
            faces_found(project, detector), project
        )  # the search read nothing, so there is nothing to measure
    if left:
        measure_all(project, detector, context)
    compared = compare_originals(images_meant(project), context)
    unread, found = unread_for_quality(project, detector), counts(project, detector)
    if left and left == unread.keys() & left:
        need_some_there(project, {image: unread[image].why for image in left}, any_before=found["measured"] > 0)
    limits = params.ranges()
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
        measured_now=len(left - unread.keys()),
        outside=len(bad),
        limits=[str(limit) for limit in limits],
        action=params.action,
        measures=spreads,
        detector=detector,
        other_detectors=others,
        unreadable_files=[Unreadable(path=one.path, why=one.why) for one in unread.values() if not one.hidden],
        changed=compared.changed,
        damaged=compared.damaged,
        missing_paths=compared.missing_paths,
        summary=text + ".",
    )
