"""The job that finds faces: resumable, in batches, every image without a face on record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from fairdesk.faces.boxes import SAME, FaceBox, overlap
from fairdesk.faces.deepface_models import load_detector, prepare
from fairdesk.faces.detectors import detect_faces
from fairdesk.faces.params import DetectParams
from fairdesk.faces.results import DetectResult, FaceCounts
from fairdesk.images.image_reading import UnreadableImageError, box_with_margin, thumbnail
from fairdesk.images.pixels import read_pixels
from fairdesk.jobs.context import Context
from fairdesk.jobs.pool import map_batches
from fairdesk.jobs.results import Unreadable
from fairdesk.project import Project
from fairdesk.project.conditions import faces_meant, meeting
from fairdesk.project.thumbnails import SIDE

BATCH = 8
_COMMIT = 64  # images a transaction

Label = tuple[int | None, str | None]
Found = tuple[list[tuple[FaceBox, bytes]], str | None]

_params = DetectParams()


def _load(params: DetectParams) -> None:
    global _params
    _params = params
    if params.key.deepface is not None:
        prepare(params.weights, download=params.download)


def _detect(batch: list[tuple[int, str]]) -> list[Found]:
    """Find the faces of a batch of (image id, path), with their thumbnails; runs in a helper process."""
    out: list[Found] = []
    for _, path in batch:
        try:
            image = read_pixels(Path(path))
        except UnreadableImageError as error:
            out.append(([], error.why))
            continue
        picture = Image.fromarray(image)
        faces = [
            (face, thumbnail(picture.crop(box_with_margin(face.css, picture.size, 0.25)), SIDE))
            for face in detect_faces(image, _params)
        ]
        out.append((faces, None))
    return out


def unseen(project: Project, key: str, where: Sequence[str] | None = None) -> list[tuple[int, str]]:
    """Images (that meet some conditions) a detector has not looked at yet (a failed read is tried again): (id, path)."""
    wanted = meeting(project, where) if where else None
    roots = project.roots()
    rows = project.db.rows(
        "SELECT id, root_id, path FROM image WHERE NOT EXISTS (SELECT 1 FROM detection d"
        " WHERE d.image_id = image.id AND d.detector = ? AND d.why IS NULL) ORDER BY id",
        (key,),
    )
    return [(number, str(roots[root] / path)) for number, root, path in rows if wanted is None or number in wanted]


def detect(params: DetectParams, context: Context) -> str:
    """Detect faces in all images the detector has not seen, and remember it as the one used last.

    Returns the detector's key. Stopping keeps all finished images; running again resumes there.
    """
    project = context.project
    key = str(params.key)
    todo = unseen(project, key, params.where)
    deepface = params.key.deepface
    if todo and deepface is not None:  # say here, once, what is missing
        prepare(params.weights, download=params.download, watch=context)
        load_detector(deepface)
    done = 0
    pending: list[tuple[int, Found]] = []
    context.progress(0, len(todo), "images")
    try:
        for batch, results in map_batches(_detect, todo, BATCH, context, _load, (params,)):
            pending += [(image, found) for (image, _), found in zip(batch, results, strict=True)]
            if len(pending) >= _COMMIT:
                _store(project, key, pending)
                pending = []
            done += len(batch)
            context.progress(done, len(todo), "images")
    finally:
        _store(project, key, pending)
    project.keep_detector(key)
    return key


def _store(project: Project, key: str, found: list[tuple[int, Found]]) -> None:
    if not found:
        return
    pictures: list[tuple[str, int, bytes]] = []
    with project.db.transaction() as connection:
        for image, (faces, why) in found:
            if not connection.execute("SELECT 1 FROM image WHERE id = ?", (image,)).get:
                continue  # removed meanwhile
            known = _labelled(project, image, key)
            connection.execute("INSERT OR REPLACE INTO detection VALUES (?, ?, ?, ?)", (image, key, len(faces), why))
            for place, (box, jpeg) in enumerate(faces):
                identity, source = next(
                    (label for other, label in known if (place == 0 if other is None else overlap(box, other) > SAME)),
                    (None, None),
                )
                connection.execute(
                    "INSERT OR IGNORE INTO face (image_id, detector, place, top, right, bottom, left, score, landmarks,"
                    " identity_id, label_source) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                    (image, key, place, *box.css, box.score, json.dumps(box.landmarks) if box.landmarks else None,
                     identity, source),
                )  # fmt: skip
                pictures.append(("face", connection.last_insert_rowid(), jpeg))
    project.thumbnails.put(pictures)


def _labelled(project: Project, image: int, key: str) -> list[tuple[FaceBox | None, Label]]:
    """Faces of an image that a person has labelled, by any detector: a new detector's face keeps the label.

    None instead of a box means any: where the whole image is taken for the face, it is the image's largest face.
    """
    rows = project.db.rows(
        "SELECT top, right, bottom, left, identity_id, label_source, place = 0 AND 'whole' IN (detector, ?) FROM face"
        " WHERE image_id = ? AND label_source IS NOT NULL ORDER BY place, id DESC",
        (key, image),
    )
    return [(None if row[6] else FaceBox(*row[:4]), (row[4], row[5])) for row in rows]


def counts(project: Project, key: str) -> FaceCounts:
    """Return how many faces a detector found and in which images it found none."""
    roots = project.roots()
    faces = project.db.value("SELECT count(*) FROM face WHERE detector = ?", (key,))
    rows = project.db.rows(
        "SELECT image.root_id, image.path, d.why FROM detection d JOIN image ON image.id = d.image_id"
        " WHERE d.detector = ? AND d.faces = 0 ORDER BY image.id",
        (key,),
    )
    without = [str(roots[r] / p) for r, p, why in rows if why is None]
    failed = [Unreadable(path=str(roots[r] / p), why=why) for r, p, why in rows if why is not None]
    return FaceCounts(faces=faces, without_face=len(without), without_face_paths=without, unreadable=failed)


def find_faces(params: DetectParams, context: Context) -> DetectResult:
    """Job: find faces."""
    project = context.project
    if params.where and (told := faces_meant(project, params.where)):
        context.message(told)
    key = detect(params, context)
    shown = project.shown_detector()
    if shown != key:
        context.message(
            f"The faces of {shown} are still shown, and existing embeddings still used. Those of {key} can be shown by "
            f"choosing them in the Dataset tab, and encoded with: fairdesk encode PROJECT --detector {key}"
        )
    return DetectResult(detector=key, shown=shown, **dict(counts(project, key)))
