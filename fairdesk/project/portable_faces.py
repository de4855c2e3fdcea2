"""Faces told by their picture and where they lie in it, so that another project with the pictures knows them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from fairdesk.project.boxes import SAME, FaceBox, overlap

if TYPE_CHECKING:
    from fairdesk.project.project import Project


class PortableFace(NamedTuple):
    """A face that any project with its picture knows."""

    image: str  # path below the folder of originals
    sha256: str
    detector: str
    box: tuple[int, int, int, int]  # top, right, bottom, left


def portable_faces(project: Project, faces: Sequence[int]) -> dict[int, PortableFace]:
    """Return how some faces are told elsewhere."""
    rows = project.db.rows(
        "SELECT f.id, i.path, i.sha256, f.detector, f.top, f.right, f.bottom, f.left FROM face f"
        " JOIN image i ON i.id = f.image_id WHERE f.id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(faces)),),
    )
    return {face: PortableFace(path, sha, detector, tuple(box)) for face, path, sha, detector, *box in rows}


class FaceFinder:
    """Finds a project's face at a place of a picture."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._by_content: dict[str, list[int]] = {}
        self._by_path: dict[str, list[int]] = {}
        for image, path, sha in project.db.rows("SELECT id, path, sha256 FROM image"):
            self._by_content.setdefault(sha.lower(), []).append(image)
            self._by_path.setdefault(path, []).append(image)

    def other_content(self, place: PortableFace) -> bool:
        """Return whether the project lacks the picture, and has another one of its name; never without a SHA-256."""
        sha = place.sha256.strip().lower()
        return bool(sha) and sha not in self._by_content and place.image in self._by_path

    def at(self, place: PortableFace) -> int | None:
        """Return the face that lies there, that of the same detector first; None if the project has none.

        A picture is told by its SHA-256; by its name where none is given.
        """
        sha = place.sha256.strip().lower()
        images = self._by_content.get(sha, []) if sha else self._by_path.get(place.image, [])
        if len(images) > 1:  # copies of one picture: that of this name
            named = [image for image in images if image in self._by_path.get(place.image, ())]
            images = named or images
        best: tuple[bool, float, int] | None = None
        for image in images[:1]:
            for face, detector, where, *box in self._project.db.rows(
                "SELECT id, detector, place, top, right, bottom, left FROM face WHERE image_id = ?", (image,)
            ):
                whole = where == 0 and "whole" in (detector, place.detector) and detector != place.detector
                share = 1.0 if whole else overlap(FaceBox(*box), FaceBox(*place.box))
                if share > SAME:
                    best = max(best or (False, 0.0, 0), (detector == place.detector, share, face))
        return None if best is None else best[2]
