"""Vectors out of a project, with who they are of."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from fairdesk.dataset.params import VectorsParams
from fairdesk.dataset.results import VectorsResult
from fairdesk.jobs.context import Context, choose_vectors
from fairdesk.project.faces import labelled_faces


def export_vectors(params: VectorsParams, context: Context) -> VectorsResult:
    """Job: write paths, vectors, identities, groups and boxes of all encoded faces, and which are synthetic if any is, to an .npz.

    The encoder, the detector and the recipe of the vectors stand in it too. A .json is the original scripts' list instead:
    imagePath, loc (top, right, bottom, left) and encoding of each face.
    """
    project = context.project
    chosen = choose_vectors(context, params.encoder, params.detector)
    recipe = chosen.recipe
    faces, vectors = project.vectors.load(recipe)
    of = labelled_faces(project, recipe.detector)
    known = [of[face] for face in faces.tolist()]
    synthetic = [face.synthetic for face in known]
    arrays: dict[str, Any] = {
        "paths": np.array([face.path for face in known], dtype=str),
        "vectors": vectors,
        "identities": np.array([face.identity or "" for face in known], dtype=str),
        "groups": np.array([face.group or "" for face in known], dtype=str),
        "boxes": np.array([face.box for face in known], dtype=np.int32),
        **{name: np.array(value) for name, value in chosen.about().items() if name != "other_detectors"},
    }
    if any(synthetic):
        arrays["synthetic"] = np.array(synthetic, dtype=bool)
    params.out.parent.mkdir(parents=True, exist_ok=True)
    part = params.out.with_name(params.out.name + ".part")
    if params.out.suffix.lower() == ".json":
        rows = [
            {"imagePath": face.path, "loc": list(face.box), "encoding": vector.tolist()}
            for face, vector in zip(known, vectors, strict=True)
        ]
        part.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    else:
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
