"""Faces: where they lie, whose they are, and saying whose they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.project.boxes import SAME, FaceBox, overlap
from fairdesk.project.identities import label_ids, typed_group, typed_name
from fairdesk.project.main_face import FACE_LABELS
from fairdesk.project.step_targets import target_of
from fairdesk.words import tr, tr_n

if TYPE_CHECKING:
    from fairdesk.project.project import Project

Ids = npt.NDArray[np.int64]
_THESE = "IN (SELECT value FROM json_each(?))"
IS_HIDDEN = (
    "EXISTS (SELECT 1 FROM face f JOIN image i ON i.id = f.image_id WHERE f.id = face_id AND i.hidden)"  # one of few
)
HIDDEN_FACES = "(SELECT f.id FROM image i JOIN face f ON f.image_id = i.id WHERE i.hidden = 1)"


class FacePlace(NamedTuple):
    """Where a face is."""

    id: int
    path: str  # of its image
    relative: str  # that path below its folder of originals
    box: FaceBox
    sha256: bytes = b""  # what its image's file has to hold; empty where that is not asked


class LabelledFace(NamedTuple):
    """A face, what it is called, and where it is."""

    id: int
    path: str  # of its image
    identity: str | None
    group: str | None
    synthetic: bool
    hidden: bool
    box: tuple[int, int, int, int]  # top, right, bottom, left


def face_places(project: Project, faces: Sequence[int]) -> list[FacePlace]:
    """Return where some faces are, in order of id."""
    roots = project.roots()
    rows = project.db.rows(
        "SELECT f.id, i.root_id, i.path, f.landmarks, f.top, f.right, f.bottom, f.left FROM face f"
        f" JOIN image i ON i.id = f.image_id WHERE f.id {_THESE} ORDER BY f.id",
        (json.dumps(faces),),
    )
    return [
        FacePlace(number, str(roots[root] / path), path, FaceBox(top, right, bottom, left, None, read_landmarks(marks)))
        for number, root, path, marks, top, right, bottom, left in rows
    ]


def existing_faces(project: Project, faces: Sequence[int]) -> set[int]:
    """Return those of some faces that the project has."""
    return {row[0] for row in project.db.rows(f"SELECT id FROM face WHERE id {_THESE}", (json.dumps(faces),))}


def read_landmarks(text: str | None) -> tuple[tuple[float, float], ...] | None:
    """Return a face's landmarks as the catalogue keeps them; none yet (`[]`) are `boxes.DUE`."""
    return None if text is None else tuple((float(x), float(y)) for x, y in json.loads(text))


def detectors_of_faces(project: Project, faces: Sequence[int]) -> set[str]:
    """Return the detectors that found some faces."""
    rows = project.db.rows(f"SELECT DISTINCT detector FROM face WHERE id {_THESE}", (json.dumps(list(faces)),))
    return {row[0] for row in rows}


def face_paths(project: Project, faces: Sequence[int]) -> dict[int, Path]:
    """Return the image path of some faces, by face."""
    roots = project.roots()
    rows = project.db.rows(
        f"SELECT f.id, i.root_id, i.path FROM face f JOIN image i ON i.id = f.image_id WHERE f.id {_THESE}",
        (json.dumps(faces),),
    )
    return {face: roots[root] / path for face, root, path in rows}


def images_of_faces(project: Project, faces: Sequence[int]) -> dict[int, int]:
    """Return the image that each of some faces is in."""
    return dict(project.db.rows(f"SELECT id, image_id FROM face WHERE id {_THESE}", (json.dumps(faces),)))


def hidden_among(project: Project, faces: Iterable[int]) -> set[int]:
    """Return those of some faces that are on hidden images."""
    rows = project.db.rows(f"SELECT value FROM json_each(?) WHERE value IN {HIDDEN_FACES}", (json.dumps(list(faces)),))
    return {row[0] for row in rows}


def largest_faces(project: Project, detector: str, images: Sequence[int]) -> list[int]:
    """Return the largest face that a detector found in each of some images; images without one are left out."""
    rows = project.db.rows(
        f"SELECT id FROM face WHERE place = 0 AND detector = ? AND image_id {_THESE}", (detector, json.dumps(images))
    )
    return [row[0] for row in rows]


