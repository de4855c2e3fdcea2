"""Images whose originals have changed, as they were when they were imported: what is known of them is of those pictures."""

from __future__ import annotations

from PIL import Image

from fairdesk.dataset.collection import SourceImage
from fairdesk.images.image_reading import UnreadableImageError, open_image
from fairdesk.images.inspection import perceptual_hash
from fairdesk.images.reading_reasons import another_file
from fairdesk.project import Project
from fairdesk.project.kept_facts import Facts
from fairdesk.project.originals import imported_sums


class AsImported:
    """The changed ones of a project's images, by id; the others are as their files are."""

    def __init__(self, project: Project, changed: list[SourceImage]) -> None:
        """Recall what is kept of them: their hashes, else those of their thumbnails."""
        self._project = project
        self._changed = {item.id for item in changed}
        sums = imported_sums(project, [item.id for item in changed if item.id is not None])
        kept = project.facts.of_content(sums.values())
        self.facts = {
            item.id: kept.get(sums[item.id]) or self._of_thumbnail(item, sums[item.id])
            for item in changed
            if item.id is not None
        }

    def picture(self, item: SourceImage) -> Image.Image:
        """Return an image's picture; of a changed one its thumbnail. Raises `UnreadableImageError`."""
        if item.id is None or item.id not in self._changed:
            return open_image(item.path)
        jpeg = self._project.thumbnails.get("image", item.id)
        if jpeg is None:
            raise UnreadableImageError(item.path, another_file())
        return open_image(item.path, jpeg)

    def _of_thumbnail(self, item: SourceImage, sha256: str) -> Facts:
        try:
            return Facts(sha256, phash=perceptual_hash(self.picture(item)))
        except UnreadableImageError as error:
            return Facts(sha256, why=error.why)
