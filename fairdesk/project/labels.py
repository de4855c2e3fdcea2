"""Labels of images: who it is, group, gender, age and tags; each says who said it, and a person's word stays."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import apsw
import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.project.identities import label_ids, typed_group, typed_name
from fairdesk.project.main_face import GROUP_OF, NAMED, NAMED_IN, SOURCE, WHO
from fairdesk.project.step_targets import target_of
from fairdesk.words import mark, tr, tr_n

if TYPE_CHECKING:
    from fairdesk.project.project import Project

Ids = npt.NDArray[np.int64]
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


def edit_labels(project: Project, images: Sequence[int] | Ids, edit: Edit) -> int:
    """Set labels of many images as a person says: one undoable step; returns how many images it was said of.

    Where only tags are added or removed these are the images whose tags change, if any do.

    Raises
    ------
    RequestError
        If nothing is to be set, the group is the word for none, or none of the images is in the project.
    """
    if not edit:
        raise RequestError(tr("Nothing to set. Fill in at least one field."))
    for name in (edit.identity, *edit.add_tags):
        typed_name(name or "")
    typed_group(project, edit.group or "")
    journal = project.journal
    with journal.step(_text(edit, len(images)), target=target_of("images", images)) as db:
        journal.choose(images)
        found = 0
        if edit.identity is not None or edit.group is not None:
            found = _set_who(project, db, images, edit)
        for kind, value in (("gender", edit.gender), ("age", edit.age)):
            if value is not None:
                found = journal.update("image", {kind: value or None, f"{kind}_source": "person"})
        found = found or int(str(db.execute(f"SELECT count(*) FROM image WHERE {journal.among('id')}").get))
        if not found:
            raise RequestError(tr("None of these images is in the project."))
        if edit == Edit(add_tags=edit.add_tags, remove_tags=edit.remove_tags):
            found = _other_tags(db, journal.among("i.id"), edit) or found
        journal.call(_text(edit, found))
        for tag in edit.remove_tags:
            journal.remove_tag(tag)
        for tag in edit.add_tags:
            journal.add_tag(tag, "person")
    return found


def _other_tags(db: apsw.Connection, among: str, edit: Edit) -> int:
    """Return how many images lack one of the tags that are added, or have one of those that are removed."""
    has = "SELECT count(*) FROM image_tag t WHERE t.image_id = i.id AND t.tag IN (SELECT value FROM json_each(?))"
    added, removed = sorted(set(edit.add_tags)), sorted(set(edit.remove_tags) - set(edit.add_tags))
    return int(
        str(
            db.execute(
                f"SELECT count(*) FROM image i WHERE {among} AND (({has}) < ? OR ({has}) > 0)",
                (json.dumps(added), len(added), json.dumps(removed)),
            ).get
        )
    )


def _set_who(project: Project, db: apsw.Connection, images: Sequence[int] | Ids, edit: Edit) -> int:
    """Set identity, group or both of the chosen images; returns how many these are.

    An identity is a name within its group: it goes along to a new group if all of it does.
    """
    if edit.group is None or edit.identity is not None:
        return _relabel(project, db, edit)
    _, group = label_ids(db, None, edit.group or None)
    staying = _move_identities(project, db, group)
    if staying:
        project.journal.choose(np.setdiff1d(np.asarray(images, dtype=np.int64), staying))
    found = project.journal.update("image", {"group_id": group, "label_source": "person"})
    if staying:
        project.journal.choose(staying)
        found += _relabel(project, db, edit)
        project.journal.choose(images)
    return found


def _move_identities(project: Project, db: apsw.Connection, group: int | None) -> list[int]:
    """Move the identities of the chosen images to a group; returns the images whose identity cannot be moved.

    It cannot if it has other images too, or if the group has its name already or would get it twice.
    """
    among = project.journal.among
    known = project.db.rows(
        f"WITH parted AS (SELECT identity_id FROM image WHERE identity_id > 0 AND NOT {among('id')}"
        f"   UNION SELECT identity_id FROM face WHERE identity_id > 0 AND NOT {among('image_id')}),"
        " used AS (SELECT identity_id AS id FROM image WHERE identity_id > 0 UNION"
        "   SELECT identity_id FROM face INDEXED BY face_identity WHERE identity_id > 0 AND place = 0)"
        " SELECT who.id, who.name, who.id NOT IN parted FROM used JOIN identity who ON who.id = used.id"
    )
    whole = [(who, name) for who, name, all_chosen in known if all_chosen]
    times = Counter(name for _, name in whole)
    taken: dict[str, int] = dict(project.db.rows("SELECT name, id FROM identity WHERE group_id IS ?", (group,)))
    moving = json.dumps([who for who, name in whole if times[name] == 1 and taken.get(name, who) == who])
    moved = project.journal.update_to(
        "identity", {"group_id": ":grp"}, "FROM json_each(:moving) m CROSS JOIN identity t ON t.id = m.value",
        {"grp": group, "moving": moving},
    )  # fmt: skip
    if moved == len(known):
        return []
    return [row[0] for row in db.execute(
        f"SELECT i.id FROM image i{NAMED} WHERE {among('i.id')} AND {WHO} NOT IN (SELECT value FROM json_each(?))",
        (moving,),
    )]  # fmt: skip


def _relabel(project: Project, db: apsw.Connection, edit: Edit) -> int:
    """Give the chosen images, and their faces with a label of their own, the identity of the wanted name and group.

    Returns how many images these are.
    """
    db.execute(
        "CREATE TEMP TABLE IF NOT EXISTS by_face (image INTEGER PRIMARY KEY, who INTEGER);"
        "CREATE TEMP TABLE IF NOT EXISTS label_now"
        " (who INTEGER, grp INTEGER, new_who INTEGER, new_grp INTEGER, PRIMARY KEY (who, grp)) WITHOUT ROWID;"
        "DELETE FROM by_face; DELETE FROM label_now;"
        f"INSERT INTO by_face {NAMED_IN.format(those=project.journal.among('image_id'))}"
    )
    by_face = db.execute("SELECT 1 FROM by_face LIMIT 1").get is not None
    who = "ifnull(named.who, ifnull(t.identity_id, 0))" if by_face else "ifnull(t.identity_id, 0)"
    named = by_face * " LEFT JOIN by_face named ON named.image = t.id"
    found = db.execute(
        "SELECT known.who, known.grp, who.name, g.name"
        f" FROM (SELECT DISTINCT {who} AS who, ifnull(t.group_id, 0) AS grp FROM image t{named} WHERE {project.journal.among('t.id')}) known"
        f" LEFT JOIN identity who ON who.id = known.who LEFT JOIN grp g ON g.id = {GROUP_OF.format(own='known.grp')}"
    ).fetchall()
    rows: list[tuple[Any, ...]] = []
    row: tuple[Any, ...]
    for row in found:
        old, grp, name, group = row
        name = (edit.identity or None) if edit.identity is not None else name
        group = (edit.group or None) if edit.group is not None else group
        rows.append((old, grp, *label_ids(db, name, group)))
    db.executemany("INSERT INTO label_now VALUES (?, ?, ?, ?)", rows)
    if by_face:  # of every detector, so that the last word counts for all
        faces = (
            "FROM by_face named JOIN image i ON i.id = named.image"
            " JOIN label_now n ON n.who = named.who AND n.grp = ifnull(i.group_id, 0)"
            " JOIN face t ON t.image_id = i.id AND t.place = 0 AND t.label_source IS NOT NULL"
        )
        project.journal.update_to("face", {"identity_id": "n.new_who"}, faces)
    labels = {"identity_id": "n.new_who", "group_id": "n.new_grp", "label_source": "'person'"}
    new = f"{named} CROSS JOIN label_now n ON n.who = {who} AND n.grp = ifnull(t.group_id, 0)"
    return project.journal.update_chosen("image", labels, new)


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


def set_by_people(project: Project, kind: str) -> dict[int, str]:
    """Return the gender or age (`kind`) that a person set, by image; empty where the person removed it."""
    assert kind in ("gender", "age")
    rows = project.db.rows(f"SELECT id, {kind} FROM image WHERE {kind}_source = 'person'")
    return {image: value or "" for image, value in rows}


def names_ever_used(project: Project) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of all identities and of all groups, also of those that no image has any more."""
    identities, groups = (project.db.rows(f"SELECT name FROM {table}") for table in ("identity", "grp"))
    return frozenset(name for (name,) in identities), frozenset(name for (name,) in groups)


def tag_counts(project: Project) -> list[tuple[str, int]]:
    """Return (tag, images), by name."""
    return project.db.rows("SELECT tag, count(*) FROM image_tag GROUP BY tag ORDER BY tag")
