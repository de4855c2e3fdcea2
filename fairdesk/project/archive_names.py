"""Which files are taken for archives, by their names."""

from pathlib import PurePath

ARCHIVE_ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".rec", ".bin")


def archive_of(path: str) -> str:
    """Return the archive that a member's path lies in, by its name; the path itself where it lies in none."""
    name = path.lower()
    if not any(ending in name for ending in ARCHIVE_ENDINGS):
        return path
    parts = PurePath(path).parts
    for end in range(1, len(parts)):
        if parts[end - 1].lower().endswith(ARCHIVE_ENDINGS):
            return str(PurePath(*parts[:end]))
    return path
