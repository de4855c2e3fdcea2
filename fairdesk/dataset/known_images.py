"""The images that somebody's list may mean, and how its paths find them."""

from __future__ import annotations

import os
from typing import NamedTuple

from fairdesk.dataset.path_matching import KnownFiles
from fairdesk.images.folder_layouts import Tree
from fairdesk.images.image_reading import looks_like_picture
from fairdesk.project import Project
from fairdesk.project.images import labelled_paths
from fairdesk.words import tr


class KnownImage(NamedTuple):
    """An image that a path may mean, and what it is called."""

    path: str
    subject: str
    group: str


def project_files(project: Project, *, hidden: bool = False) -> tuple[list[KnownImage], KnownFiles]:
    """Return a project's images, and how paths find them; hidden images only if asked for."""
    roots = sorted((str(root) for root in project.roots().values()), key=len, reverse=True)
    images, files = [], []
    for image in labelled_paths(project, hidden=hidden):
        path = image.path
        root = next((root for root in roots if path.startswith(root.rstrip("/") + "/")), os.path.dirname(path))
        files.append((root, path[len(root.rstrip("/")) + 1 :]))
        images.append(KnownImage(path, image.identity or "", image.group or ""))
    return images, KnownFiles(files)


def tell_hidden(project: Project, why: dict[str, str]) -> None:
    """Where a path means no image because its image is hidden, let `why` say so."""
    if not why:
        return
    shown = {image.path for image in labelled_paths(project)}
    images, files = project_files(project, hidden=True)
    for path, place in files.match(why).found.items():
        if images[place].path not in shown:
            why[path] = tr("its image is hidden")


def folder_files(tree: Tree) -> tuple[list[KnownImage], KnownFiles]:
    """Return a folder's images, and how paths find them."""
    entries = [entry for entry in tree.entries if looks_like_picture(tree.root, entry.path)]
    images = [KnownImage(str(tree.root / one.path), one.identity or "", one.group or "") for one in entries]
    return images, KnownFiles([(str(tree.root), one.path) for one in entries])
