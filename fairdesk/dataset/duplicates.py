"""Images of a project that are the same, nearly the same, or whose faces have nearly the same vector."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from fairdesk.dataset.near_vectors import near_vectors
from fairdesk.dataset.overlap_results import DuplicatesResult, NearPair, PicturePair, VectorPair
from fairdesk.dataset.params import DuplicatesParams
from fairdesk.dataset.picture_similarity import confirmed, near_hashes
from fairdesk.images.file_facts import look_at
from fairdesk.images.image_reading import open_image
from fairdesk.images.inspection import perceptual_hash
from fairdesk.jobs.context import Context, choose_vectors
from fairdesk.project import Project
from fairdesk.project.images import HideReason, hide_images, image_contents
from fairdesk.project.recipes import StoredRecipe
from fairdesk.words import tr, tr_n


def find_duplicates(params: DuplicatesParams, context: Context) -> DuplicatesResult:
    """Job: find duplicates; each pair is said once, exact ones are not said again as near."""
    project = context.project
    chosen = choose_vectors(context, params.encoder, params.detector) if params.encoder else None
    images = image_contents(project)
    path_of = {image.id: str(image.path) for image in images}
    groups: dict[str, list[int]] = {}
    for image in images:
        groups.setdefault(image.sha256, []).append(image.id)
    same = [(ids[0], other) for ids in groups.values() for other in ids[1:]]
    firsts = {sha: ids[0] for sha, ids in groups.items()}
    hashed, unreadable = _hashes(project, {number: (sha, path_of[number]) for sha, number in firsts.items()}, context)
    numbers, hashes = list(hashed), list(hashed.values())

    def picture(place: int) -> Image.Image:
        return _picture(project, numbers[place], path_of[numbers[place]])

    candidates = [pair for pair in near_hashes(hashes, hashes, params.distance) if pair[0] < pair[1]]
    near = [(numbers[i], numbers[j], bits) for i, j, bits in confirmed(candidates, picture, picture)]
    known = {frozenset(pair) for pair in same} | {frozenset((a, b)) for a, b, _ in near}
    found = [] if chosen is None else _by_vector(project, chosen.recipe, params.vector_distance)
    vectors = [v for v in found if frozenset(v[:2]) not in known]
    hidden = 0
    if params.hide and same:
        hidden = hide_images(project, [other for _, other in same], HideReason.DUPLICATES)
    clean = not (same or near or vectors)
    words = tr("{exact:,} exact and {near:,} near-duplicate pairs", exact=len(same), near=len(near))
    if chosen:
        words += ", " + tr(
            "{n:,} pairs of near-identical embeddings ({vectors})", n=len(vectors), vectors=chosen.named()
        )
    result = DuplicatesResult(
        clean=clean,
        files=[PicturePair(a=path_of[a], b=path_of[b]) for a, b in same],
        near=[NearPair(a=path_of[a], b=path_of[b], bits=bits) for a, b, bits in near],
        vectors=[VectorPair(a=path_of[a], b=path_of[b], distance=d) for a, b, d in vectors],
        identities=[],
        unreadable=unreadable,
        hidden=hidden,
        images=len(images),
        summary=words + ("; " + tr_n("{n:,} image hidden", "{n:,} images hidden", hidden) if hidden else "") + ".",
    )
    if chosen:
        result.rest_on(chosen.about(), chosen.used.vectors)
    return result


def _hashes(
    project: Project, wanted: dict[int, tuple[str, str]], context: Context
) -> tuple[dict[int, int], list[dict[str, str]]]:
    """Return the perceptual hashes of images (id: content, path), and what cannot be read.

    Only those that are not known are opened; the thumbnail stands in for an original that is gone.
    """
    known = project.facts.of_content(sha for sha, _ in wanted.values())
    found = {number: known[sha].phash for number, (sha, _) in wanted.items() if sha in known}
    unreadable: list[dict[str, str]] = []
    fresh = {Path(path): number for number, (_, path) in wanted.items() if number not in found}
    done = len(found)
    context.progress(done, len(wanted), tr("images"))
    for some in look_at(list(fresh), project.facts, context):
        for path, facts in some.items():
            number = fresh[path]
            jpeg = None if facts.why is None else project.thumbnails.get("image", number)
            if facts.why is None:
                found[number] = facts.phash
            elif jpeg is not None:
                found[number] = perceptual_hash(open_image(path, jpeg))
            else:
                unreadable.append({"path": str(path), "why": facts.why})
        done += len(some)
        context.progress(done, len(wanted), tr("images"))
    return {number: found[number] for number in wanted if number in found}, unreadable


def _picture(project: Project, number: int, path: str) -> Image.Image:
    """Return an image's thumbnail where there is one, else the image."""
    return open_image(Path(path), project.thumbnails.get("image", number))


def _by_vector(project: Project, recipe: StoredRecipe, limit: float) -> list[tuple[int, int, float]]:
    """Return (image, image, distance) of faces of two images whose vectors are near."""
    vectors = project.vectors.rows_of_images(recipe, hidden=False)
    found = near_vectors(vectors, vectors, recipe.metric, limit, once=True)
    images = vectors.numbers
    return [(int(images[i]), int(images[j]), d) for i, j, d in found]
