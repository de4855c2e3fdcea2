"""A folder that was moved and is imported again: its images have the content of others whose originals are missing."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fairdesk.errors import RequestError
from fairdesk.faces.originals_told import folder_of_all
from fairdesk.images.image_sources import exists
from fairdesk.project import Project
from fairdesk.project.images import paths_by_content
from fairdesk.words import tr, tr_n


@dataclass
class Doubled:
    """New images with the content of images whose originals are missing."""

    count: int = 0
    missing: list[str] = field(default_factory=list)  # paths of those

    def look(self, project: Project, contents: Sequence[str], after: int | None = None) -> None:
        """Count those of some new contents (SHA-256 as hex) that only images have whose originals are missing.

        `after`: images with a greater id are new themselves, and so are none of those.
        """
        if not contents:
            return
        counts = Counter(contents)
        for sha, paths in paths_by_content(project, counts, after).items():
            if not any(map(_lies_there, paths)):
                self.count += counts[sha]
                self.missing += paths

    def text(self, folder: Path, *, preview: bool) -> str:
        """Say it, with what mends it; empty where there are none."""
        if not self.count:
            return ""
        said = tr_n(
            "{n:,} new image has the content of one whose original is missing: it was moved.",
            "{n:,} new images have the content of others whose originals are missing: they were moved.",
            self.count,
        )
        old, new = folder_of_all(self.missing), shlex.quote(str(folder))
        if preview:
            return f"{said} " + tr(
                "An import would double them. Instead, Find moved originals: fairdesk relink PROJECT {old} {new}",
                old=old,
                new=new,
            )
        return f"{said} " + tr(
            "They are in the project twice now. Undo the import, then Find moved originals: fairdesk relink PROJECT {old} {new}",
            old=old,
            new=new,
        )


def _lies_there(path: str) -> bool:
    try:
        return exists(Path(path))
    except (OSError, RequestError):  # it is there, and cannot be read
        return True
