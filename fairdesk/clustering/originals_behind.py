"""The photographs behind the faces of a clustering: those that have changed or are gone since their faces were encoded."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fairdesk.faces.changed_originals import compare_originals
from fairdesk.faces.originals_told import folder_of_images
from fairdesk.jobs.context import Context
from fairdesk.jobs.results import Unreadable
from fairdesk.project.faces import images_of_faces
from fairdesk.project.originals import imported_files, missing_originals
from fairdesk.words import tr_n

NAMED = 100  # missing originals: of a disk that is not there all are missing


@dataclass(frozen=True)
class Behind:
    """Paths of originals that are other files now, those that cannot be read any more, how many are not there, and the first of these."""

    changed: list[str] = field(default_factory=list)
    damaged: list[Unreadable] = field(default_factory=list)
    missing: int = 0
    missing_paths: list[str] = field(default_factory=list)
    missing_folder: str = ""  # that holds all that are not there, as it is typed


def originals_behind(faces: npt.NDArray[np.int64], context: Context) -> Behind:
    """Look for the originals of faces, and say which have changed or are missing; what was made of them before is used all the same."""
    project = context.project
    images = sorted(set(images_of_faces(project, faces.tolist()).values()))
    compared = compare_originals(images, context)
    gone = np.intersect1d(missing_originals(project).images, images)
    first = [str(one.path) for one in imported_files(project, gone[:NAMED].tolist())]
    folder = folder_of_images(project, gone.tolist()) if first else ""
    if first:
        context.message(missing_line(len(gone), first[0], folder))
    return Behind(compared.changed, compared.damaged, len(gone), first, folder)


def missing_line(count: int, path: str, folder: str) -> str:
    """Say that originals are missing, for example that of a path, and what follows."""
    return tr_n(
        "{n:,} original is missing: {path}. The embedding that was made of it before is clustered. "
        "Find it again: fairdesk relink PROJECT {folder} NEW-FOLDER",
        "{n:,} originals are missing, for example {path}. The embeddings that were made of them before are clustered. "
        "Find them again: fairdesk relink PROJECT {folder} NEW-FOLDER",
        count,
        path=path,
        folder=folder,
    )
