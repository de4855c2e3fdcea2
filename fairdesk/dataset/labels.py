"""Labels of images: who it is, group, gender, age and tags; each says who said it, and a person's word stays."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import apsw

from fairdesk.dataset.identities import label_ids
from fairdesk.errors import RequestError
from fairdesk.project import Project

KINDS = ("gender", "age", "tag")


@dataclass(frozen=True)
class Edit:
    """What to set on images; None leaves a thing as it is, an empty text removes it."""

    identity: str | None = None
    group: str | None = None
    gender: str | None = None
    age: str | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        values = (self.identity, self.group, self.gender, self.age)
        return any(value is not None for value in values) or bool(self.add_tags or self.remove_tags)


def write_labels(connection: apsw.Connection, image: int, labels: Iterable[tuple[str, str]], source: str) -> None:
    """Set gender and age, add tags, of one image; what a person set stays."""
    for kind, value in labels:
        if kind != "tag":
            theirs = connection.execute(
                "SELECT 1 FROM image_label WHERE image_id = ? AND kind = ? AND source = 'person'", (image, kind)
            ).get
            if theirs and source != "person":
                continue
            connection.execute("DELETE FROM image_label WHERE image_id = ? AND kind = ?", (image, kind))
        connection.execute("INSERT OR IGNORE INTO image_label VALUES (?, ?, ?, ?, NULL)", (image, kind, value, source))


def edit_labels(project: Project, images: list[int], edit: Edit) -> int:
    """Set labels of many images as a person says: one undoable step; returns how many images it was said of.

    Raises
    ------
    RequestError
        If nothing is to be set, or none of the images is in the project.
    """
    if not edit:
        raise RequestError("Nothing is to be set. Fill in at least one field.")
    chosen = json.dumps(images)
    with project.journal.step(_text(edit, len(images)), target={"tab": "dataset", "images": images[:500]}) as db:
        found: int = db.execute(
            "SELECT count(*) FROM image WHERE id IN (SELECT value FROM json_each(?))", (chosen,)
        ).get
        if not found:
            raise RequestError("None of these images is in the project.")
        if edit.identity is not None or edit.group is not None:
            _set_who(db, project.detector() or "", chosen, edit)
        for kind, value in (("gender", edit.gender), ("age", edit.age)):
            if value is not None:
                db.execute(
                    "DELETE FROM image_label WHERE kind = ? AND image_id IN (SELECT value FROM json_each(?))",
                    (kind, chosen),
                )
                _add(db, chosen, kind, value)
        for tag in edit.remove_tags:
            db.execute(
                "DELETE FROM image_label WHERE kind = 'tag' AND value = ? AND image_id IN (SELECT value FROM json_each(?))",
                (tag, chosen),
            )
        for tag in edit.add_tags:
            _add(db, chosen, "tag", tag)
    return found


def _add(db: apsw.Connection, chosen: str, kind: str, value: str) -> None:
    if value:
        db.execute(
            "INSERT OR IGNORE INTO image_label SELECT id, ?2, ?3, 'person', NULL FROM image"
            " WHERE id IN (SELECT value FROM json_each(?1))",
            (chosen, kind, value),
        )


def _set_who(db: apsw.Connection, detector: str, chosen: str, edit: Edit) -> None:
    """Set identity, group or both. An identity is a name within its group, so a new group means a new identity."""
    rows = db.execute(
        "SELECT i.id, f.id, who.name, ifnull(own.name, g.name) FROM image i"
        " LEFT JOIN face f ON f.image_id = i.id AND f.place = 0 AND f.detector = ?2"
        " LEFT JOIN identity who ON who.id = CASE WHEN f.label_source IS NOT NULL THEN f.identity_id ELSE i.identity_id END"
        " LEFT JOIN grp own ON own.id = who.group_id LEFT JOIN grp g ON g.id = i.group_id"
        " WHERE i.id IN (SELECT value FROM json_each(?1))",
        (chosen, detector),
    )
    targets: dict[tuple[str | None, str | None], tuple[list[int], list[int]]] = {}
    row: tuple[Any, ...]
    for row in rows:
        image, face, name, group = row
        now = (
            (edit.identity or None) if edit.identity is not None else name,
            (edit.group or None) if edit.group is not None else group,
        )
        images, faces = targets.setdefault(now, ([], []))
        images.append(image)
        if face is not None:
            faces.append(face)
    for (name, group), (images, faces) in targets.items():
        identity, group_id = label_ids(db, name, group)
        db.execute(
            "UPDATE image SET identity_id = ?, group_id = ?, label_source = 'person' WHERE id IN (SELECT value FROM json_each(?))",
            (identity, group_id, json.dumps(images)),
        )
        db.execute(
            "UPDATE face SET identity_id = ? WHERE label_source IS NOT NULL AND id IN (SELECT value FROM json_each(?))",
            (identity, json.dumps(faces)),
        )


def _text(edit: Edit, count: int) -> str:
    parts = [f"{word} {value}" if value else f"no {word}" for word, value in
             (("identity", edit.identity), ("group", edit.group), ("gender", edit.gender), ("age", edit.age))
             if value is not None]  # fmt: skip
    parts += [f"tag {tag}" for tag in edit.add_tags] + [f"without tag {tag}" for tag in edit.remove_tags]
    return f"Label {count:,} images: {', '.join(parts)}"


def known_values(project: Project, kind: str) -> list[tuple[str, int]]:
    """Return (value, images) of a kind of label, by value."""
    return project.db.rows(
        "SELECT value, count(*) FROM image_label WHERE kind = ? GROUP BY value ORDER BY value", (kind,)
    )


def labels_of(project: Project, image: int) -> list[tuple[str, str, str]]:
    """Return (kind, value, source) of one image's labels beside identity and group."""
    return project.db.rows(
        "SELECT kind, value, source FROM image_label WHERE image_id = ? ORDER BY kind, value", (image,)
    )
