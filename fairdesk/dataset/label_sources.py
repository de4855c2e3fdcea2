"""Labels for a project that is there already: predicted by a model, or read from a CSV."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fairdesk.dataset.identities import label_ids, labelled_images
from fairdesk.dataset.image_labels import write_labels
from fairdesk.dataset.label_agreement import agreement
from fairdesk.dataset.label_table import need_matches, read_labels
from fairdesk.dataset.params import LabelParams
from fairdesk.dataset.results import LabelResult
from fairdesk.errors import RequestError
from fairdesk.images.folder_layouts import Entry, Tree
from fairdesk.images.image_reading import UnreadableImageError
from fairdesk.images.pixels import read_pixels
from fairdesk.jobs.context import Context
from fairdesk.project import Project
from fairdesk.project.detector_key import DetectorKey

_COMMIT = 32  # faces a transaction


def label_faces(params: LabelParams, context: Context) -> LabelResult:
    """Job: predict labels, or set them from a CSV."""
    return _from_csv(params, context) if params.csv is not None else _predict(params, context)


def _from_csv(params: LabelParams, context: Context) -> LabelResult:
    """Set identities and groups; a face that a person has named keeps its name. One undoable step."""
    assert params.csv is not None
    project = context.project
    set_, unmatched = 0, None
    people = {image.id: image.identity for image in labelled_images(project)}
    with project.journal.step(f"Labels from {params.csv.name}", target={"tab": "dataset"}) as connection:
        for number, root in project.roots().items():
            rows = project.db.rows("SELECT id, path FROM image WHERE root_id = ? ORDER BY id", (number,))
            tree = Tree(root, "flat", [Entry(path, people.get(image), None) for image, path in rows])
            labels, missing = read_labels(params.csv, tree, params.mapping)
            unmatched = set(missing) if unmatched is None else unmatched & set(missing)
            for image, path in rows:
                label = labels.get(path)
                if label is None:
                    continue
                if label.identity is not None or label.group is not None:
                    identity, group = label_ids(connection, label.identity, label.group)
                    connection.execute(
                        "UPDATE image SET identity_id = ifnull(?, identity_id), group_id = ifnull(?, group_id),"
                        " label_source = 'csv' WHERE id = ? AND ifnull(label_source, '') != 'person'",
                        (identity, group, image),
                    )
                write_labels(connection, image, label.others(), "csv")
                set_ += 1
        if unmatched is None:
            raise RequestError("The project has no images yet. Import a folder first.")
        need_matches(dict.fromkeys(range(set_)), sorted(unmatched), params.csv, "an image of the project")
    if unmatched:
        context.message(f"{len(unmatched):,} rows name no image of the project, for example {sorted(unmatched)[0]}")
    return LabelResult(
        labelled=set_, unmatched=sorted(unmatched), summary=f"{set_:,} images labelled from {params.csv.name}"
    )


def _predict(params: LabelParams, context: Context) -> LabelResult:
    """Predict; resumes where it was stopped. A face that is not found is reported so, never answered for."""
    from fairdesk.faces import deepface_models
    from fairdesk.faces.boxes import FaceBox
    from fairdesk.faces.detection import counts, detect, unseen
    from fairdesk.faces.params import DetectParams

    project = context.project
    if not project.db.value("SELECT 1 FROM image LIMIT 1"):
        raise RequestError("The project has no images yet. Import a folder first.")
    deepface_models.prepare(params.weights, download=params.download, watch=context)
    key = project.shown_detector()
    if not key or params.detector is not None:
        key = params.detector or "hog"
        if missing := len(unseen(project, key)):
            context.message(f"Detecting faces first in {missing:,} images (detector {key}).")
        detect(DetectParams.of(DetectorKey.parse(key), weights=params.weights, download=params.download), context)
    actions = params.actions.split(",")
    todo = _todo(project, key, actions)
    failed: list[dict[str, str]] = []
    pending: list[tuple[int, str, str, float | None]] = []
    roots = project.roots()
    context.progress(0, len(todo), "faces")

    def commit() -> None:
        with project.db.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO prediction VALUES (?, ?, 'deepface', ?, ?)", pending)
        pending.clear()

    try:
        for done, (face, root, path, *box, missing) in enumerate(todo, 1):
            context.check()
            try:
                image = read_pixels(Path(roots[root]) / path)
            except UnreadableImageError as error:
                failed.append({"path": path, "why": error.why})
                continue
            said = deepface_models.analyse(image, FaceBox(*box), missing)
            pending.extend((face, kind, value, sure) for kind, (value, sure) in said.items())
            if len(pending) >= _COMMIT:
                commit()
            context.progress(done, len(todo), "faces")
    finally:
        commit()
    found = counts(project, key)
    predicted = predicted_counts(project, key)
    lines = [f"{kind}: " + ", ".join(f"{value} {n:,}" for value, n in said.items()) for kind, said in predicted.items()]
    return LabelResult(
        detector=key,
        faces=found.faces,
        without_face=found.without_face,
        without_face_paths=found.without_face_paths,
        failed=failed,
        predicted=predicted,
        agreement=agreement(project, key),
        summary=f"Predicted (not labels), of the faces that {key} found: " + "; ".join(lines),
    )


def _todo(project: Project, key: str, actions: list[str]) -> list[Any]:
    """Return (face, root, path, top, right, bottom, left, missing actions) of each face not fully predicted."""
    rows = project.db.rows(
        "SELECT f.id, i.root_id, i.path, f.top, f.right, f.bottom, f.left,"
        " (SELECT json_group_array(kind) FROM prediction p WHERE p.face_id = f.id AND p.model = 'deepface')"
        " FROM face f JOIN image i ON i.id = f.image_id WHERE f.detector = ? ORDER BY f.id",
        (key,),
    )
    out = []
    for *row, have in rows:
        missing = [action for action in actions if action not in json.loads(have)]
        if missing:
            out.append((*row, missing))
    return out


def predicted_counts(project: Project, key: str) -> dict[str, dict[str, int]]:
    """Return how often each value was predicted, by kind."""
    out: dict[str, dict[str, int]] = {}
    for kind, value, count in project.db.rows(
        "SELECT p.kind, p.value, count(*) FROM prediction p JOIN face f ON f.id = p.face_id WHERE f.detector = ?"
        " GROUP BY p.kind, p.value ORDER BY p.kind, count(*) DESC, p.value",
        (key,),
    ):
        out.setdefault(kind, {})[value] = count
    return out
