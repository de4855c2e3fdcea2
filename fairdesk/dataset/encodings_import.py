"""Encodings of faces from elsewhere, into a project: as faces of their images with embeddings."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from fairdesk.dataset.face_encodings import Encoding, fault_of, read_encodings
from fairdesk.dataset.known_images import match_paths, project_files, tell_hidden
from fairdesk.dataset.params import LoadEncodingsParams
from fairdesk.dataset.recipe_in_file import recipe_in
from fairdesk.dataset.replaced_prefixes import replaced
from fairdesk.dataset.vector_results import LoadEncodingsResult
from fairdesk.errors import RequestError
from fairdesk.jobs.context import Context, tell_left_out
from fairdesk.jobs.results import Unreadable
from fairdesk.project import Project
from fairdesk.project.boxes import SAME, FaceBox, overlap
from fairdesk.project.detections import FoundFaces, keep_faces, unseen_images
from fairdesk.project.faces import faces_of_paths
from fairdesk.project.images import contents_by_path, image_sizes, labelled_images
from fairdesk.project.recipes import Recipe
from fairdesk.words import tr, tr_n

GIVEN = "given:"  # an encoder that is not known: its embeddings stand in a file


def load_encodings(params: LoadEncodingsParams, context: Context) -> LoadEncodingsResult:
    """Job: keep the encodings of a file as embeddings of the project's faces.

    Images that the detector has not looked at get the faces of the file; in others a box means the face that lies there.
    Without a box the largest face is meant.
    """
    project = context.project
    found = read_encodings(params.file)
    said, detector = _recipe_said(params, found, context)
    images, files = project_files(project)
    moved = replaced((one.path for one in found), params.replace_prefix or ())
    matched = match_paths(images, files, (one.path for one in found), moved)
    why = dict(matched.why)
    tell_hidden(project, why, moved)
    sizes = image_sizes(project)
    sums = contents_by_path(project) if any(one.sha256 for one in found) else {}
    places: dict[str, list[Encoding]] = {}
    for one in found:
        if one.path not in matched.found:
            continue
        path = images[matched.found[one.path]].path
        fault = _fault(one, sizes[path])
        if one.sha256 is not None and one.sha256 != sums[path]:
            fault = tr("its embedding was made of another file than the one imported")
        if fault is None:
            places.setdefault(path, []).append(one)
        else:
            why[one.path] = fault
    if matched.found and not places:
        first = next(path for path in why if path in matched.found)
        raise RequestError(
            tr(
                "None of the encodings in {file} can be used, for example that of {path}: {why}. Nothing was read.",
                file=params.file,
                path=first,
                why=why[first],
            )
        )
    if not places:
        first = next(iter(why), "")
        raise RequestError(
            tr(
                "None of the paths in {file} is an image of the project, for example {path} ({why}). Nothing was read.",
                file=params.file,
                path=first,
                why=why.get(first, ""),
            )
        )
    new = _keep_new_faces(project, detector, places)
    known = {str(path): faces for path, faces in faces_of_paths(project, detector).items()}
    vectors: dict[int, np.ndarray[tuple[int], np.dtype[np.float32]]] = {}
    for path, ones in places.items():
        context.check()
        for one in ones:
            face = _meant(known.get(path, []), one, exact=said is not None)
            if face is None:
                why[one.path] = tr("no face of {detector} lies in that box", detector=detector)
            elif face in vectors:
                why[one.path] = tr("two of its encodings mean the same face")
            else:
                vectors[face] = one.vector
    if not vectors and not any(one.box for ones in places.values() for one in ones):
        raise RequestError(
            tr(
                "{file} has no boxes, and {detector} has found no face in its images yet, so which faces are meant is not known. Find faces first (fairdesk detect PROJECT), or name the detector whose faces are meant (--detector).",
                file=params.file,
                detector=detector,
            )
        )
    if not vectors:
        raise RequestError(
            tr("None of the boxes in {file} is a face that {detector} found. Nothing was read.", file=params.file, detector=detector)
        )  # fmt: skip
    with params.file.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = len(found[0].vector)
    recipe = project.vectors.register(
        said or Recipe(f"{GIVEN}{params.file.name}", detector, "as in the file", size, params.metric, digest)
    )
    project.vectors.forget_lost(recipe)
    project.vectors.settle_unchecked(recipe, np.array(sorted(vectors), dtype=np.int64))  # the file has their numbers
    missing = set(project.vectors.missing(recipe))
    faces = sorted(missing & vectors.keys())
    if faces:
        project.vectors.append(recipe, faces, np.array([vectors[face] for face in faces], dtype=np.float32), {})
    project.vectors.make_newest(recipe)
    tell_left_out(context, [{"path": path, "why": text} for path, text in why.items()])
    return LoadEncodingsResult(
        vectors=len(vectors),
        new_faces=new,
        dim=size,
        encoder=recipe.encoder,
        detector=recipe.detector,
        recipe=recipe.hash,
        left_out=[Unreadable(path=path, why=text) for path, text in why.items()],
    )


def _keep_new_faces(project: Project, detector: str, places: dict[str, list[Encoding]]) -> int:
    """Keep the boxes of images that the detector has not looked at as its faces; returns how many."""
    unseen = {one.path: one.id for one in unseen_images(project, detector)}
    hidden = {str(image.path) for image in labelled_images(project, hidden=True)} - {
        str(image.path) for image in labelled_images(project)
    }
    new: list[tuple[int, FoundFaces]] = []
    for path, ones in places.items():
        boxes = {one.box: FaceBox(*one.box) for one in ones if one.box is not None}
        if path in unseen and path not in hidden and boxes:
            ordered = sorted(boxes.values(), key=lambda box: -box.area)
            new.append((unseen[path], FoundFaces([(box, b"") for box in ordered])))
    if new:
        keep_faces(project, detector, new)
        if not project.shown_detector():
            project.keep_detector(detector)
    return sum(len(found.faces) for _, found in new)


def _fault(one: Encoding, size: tuple[int, int]) -> str | None:
    """Return why an encoding cannot be of its image, given the image's width and height."""
    if one.box is not None:
        box = FaceBox(*one.box)
        top, right, bottom, left = one.box
        inside = FaceBox(max(top, 0), min(right, size[0]), min(bottom, size[1]), max(left, 0))
        if inside.area * 2 < box.area:  # detectors let a box reach a little over the edge
            return tr("its box lies outside of the image of {width}x{height}", width=size[0], height=size[1])
    return fault_of(one)


