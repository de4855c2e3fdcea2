"""Labels for a project that is there already: predicted by a model, or read from a CSV."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path

from fairdesk import counted
from fairdesk.dataset.label_results import LabelResult, PredictedImage
from fairdesk.dataset.label_table import Label, TreeLabels, need_matches, read_labels
from fairdesk.dataset.params import LabelParams
from fairdesk.errors import RequestError
from fairdesk.images.folder_layouts import Entry, Tree
from fairdesk.images.image_reading import UnreadableImageError
from fairdesk.images.pixels import read_pixels
from fairdesk.jobs.context import Context
from fairdesk.made_sequences import MadeSequence
from fairdesk.packed_texts import PackedTexts
from fairdesk.project import Project
from fairdesk.project.detector_key import DetectorKey
from fairdesk.project.faces import images_of_faces
from fairdesk.project.given_labels import Given, GivenLabels, give_labels
from fairdesk.project.identities import alike_lines
from fairdesk.project.images import need_images
from fairdesk.project.labels import names_ever_used
from fairdesk.project.originals import imported_images
from fairdesk.project.predictions import (
    Prediction,
    agreement,
    keep_predictions,
    predicted_counts,
    predicted_images,
    unpredicted,
)
from fairdesk.words import tr, tr_n

_MODEL = "deepface"
_COMMIT = 32  # predictions a transaction


def label_faces(params: LabelParams, context: Context) -> LabelResult:
    """Job: predict labels, or set them from a CSV."""
    return _from_csv(params, context) if params.csv is not None else _predict(params, context)


def _from_csv(params: LabelParams, context: Context) -> LabelResult:
    """Set identities and groups; a face that a person has named keeps its name. One undoable step."""
    assert params.csv is not None
    project = context.project
    done, unmatched, matched = Given(), None, 0
    odd: list[str] = []
    before = names_ever_used(project)
    with project.journal.step(tr("Labels from {csv}", csv=params.csv.name), target={"tab": "dataset"}) as connection:
        for number, root in project.roots().items():
            images = _ImagesOf(project, number)
            labels, missing = read_labels(params.csv, Tree(root, "flat", images), params.mapping)
            odd, matched = labels.odd(), matched + len(labels)
            unmatched = set(missing) if unmatched is None else unmatched & set(missing)
            done = done.and_(give_labels(project, connection, _given(images, labels), "csv"))
        if unmatched is None:
            raise RequestError(tr("The project has no images yet. Import a folder first."))
        need_matches(matched, sorted(unmatched), params.csv, tr("an image of the project"))
    after = names_ever_used(project)
    alike = [line for now, then in zip(after, before, strict=True) for line in alike_lines(now - then, then)]
    for line in (*odd, *alike):
        context.message(line)
    if unmatched:
        context.message(
            tr_n(
                "{n:,} row names no image of the project: {unmatched}",
                "{n:,} rows name no image of the project, for example {unmatched}",
                len(unmatched),
                unmatched=sorted(unmatched)[0],
            )
        )
    return LabelResult(
        labelled=done.changed,
        unchanged=done.told - done.changed,
        said_by_people=done.by_person,
        unmatched=sorted(unmatched),
        alike=alike,
        summary=". ".join(_said(done, params.csv.name)),
    )


def _said(done: Given, name: str) -> list[str]:
    """Say what a table changed and what stayed as it was."""
    same = done.told - done.changed - done.by_person
    lines = [tr("{set} labelled from {csv}", set=counted.images(done.changed), csv=name)]
    if same:
        lines.append(tr_n("{n:,} image has these labels already", "{n:,} images have these labels already", same))
    if done.by_person:
        lines.append(tr_n("{n:,} image keeps what a person set", "{n:,} images keep what a person set", done.by_person))
    return lines


def _given(images: _ImagesOf, labels: TreeLabels) -> Iterator[GivenLabels]:
    for place, image in enumerate(images.ids):
        label = labels.at(place)
        if label is not None and label != Label():  # an age that nobody has says nothing
            yield GivenLabels(image, label.identity, label.group, label.gender, label.age, label.tags)


class _ImagesOf(MadeSequence[Entry]):
    """The images of one folder of originals, each with who it is, in as little memory as their paths."""

    def __init__(self, project: Project, root: int) -> None:
        self.ids, self.paths = array("q"), PackedTexts()
        names: dict[str | None, int] = {}
        self._people = array("i")
        for image, path, identity in imported_images(project, root):
            self.ids.append(image)
            self.paths.append(path)
            self._people.append(names.setdefault(identity, len(names)))
        self._names = list(names)

    def __len__(self) -> int:
        return len(self.ids)

    def item(self, place: int) -> Entry:
        """Make the one at a place."""
        return Entry(self.paths[place], self._names[self._people[place]], None)


def _predict(params: LabelParams, context: Context) -> LabelResult:
    """Predict; resumes where it was stopped. A face that is not found is reported so, never answered for."""
    from fairdesk.faces import deepface_models
    from fairdesk.faces.changed_originals import compare_originals, images_meant
    from fairdesk.faces.detection import counts, detect, unseen
    from fairdesk.faces.nothing_done import need_some_read, need_some_there
    from fairdesk.faces.params import DetectParams

    project = context.project
    need_images(project)
    deepface_models.prepare(params.weights, download=params.download, watch=context)
    key = project.shown_detector()
    if not key or params.detector is not None:
        key = params.detector or "hog"
        if missing := len(unseen(project, key)):
            context.message(
                tr_n(
                    "Detecting faces first in {n:,} image (detector {detector}).",
                    "Detecting faces first in {n:,} images (detector {detector}).",
                    missing,
                    detector=key,
                )
            )
        detect(DetectParams.of(DetectorKey.parse(key), weights=params.weights, download=params.download), context)
    need_some_read(counts(project, key), project)
    actions = params.actions.split(",")
    compared = compare_originals(images_meant(project), context)
    todo = unpredicted(project, _MODEL, key, actions)
    failed: list[dict[str, str]] = []
    in_vain: dict[int, str] = {}
    pending: list[Prediction] = []
    context.progress(0, len(todo), tr("faces"))

    def commit() -> None:
        keep_predictions(project, _MODEL, pending)
        pending.clear()

    try:
        for done, (face, kinds) in enumerate(todo, 1):
            context.check()
            try:
                image = read_pixels(Path(face.path))
            except UnreadableImageError as error:
                failed.append({"path": face.relative, "why": error.why})
                in_vain[face.id] = error.why
                continue
            said = deepface_models.analyse(image, face.box, kinds)
            pending.extend(Prediction(face.id, kind, value, sure) for kind, (value, sure) in said.items())
            if len(pending) >= _COMMIT:
                commit()
            context.progress(done, len(todo), tr("faces"))
    finally:
        commit()
    found = counts(project, key)
    predicted = predicted_counts(project, key)
    if len(failed) == len(todo):
        owner = images_of_faces(project, list(in_vain))
        need_some_there(project, {owner[face]: why for face, why in in_vain.items()}, any_before=bool(predicted))
    lines = [f"{kind}: " + ", ".join(f"{value} {n:,}" for value, n in said.items()) for kind, said in predicted.items()]
    return LabelResult(
        detector=key,
        faces=found.faces,
        without_face=found.without_face,
        without_face_paths=found.without_face_paths,
        failed=failed,
        predicted=predicted,
        agreement=agreement(project, key),
        images=[
            PredictedImage(
                path=one.path,
                box=one.box,
                race=one.values.get("race"),
                gender=one.values.get("gender"),
                age=one.values.get("age"),
                confidence=one.confidences,
            )
            for one in predicted_images(project, key).values()
        ],
        changed=compared.changed,
        damaged=compared.damaged,
        missing_paths=compared.missing_paths,
        summary=tr(
            "Predicted (not labels), of the faces that {detector} found: {counts}",
            detector=key,
            counts="; ".join(lines),
        ),
    )
