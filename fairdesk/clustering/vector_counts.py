"""How many faces there are to cluster: what a form says before, and what is said where they are too few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairdesk.errors import RequestError
from fairdesk.words import tr_n

if TYPE_CHECKING:
    from fairdesk.clustering.params import ClusterParams
    from fairdesk.project import Project
    from fairdesk.project.recipes import StoredRecipe


def faces_to_cluster(project: Project, params: ClusterParams) -> str:
    """Say how many faces would be clustered, and whose embeddings they are."""
    chosen = project.vectors.choose(params.encoder, params.detector)
    lost = project.vectors.lost(chosen.recipe)
    told = tr_n(
        "{n:,} of these embeddings is lost with a damaged file: compute embeddings first.",
        "{n:,} of these embeddings are lost with a damaged file: compute embeddings first.",
        lost,
    )
    return " ".join([chosen.counted(), *([told] if lost else [])])


def need_faces(project: Project, recipe: StoredRecipe, count: int, least: int) -> None:
    """Raise `RequestError` where fewer faces are left than are needed; it says where the others are."""
    if count >= least:
        return
    shown, every = len(project.vectors.faces(recipe, hidden=False)), len(project.vectors.faces(recipe))
    parts = [
        tr_n("{n} face with an embedding can be used; {least} are needed.",
             "{n} faces with an embedding can be used; {least} are needed.", count, least=least)
    ]  # fmt: skip
    if every > shown:
        parts.append(
            tr_n("{n:,} face is of a hidden image: show it again in the Dataset tab.",
                 "{n:,} faces are of hidden images: show them again in the Dataset tab.", every - shown)
        )  # fmt: skip
    if shown > count:
        parts.append(
            tr_n("{n:,} face is ignored or not in this clustering.",
                 "{n:,} faces are ignored or not in this clustering.", shown - count)
        )  # fmt: skip
    raise RequestError(" ".join(parts))
