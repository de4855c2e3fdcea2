"""What the window asks of a catalogue: ids in order, a page of rows, counts. Read only, indexed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from fairdesk.project.project import Project

Ids = npt.NDArray[np.int64]
Kind = Literal["image", "face"]
ORDERS = {"added": "i.id", "name": "i.path, i.id", "identity": "who.name IS NULL, who.name, i.id"}

_FROM = """
FROM image i
LEFT JOIN face f ON f.image_id = i.id AND f.place = 0 AND f.detector = ?1
LEFT JOIN identity who ON who.id = CASE WHEN f.label_source IS NOT NULL THEN f.identity_id ELSE i.identity_id END
LEFT JOIN grp g ON g.id = ifnull(who.group_id, i.group_id)
"""


@dataclass(frozen=True)
class Filter:
    """Which images to show. None means any."""

    group: str | None = None
    identity: str | None = None
    text: str = ""
    state: Literal["any", "with face", "without face", "unnamed", "synthetic", "hidden"] = "any"


def image_ids(project: Project, wanted: Filter, order: str = "added") -> Ids:
    """Return the ids of the images that match, in order."""
    where, values = ["i.hidden = 1" if wanted.state == "hidden" else "i.hidden = 0"], [project.detector() or ""]
    if wanted.group is not None:
        where.append("g.name = ?")
        values.append(wanted.group)
    if wanted.identity is not None:
        where.append("who.name = ?")
        values.append(wanted.identity)
    if wanted.text:
        where.append("(instr(lower(i.path), lower(?)) OR instr(lower(ifnull(who.name, '')), lower(?)))")
        values += [wanted.text, wanted.text]
    where.append(
        {
            "any": "1", "hidden": "1", "with face": "f.id IS NOT NULL", "unnamed": "who.id IS NULL", "synthetic": "i.synthetic IS NOT NULL",
            "without face": "f.id IS NULL AND EXISTS (SELECT 1 FROM detection d WHERE d.image_id = i.id AND d.detector = ?1)",
        }[wanted.state]
    )  # fmt: skip
    rows = project.db.rows(f"SELECT i.id {_FROM} WHERE {' AND '.join(where)} ORDER BY {ORDERS[order]}", values)
    return np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))


_PREDICTED = "(SELECT group_concat(kind || ' ' || value, ', ') FROM prediction p WHERE p.face_id = f.id)"


@dataclass(frozen=True)
class Item:
    """What a grid shows of one image or face."""

    id: int
    title: str
    group: str | None
    path: str
    box: tuple[int, int, int, int] | None  # top, right, bottom, left; None: the whole image
    synthetic: bool
    identity: str | None
    source: str | None
    predicted: str | None = None  # what models say, as text


def items(project: Project, kind: Kind, ids: list[int]) -> dict[int, Item]:
    """Return what a grid shows of some images or faces, by id."""
    roots = {number: str(path) for number, path in project.roots().items()}
    if kind == "image":
        sql = (
            "SELECT i.id, i.root_id, i.path, i.synthetic, who.name, g.name, f.top, f.right, f.bottom, f.left,"
            " ifnull(f.label_source, i.label_source)," + _PREDICTED + _FROM
            + " WHERE i.id IN (SELECT value FROM json_each(?2))"
        )  # fmt: skip
        rows = project.db.rows(sql, (project.detector() or "", json.dumps(ids)))
    else:
        rows = project.db.rows(
            "SELECT f.id, i.root_id, i.path, i.synthetic, who.name, g.name, f.top, f.right, f.bottom, f.left, l.label_source, "
            + _PREDICTED
            + " FROM face f JOIN image i ON i.id = f.image_id JOIN face_label l ON l.face_id = f.id"
            " LEFT JOIN identity who ON who.id = l.identity_id LEFT JOIN grp g ON g.id = ifnull(who.group_id, l.image_group_id)"
            " WHERE f.id IN (SELECT value FROM json_each(?))",
            (json.dumps(ids),),
        )
    out = {}
    for number, root, path, synthetic, who, group, top, right, bottom, left, source, said in rows:
        box = None if top is None else (top, right, bottom, left)
        name = who or path.rsplit("/", 1)[-1]
        out[number] = Item(number, name, group, f"{roots[root]}/{path}", box, synthetic is not None, who, source, said)
    return out


@dataclass(frozen=True)
class Boxed:
    """A face on a photograph; `main` for the one that is shown or asked about."""

    box: tuple[int, int, int, int]  # top, right, bottom, left
    identity: str | None
    main: bool


def boxes(project: Project, kind: Kind, number: int) -> list[Boxed]:
    """Return all faces on the photograph of an image or a face, the main one last (so that it is drawn on top)."""
    image, detector = number, project.detector() or ""
    if kind == "face":
        row = project.db.rows("SELECT image_id, detector FROM face WHERE id = ?", (number,))
        if not row:
            return []
        image, detector = row[0]
    rows = project.db.rows(
        "SELECT f.id, f.place, f.top, f.right, f.bottom, f.left, who.name FROM face f JOIN face_label l ON l.face_id = f.id"
        " LEFT JOIN identity who ON who.id = l.identity_id WHERE f.image_id = ? AND f.detector = ? ORDER BY f.place DESC",
        (image, detector),
    )
    found = [Boxed((r[2], r[3], r[4], r[5]), r[6], r[0] == number if kind == "face" else r[1] == 0) for r in rows]
    return sorted(found, key=lambda face: face.main)


def overview(project: Project) -> dict[str, Any]:
    """Return the counts a project's header shows."""
    value = project.db.value
    detector = project.detector() or ""
    searched = value("SELECT count(*) FROM detection WHERE detector = ?", (detector,))
    return {
        "images": value("SELECT count(*) FROM image WHERE hidden = 0"),
        "hidden": value("SELECT count(*) FROM image WHERE hidden = 1"),
        "unreadable": value("SELECT count(*) FROM unreadable"),
        "synthetic": value("SELECT count(*) FROM image WHERE synthetic IS NOT NULL"),
        "identities": value("SELECT count(*) FROM identity"),
        "groups": value("SELECT count(*) FROM grp"),
        "detector": detector,
        "searched": searched,
        "faces": value("SELECT count(*) FROM face WHERE detector = ?", (detector,)),
        "without_face": value("SELECT count(*) FROM detection WHERE detector = ? AND faces = 0", (detector,)),
        "encoders": dict(
            project.db.rows(
                "SELECT r.encoder, count(*) FROM vector v JOIN recipe r ON r.id = v.recipe_id WHERE r.detector = ?"
                " GROUP BY r.encoder",
                (detector,),
            )
        ),
        "clusterings": value("SELECT count(*) FROM clustering"),
        "lists": value("SELECT count(*) FROM pair_list"),
        "scores": value("SELECT count(*) FROM score_set"),
    }


def group_counts(project: Project) -> list[tuple[str | None, int, int]]:
    """Return (group, images, identities) of each group, by name; None is "no group"."""
    return project.db.rows(
        f"SELECT g.name, count(*), count(DISTINCT who.id) {_FROM} WHERE i.hidden = 0 GROUP BY g.name ORDER BY g.name IS NULL, g.name",
        (project.detector() or "",),
    )


def identity_counts(project: Project, group: str | None = None) -> list[tuple[str, int]]:
    """Return (identity, images), by name, of one group or of all."""
    where = "WHERE i.hidden = 0 AND who.id IS NOT NULL" + (" AND g.name = ?2" if group is not None else "")
    values = [project.detector() or ""] + ([group] if group is not None else [])
    return project.db.rows(f"SELECT who.name, count(*) {_FROM} {where} GROUP BY who.id ORDER BY who.name", values)


def unreadable(project: Project) -> list[tuple[str, str]]:
    """Return (path, why) of each file that could not be read."""
    roots = project.roots()
    rows = project.db.rows("SELECT root_id, path, why FROM unreadable ORDER BY root_id, path")
    return [(str(roots[root] / path), why) for root, path, why in rows]