def faces_of_paths(project: Project, detector: str) -> dict[Path, list[tuple[int, FaceBox]]]:
    """Return the faces that a detector found in each image, the largest first, by the image's path."""
    roots = project.roots()
    rows = project.db.rows(
        "SELECT f.id, i.root_id, i.path, f.top, f.right, f.bottom, f.left FROM face f JOIN image i ON i.id = f.image_id"
        " WHERE f.detector = ? ORDER BY f.place",
        (detector,),
    )
    out: dict[Path, list[tuple[int, FaceBox]]] = {}
    for face, root, path, *box in rows:
        out.setdefault(roots[root] / path, []).append((face, FaceBox(*box)))
    return out


def largest_face_of_paths(project: Project, detector: str) -> dict[Path, int]:
    """Return the largest face that a detector found in each image, by the image's path."""
    return {path: faces[0][0] for path, faces in faces_of_paths(project, detector).items()}


def synthetic_faces(project: Project, faces: Sequence[int]) -> set[int]:
    """Return those of some faces that are in images marked synthetic."""
    rows = project.db.rows(
        f"SELECT f.id FROM face f JOIN image i ON i.id = f.image_id WHERE f.id {_THESE} AND i.synthetic IS NOT NULL",
        (json.dumps(faces),),
    )
    return {row[0] for row in rows}


def labelled_faces(project: Project, detector: str) -> dict[int, LabelledFace]:
    """Return all faces that a detector found with what each is called, by id."""
    return {one.id: one for one in each_labelled_face(project, detector)}


def each_labelled_face(project: Project, detector: str) -> Iterator[LabelledFace]:
    """Yield all faces that a detector found with what each is called, in order of id."""
    roots = project.roots()
    rows = project.db.each(
        "SELECT f.id, i.root_id, i.path, who.name, g.name, i.synthetic, i.hidden, f.top, f.right, f.bottom, f.left"
        " FROM face_label l JOIN face f ON f.id = l.face_id JOIN image i ON i.id = l.image_id"
        f"{FACE_LABELS} WHERE l.detector = ? ORDER BY f.id",
        (detector,),
    )
    for number, root, path, who, group, synthetic, hidden, *box in rows:
        made, out = synthetic is not None, bool(hidden)
        yield LabelledFace(number, str(roots[root] / path), who, group, made, out, tuple(box))


def contents_of_faces(project: Project, detector: str) -> Iterator[tuple[int, str]]:
    """Yield all faces that a detector found, in order of id, with the SHA-256 (hex) of their images as imported."""
    return project.db.each(
        "SELECT f.id, i.sha256 FROM face f JOIN image i ON i.id = f.image_id WHERE f.detector = ? ORDER BY f.id",
        (detector,),
    )


def names_of_faces(project: Project, detector: str) -> dict[int, tuple[str | None, str | None]]:
    """Return what each face that a detector found is called: its identity and its group, by id."""
    rows = project.db.rows(
        f"SELECT l.face_id, who.name, g.name FROM face_label l{FACE_LABELS} WHERE l.detector = ?", (detector,)
    )
    return {face: (who, group) for face, who, group in rows}


def main_boxes(project: Project) -> dict[int, tuple[int, int, int, int]]:
    """Return top, right, bottom and left of the largest face of each image, by the detector whose faces are shown."""
    rows = project.db.rows(
        "SELECT image_id, top, right, bottom, left FROM face WHERE detector = ? ORDER BY (bottom - top) * (right - left), id DESC",
        (project.shown_detector() or "",),
    )
    return {image: (top, right, bottom, left) for image, top, right, bottom, left in rows}  # the last is the largest


def identities_of_faces(project: Project, faces: Ids) -> Ids:
    """Return the identity (its id) of each of some faces, -1 where it is not known."""
    known: dict[int, int] = dict(
        project.db.rows(
            f"SELECT face_id, identity_id FROM face_label WHERE face_id {_THESE} AND identity_id IS NOT NULL",
            (json.dumps(faces.tolist()),),
        )
    )
    return np.array([known.get(int(face), -1) for face in faces], dtype=np.int64)


def groups_of_faces(project: Project, faces: Ids) -> list[str | None]:
    """Return the group of each of some faces, None where it has none."""
    known: dict[int, str] = dict(
        project.db.rows(
            f"SELECT l.face_id, g.name FROM face_label l{FACE_LABELS} WHERE l.face_id {_THESE} AND g.id IS NOT NULL",
            (json.dumps(faces.tolist()),),
        )
    )
    return [known.get(int(face)) for face in faces]


