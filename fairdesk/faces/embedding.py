"""The job that turns faces into vectors: resumable, in batches, failures on record."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from fairdesk import counted
from fairdesk.errors import RequestError
from fairdesk.faces import pipeline
from fairdesk.faces.changed_originals import Compared, compare_originals, images_meant
from fairdesk.faces.cluster_paths import look_first, on_workers, with_sums
from fairdesk.faces.computing import compute_each
from fairdesk.faces.detection import (
    BATCH,
    batch_size,
    check_detector,
    counts,
    few_for,
    unseen,
)
from fairdesk.faces.early_start import ready_for
from fairdesk.faces.encoders import Encoder, Vectors, formats_of, make_encoder
from fairdesk.faces.known_faces_quality import measure_too
from fairdesk.faces.nothing_done import need_some_made, need_some_read, need_some_there
from fairdesk.faces.outdated import keep_rate, outdated
from fairdesk.faces.params import FORMATS, DetectParams, EncodeParams
from fairdesk.faces.pipeline import Aligned, Searched, align_batch, load, measured_of, search_batch
from fairdesk.faces.results import EncodeResult
from fairdesk.faces.unchecked_vectors import settle_unchecked
from fairdesk.faces.writing_times import WritingTimes
from fairdesk.images.file_facts import file_sha256
from fairdesk.images.pixels import Pixels
from fairdesk.jobs.context import Context
from fairdesk.jobs.devices import choose_device
from fairdesk.jobs.pool import map_batches
from fairdesk.jobs.ray_cluster import map_on_ray
from fairdesk.jobs.results import Unreadable
from fairdesk.project import Project
from fairdesk.project.conditions import meeting, what_is_meant
from fairdesk.project.detections import FoundFaces, UnseenImage, keep_faces, others_found, why_not_read
from fairdesk.project.detector_key import DetectorKey
from fairdesk.project.encoder_ref import EncoderRef
from fairdesk.project.faces import FacePlace, face_places, images_of_faces
from fairdesk.project.images import image_paths, need_images
from fairdesk.project.quality import Measured, keep_measured
from fairdesk.project.recipes import StoredRecipe
from fairdesk.words import tr, tr_n

_COMMIT = 256  # images, or faces, that are written at once at most
_encoder: Encoder | None = None


def _load_whole(params: EncodeParams, search: DetectParams | None, recipe: StoredRecipe) -> None:
    """Get a process of a cluster ready: it does everything itself, on the GPU if it was given one. What it made must be like the rest."""
    global _encoder
    _encoder = make_encoder(params, choose_device("auto" if os.environ.get("CUDA_VISIBLE_DEVICES") else "cpu"))
    own = _encoder.recipe(recipe.detector)
    if own.hash != recipe.hash:
        raise RequestError(
            tr(
                "A worker of the cluster ({machine}) would make other embeddings than this machine: its versions are {versions}, "
                "its weights {weights}. Install the same versions and give the same files everywhere.",
                machine=platform.node(),
                versions=", ".join(f"{name} {value}" for name, value in sorted(own.versions.items())),
                weights=own.weights[:16],
            )
        )
    pipeline.load(None if search is None else search.search, _encoder.aligner)


def _search_whole(batch: list[UnseenImage]) -> tuple[list[Searched], Vectors]:
    results = pipeline.search_batch(batch)
    vectors = _computed(_chips_of_images(results))
    return [one._replace(chips=[]) for one in results], vectors  # what was cut out need not travel


def _encode_whole(batch: list[FacePlace]) -> tuple[Aligned, Vectors]:
    aligned = pipeline.align_batch(batch)
    vectors = _computed(aligned.chips)
    return Aligned(aligned.faces, [], aligned.failures), vectors


def _computed(chips: list[Pixels]) -> Vectors:
    assert _encoder is not None
    return _encoder.compute(chips) if chips else np.empty((0, _encoder.dim), dtype=np.float32)


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
    others = others_found(project, key)
    if others:
        context.message(
            tr(
                "Whose faces: {detector}, {why}. Others were found by {others}: say --detector for them.",
                detector=key,
                why=why,
                others=others,
            )
        )
    return key


class _Writer:
    """Collects what was computed, and writes it in large parts, or every few seconds: what is written is never computed again."""

    def __init__(self, project: Project, recipe: StoredRecipe, again: Sequence[int] = ()) -> None:
        """`again`: faces whose vectors go as soon as the new ones are there."""
        self._project, self._recipe, self._again = project, recipe, np.array(again, dtype=np.int64)
        self._images: list[tuple[int, FoundFaces]] = []
        self._of_images: list[Vectors] = []
        self._measured: list[Measured] = []
        self._faces: list[int] = []
        self._of_faces: list[Vectors] = []
        self._failures: dict[int, str] = {}
        self._times = WritingTimes(_COMMIT)
        self.stored = 0  # vectors: none of a face that failed, or whose image was removed meanwhile

    def add_images(self, images: list[UnseenImage], results: list[Searched], vectors: Vectors) -> None:
        """Take images that were searched, with the vectors of all their faces."""
        self._images += [(image.id, one.found) for image, one in zip(images, results, strict=True)]
        self._measured += measured_of(images, results)
        self._of_images.append(vectors)
        if self._times.due(len(self._images)):
            self.write()

    def add_faces(self, aligned: Aligned, vectors: Vectors) -> None:
        """Take faces that were there already."""
        self._faces += aligned.faces
        self._of_faces.append(vectors)
        self._failures |= aligned.failures
        if self._times.due(len(self._faces) + len(self._failures)):
            self.write()

    def write(self) -> None:
        """Write what was collected. Faces are written before their vectors: if that is cut off, they are encoded later."""
        if self._images:
            found = keep_faces(self._project, self._recipe.detector, self._images)
            self._project.keep_first_detector(self._recipe.detector)
            counts = [len(one.faces) for _, one in self._images]
            rows = np.concatenate(self._of_images)
            kept = np.repeat([bool(faces) for faces in found], counts)  # an image may have been removed meanwhile
            self._append([face for faces in found for face in faces], rows[kept])
            keep_measured(self._project, self._recipe.detector, self._measured)
            self._images, self._of_images, self._measured = [], [], []
        if self._faces or self._failures:
            self._append(self._faces, np.concatenate(self._of_faces), self._failures)
            self._faces, self._of_faces, self._failures = [], [], {}
        self._times.written()

    def _append(self, faces: list[int], rows: Vectors, failures: dict[int, str] | None = None) -> None:
        if len(self._again) and faces:
            good = np.isfinite(rows).all(axis=1)
            gone = np.intersect1d(np.array(faces)[good], self._again)
            self._project.vectors.settle_unchecked(self._recipe, gone)
        if faces or failures:
            self.stored += self._project.vectors.append(self._recipe, faces, rows, failures or {})


def _search(
    todo: list[UnseenImage], key: str, params: EncodeParams, encoder: Encoder, recipe: StoredRecipe, context: Context
) -> int:
    """Look for faces in images that the detector has not seen, and encode them in the same pass; returns how many vectors are kept."""
    project = context.project
    if not todo:
        return 0
    context.message(
        tr_n(
            "Detecting faces first in {n:,} image (detector {detector}).",
            "Detecting faces first in {n:,} images (detector {detector}).",
            len(todo),
            detector=key,
        )
    )
    more = {"weights": params.weights, "download": params.download, "where": params.where, "quality": params.quality}
    search = DetectParams.of(DetectorKey.parse(key), **more)
    check_detector(search, context)
    writer, done = _Writer(project, recipe), 0
    context.progress(0, len(todo), tr("images"))
    computed: Iterator[tuple[list[UnseenImage], list[Searched], Vectors]]
    if params.engine == "ray":
        seen, probes = on_workers(with_sums(todo, context), params.workers_see)
        own = (probes, _load_whole, (params, search, recipe))
        whole = map_on_ray(_search_whole, seen, BATCH, context, look_first, own, gpu=True)
        computed = ((batch, results, vectors) for batch, (results, vectors) in whole)
    else:
        searched = map_batches(
            search_batch,
            with_sums(todo, context),
            _at_once(params, context, batch_size(todo)),
            context,
            load,
            (search.search, encoder.aligner),
            few_for(todo, search.key, computing=context.device == "cpu"),
            ready_for(key, landmarks=encoder.aligner.by_landmarks or params.quality),
        )
        computed = compute_each(searched, _chips_of_images, encoder, context.device, params.batch_size)
    try:
        for batch, results, vectors in computed:
            writer.add_images(batch, results, vectors)
            done += len(batch)
            context.progress(done, len(todo), tr("images"))
    finally:
        writer.write()
    project.keep_detector(key)
    return writer.stored


def _at_once(params: EncodeParams, context: Context, few: int = BATCH) -> int:
    """Return how many images a helper works on at once: few keep all cores busy, a GPU wants a whole batch."""
    return few if context.device == "cpu" else max(few, params.batch_size)


def _chips_of_images(results: list[Searched]) -> list[Pixels]:
    return [chip for one in results for chip in one.chips]


class Encoded(NamedTuple):
    """What was encoded."""

    recipe: StoredRecipe
    new: int
    seconds: float
    compared: Compared  # originals that are not what was imported
    removed: int  # images that were left to do, and were removed from the project meanwhile
    in_vain: dict[int, str]  # the images that were left to do, each with why, where nothing came of any of them


def encode(params: EncodeParams, context: Context) -> Encoded:
    """Encode all faces that have no vector yet, after saying so."""
    project = context.project
    need_images(project)
    key = _chosen_detector(params, context)
    said = params
    params = _with_scaling(params, key, project)
    params = _with_precision(params, key, context)
    old = outdated(project, params.encoder, key)
    encoder = make_encoder(params, context.device, context)
    _remember_scaling(said, project)
    recipe = project.vectors.register(encoder.recipe(key))
    if lost := project.vectors.forget_lost(recipe):
        context.message(
            tr_n(
                "{n:,} embedding was lost with a damaged file, and is computed again.",
                "{n:,} embeddings were lost with a damaged file, and are computed again.",
                lost,
            )
        )
    unsearched = unseen(project, key, params.where)
    meant = images_meant(project, params.where)
    compared = compare_originals(meant, context)
    again, not_again = settle_unchecked(params.unchecked, recipe, meant, compared, context)
    started, before = time.monotonic(), project.vectors.count(recipe)
    done = _search(unsearched, key, params, encoder, recipe, context)
    todo = _wanted_faces(project, sorted({*project.vectors.missing(recipe), *again}), params.where)
    images_of = images_of_faces(project, [face.id for face in todo])
    if todo:
        if old is not None and old.vectors.recipe.hash != recipe.hash:
            context.message(old.text())
        context.message(
            tr(
                "Encoding {faces} of the detector {detector} with {encoder}.",
                faces=counted.faces(len(todo)),
                detector=key,
                encoder=project.vectors.named(recipe),
            )
        )
        done += _encode_known(todo, params, encoder, recipe, context, again)
    elif not done and not unsearched:
        context.progress(0, 0, tr("faces"))
    in_vain: dict[int, str] = {}
    if project.vectors.count(recipe) == before and unsearched == unseen(project, key, params.where):
        in_vain = project.vectors.why_failed(recipe, [face.id for face in todo])
        in_vain |= why_not_read(project, key, [image.id for image in unsearched])
    if not done:
        in_vain |= not_again
    left = {image.id for image in unsearched} | set(images_of.values())
    removed = len(left) - len(image_paths(project, left))
    return Encoded(recipe, done, time.monotonic() - started, compared, removed, in_vain)


def _encode_known(
    todo: list[FacePlace], params: EncodeParams, encoder: Encoder, recipe: StoredRecipe, context: Context,
    again: Sequence[int],
) -> int:  # fmt: skip
    """Encode faces that were detected before, some of them `again`; returns how many vectors are kept."""
    writer, done = _Writer(context.project, recipe, again), 0
    context.progress(0, len(todo), tr("faces"))
    results: Iterator[tuple[list[FacePlace], Aligned, Vectors]]
    if params.engine == "ray":
        seen, probes = on_workers(with_sums(todo, context), params.workers_see)
        ready_there = (probes, _load_whole, (params, None, recipe))
        whole = map_on_ray(_encode_whole, seen, params.batch_size, context, look_first, ready_there, gpu=True)
        results = ((batch, aligned, vectors) for batch, (aligned, vectors) in whole)
    else:
        size, own = _at_once(params, context), (None, encoder.aligner)
        ready = ready_for(recipe.detector if encoder.aligner.by_landmarks else "", landmarks=True)
        aligned = map_batches(align_batch, with_sums(todo, context), size, context, load, own, ready=ready)
        results = compute_each(aligned, lambda found: found.chips, encoder, context.device, params.batch_size)
    try:
        for batch, found, vectors in results:
            writer.add_faces(found, vectors)
            done += len(batch)
            context.progress(done, len(todo), tr("faces"))
    finally:
        writer.write()
    return writer.stored


def encode_faces(params: EncodeParams, context: Context) -> EncodeResult:
    """Job: encode all faces that have no vector yet; these vectors are the encoder's newest then."""
    project = context.project
    if params.where and (told := what_is_meant(project, params.where)):
        context.message(told)
    recipe, done, seconds, compared, removed, in_vain = encode(params, context)
    searched = counts(project, recipe.detector)
    need_some_read(searched, project)
    failures = project.vectors.failures(recipe)
    need_some_made(params.encoder, failures, any_made=project.vectors.count(recipe) > 0)
    if params.engine == "local":
        need_some_there(project, in_vain, any_before=project.vectors.count(recipe) > 0)
    if params.quality:
        measure_too(project, recipe.detector, context, params.where)
    paths = image_paths(project, [image for image, _ in failures])
    keep_rate(project, recipe.encoder, done, seconds)
    project.vectors.make_newest(recipe)
    if params.detector is not None:
        project.keep_detector(params.detector)
    return EncodeResult(
        encoder=params.encoder,
        detector=recipe.detector,
        recipe=recipe.hash,
        **project.vectors.differs(recipe),
        vectors=project.vectors.count(recipe),
        dim=recipe.dim,
        encoded_now=done,
        per_second=round(done / seconds, 2) if done and seconds > 0 else None,
        per_second_why=None if done else _why_none(removed, in_vain),
        failed=[Unreadable(path=paths[image], why=why) for image, why in failures],
        unreadable=searched.unreadable,
        without_face=searched.without_face,
        searched_smaller=searched.searched_smaller,
        changed=compared.changed,
        damaged=compared.damaged,
        missing_paths=compared.missing_paths,
        removed_meanwhile=removed,
    )


