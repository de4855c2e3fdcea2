"""Measure the quality of a project's images, and see (or hide, or tag) those outside of given limits.

A face is measured once for each content: what was measured of another copy of the same file counts.
"""

from __future__ import annotations

import json
from dataclasses import astuple
from pathlib import Path
from typing import Any

import apsw

from fairdesk.dataset.identities import hide_images
from fairdesk.dataset.image_labels import Edit, edit_labels
from fairdesk.dataset.params import QualityParams
from fairdesk.dataset.results import QualityResult
from fairdesk.errors import RequestError
from fairdesk.faces.boxes import FaceBox
from fairdesk.faces.quality import measure
from fairdesk.images.image_reading import UnreadableImageError
from fairdesk.images.inspection import no_preparation
from fairdesk.images.pixels import read_pixels
from fairdesk.jobs.context import Context
from fairdesk.jobs.pool import map_batches
from fairdesk.project import Project
from fairdesk.project.detector_key import DetectorKey
from fairdesk.project.quality import counts, measured, outside
from fairdesk.project.searches import searches

_BATCH = 16
_COMMIT = 256
Task = tuple[int, str, tuple[int, int, int, int] | None, str | None, int]  # image, path, box, landmarks, faces


def _measure(batch: list[Task]) -> list[tuple[Any, ...]]:
    """Measure images; a row for the table without the detector."""
    out = []
    for number, path, box, landmarks, faces in batch:
        try:
            points = None if landmarks is None else tuple(map(tuple, json.loads(landmarks)))
            face = None if box is None else FaceBox(*box, landmarks=points)
            out.append((number, *astuple(measure(read_pixels(Path(path)), face, faces)), None))
        except UnreadableImageError as error:
            out.append((number, *[None] * 9, error.why))
    return out


def _copy_measured(connection: apsw.Connection, detector: str) -> None:
    """Give images what was measured of another one with the same content and the same face."""
    names = ("sharpness", "brightness", "contrast", "clipped", "side", "share", "yaw", "roll", "faces", "why")
    same = " AND ".join(f"ifnull(f.{edge}, -1) = ifnull(g.{edge}, -1)" for edge in ("top", "right", "bottom", "left"))
    connection.execute(
        f"INSERT OR REPLACE INTO quality (image_id, detector, {', '.join(names)})"
        f" SELECT i.id, q.detector, {', '.join('q.' + name for name in names)}"
        " FROM quality q JOIN image o ON o.id = q.image_id JOIN image i ON i.sha256 = o.sha256 AND i.id != o.id"
        " JOIN detection d ON d.image_id = i.id AND d.detector = ?1 AND d.why IS NULL AND d.faces = q.faces"
        " LEFT JOIN face f ON f.image_id = i.id AND f.place = 0 AND f.detector = ?1"
        " LEFT JOIN face g ON g.image_id = o.id AND g.place = 0 AND g.detector = ?1"
        f" WHERE q.detector = ?1 AND q.why IS NULL AND {same} AND f.landmarks IS g.landmarks"
        " AND NOT EXISTS (SELECT 1 FROM quality k WHERE k.image_id = i.id AND k.detector = ?1 AND k.why IS NULL)",
        (detector,),
    )


def _todo(project: Project, detector: str) -> list[tuple[str, Task]]:
    """Return the images to measure, each with its SHA-256."""
    roots = project.roots()
    rows = project.db.rows(
        "SELECT i.id, i.root_id, i.path, f.top, f.right, f.bottom, f.left, f.landmarks, d.faces, i.sha256 FROM image i"
        " JOIN detection d ON d.image_id = i.id AND d.detector = ?1 AND d.why IS NULL"
        " LEFT JOIN face f ON f.image_id = i.id AND f.place = 0 AND f.detector = ?1"
        " WHERE NOT EXISTS (SELECT 1 FROM quality q WHERE q.image_id = i.id AND q.detector = ?1 AND q.why IS NULL)"
        " ORDER BY i.id",
        (detector,),
    )
    return [(r[9], (r[0], str(roots[r[1]] / r[2]), None if r[3] is None else r[3:7], r[7], r[8])) for r in rows]


def _each_once(todo: list[tuple[str, Task]], tried: set[int]) -> list[Task]:
    """Return one task for each content and face, leaving out the images that were tried."""
    first: dict[tuple[Any, ...], Task] = {}
    for sha, task in todo:
        if task[0] not in tried:
            first.setdefault((sha, *task[2:]), task)
    return list(first.values())


def measure_quality(params: QualityParams, context: Context) -> QualityResult:
    """Job: measure what is not measured yet, then count what lies outside the limits, and hide or tag it if asked."""
    project = context.project
    detector = params.detector or project.shown_detector()
    others = [one.detector for one in searches(project.db)]
    if detector not in others:
        if params.detector is None:
            raise RequestError("Faces have not been looked for yet. Detect faces first: fairdesk detect PROJECT")
        raise RequestError(
            f"The detector {detector} has looked at no image. These have: {', '.join(others) or 'none'}. "
            f"Detect faces first: fairdesk detect PROJECT {DetectorKey.parse(detector).options()}"
        )
    others.remove(detector)
    if others and params.detector is None:
        context.message(
            f"Measured are the faces that {detector} found, which are those shown. There are also those of "
            f"{', '.join(others)}: say --detector to measure them."
        )
    before = len(_todo(project, detector))
    context.progress(0, before, "images")
    if before:
        _measure_all(project, detector, before, context)
    limits = params.ranges()
    found = counts(project, detector)
    bad = outside(project, limits, detector) if limits else []
    spreads = measured(project, detector)
    text = f"{found['measured']:,} images measured (faces of {detector})"
    if limits:
        text += f"; {len(bad):,} do not have {', '.join(limit.words() for limit in limits)}"
        if bad and params.action == "hide":
            hide_images(project, bad, why=" of low quality")
            text += ", hidden"
        elif bad and params.action == "tag":
            edit_labels(project, bad, Edit(add_tags=(params.tag,)))
            text += f", tagged {params.tag}"
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
    pending: list[tuple[Any, ...]] = []
    done = 0

    def commit() -> None:
        marks = ",".join("?" * 12)
        with project.db.transaction() as connection:
            connection.executemany(
                f"INSERT OR REPLACE INTO quality SELECT {marks} WHERE EXISTS (SELECT 1 FROM image WHERE id = ?)",
                ((row[0], detector, *row[1:], row[0]) for row in pending),
            )
        pending.clear()

    def copy() -> list[tuple[str, Task]]:
        with project.db.transaction() as connection:
            _copy_measured(connection, detector)
        return _todo(project, detector)

    tried: set[int] = set()
    while todo := _each_once(copy(), tried):  # again only where one of several copies could not be read
        tried |= {task[0] for task in todo}
        try:
            for batch, rows in map_batches(_measure, todo, _BATCH, context, no_preparation):
                pending += rows
                if len(pending) >= _COMMIT:
                    commit()
                done += len(batch)
                context.progress(min(done, total), total, "images")
        finally:
            commit()
    context.progress(total, total, "images")
