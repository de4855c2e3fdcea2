"""Labels of images: who it is, group, gender, age and tags; each says who said it, and a person's word stays."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import apsw

from fairdesk.errors import RequestError
from fairdesk.project.identities import label_ids, typed_name
from fairdesk.project.main_face import GROUP, IDENTITY, NAMED, SOURCE, WHO
from fairdesk.words import mark, tr, tr_n

if TYPE_CHECKING:
    from fairdesk.project.project import Project

KINDS = ("gender", "age", "tag")


class OtherLabels(NamedTuple):
    """An image's labels beside identity and group, and who said the identity."""

    gender: str | None = None
    age: str | None = None
    tags: Sequence[str] = ()
    source: str | None = None


NO_LABELS = OtherLabels()
SOURCES = (mark("folder"), mark("csv"), mark("person"))  # who said a label, as it is kept


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
        if kind == "tag":
            connection.execute("INSERT OR IGNORE INTO image_tag VALUES (?, ?, ?)", (image, value, source))
        else:
            assert kind in KINDS
            connection.execute(
                f"UPDATE image SET {kind} = ?1, {kind}_source = ?2"
                f" WHERE id = ?3 AND (?2 = 'person' OR ifnull({kind}_source, '') != 'person')",
                (value, source, image),
            )


def write_who(connection: apsw.Connection, image: int, identity: str | None, group: str | None, source: str) -> None:
    """Set identity and group of one image, by name; None leaves it as it is, and what a person set stays."""
    if identity is None and group is None:
        return
    identity_id, group_id = label_ids(connection, identity, group)
    connection.execute(
        "UPDATE image SET identity_id = ifnull(?, identity_id), group_id = ifnull(?, group_id), label_source = ?"
        " WHERE id = ? AND ifnull(label_source, '') != 'person'",
        (identity_id, group_id, source, image),
    )


def edit_labels(project: Project, images: list[int], edit: Edit) -> int:
    """Set labels of many images as a person says: one undoable step; returns how many images it was said of.

    Raises
    ------
    RequestError
        If nothing is to be set, or none of the images is in the project.
    """
    if not edit:
        raise RequestError(tr("Nothing to set. Fill in at least one field."))
    for name in (edit.identity, edit.group, *edit.add_tags):
        typed_name(name or "")
    journal = project.journal
    with journal.step(_text(edit, len(images)), target={"tab": "dataset", "images": images[:500]}) as db:
        journal.choose(images)
        found: int = db.execute("SELECT count(*) FROM image WHERE id IN chosen").get
        if not found:
            raise RequestError(tr("None of these images is in the project."))
        if edit.identity is not None or edit.group is not None:
            _set_who(project, db, images, edit)
        for kind, value in (("gender", edit.gender), ("age", edit.age)):
            if value is not None:
                journal.update("image", {kind: value or None, f"{kind}_source": "person"})
        for tag in edit.remove_tags:
            journal.remove_tag(tag)
        for tag in edit.add_tags:
            journal.add_tag(tag, "person")
    return found


def _set_who(project: Project, db: apsw.Connection, images: list[int], edit: Edit) -> None:
    """Set identity, group or both of the chosen images.

    An identity is a name within its group: it goes along to a new group if all of it does.
    """
    if edit.group is None or edit.identity is not None:
        _relabel(project, db, edit)
        return
    _, group = label_ids(db, None, edit.group or None)
    staying = _move_identities(project, db, group)
    if staying:
        project.journal.choose(sorted(set(images) - set(staying)))
    project.journal.update("image", {"group_id": group, "label_source": "person"})
    if staying:
        project.journal.choose(staying)
        _relabel(project, db, edit)
        project.journal.choose(images)


def _move_identities(project: Project, db: apsw.Connection, group: int | None) -> list[int]:
    """Move the identities of the chosen images to a group; returns the images whose identity cannot be moved.

    It cannot if it has other images too, or if the group has its name already or would get it twice.
    """
    known = project.db.rows(
        "WITH parted AS (SELECT identity_id FROM image WHERE identity_id > 0 AND id NOT IN chosen"
        "   UNION SELECT identity_id FROM face WHERE identity_id > 0 AND image_id NOT IN chosen),"
        " used AS (SELECT identity_id AS id FROM image WHERE identity_id > 0 UNION"
        "   SELECT identity_id FROM face INDEXED BY face_identity WHERE identity_id > 0 AND place = 0)"
        " SELECT who.id, who.name, who.id NOT IN parted FROM used JOIN identity who ON who.id = used.id"
    )
    whole = [(who, name) for who, name, all_chosen in known if all_chosen]
    times = Counter(name for _, name in whole)
    taken: dict[str, int] = dict(project.db.rows("SELECT name, id FROM identity WHERE group_id IS ?", (group,)))
    moving = json.dumps([who for who, name in whole if times[name] == 1 and taken.get(name, who) == who])
    moved = project.journal.update_to("identity", ("group_id",), "SELECT value, ? FROM json_each(?)", (group, moving))
    if moved == len(known):
        return []
    return [row[0] for row in db.execute(
        f"SELECT i.id FROM image i{NAMED} WHERE i.id IN chosen AND {WHO} NOT IN (SELECT value FROM json_each(?))",
        (moving,),
    )]  # fmt: skip