def group_counts_of_faces(project: Project, faces: Sequence[int]) -> dict[str | None, int]:
    """Return how many of some faces each group has; None is "no group"."""
    return dict(
        project.db.rows(
            f"SELECT g.name, count(*) FROM face_label l{FACE_LABELS} WHERE l.face_id {_THESE} GROUP BY g.name",
            (json.dumps(list(faces)),),
        )
    )


def commonest_group(project: Project, faces: Sequence[int]) -> str | None:
    """Return the group that most of some faces are in, or None where none is in any."""
    name = project.db.value(
        f"SELECT g.name FROM face_label l{FACE_LABELS} WHERE l.face_id {_THESE} AND g.id IS NOT NULL"
        " GROUP BY g.name ORDER BY count(*) DESC, g.name LIMIT 1",
        (json.dumps(faces),),
    )
    return None if name is None else str(name)


def set_identity(project: Project, faces: list[int], name: str | None, group: str | None = None) -> int:
    """Say who some faces are (or, with None, that nobody knows): one undoable step; returns how many changed.

    Raises
    ------
    RequestError
        If the name is empty, the group is the word for none, or none of the faces exists.
    """
    if name is not None and not name.strip():
        raise RequestError(tr("An identity needs a name."))

    def text(count: int) -> str:
        if name is None:
            return tr_n("Remove the name of {n:,} face", "Remove the name of {n:,} faces", count)
        return tr_n("Name {n:,} face {name}", "Name {n:,} faces {name}", count, name=name)

    with project.journal.step(text(len(faces)), target=target_of("faces", faces)) as connection:
        identity, _ = label_ids(
            connection, typed_name(name) if name else None, typed_group(project, group) if group else None
        )
        changed = give_identity(project, faces, identity)
        if not changed:
            raise RequestError(tr("None of these faces is in the project."))
        project.journal.call(text(changed))
    return changed


def give_identity(project: Project, faces: list[int], identity: int | None) -> int:
    """Within a journal step: give faces an identity, as a person's word; returns how many there are.

    The same faces that other detectors found get it too.
    """
    label = {"identity_id": identity, "label_source": "person"}
    project.journal.choose(faces)
    changed = project.journal.update("face", label)
    twins = _same_faces(project, faces) if changed else []
    if twins:
        project.journal.choose(twins)
        project.journal.update("face", label)
    return changed


def same_faces_of(project: Project, faces: Sequence[int], detector: str) -> dict[int, int]:
    """Return, for some faces, the face that a detector found at the same place: itself where it is that detector's."""
    wanted = json.dumps(list(faces))
    found: dict[int, int] = {
        row[0]: row[0]
        for row in project.db.rows(f"SELECT id FROM face WHERE id {_THESE} AND detector = ?", (wanted, detector))
    }
    if len(found) == len(set(faces)):
        return found
    best: dict[int, float] = {}
    for face, other, whole, *box in project.db.rows(
        "SELECT a.id, b.id, a.place = 0 AND b.place = 0 AND 'whole' IN (a.detector, b.detector),"
        " a.top, a.right, a.bottom, a.left, b.top, b.right, b.bottom, b.left"
        " FROM face a JOIN face b ON b.image_id = a.image_id AND b.detector = ?2"
        " WHERE a.id IN (SELECT value FROM json_each(?1)) AND a.detector != ?2 ORDER BY a.id, b.id",
        (wanted, detector),
    ):
        share = 1.0 if whole else overlap(FaceBox(*box[:4]), FaceBox(*box[4:]))
        if share > max(SAME, best.get(face, 0.0)):
            found[face], best[face] = other, share
    return found


def _same_faces(project: Project, faces: Iterable[int]) -> list[int]:
    """Return the faces that other detectors found where these lie: the same faces, so that they get the same label.

    Where the whole image was taken for the face, that is the largest face of any other detector.
    """
    if project.db.value(
        "SELECT (SELECT min(detector) FROM face) IS (SELECT max(detector) FROM face)"  # an index's two ends
    ):
        return []  # there is no other detector
    rows = project.db.rows(
        "SELECT b.id, a.place = 0 AND b.place = 0 AND 'whole' IN (a.detector, b.detector),"
        " a.top, a.right, a.bottom, a.left, b.top, b.right, b.bottom, b.left"
        " FROM face a JOIN face b ON b.image_id = a.image_id AND b.detector != a.detector"
        f" WHERE a.id {_THESE}",
        (json.dumps(list(faces)),),
    )
    found = {row[0] for row in rows if row[1] or overlap(FaceBox(*row[2:6]), FaceBox(*row[6:])) > SAME}
    return sorted(found - set(faces))