def _why_none(removed: int, in_vain: dict[int, str]) -> str:
    """Say why no embedding is new."""
    if in_vain:
        return tr("no image that was left could be read")
    if removed:
        return tr("the images that were left were removed from the project meanwhile")
    return tr("every face had its embedding already")


def _with_precision(params: EncodeParams, key: str, context: Context) -> EncodeParams:
    """Decide the precision where it is left to a trial: that of the newest embeddings, so that all are of one kind, else the fastest."""
    if params.precision != "auto":
        return params
    made = [one for one in context.project.vectors.of_encoder(params.encoder) if one.recipe.detector == key]
    known = context.project.vectors.described(made[0].recipe) if made else None
    if known is not None and known.precision in FORMATS:
        precision = known.precision
        context.message(tr("Precision {precision}: that of the embeddings that exist.", precision=precision))
    elif len(formats_of(EncoderRef.parse(params.encoder), context.device)) > 1:
        from fairdesk.faces.precision_trial import try_formats

        trial = try_formats(params, context.device)
        precision = trial.precision
        context.message(trial.text())
    else:
        precision = "float32"
        context.message(tr("Precision float32: {encoder} has no other.", encoder=params.encoder))
    return params.model_copy(update={"precision": precision})


def _with_scaling(params: EncodeParams, detector: str, project: Project) -> EncodeParams:
    """Decide how an ONNX model's pixels are scaled: as is said now, else as for its newest embeddings, which other jobs use, else as was said last."""
    key = _scaling_key(params)
    if key is None or params.scaling is not None:
        return params
    made = [one for one in project.vectors.of_encoder(params.encoder) if one.vectors and one.scaling]
    newest = next((one for one in made if one.recipe.detector == detector), made[0] if made else None)
    return params.model_copy(update={"scaling": project.setting(key) if newest is None else newest.scaling})


def _remember_scaling(said: EncodeParams, project: Project) -> None:
    """Keep the scaling that was said for an ONNX model, which took it."""
    key = _scaling_key(said)
    if key is not None and said.scaling is not None:
        project.set_setting(key, said.scaling)


def _scaling_key(params: EncodeParams) -> str | None:
    """Return the setting that keeps an ONNX model's scaling, by the model's hash; None for other encoders."""
    ref = EncoderRef.parse(params.encoder)
    if ref.kind != "onnx" or ref.file is None or not ref.file.is_file():
        return None
    return f"scaling {file_sha256(ref.file)}"