def _relabel(project: Project, db: apsw.Connection, edit: Edit) -> None:
    """Give the chosen images, and their faces with a label of their own, the identity of the wanted name and group."""
    db.execute(
        "CREATE TEMP TABLE IF NOT EXISTS relabelled (image INTEGER PRIMARY KEY, face INTEGER, who INTEGER, grp INTEGER);"
        "CREATE TEMP TABLE IF NOT EXISTS label_now (who INTEGER, grp INTEGER, new_who INTEGER, new_grp INTEGER, PRIMARY KEY (who, grp));"
        "DELETE FROM relabelled; DELETE FROM label_now"
    )
    db.execute(
        f"INSERT INTO relabelled SELECT i.id, named.id, ifnull(who.id, 0), ifnull({GROUP}, 0)"
        f" FROM image i{IDENTITY} WHERE i.id IN chosen"
    )
    found = db.execute(
        "SELECT DISTINCT r.who, r.grp, who.name, g.name FROM relabelled r"
        " LEFT JOIN identity who ON who.id = r.who LEFT JOIN grp g ON g.id = r.grp"
    ).fetchall()
    rows: list[tuple[Any, ...]] = []
    row: tuple[Any, ...]
    for row in found:
        who, grp, name, group = row
        name = (edit.identity or None) if edit.identity is not None else name
        group = (edit.group or None) if edit.group is not None else group
        rows.append((who, grp, *label_ids(db, name, group)))
    db.executemany("INSERT INTO label_now VALUES (?, ?, ?, ?)", rows)
    both = " FROM relabelled r JOIN label_now n ON n.who = r.who AND n.grp = r.grp"
    columns = ("identity_id", "group_id", "label_source")
    project.journal.update_to("image", columns, "SELECT r.image, n.new_who, n.new_grp, 'person'" + both)
    if db.execute("SELECT 1 FROM relabelled WHERE face IS NOT NULL LIMIT 1").fetchone():
        faces = (
            "SELECT f.id, n.new_who"
            + both
            + (  # of every detector, so that the last word counts for all
                " JOIN face f ON f.image_id = r.image AND f.place = 0 AND f.label_source IS NOT NULL WHERE r.face IS NOT NULL"
            )
        )
        project.journal.update_to("face", ("identity_id",), faces)
    db.execute("DELETE FROM relabelled")


def _text(edit: Edit, count: int) -> str:
    fields = (
        (mark("identity"), edit.identity), (mark("group"), edit.group), (mark("gender"), edit.gender), (mark("age"), edit.age),
    )  # fmt: skip
    parts = [
        f"{tr(field)} {value}" if value else tr("no {field}", field=tr(field))
        for field, value in fields
        if value is not None
    ]
    parts += [tr("tag {tag}", tag=tag) for tag in edit.add_tags] + [
        tr("without tag {tag}", tag=tag) for tag in edit.remove_tags
    ]
    return tr_n("Label {n:,} image: {parts}", "Label {n:,} images: {parts}", count, parts=", ".join(parts))


def labels_of(project: Project, image: int) -> list[tuple[str, str, str]]:
    """Return (kind, value, source) of one image's labels beside identity and group."""
    return project.db.rows(
        "SELECT 'age', age, age_source FROM image WHERE id = ?1 AND age IS NOT NULL"
        " UNION ALL SELECT 'gender', gender, gender_source FROM image WHERE id = ?1 AND gender IS NOT NULL"
        " UNION ALL SELECT 'tag', tag, source FROM image_tag WHERE image_id = ?1",
        (image,),
    )


def other_labels(project: Project) -> dict[int, OtherLabels]:
    """Return the labels of all images beside identity and group, by image."""
    tags: dict[int, list[str]] = {}
    for image, tag in project.db.rows("SELECT image_id, tag FROM image_tag ORDER BY image_id, tag"):
        tags.setdefault(image, []).append(tag)
    rows = project.db.rows(f"SELECT i.id, i.gender, i.age, {SOURCE} FROM image i{NAMED}")
    return {image: OtherLabels(gender, age, tags.get(image, []), source) for image, gender, age, source in rows}


def tag_counts(project: Project) -> list[tuple[str, int]]:
    """Return (tag, images), by name."""
    return project.db.rows("SELECT tag, count(*) FROM image_tag GROUP BY tag ORDER BY tag")
