"""Small JPEG pictures in a file of their own. Always rebuildable."""

from __future__ import annotations

from collections.abc import Iterable

from fairdesk.project.sidefile import SideFile, written

SIDE = 160  # pixels of the longer side


class ThumbnailStore(SideFile):
    """Thumbnails by kind (``image`` or ``face``) and id; and, from a preview to its import, by content."""

    SCHEMA = """
    CREATE TABLE IF NOT EXISTS thumbnail (kind TEXT, id INTEGER, jpeg BLOB, PRIMARY KEY (kind, id)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS preview (sha256 TEXT PRIMARY KEY, jpeg BLOB) WITHOUT ROWID;
    DROP TABLE IF EXISTS inspected;
    """

    def get(self, kind: str, number: int) -> bytes | None:
        """Return one thumbnail's JPEG bytes, or None."""
        value = self.connection.execute("SELECT jpeg FROM thumbnail WHERE kind = ? AND id = ?", (kind, number)).get
        return value if isinstance(value, bytes) else None

    def put(self, items: Iterable[tuple[str, int, bytes]]) -> None:
        """Keep several thumbnails (kind, id, JPEG bytes) in one transaction."""
        with written(self.connection) as connection:
            connection.executemany("INSERT OR REPLACE INTO thumbnail VALUES (?, ?, ?)", items)

    def copy_to_faces(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Show faces (of each its image, and its own id) as their whole image is shown, where that has a thumbnail."""
        with written(self.connection) as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO thumbnail SELECT 'face', ?2, jpeg FROM thumbnail WHERE kind = 'image' AND id = ?1",
                pairs,
            )

    def keep_previews(self, items: Iterable[tuple[str, bytes]]) -> None:
        """Keep the thumbnails of pictures (SHA-256, JPEG bytes) that are about to be imported."""
        with written(self.connection) as connection:
            connection.executemany("INSERT OR REPLACE INTO preview VALUES (?, ?)", items)

    def preview(self, sha256: str) -> bytes | None:
        """Return the thumbnail that was kept of a picture, or None."""
        value = self.connection.execute("SELECT jpeg FROM preview WHERE sha256 = ?", (sha256,)).get
        return value if isinstance(value, bytes) else None

    def drop_previews(self, sha256s: Iterable[str] | None = None) -> None:
        """Forget what was kept of some pictures, or of all."""
        with written(self.connection) as connection:
            if sha256s is None:
                connection.execute("DELETE FROM preview")
            else:
                connection.executemany("DELETE FROM preview WHERE sha256 = ?", ((one,) for one in sha256s))

    def erase(self, images: Iterable[int], faces: Iterable[int], sha256s: Iterable[str]) -> None:
        """Erase the thumbnails of some images and faces for good, and previews by content."""
        with written(self.connection) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            for kind, ids in (("image", images), ("face", faces)):
                connection.executemany(
                    "DELETE FROM thumbnail WHERE kind = ? AND id = ?", ((kind, number) for number in ids)
                )
        self.drop_previews(sha256s)
