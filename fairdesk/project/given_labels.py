"""Labels that somebody's table gives: each image its own; what a person said stays, and what changed is counted."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import apsw

from fairdesk.project.identities import label_ids
from fairdesk.project.main_face import LABELS

if TYPE_CHECKING:
    from fairdesk.project.project import Project

_AT_ONCE = 10_000  # images whose given labels are in memory
_TABLES = (
    "DROP TABLE IF EXISTS temp.given; DROP TABLE IF EXISTS temp.before; DROP TABLE IF EXISTS temp.moving;"
    "CREATE TEMP TABLE given"
    " (image INTEGER PRIMARY KEY, identity_id INTEGER, group_id INTEGER, gender TEXT, age TEXT);"
    "CREATE TEMP TABLE before (image INTEGER PRIMARY KEY, who TEXT, grp INTEGER, gender TEXT, age TEXT, tags INTEGER);"
    # Images whose identity bears another group than the one given: settled once all of the table is read.
    "CREATE TEMP TABLE moving"
    " (image INTEGER PRIMARY KEY, who INTEGER, group_id INTEGER, by_face INTEGER, changed INTEGER, new_who INTEGER)"
)
_NOW = (
    "SELECT w.image, who.name AS who, g.id AS grp, i.gender, i.age,"
    " (SELECT count(*) FROM image_tag x WHERE x.image_id = i.id) AS tags"
    f" FROM given w CROSS JOIN image i ON i.id = w.image{LABELS}"
)
_DIFFERS = " OR ".join(f"n.{name} IS NOT b.{name}" for name in ("who", "grp", "gender", "age", "tags"))


class GivenLabels(NamedTuple):
    """What somebody's table says of one image; None (and no tags) where it says nothing."""

    image: int
    identity: str | None
    group: str | None
    gender: str | None
    age: str | None
    tags: Sequence[str]


class Given(NamedTuple):
    """How many images a table told of: those it changed, and those that kept what a person had said otherwise."""

    told: int = 0
    changed: int = 0
    by_person: int = 0

    def and_(self, more: Given) -> Given:
        """Return the sums."""
        return Given(*(one + other for one, other in zip(self, more, strict=True)))


def give_labels(project: Project, db: apsw.Connection, given: Iterable[GivenLabels], source: str) -> Given:
    """Within a journal step: set labels of many images, each its own; what a person set stays. Returns how many there are.

    A group that is given alone is the group of the image's identity, too: the identity goes along where all of its
    images and faces do, and the group has nobody of its name yet; else these images get the identity of that name
    in their new group. An image that is known by a face somebody named follows only an identity that goes along.

    They are written so many at a time, and what was there before goes to the journal at once: no more are ever in memory.
    """
    db.execute(_TABLES)
    known: dict[tuple[str | None, str | None], tuple[int | None, int | None]] = {}
    rest, found = iter(given), Given()
    while part := list(itertools.islice(rest, _AT_ONCE)):
        tagged: dict[str, list[int]] = {}
        for one in part:
            name = one.identity, one.group
            if name not in known:
                known[name] = label_ids(db, *name)
            for tag in one.tags:
                tagged.setdefault(tag, []).append(one.image)
        db.execute("DELETE FROM given; DELETE FROM before")
        db.executemany(
            "INSERT INTO given VALUES (?, ?, ?, ?, ?)",
            ((one.image, *known[one.identity, one.group], one.gender, one.age) for one in part),
        )
        db.execute(f"INSERT INTO before {_NOW}")
        _take_given(project, db, ("identity_id", "group_id"), "label_source", source)
        for kind in ("gender", "age"):
            _take_given(project, db, (kind,), f"{kind}_source", source)
        for tag, images in tagged.items():
            project.journal.choose(images)
            if db.execute(
                f"SELECT 1 FROM image i WHERE {project.journal.among('i.id')} AND NOT EXISTS"
                " (SELECT 1 FROM image_tag t WHERE t.image_id = i.id AND t.tag = ?) LIMIT 1",
                (tag,),
            ).get:
                project.journal.add_tag(tag, source)
        found = found.and_(_counted(db, len(part)))
    found = found.and_(_move(project, db))
    db.execute("DROP TABLE temp.given; DROP TABLE temp.before; DROP TABLE temp.moving")
    return found


def _take_given(project: Project, db: apsw.Connection, columns: tuple[str, ...], said_by: str, source: str) -> None:
    """Write columns of `given` to their images, and who says so, where they say something new and no person has spoken."""
    new = {name: f"ifnull(w.{name}, t.{name})" for name in columns} | {said_by: f"'{source}'"}
    rows = (
        "FROM given w CROSS JOIN image t ON t.id = w.image"
        f" WHERE ({' OR '.join(f'w.{name} IS NOT NULL' for name in columns)}) AND ifnull(t.{said_by}, '') != 'person'"
        f" AND ({' OR '.join(f't.{name} IS NOT {value}' for name, value in new.items())})"
    )
    if db.execute(f"SELECT 1 {rows} LIMIT 1").fetchone() is not None:
        project.journal.update_to("image", new, rows)


