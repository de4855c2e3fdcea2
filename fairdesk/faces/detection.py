"""The job that finds faces: resumable, in batches, every image without a face on record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairdesk.faces.changed_originals import compare_originals, images_meant
from fairdesk.faces.cluster_paths import look_first, on_workers, with_sums
from fairdesk.faces.deepface_models import load_detector, prepare
from fairdesk.faces.early_start import ready_for
from fairdesk.faces.known_faces_quality import measure_too
from fairdesk.faces.nothing_done import need_some_read, need_some_there
from fairdesk.faces.params import DetectParams
from fairdesk.faces.pipeline import Searched, load, measured_of, search_batch
from fairdesk.faces.results import DetectResult, FaceCounts, SearchedSmaller
from fairdesk.faces.writing_times import WritingTimes
from fairdesk.jobs.context import Context
from fairdesk.jobs.pool import map_batches, processes
from fairdesk.jobs.ray_cluster import map_on_ray
from fairdesk.jobs.results import Unreadable
from fairdesk.project import Project
from fairdesk.project.conditions import meeting, what_is_meant
from fairdesk.project.detections import (
    FoundFaces,
    UnseenImage,
    face_count,
    images_without_face,
    keep_faces,
    unseen_images,
    why_not_read,
)
from fairdesk.project.detector_key import DetectorKey
from fairdesk.project.quality import Measured, keep_measured
from fairdesk.words import tr

BATCH = 8
_MOST = 32  # images that a helper is given at once, if they are small
_PIXELS = 2_000_000  # that these have together, so that a stop and the progress never wait long
_COMMIT = 64  # images a transaction at most
_FEW_WHOLE, _LITTLE = 512, 40_000_000  # images, and pixels of all of them, that are cut out sooner than processes begin
_SMALL = 150_000  # pixels of an image that is read and cut out in less time than its face is computed


def unseen(project: Project, key: str, where: Sequence[str] | None = None) -> list[UnseenImage]:
    """Images (that meet some conditions) a detector has not looked at yet; a failed read is tried again."""
    wanted = meeting(project, where) if where else None
    return [image for image in unseen_images(project, key) if wanted is None or image.id in wanted]


def batch_size(images: Sequence[UnseenImage]) -> int:
    """Return how many images a helper is given at once.

    Many small ones, as each model is fetched into a processor's caches once for all of them; few where few are left or they are large.
    """
    mean = sum(image.pixels for image in images) // max(1, len(images))
    return max(BATCH, min(_MOST, _PIXELS // max(1, mean), len(images) // (8 * processes())))


def few_for(images: Sequence[UnseenImage], key: DetectorKey, *, computing: bool = False) -> int | None:
    """Return how many images are too few to start processes for, where that is more than usual: small ones that are cut out alone.

    On two cores that is any number while faces are computed here too (`computing`): the network has the other core.
    """
    if key.name != "whole":
        return None
    pixels = sum(image.pixels for image in images)
    if computing and processes() <= 2 and pixels <= _SMALL * len(images):
        return len(images) + 1
    return _FEW_WHOLE if pixels < _LITTLE else None


def check_detector(params: DetectParams, context: Context) -> None:
    """Say here, once, which weights are missing: in a helper process nobody could be asked."""
    deepface = params.key.deepface
    if deepface is not None:
        prepare(params.weights, download=params.download, watch=context)
        load_detector(deepface)


def detect(params: DetectParams, context: Context) -> str:
    """Detect faces in all images the detector has not seen, and remember it as the one used last.

    Returns the detector's key. Stopping keeps all finished images; running again resumes there.
    """
    project = context.project
    key = str(params.key)
    todo = unseen(project, key, params.where)
    if todo:
        check_detector(params, context)
    done = 0
    pending: list[tuple[int, FoundFaces]] = []
    measured: list[Measured] = []
    times = WritingTimes(_COMMIT)

    def keep() -> None:
        keep_faces(project, key, pending)
        project.keep_first_detector(key)
        keep_measured(project, key, measured)
        pending.clear()
        measured.clear()
        times.written()

    context.progress(0, len(todo), tr("images"))
    try:
        for batch, results in _searched(todo, params, context):
            pending += [(image.id, one.found) for image, one in zip(batch, results, strict=True)]
            measured += measured_of(batch, results)
            if times.due(len(pending)):
                keep()
            done += len(batch)
            context.progress(done, len(todo), tr("images"))
    finally:
        if pending:
            keep()
    project.keep_detector(key)
    if params.quality:
        measure_too(project, key, context, params.where)
    return key


def _searched(
    todo: list[UnseenImage], params: DetectParams, context: Context
) -> Iterator[tuple[list[UnseenImage], list[Searched]]]:
    size, arguments = batch_size(todo), (params.search, None)
    if params.engine == "ray":
        seen, probes = on_workers(with_sums(todo, context), params.workers_see)
        return map_on_ray(search_batch, seen, size, context, look_first, (probes, load, arguments))
    few, ready = few_for(todo, params.key), ready_for(params.detector, landmarks=params.quality)
    todo = with_sums(todo, context)
    return map_batches(search_batch, todo, size, context, load, arguments, few, ready)


def counts(project: Project, key: str) -> FaceCounts:
    """Return how many faces a detector found and in which images it found none."""
    found = images_without_face(project, key)
    without = [one for one in found if one.why is None]
    limit = DetectorKey.parse(key).searched_side
    return FaceCounts(
        faces=face_count(project, key),
        without_face=len(without),
        without_face_paths=[one.path for one in without],
        unreadable=[Unreadable(path=one.path, why=one.why) for one in found if one.why is not None],
        searched_smaller=[
            SearchedSmaller(
                path=one.path,
                side=one.longest,
                searched=limit,
                short_side=one.shortest,
                short_searched=one.shortest * limit // one.longest,
            )
            for one in without
            if limit is not None and one.longest > limit
        ],
    )


def find_faces(params: DetectParams, context: Context) -> DetectResult:
    """Job: find faces."""
    project = context.project
    if params.where and (told := what_is_meant(project, params.where)):
        context.message(told)
    compared = compare_originals(images_meant(project, params.where), context)
    left = unseen(project, str(params.key), params.where)
    key = detect(params, context)
    found = counts(project, key)
    need_some_read(found, project)
    if left and params.engine == "local" and unseen(project, key, params.where) == left:
        need_some_there(project, why_not_read(project, key, [image.id for image in left]), any_before=True)
    shown = project.shown_detector()
    if shown != key:
        context.message(
            tr(
                "The faces of {shown} are still shown, and existing embeddings still used. Those of {detector} can be shown by "
                "choosing them in the Dataset tab, and encoded with: fairdesk encode PROJECT --detector {detector}",
                shown=shown,
                detector=key,
            )
        )
    return DetectResult(
        detector=key,
        shown=shown,
        changed=compared.changed,
        damaged=compared.damaged,
        missing_paths=compared.missing_paths,
        **dict(found),
    )