def _recipe_said(params: LoadEncodingsParams, found: Sequence[Encoding], context: Context) -> tuple[Recipe | None, str]:
    """Return the recipe that the file says, and the detector of its faces: its embeddings are of that then, and of nothing else.

    None where it says none, another detector is asked for, or it does not say which files its embeddings were made of.
    """
    said, dim = recipe_in(params.file), len(found[0].vector)
    if said is None:
        return None, params.detector
    if said.dim != dim:
        raise RequestError(
            tr(
                "{path} says embeddings of dimension {said}, and holds some of {dim}.",
                path=params.file,
                said=said.dim,
                dim=dim,
            )
        )
    usual = LoadEncodingsParams.model_fields["detector"].default
    if params.detector not in (said.detector, usual):
        context.message(
            tr(
                "The file says that its faces are those of {said}. Read as those of {detector} they are embeddings of their own; "
                "with --detector {said} they are those of the encoder {encoder}.",
                said=said.detector,
                detector=params.detector,
                encoder=said.encoder,
            )
        )
        return None, params.detector
    without = sum(one.sha256 is None for one in found)
    if not said.encoder.startswith(GIVEN) and without:
        context.message(
            tr_n(
                "The file does not say which photograph (by its SHA-256) {n:,} of its {all:,} embeddings was made of, so they are not taken for "
                "those of {encoder}, and are kept apart. Write it again with this version from the project that they are of "
                "(fairdesk vectors THAT-PROJECT --out FILE.npz), or encode here.",
                "The file does not say which photographs (by their SHA-256) {n:,} of its {all:,} embeddings were made of, so they are not taken "
                "for those of {encoder}, and are kept apart. Write it again with this version from the project that they are of "
                "(fairdesk vectors THAT-PROJECT --out FILE.npz), or encode here.",
                without,
                all=len(found),
                encoder=said.encoder,
            )
        )
        return None, said.detector
    return said, said.detector


def _meant(there: Sequence[tuple[int, FaceBox]], one: Encoding, *, exact: bool) -> int | None:
    """Return the face that an encoding is of; where it is to stand beside an encoder's own, of just that box."""
    if exact and one.box is not None:
        return next((face for face, box in there if box.css == tuple(one.box)), None)
    if one.box is None or not there:
        return there[0][0] if there else None
    box = FaceBox(*one.box)
    face, best = max(there, key=lambda other: overlap(other[1], box))
    return face if overlap(best, box) > SAME else None