def _counted(db: apsw.Connection, told: int) -> Given:
    """Count what a part of a table changed; images whose identity bears another group are put aside in `moving`."""
    db.execute(
        f"INSERT INTO moving SELECT w.image, who.id, w.group_id, named.id IS NOT NULL, ({_DIFFERS}), NULL"
        f" FROM given w CROSS JOIN image i ON i.id = w.image{LABELS}"
        f" JOIN ({_NOW}) n ON n.image = w.image JOIN before b ON b.image = w.image"
        " WHERE w.identity_id IS NULL AND w.group_id IS NOT NULL AND who.group_id IS NOT NULL"
        " AND who.group_id != w.group_id AND ifnull(i.label_source, '') != 'person'"
    )
    changed, by_person = db.execute(
        f"SELECT ifnull(sum({_DIFFERS}), 0), ifnull(sum(NOT ({_DIFFERS}) AND n.image NOT IN (SELECT image FROM moving)"
        " AND (w.identity_id IS NOT NULL AND said.name IS NOT n.who OR w.group_id IS NOT NULL AND w.group_id IS NOT n.grp"
        "   OR w.gender IS NOT NULL AND w.gender IS NOT n.gender OR w.age IS NOT NULL AND w.age IS NOT n.age)), 0)"
        f" FROM ({_NOW}) n JOIN before b ON b.image = n.image JOIN given w ON w.image = n.image"
        " LEFT JOIN identity said ON said.id = w.identity_id"
    ).fetchall()[0]
    assert isinstance(changed, int)
    assert isinstance(by_person, int)
    return Given(told, changed, by_person)


def _move(project: Project, db: apsw.Connection) -> Given:
    """Give the images of `moving` their group: with their identity where it goes along, else under its name there."""
    whole = (
        "SELECT who, min(group_id) AS group_id FROM moving GROUP BY who HAVING count(DISTINCT group_id) = 1"
        " AND NOT EXISTS (SELECT 1 FROM image x WHERE x.identity_id = who AND x.id NOT IN (SELECT image FROM moving))"
        " AND NOT EXISTS (SELECT 1 FROM face x WHERE x.identity_id = who AND x.image_id NOT IN (SELECT image FROM moving))"
    )
    named = db.execute(
        f"SELECT o.who, o.group_id, p.name FROM ({whole}) o JOIN identity p ON p.id = o.who"
        " WHERE NOT EXISTS (SELECT 1 FROM identity x WHERE x.name = p.name AND x.group_id = o.group_id)"
    ).fetchall()
    times = Counter((group, name) for _, group, name in named)
    free = [(who, group) for who, group, name in named if times[group, name] == 1]
    db.execute("DROP TABLE IF EXISTS temp.along; CREATE TEMP TABLE along (who INTEGER PRIMARY KEY, group_id INTEGER)")
    db.executemany("INSERT INTO along VALUES (?, ?)", free)
    if free:
        project.journal.update_to(
            "identity", {"group_id": "w.group_id"}, "FROM along w CROSS JOIN identity t ON t.id = w.who"
        )
    staying = (
        "SELECT DISTINCT m.who, m.group_id, p.name, g.name FROM moving m JOIN identity p ON p.id = m.who"
        " JOIN grp g ON g.id = m.group_id WHERE NOT m.by_face AND m.who NOT IN (SELECT who FROM along)"
    )
    parted = [
        (label_ids(db, str(name), str(group))[0], who, grp) for who, grp, name, group in db.execute(staying).fetchall()
    ]
    db.executemany("UPDATE moving SET new_who = ? WHERE who = ? AND group_id = ? AND NOT by_face", parted)
    if parted:
        project.journal.update_to(
            "image", {"identity_id": "w.new_who"},
            "FROM moving w CROSS JOIN image t ON t.id = w.image WHERE w.new_who IS NOT NULL",
        )  # fmt: skip
    followed = "(new_who IS NOT NULL OR who IN (SELECT who FROM along))"
    changed, kept = db.execute(
        f"SELECT ifnull(sum({followed} AND NOT changed), 0), ifnull(sum(NOT {followed} AND NOT changed), 0) FROM moving"
    ).fetchall()[0]
    db.execute("DROP TABLE temp.along")
    assert isinstance(changed, int)
    assert isinstance(kept, int)
    return Given(0, changed, kept)
