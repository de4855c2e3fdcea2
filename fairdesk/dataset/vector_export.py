"""Vectors out of a project, with who they are of; or of a file in another form."""

from __future__ import annotations

from typing import Any

import numpy as np

from fairdesk.dataset.face_encodings import Encoding, read_encodings, write_encodings
from fairdesk.dataset.params import VectorsParams
from fairdesk.dataset.vector_results import VectorsResult
from fairdesk.errors import RequestError
from fairdesk.jobs.context import Context, choose_vectors
from fairdesk.project.faces import labelled_faces
from fairdesk.project.finite import unsound, why_unsound
from fairdesk.words import tr


def export_vectors(params: VectorsParams, context: Context) -> VectorsResult:
    """Job: write paths, vectors, identities, groups and boxes of all encoded faces, and which are synthetic if any is.

    The encoder, the detector and the recipe of the vectors stand in an .npz too. A .json is the original scripts' list:
    imagePath, loc (top, right, bottom, left) and encoding of each face. With `from_file` that file's encodings are written.
    """
    if params.from_file is not None:
        read = read_encodings(params.from_file)
        bad = unsound(np.array([one.vector for one in read], dtype=np.float32))
        if len(bad):
            raise RequestError(
                tr(
                    "{path}: entry {number}, of {image}, cannot be written: {why}. Entries of this kind: {count}.",
                    path=params.from_file,
                    number=int(bad[0]) + 1,
                    image=read[bad[0]].path,
                    why=why_unsound(),
                    count=len(bad),
                )
            )
        write_encodings(params.out, read)
        context.artifact(params.out)
        return VectorsResult(out=str(params.out), vectors=len(read), dim=len(read[0].vector))
    project = context.project
    chosen = choose_vectors(context, params.encoder, params.detector)
    recipe = chosen.recipe
    faces, vectors = project.vectors.load(recipe)
    of = labelled_faces(project, recipe.detector)
    known = [of[face] for face in faces.tolist()]
    synthetic = [face.synthetic for face in known]
    more: dict[str, Any] = {
        "identities": [face.identity or "" for face in known],
        "groups": [face.group or "" for face in known],
    }
    if params.out.suffix.lower() == ".npz":
        more |= {name: value for name, value in chosen.about().items() if name != "other_detectors"}
        more |= {"synthetic": np.array(synthetic, dtype=bool)} if any(synthetic) else {}
    elif any(synthetic):
        more["synthetic"] = [str(made).lower() for made in synthetic]
    rows = [Encoding(face.path, face.box, vector) for face, vector in zip(known, vectors, strict=True)]
    write_encodings(params.out, rows, more)
    context.artifact(params.out)
    return VectorsResult(
        out=str(params.out),
        vectors=len(faces),
        dim=recipe.dim,
        **chosen.about(),
        synthetic=sum(synthetic),
    )
