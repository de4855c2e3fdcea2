"""The images that somebody's list may mean, and how its paths find them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from fairdesk.dataset.path_matching import KnownFiles, Matched, plain
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


def match_paths(
    images: Sequence[KnownImage], files: KnownFiles, names: Iterable[str], moved: Mapping[str, str]
) -> Matched:
    """Return which image each path of a list means, by the path as it stands there.

    `moved` are paths that a rule has replaced (`dataset/replaced_prefixes.py`). These mean the image that lies just there,
    in a folder of originals or below it: nothing is guessed from how they end.
    """
    names = list(dict.fromkeys(names))
    matched = files.match(moved.get(name, name) for name in names)
    other_ending, other_case, by_end = set(matched.other_ending), set(matched.other_case), set(matched.by_end)
    out = Matched()
    for name in names:
        path = moved.get(name, name)
        place = matched.found.get(path)
        if place is None:
            out.why[name] = matched.why[path]
            out.several |= {name} if path in matched.several else set()
        elif name in moved and not f"/{plain(images[place].path)}".endswith(f"/{plain(path)}"):
            out.why[name] = tr("{path} is no image of the project", path=path)
        else:
            out.found[name] = place
            out.other_ending += [name] if path in other_ending else []
            out.other_case += [name] if path in other_case else []
            out.by_end += [name] if path in by_end else []
    return out


def tell_hidden(project: Project, why: dict[str, str], moved: Mapping[str, str] = MappingProxyType({})) -> None:
    """Where a path means no image because its image is hidden, let `why` say so; `moved` as for `match_paths`."""
    if not why:
        return
    shown = {image.path for image in labelled_paths(project)}
    images, files = project_files(project, hidden=True)
    for path, place in match_paths(images, files, why, moved).found.items():
        if images[place].path not in shown:
            why[path] = tr("its image is hidden")


def folder_files(tree: Tree) -> tuple[list[KnownImage], KnownFiles]:
    """Return a folder's images, and how paths find them."""
    entries = [entry for entry in tree.entries if looks_like_picture(tree.root, entry.path)]
    images = [KnownImage(str(tree.root / one.path), one.identity or "", one.group or "") for one in entries]
    return images, KnownFiles([(str(tree.root), one.path) for one in entries])
