"""The job that turns faces into vectors: resumable, in batches, failures on record."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from fairdesk import counted
from fairdesk.faces.detection import detect, unseen
from fairdesk.faces.encoders import Encoder, Vectors, make_encoder
from fairdesk.faces.params import DetectParams, EncodeParams
from fairdesk.faces.results import EncodeResult
from fairdesk.images.file_facts import file_sha256
from fairdesk.images.image_reading import UnreadableImageError
from fairdesk.images.pixels import read_pixels
from fairdesk.jobs.context import Context
from fairdesk.jobs.pool import map_batches, map_on_ray
from fairdesk.jobs.results import Unreadable
from fairdesk.project import Project
from fairdesk.project.conditions import meeting, what_is_meant
from fairdesk.project.detections import searches
from fairdesk.project.detector_key import DetectorKey
from fairdesk.project.encoder_ref import EncoderRef
from fairdesk.project.faces import FacePlace, face_places, images_of_faces
from fairdesk.project.images import need_images
from fairdesk.project.recipes import StoredRecipe
from fairdesk.words import tr, tr_n

Encoded = tuple[list[int], Vectors, dict[int, str]]

_COMMIT = 256  # faces a chunk
_encoder: Encoder | None = None


def _load(params: EncodeParams, device: str) -> None:
    global _encoder
    _encoder = make_encoder(params, device)


def _encode(batch: list[FacePlace]) -> Encoded:
    """Read and encode a batch of faces; runs in a helper process."""
    assert _encoder is not None
    faces, good, failures = [], [], {}
    for face in batch:
        try:
            faces.append((read_pixels(Path(face.path)), face.box))
            good.append(face.id)
        except UnreadableImageError as error:
            failures[face.id] = error.why
    if not faces:
        return [], np.empty((0, _encoder.dim), dtype=np.float32), failures
    return good, _encoder.encode(faces), failures


def _wanted_faces(project: Project, faces: list[int], where: list[str] | None) -> list[FacePlace]:
    if where:
        images, owner = meeting(project, where), images_of_faces(project, faces)
        faces = [face for face in faces if owner[face] in images]
    return face_places(project, faces)


def _chosen_detector(params: EncodeParams, context: Context) -> str:
    """Return whose faces to encode, and say why these where nobody said it."""
    if params.detector is not None:
        return params.detector
    project = context.project
    made = project.vectors.of_encoder(params.encoder)
    last = project.last_detector()
    if made:
        key, why = made[0].recipe.detector, tr("the detector of this encoder's newest embeddings")
    elif last is not None:
        key, why = last, tr("the detector that was used last")
    else:
        return str(DetectorKey())
    others = sorted({one.detector for one in searches(project)} - {key})
    if others:
        context.message(
            tr(
                "Whose faces: {detector}, {why}. Others were found by {others}: say --detector for them.",
                detector=key,
                why=why,
                others=", ".join(others),
            )
        )
    return key


def _search(key: str, params: EncodeParams, context: Context) -> None:
    """Look for faces in the images that the detector has not seen, and say so first."""
    missing = len(unseen(context.project, key, params.where))
    if missing:
        context.message(
            tr_n(
                "Detecting faces first in {n:,} image (detector {detector}).",
                "Detecting faces first in {n:,} images (detector {detector}).",
                missing,
                detector=key,
            )
        )
        more = {"weights": params.weights, "download": params.download, "where": params.where}
        detect(DetectParams.of(DetectorKey.parse(key), **more), context)


def encode(params: EncodeParams, context: Context) -> tuple[StoredRecipe, int, float]:
    """Encode all faces that have no vector yet, after saying so; returns the recipe, how many were new, and the seconds."""
    project = context.project
    need_images(project)
    key = _chosen_detector(params, context)
    _search(key, params, context)
    params = _with_scaling(params, project)
    encoder = make_encoder(params, context.device, context)
    recipe = project.vectors.register(encoder.recipe(key))
    project.vectors.forget_lost(recipe)
    todo = _wanted_faces(project, project.vectors.missing(recipe), params.where)
    if todo:
        context.message(
            tr(
                "Encoding {faces} of the detector {detector} with {encoder}.",
                faces=counted.faces(len(todo)),
                detector=key,
                encoder=recipe.encoder,
            )
        )
    started, done = time.monotonic(), 0
    good: list[int] = []
    arrays: list[Vectors] = []
    failures: dict[int, str] = {}

    def commit() -> None:
        if good or failures:
            rows = np.concatenate(arrays) if arrays else np.empty((0, recipe.dim), dtype=np.float32)
            project.vectors.append(recipe, good, rows, failures)
            good.clear()
            arrays.clear()
            failures.clear()

    context.progress(0, len(todo), tr("faces"))
    if params.engine == "ray":
        results = map_on_ray(_encode, todo, params.batch_size, context, _load, (params, "cpu"))
    elif EncoderRef.parse(params.encoder).kind in ("dlib", "deepface"):
        results = map_batches(_encode, todo, min(8, params.batch_size), context, _load, (params, context.device))
    else:  # torch spreads over the cores by itself: one process holds the model
        results = _here(encoder, todo, params.batch_size, context)
    try:
        for batch, (numbers, vectors, failed) in results:
            good += numbers
            arrays.append(vectors)
            failures |= failed
            if len(good) >= _COMMIT:
                commit()
            done += len(batch)
            context.progress(done, len(todo), tr("faces"))
    finally:
        commit()
    return recipe, done, time.monotonic() - started


def encode_faces(params: EncodeParams, context: Context) -> EncodeResult:
    """Job: encode all faces that have no vector yet; these vectors are the encoder's newest then."""
    project = context.project
    if params.where and (told := what_is_meant(project, params.where)):
        context.message(told)
    recipe, done, seconds = encode(params, context)
    project.vectors.make_newest(recipe)
    if params.detector is not None:
        project.keep_detector(params.detector)
    return EncodeResult(
        encoder=params.encoder,
        detector=recipe.detector,
        recipe=recipe.hash,
        vectors=project.vectors.count(recipe),
        dim=recipe.dim,
        encoded_now=done,
        per_second=round(done / seconds, 2) if done and seconds > 0 else None,
        per_second_why=None if done else tr("every face had its embedding already"),
        failed=[Unreadable(path=path, why=why) for path, why in project.vectors.failures(recipe)],
    )


def _with_scaling(params: EncodeParams, project: Project) -> EncodeParams:
    """Remember how an ONNX model's pixels are scaled, by the model's hash; what is said now comes first."""
    ref = EncoderRef.parse(params.encoder)
    path = ref.file
    if ref.kind != "onnx" or path is None or not path.is_file():
        return params
    key = f"scaling {file_sha256(path)}"
    if params.scaling is not None:
        project.set_setting(key, params.scaling)
        return params
    return params.model_copy(update={"scaling": project.setting(key)})


def _here(encoder: Encoder, todo: list[FacePlace], size: int, context: Context) -> Any:
    global _encoder
    _encoder = encoder
    for start in range(0, len(todo), size):
        context.check()
        batch = todo[start : start + size]
        yield batch, _encode(batch)
