"""What the Dataset tab shows, worked out without Qt."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fairdesk.project import Project
from fairdesk.project.queries import Filter, Ids, group_counts, identity_counts, image_ids, overview

NONE: Ids = np.empty(0, dtype=np.int64)


@dataclass
class View:
    """Counts, groups with their identities, and the ids in the grid."""

    counts: dict[str, Any] = field(default_factory=dict)
    groups: list[tuple[str | None, int, int]] = field(default_factory=list)
    identities: dict[str | None, list[tuple[str, int]]] = field(default_factory=dict)
    ids: Ids = field(default_factory=lambda: NONE)


def look(project: Project, wanted: Filter, order: str) -> View:
    """Read everything the tab shows."""
    groups = group_counts(project)
    identities: dict[str | None, list[tuple[str, int]]] = {}
    for name, _, people in groups:
        if people and name is not None:
            identities[name] = identity_counts(project, name)
    if any(name is None and people for name, _, people in groups):
        grouped = {identity for found in identities.values() for identity, _ in found}
        identities[None] = [row for row in identity_counts(project) if row[0] not in grouped]
    return View(overview(project), groups, identities, image_ids(project, wanted, order))


def headline(view: View, selected: int) -> str:
    """Return the line of counts at the top."""
    counts = view.counts
    if not counts.get("images"):
        return ""
    parts = [f"{counts['images']:,} images", f"{counts['identities']:,} identities"]
    if counts["groups"]:
        parts.append(f"{counts['groups']:,} groups")
    if counts["searched"]:
        parts.append(f"{counts['faces']:,} faces ({counts['detector']})")
        if counts["without_face"]:
            parts.append(f"{counts['without_face']:,} without a face")
    parts += [f"{count:,} {name} vectors" for name, count in counts["encoders"].items()]
    if counts["hidden"]:
        parts.append(f"{counts['hidden']:,} hidden")
    if counts["unreadable"]:
        parts.append(f"{counts['unreadable']:,} unreadable")
    if len(view.ids) != counts["images"]:
        parts.append(f"{len(view.ids):,} shown")
    if selected:
        parts.append(f"{selected:,} selected")
    return "  ·  ".join(parts)


def main_faces(project: Project, images: list[int]) -> list[int]:
    """Return the largest face of each image (by the project's detector)."""
    rows = project.db.rows(
        "SELECT id FROM face WHERE place = 0 AND detector = ? AND image_id IN (SELECT value FROM json_each(?))",
        (project.detector() or "", json.dumps(images)),
    )
    return [row[0] for row in rows]


def images_of(project: Project, faces: list[int]) -> list[int]:
    """Return the images some faces are in."""
    rows = project.db.rows(
        "SELECT image_id FROM face WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(faces),)
    )
    return [row[0] for row in rows]
