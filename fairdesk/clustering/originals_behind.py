"""The photographs behind the faces of a clustering: those that have changed or are gone since their faces were encoded."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fairdesk.faces.changed_originals import changed_originals
from fairdesk.jobs.context import Context
from fairdesk.project.faces import images_of_faces
from fairdesk.project.originals import imported_files, missing_originals
from fairdesk.words import tr_n


@dataclass(frozen=True)
class Behind:
    """Paths of originals that are other files now, and of those that are not there."""

    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def originals_behind(faces: npt.NDArray[np.int64], context: Context) -> Behind:
    """Look for the originals of faces, and say which have changed or are missing; what was made of them before is used all the same."""
    project = context.project
    images = sorted(set(images_of_faces(project, faces.tolist()).values()))
    changed = changed_originals(images, context)
    gone = np.intersect1d(missing_originals(project).images, images)
    missing = [str(one.path) for one in imported_files(project, gone.tolist())]
    if missing:
        context.message(missing_line(missing))
    return Behind(changed, missing)


def missing_line(paths: list[str]) -> str:
    """Say that originals are missing, and what follows; empty where none is."""
    if not paths:
        return ""
    return tr_n(
        "{n:,} original is missing: {path}. The embedding that was made of it before is clustered. "
        "Find it again: fairdesk relink PROJECT OLD NEW",
        "{n:,} originals are missing, for example {path}. The embeddings that were made of them before are clustered. "
        "Find them again: fairdesk relink PROJECT OLD NEW",
        len(paths),
        path=paths[0],
    )
