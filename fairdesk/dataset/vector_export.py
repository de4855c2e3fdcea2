"""Vectors out of a project, with who they are of; or of a file in another form."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from fairdesk.dataset.face_encodings import CONTENT, Box, Written, read_encodings, write_encodings, written
from fairdesk.dataset.params import VectorsParams
from fairdesk.dataset.recipe_in_file import FIELD, recipe_in, recipe_text
from fairdesk.dataset.vector_results import VectorsResult
from fairdesk.errors import RequestError
from fairdesk.faces.changed_originals import compare_originals, images_meant
from fairdesk.faces.unchecked_vectors import way_out
from fairdesk.jobs.context import Context, choose_vectors
from fairdesk.made_sequences import MadeSequence
from fairdesk.packed_texts import PackedTexts
from fairdesk.project.faces import contents_of_faces, each_labelled_face
from fairdesk.project.finite import unsound, why_unsound
from fairdesk.words import tr


def export_vectors(params: VectorsParams, context: Context) -> VectorsResult:
    """Job: write paths, vectors, identities, groups and boxes of all encoded faces, and which are synthetic or of hidden images if any is.

    The encoder, the detector, the whole recipe of the vectors (`recipe_json`) and the SHA-256 of each image stand in an .npz too. A .json is the original scripts' list:
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
        said = recipe_in(params.from_file) if params.out.suffix.lower() == ".npz" else None
        about = {} if said is None else {"encoder": said.encoder, "detector": said.detector, "recipe": said.hash}
        about |= {} if said is None else {FIELD: recipe_text(said)}
        sums = [one.sha256 or "" for one in read]
        npz = params.out.suffix.lower() == ".npz"
        write_encodings(params.out, written(read), about | ({CONTENT: sums} if npz and any(sums) else {}))
        context.artifact(params.out)
        return VectorsResult(out=str(params.out), vectors=len(read), dim=len(read[0].vector))
    project = context.project
    chosen = choose_vectors(context, params.encoder, params.detector)
    recipe = chosen.recipe
    vectors = project.vectors.rows(recipe)
    paths, identities, groups = PackedTexts(), PackedTexts(), PackedTexts()
    boxes, synthetic, hidden = _Boxes(), array("b"), array("b")
    having = iter(vectors.numbers.tolist())
    wanted = next(having, None)
    for face in each_labelled_face(project, recipe.detector):
        if face.id == wanted:
            paths.append(face.path)
            identities.append(face.identity or "")
            groups.append(face.group or "")
            boxes.sides.extend(face.box)
            synthetic.append(face.synthetic)
            hidden.append(face.hidden)
            wanted = next(having, None)
    more: dict[str, Any] = {"identities": identities, "groups": groups}
    told = {name: which for name, which in (("synthetic", synthetic), ("hidden", hidden)) if any(which)}
    if params.out.suffix.lower() == ".npz":
        more |= {name: value for name, value in chosen.about().items() if name != "other_detectors"}
        if (described := project.vectors.described(recipe)) is not None:
            more[FIELD] = recipe_text(described)
        more[CONTENT] = _contents(contents_of_faces(project, recipe.detector), vectors.numbers)
        more |= {name: np.array(which, dtype=bool) for name, which in told.items()}
    else:
        more |= {name: [("false", "true")[one] for one in which] for name, which in told.items()}
    write_encodings(params.out, Written(paths, boxes, vectors, recipe.dim), more)
    context.artifact(params.out)
    compared = compare_originals(images_meant(project), context)
    return VectorsResult(
        out=str(params.out),
        vectors=len(vectors),
        dim=recipe.dim,
        **chosen.about(),
        synthetic=sum(synthetic),
        hidden=sum(hidden),
        unchecked=(unchecked := project.vectors.unchecked(recipe)),
        unchecked_remedy=way_out(project, recipe, unchecked) if unchecked else "",
        changed=compared.changed,
        damaged=compared.damaged,
        missing_paths=compared.missing_paths,
    )


def _contents(each: Iterable[tuple[int, str]], faces: npt.NDArray[np.int64]) -> npt.NDArray[np.bytes_]:
    """Return the SHA-256 of the images of some faces, both in order of id: 64 letters each."""
    letters, having = bytearray(), iter(faces.tolist())
    wanted = next(having, None)
    for face, content in each:
        if face == wanted:
            letters += content.encode()
            wanted = next(having, None)
    return np.frombuffer(letters, dtype="S64")


class _Boxes(MadeSequence[Box]):
    """Boxes, sixteen bytes each."""

    def __init__(self) -> None:
        self.sides = array("i")

    def __len__(self) -> int:
        return len(self.sides) // 4

    def item(self, place: int) -> Box:
        """Make the one at a place."""
        top, right, bottom, left = self.sides[4 * place : 4 * place + 4]
        return top, right, bottom, left
