"""Vectors without a checksum that can be trusted: encoded again or trusted, only where somebody says so."""

from __future__ import annotations

from collections.abc import Sequence

from fairdesk.faces.changed_originals import Compared
from fairdesk.faces.outdated import seconds_for
from fairdesk.images.reading_reasons import another_file, file_is_missing
from fairdesk.jobs.context import Context
from fairdesk.jobs.messages import duration
from fairdesk.project import Project
from fairdesk.project.faces import images_of_faces
from fairdesk.project.images import hidden_images, image_paths
from fairdesk.project.recipes import StoredRecipe
from fairdesk.project.vector_choice import how_to_check
from fairdesk.words import tr, tr_n


def settle_unchecked(
    asked: str, recipe: StoredRecipe, images: Sequence[int], compared: Compared, context: Context
) -> tuple[list[int], dict[int, str]]:
    """Do with a recipe's vectors without a checksum what was asked: keep or trust them.

    Returns the faces to encode again, if that was asked, and why others cannot be, by image.

    Those of originals that are hidden, or cannot be read now, stay: nothing would come in their place. Each of the others
    stays until the new one is there.
    """
    if asked == "keep":
        return [], {}
    project, vectors = context.project, context.project.vectors
    faces = vectors.unchecked_faces(recipe)
    if asked == "trust":
        if count := vectors.settle_unchecked(recipe, faces, trust=True):
            context.message(
                tr_n(
                    "The numbers of {n:,} embedding were taken as they are; it has a checksum now.",
                    "The numbers of {n:,} embeddings were taken as they are; they have checksums now.",
                    count,
                )
            )
        return [], {}
    owner = images_of_faces(project, faces.tolist())
    paths, meant = image_paths(project, set(owner.values())), set(images) - set(hidden_images(project).tolist())
    unread = dict.fromkeys(compared.changed, another_file()) | dict.fromkeys(compared.missing_paths, file_is_missing())
    unread |= {one.path: one.why for one in compared.damaged}
    again = sorted(face for face, image in owner.items() if image in meant and paths[image] not in unread)
    if count := len(again):
        context.message(
            tr_n(
                "{n:,} embedding without a checksum is computed again.",
                "{n:,} embeddings without a checksum are computed again.",
                count,
            )
        )
    if left := len(faces) - count:
        context.message(
            tr_n(
                "{n:,} other stays as it is: its image is hidden or not meant, or its original cannot be read now.",
                "{n:,} others stay as they are: their images are hidden or not meant, or their originals cannot be read now.",
                left,
            )
        )
    return again, {image: unread[paths[image]] for image in owner.values() if image in meant and paths[image] in unread}


def way_out(project: Project, recipe: StoredRecipe, count: int) -> str:
    """Say how some vectors without a checksum get one, and what that takes."""
    seconds = seconds_for(project, recipe.encoder, count)
    takes = "" if seconds is None else tr("about {time} at the last rate", time=duration(seconds))
    return how_to_check(project.vectors, recipe, takes)
