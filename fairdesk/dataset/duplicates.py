"""Images of a project that are the same, nearly the same, or whose faces have nearly the same vector."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from fairdesk.dataset.near_vectors import near_vectors
from fairdesk.dataset.overlap_results import DuplicatesResult, NearPair, PicturePair, VectorPair
from fairdesk.dataset.params import DuplicatesParams
from fairdesk.dataset.picture_similarity import Hashes, confirmed, near_hashes
from fairdesk.faces.changed_originals import compare_originals
from fairdesk.faces.originals_told import folder_of_images
from fairdesk.images.file_facts import look_at
from fairdesk.images.image_reading import open_image
from fairdesk.images.inspection import perceptual_hash
from fairdesk.jobs.context import Context, choose_vectors
from fairdesk.project import Project
from fairdesk.project.images import Digests, HideReason, Ids, hide_images, image_contents, image_paths
from fairdesk.project.originals import missing_originals
from fairdesk.project.recipes import StoredRecipe
from fairdesk.words import tr, tr_n

_AT_ONCE = 4096  # images whose facts are in memory


def find_duplicates(params: DuplicatesParams, context: Context) -> DuplicatesResult:
    """Job: find duplicates; each pair is said once, exact ones are not said again as near."""
    project = context.project
    chosen = choose_vectors(context, params.encoder, params.detector) if params.encoder else None
    images, digests = image_contents(project)
    compared, missing = compare_originals(np.sort(images).tolist(), context), _tell_missing(project, images, context)
    same, firsts = _equal(images, digests)
    numbers, hashes, unreadable = _hashes(project, images[firsts], digests[firsts], context)

    def picture(place: int) -> Image.Image:
        number = int(numbers[place])
        return _picture(project, number, image_paths(project, [number])[number])

    candidates = near_hashes(hashes, hashes, params.distance, once=True)
    near = [(int(numbers[i]), int(numbers[j]), bits) for i, j, bits in confirmed(candidates, picture, picture)]
    known = {frozenset(pair) for pair in same} | {frozenset((a, b)) for a, b, _ in near}
    found = [] if chosen is None else _by_vector(project, chosen.recipe, params.vector_distance)
    vectors = [v for v in found if frozenset(v[:2]) not in known]
    path_of = image_paths(
        project, {one for a, b in (*same, *((a, b) for a, b, _ in (*near, *vectors))) for one in (a, b)}
    )
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
        changed=compared.changed,
        damaged=compared.damaged,
        missing=missing,
        summary=words + ("; " + tr_n("{n:,} image hidden", "{n:,} images hidden", hidden) if hidden else "") + ".",
    )
    if chosen:
        result.rest_on(chosen.about(), chosen.used.vectors)
    return result


def _tell_missing(project: Project, images: Ids, context: Context) -> int:
    """Say how many originals are gone: they are compared as they were imported, by hash and thumbnail."""
    missing = missing_originals(project).images
    gone = missing[np.isin(missing, images)].tolist()
    if gone:
        context.message(
            tr_n(
                "{n:,} original is missing: {path}. It is compared as it was imported. Find it again: fairdesk relink PROJECT {folder} NEW-FOLDER",
                "{n:,} originals are missing, for example {path}. They are compared as they were imported. "
                "Find them again: fairdesk relink PROJECT {folder} NEW-FOLDER",
                len(gone),
                path=image_paths(project, gone[:1])[gone[0]],
                folder=folder_of_images(project, gone),
            )
        )
    return len(gone)


def _equal(images: Ids, digests: Digests) -> tuple[list[tuple[int, int]], Ids]:
    """Return the pairs of the first image of each content with every other of it, and the places of all that are first."""
    parts = digests.view(">u8")
    order = np.lexsort(parts.T[::-1])
    again = np.zeros(len(order), dtype=np.bool_)
    again[1:] = (parts[order[1:]] == parts[order[:-1]]).all(axis=1)
    begins = order[np.maximum.accumulate(np.where(again, 0, np.arange(len(order))))]
    first = np.empty(len(order), dtype=np.int64)
    first[order] = begins
    others = np.flatnonzero(first != np.arange(len(first)))
    others = others[np.argsort(first[others], kind="stable")]
    pairs = zip(images[first[others]].tolist(), images[others].tolist(), strict=True)
    return list(pairs), np.flatnonzero(first == np.arange(len(first)))


def _hashes(
    project: Project, images: Ids, digests: Digests, context: Context
) -> tuple[Ids, Hashes, list[dict[str, str]]]:
    """Return the images whose perceptual hash is known, that hash, and what cannot be read.

    Only those that are not known are opened; the thumbnail stands in for an original that is gone.
    """
    hashes, known = np.zeros(len(images), dtype=np.uint64), np.zeros(len(images), dtype=np.bool_)
    unreadable: list[dict[str, str]] = []
    context.progress(0, len(images), tr("images"))
    for start in range(0, len(images), _AT_ONCE):
        shas = [row.tobytes().hex() for row in digests[start : start + _AT_ONCE]]
        facts = project.facts.of_content(shas)
        part = images[start : start + _AT_ONCE].tolist()
        for place, sha in enumerate(shas, start):
            if sha in facts:
                hashes[place], known[place] = facts[sha].phash, True
        fresh = [place for place in range(start, start + len(part)) if not known[place]]
        paths = image_paths(project, [part[place - start] for place in fresh])
        places: dict[Path, list[int]] = {}
        for place in fresh:
            places.setdefault(Path(paths[part[place - start]]), []).append(place)
        for some in look_at(list(places), project.facts, context):
            for path, found in some.items():
                for place in places[path]:
                    seen = found.phash if found.why is None else _hash_of_thumbnail(project, int(images[place]), path)
                    if seen is None:
                        unreadable.append({"path": str(path), "why": found.why or ""})
                    else:
                        hashes[place], known[place] = seen, True
        context.progress(min(len(images), start + _AT_ONCE), len(images), tr("images"))
    return images[known], hashes[known], unreadable


def _hash_of_thumbnail(project: Project, image: int, path: Path) -> int | None:
    jpeg = project.thumbnails.get("image", image)
    return None if jpeg is None else perceptual_hash(open_image(path, jpeg))


def _picture(project: Project, number: int, path: str) -> Image.Image:
    """Return an image's thumbnail where there is one, else the image."""
    return open_image(Path(path), project.thumbnails.get("image", number))


def _by_vector(project: Project, recipe: StoredRecipe, limit: float) -> list[tuple[int, int, float]]:
    """Return (image, image, distance) of faces of two images whose vectors are near."""
    vectors = project.vectors.rows_of_images(recipe, hidden=False)
    found = near_vectors(vectors, vectors, recipe.metric, limit, once=True)
    images = vectors.numbers
    return [(int(images[i]), int(images[j]), d) for i, j, d in found]
