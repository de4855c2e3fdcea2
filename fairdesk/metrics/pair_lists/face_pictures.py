"""Faces for InsightFace's `.bin`: 112 x 112, cut out where a project knows where the face is."""

from __future__ import annotations

from pathlib import Path

from fairdesk.dataset.folder_copies import encoded
from fairdesk.faces.alignment import face_chip
from fairdesk.images.image_reading import UnreadableImageError, open_with_info, read_picture
from fairdesk.images.insightface_bins import SIDE
from fairdesk.images.pixels import pixels
from fairdesk.images.reading_reasons import why_unread
from fairdesk.images.synthetic_marks import read_mark
from fairdesk.project import Project
from fairdesk.project.boxes import FaceBox
from fairdesk.project.faces import face_places, largest_face_of_paths
from fairdesk.words import tr_n

_AS_THEY_ARE = (b"\xff\xd8\xff", b"\x89PNG")


class FacePictures:
    """Gives the encoded face of a path, and counts how each was made; the mark of synthetic ones is kept."""

    def __init__(self, project: Project | None, beside: Path | None = None) -> None:
        self._project, self._beside = project, beside  # relative paths are below that folder
        self._boxes: dict[str, FaceBox] | None = None  # looked up with the first face
        self._cut = self._scaled = 0

    def _box_of(self, path: str) -> FaceBox | None:
        if self._boxes is None:
            self._boxes = {}
            detector = self._project.shown_detector() if self._project is not None else None
            if self._project is not None and detector:
                faces = {face: str(file) for file, face in largest_face_of_paths(self._project, detector).items()}
                self._boxes = {faces[one.id]: one.box for one in face_places(self._project, list(faces))}
        return self._boxes.get(path)

    def __call__(self, path: str) -> bytes:
        """Return the bytes: as they are where the image is a face of that size. Raises `UnreadableImageError`."""
        place = Path(path)
        if self._beside is not None and not place.is_absolute():
            place = self._beside / place
        try:
            data = read_picture(place)
        except OSError as error:
            raise UnreadableImageError(place, why_unread(error)) from error
        image, info = open_with_info(place, data)
        if image.size == (SIDE, SIDE) and data.startswith(_AS_THEY_ARE):
            return data
        box = self._box_of(path)
        if box is None:
            self._scaled += image.size != (SIDE, SIDE)
            return encoded(image, (SIDE, SIDE), "crop", read_mark(info))
        self._cut += 1
        return encoded(face_chip(pixels(image), box, SIDE), (SIDE, SIDE), "stretch", read_mark(info))

    def told(self) -> list[str]:
        """Say which images were no faces of 112 x 112 yet."""
        lines = []
        if self._cut:
            lines.append(
                tr_n(
                    "{n:,} face was cut out to 112 x 112 pixels.",
                    "{n:,} faces were cut out to 112 x 112 pixels.",
                    self._cut,
                )
            )
        if self._scaled:
            lines.append(
                tr_n(
                    "{n:,} image was scaled to 112 x 112 pixels, as where its face is was not known.",
                    "{n:,} images were scaled to 112 x 112 pixels, as where their faces are was not known.",
                    self._scaled,
                )
            )
        return lines
