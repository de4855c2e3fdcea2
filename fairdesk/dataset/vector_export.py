"""Vectors out of a project, with who they are of."""

from __future__ import annotations

from typing import Any

import numpy as np

from fairdesk.dataset.params import VectorsParams
from fairdesk.dataset.results import VectorsResult
from fairdesk.jobs.context import Context, choose_vectors


def export_vectors(params: VectorsParams, context: Context) -> VectorsResult:
    """Job: write paths, vectors, identities, groups and boxes of all encoded faces, and which are synthetic if any is, to an .npz.

    The encoder, the detector and the recipe of the vectors stand in it too.
    """
    project = context.project
    chosen = choose_vectors(context, params.encoder, params.detector)
    recipe = chosen.recipe
    faces, vectors = project.vectors.load(recipe)
    roots = project.roots()
    rows = project.db.rows(
        "SELECT l.face_id, im.root_id, im.path, ifnull(i.name, ''), ifnull(g.name, ''), im.synthetic,"
        " f.top, f.right, f.bottom, f.left FROM face_label l JOIN face f ON f.id = l.face_id"
        " JOIN image im ON im.id = l.image_id LEFT JOIN identity i ON i.id = l.identity_id"
        " LEFT JOIN grp g ON g.id = ifnull(i.group_id, l.image_group_id) WHERE l.detector = ?",
        (recipe.detector,),
    )
    known = {row[0]: (str(roots[row[1]] / row[2]), row[3], row[4], row[5] is not None, row[6:10]) for row in rows}
    paths, identities, groups, synthetic, boxes = zip(*(known[face] for face in faces.tolist()), strict=True)
    arrays: dict[str, Any] = {"paths": np.array(paths, dtype=str), "vectors": vectors, "identities": np.array(identities, dtype=str),
              "groups": np.array(groups, dtype=str), "boxes": np.array(boxes, dtype=np.int32),
              **{name: np.array(value) for name, value in chosen.about().items() if name != "other_detectors"}}  # fmt: skip
    if any(synthetic):
        arrays["synthetic"] = np.array(synthetic, dtype=bool)
    params.out.parent.mkdir(parents=True, exist_ok=True)
    part = params.out.with_name(params.out.name + ".part")
    with part.open("wb") as file:
        np.savez(file, **arrays)
    part.replace(params.out)
    context.artifact(params.out)
    return VectorsResult(
        out=str(params.out),
        vectors=len(faces),
        dim=recipe.dim,
        **chosen.about(),
        synthetic=sum(synthetic),
    )
