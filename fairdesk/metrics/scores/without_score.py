"""Why pairs of a list have no score: which of their images has no embedding, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from fairdesk.dataset.known_images import project_files
from fairdesk.faces.changed_originals import compare_originals
from fairdesk.images.reading_reasons import file_is_missing
from fairdesk.jobs.context import Context
from fairdesk.jobs.results import Unreadable
from fairdesk.metrics.pair_lists.matching import ListedName, match_list
from fairdesk.metrics.pair_lists.results import WithoutScore
from fairdesk.project import Project
from fairdesk.project.detections import looked_at
from fairdesk.project.images import hidden_images, image_paths
from fairdesk.project.recipes import StoredRecipe
from fairdesk.words import tr


def not_in_project() -> str:
    """Return why a pair has no score where a path of it means no image, or several."""
    return tr("the path means no image of the project")


def is_hidden() -> str:
    """Return why a pair has no score where an image of it is hidden."""
    return tr("the image is hidden")


def none_of_template() -> str:
    """Return why a pair has no score where nothing of a template can be compared."""
    return tr("no image of this template has an embedding")


def no_direction() -> str:
    """Return why two embeddings have no cosine."""
    return tr("an embedding of zeros, which has no cosine")


def hidden_among(names: Collection[ListedName], project: Project) -> set[str]:
    """Return the paths, of those that mean no image, that mean a hidden one."""
    if not names or not len(hidden_images(project)):
        return set()
    return {name.path for name in match_list(names, *project_files(project, hidden=True)).found}


def without_embedding(
    images: Sequence[int], recipe: StoredRecipe, context: Context
) -> tuple[dict[str, str], list[Unreadable]]:
    """Return why images have no embedding of a recipe, by path, and those of them whose file could not be read."""
    if not images:
        return {}, []
    project = context.project
    seen, failed = looked_at(project, recipe.detector, images), dict(project.vectors.failures(recipe))
    gone = set(compare_originals(images, context, told=True).missing_paths)
    whys: dict[str, str] = {}
    unread: list[Unreadable] = []
    for image, path in image_paths(project, images).items():
        faces, why = seen.get(image, (None, None))
        why = why or failed.get(image) or (file_is_missing() if path in gone and faces != 0 else None)
        if why is not None:
            unread.append(Unreadable(path=path, why=why))
        whys[path] = why or _why_none(faces)
    return whys, unread


def _why_none(faces: int | None) -> str:
    """Say why an image that could be read has none, by the faces that were found in it; None: it was not searched."""
    if faces is None:
        return tr("no face was looked for yet")
    return tr("its face is not encoded yet") if faces else tr("no face was found in it")


def counted_reasons(pairs: Iterable[tuple[str, str]]) -> list[WithoutScore]:
    """Count the reasons of pairs without a score, each given as (the path it is about, why); the most frequent first."""
    counts: dict[str, int] = {}
    about: dict[str, dict[str, None]] = {}
    for path, why in pairs:
        counts[why] = counts.get(why, 0) + 1
        about.setdefault(why, {})[path] = None
    found = [
        WithoutScore(why=why, pairs=count, images=len(about[why]), path=next(iter(about[why])))
        for why, count in counts.items()
    ]
    return sorted(found, key=lambda one: -one.pairs)
