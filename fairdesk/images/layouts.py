"""What the folders say: from a tree of files to images with an identity and a group."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from fairdesk.errors import RequestError
from fairdesk.images.reading import EXTENSIONS

Layout = Literal["auto", "flat", "identity", "group-identity"]


@dataclass(frozen=True)
class Entry:
    """One file below the root, and what its folders call it."""

    path: str  # relative to the root, with forward slashes
    identity: str | None
    group: str | None


@dataclass
class Tree:
    """A folder as understood."""

    root: Path
    layout: Literal["flat", "identity", "group-identity"]
    entries: list[Entry]
    skipped: list[tuple[str, str]] = field(default_factory=list)  # folders not followed, and why


def _walk(root: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """Return all files below root, in sorted order, following links but never in a circle."""
    files: list[str] = []
    skipped: list[tuple[str, str]] = []

    def visit(folder: str, prefix: str, above: frozenset[tuple[int, int]]) -> None:
        try:
            stat = os.stat(folder)
            key = (stat.st_dev, stat.st_ino)
            if key in above:
                skipped.append((prefix.rstrip("/"), "a link that leads back to a folder above it"))
                return
            with os.scandir(folder) as found:
                items = sorted(found, key=lambda item: item.name)
        except OSError as error:
            skipped.append((prefix.rstrip("/") or ".", f"cannot be opened: {error.strerror}"))
            return
        for item in items:
            if item.name.startswith(".") or item.name == "Thumbs.db":
                continue
            try:
                if item.is_dir():
                    if not item.name.endswith(".fairdesk"):
                        visit(item.path, prefix + item.name + "/", above | {key})
                    continue
            except OSError:
                pass  # a broken link: listed as a file, reported unreadable
            files.append(prefix + item.name)

    visit(str(root), "", frozenset())
    return files, skipped


def read_tree(folder: Path, layout: Layout = "auto") -> Tree:
    """Understand a folder of faces.

    `auto` takes the depth at which most pictures lie: in the folder itself is `flat`, one folder down
    `identity`, two or more down `group-identity`. Hidden files and other projects are passed over.

    Raises
    ------
    RequestError
        If the folder does not exist or holds no file.
    """
    if not folder.is_dir():
        raise RequestError(f"{folder} is not a folder. Give the folder that holds the face images.")
    files, skipped = _walk(folder)
    if not files:
        raise RequestError(f"{folder} holds no files. Give the folder that holds the face images.")
    if layout == "auto":
        depths = Counter(min(path.count("/"), 2) for path in files if Path(path).suffix.lower() in EXTENSIONS)
        depth = max(depths, key=lambda d: (depths[d], d)) if depths else 0
        chosen: Literal["flat", "identity", "group-identity"] = ("flat", "identity", "group-identity")[depth]
    else:
        chosen = layout
    entries = []
    for path in files:
        parts = path.split("/")[:-1]
        identity = group = None
        if chosen == "identity" and parts:
            identity = parts[0]
        elif chosen == "group-identity" and parts:
            group = parts[0]
            identity = parts[1] if len(parts) > 1 else None
        entries.append(Entry(path, identity, group))
    return Tree(folder, chosen, entries, skipped)


def shared_names(entries: list[Entry]) -> list[str]:
    """Identity names that occur under more than one group, sorted."""
    groups: dict[str, set[str | None]] = {}
    for entry in entries:
        if entry.identity is not None:
            groups.setdefault(entry.identity, set()).add(entry.group)
    return sorted(name for name, found in groups.items() if len(found) > 1)
