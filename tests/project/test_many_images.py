"""What makes a million images quick gives the same as reading, sorting and changing them one by one."""

import contextlib
import itertools
import random
import threading

import apsw
import numpy as np
import pytest

from fairdesk.errors import RequestError
from fairdesk.project import Project, bulk_edits, database, label_snapshot
from fairdesk.project.changes import Change, ChangeReader, Kind
from fairdesk.project.faces import set_identity
from fairdesk.project.image_orders import sort_key
from fairdesk.project.image_queries import Filter, image_ids
from fairdesk.project.images import hide_images
from fairdesk.project.label_snapshot import LabelSnapshot
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.project.main_face import LABELS
from fairdesk.project.quality import MEASURES

IMAGES = 300


@pytest.fixture
def many(project):
    """Images of three folders whose paths, sizes, names and measures are in no order, with some of each unknown."""
    rng = random.Random(5)
    with project.db.transaction() as connection:
        connection.executemany("INSERT INTO root VALUES (?, ?, NULL)", [(n, f"/r{n}") for n in (1, 2, 3)])
        connection.executemany("INSERT INTO grp VALUES (?, ?)", [(1, "g1"), (2, "g2")])
        names = ["Zoë", "anna", "Anna", "Émile", "zoe", "50%_off!", "b"]
        people = [(n, rng.choice(names), n % 3 or None) for n in range(1, 15)]
        people = list({(name, group): (n, name, group) for n, name, group in people}.values())
        connection.executemany(
            "INSERT INTO identity VALUES (?, ?, ?)", [(n, w, g if g != 3 else 2) for n, w, g in people]
        )
        connection.executemany(
            "INSERT INTO image (root_id, path, size, mtime_ns, sha256, width, height, identity_id, group_id, label_source, gender,"
            " hidden) VALUES (?, ?, 1, 1, '', ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    rng.randint(1, 3), f"{rng.choice('aAbzé%_')}/{rng.choice(['', 'sub/'])}{n}.jpg", rng.randint(1, 9), rng.randint(1, 9),
                    rng.choice([None, *(p[0] for p in people)]), rng.choice([None, 1, 2]), rng.choice([None, "folder", "csv"]),
                    rng.choice([None, "", *(f"word {i}" for i in range(40))]), int(rng.random() < 0.1),
                )
                for n in range(IMAGES)
            ],
        )  # fmt: skip
        connection.execute(
            "INSERT INTO face (image_id, detector, place, top, right, bottom, left) SELECT id, 'whole', 0, 0, 9, 9, 0 FROM image"
        )
        connection.executemany(
            f"INSERT INTO quality VALUES (?, ?{', ?' * len(MEASURES)}, NULL)",
            [
                (image, detector, *(rng.choice([None, -0.5, 0, 1 / 3, 2.5, 1e7, rng.random()]) for _ in MEASURES))
                for image in range(1, IMAGES)
                for detector in ("whole", "other")
            ],
        )
    project.keep_detector("whole")
    set_identity(project, rng.sample(range(1, IMAGES), 40), "said by a person")
    return project


@pytest.mark.parametrize("order", ["added", "name", "identity", "size", *MEASURES])
@pytest.mark.parametrize("wanted", [Filter(), Filter(group="g1"), Filter(state="hidden"), Filter(ids=())])
def test_orders_are_those_of_sql(many, wanted, order):
    by = {
        "added": "i.id",
        "name": "i.path, i.id",
        "identity": "who.name IS NULL, who.name, i.id",
        "size": "i.width * i.height DESC, i.id",
    }
    sql = by.get(order, f"s.{order} IS NULL, s.{order}, i.id")
    found = set(image_ids(many, wanted).tolist())
    rows = many.db.rows(
        f"SELECT i.id FROM image i{LABELS} LEFT JOIN quality s ON s.image_id = i.id AND s.detector = 'whole' ORDER BY {sql}"
    )
    assert image_ids(many, wanted, order).tolist() == [row[0] for row in rows if row[0] in found]
    assert bool(found) == (wanted.ids is None)


@pytest.mark.parametrize("measure", ["yaw", "side"])
@pytest.mark.parametrize("seen", ["all", "one in the middle not", "an image is gone", "the last one not"])
def test_an_order_by_measure_is_that_of_sql_whichever_images_were_looked_at(many, measure, seen, monkeypatch):
    with many.db.transaction() as connection:
        blank = ", NULL" * len(MEASURES)
        connection.execute(f"INSERT INTO quality VALUES ({IMAGES}, 'whole'{blank}, 'cannot be read')")
        if seen == "one in the middle not":
            connection.execute("DELETE FROM quality WHERE image_id = 77 AND detector = 'whole'")
        elif seen == "the last one not":
            connection.execute(f"DELETE FROM quality WHERE image_id = {IMAGES}")
        elif seen == "an image is gone":
            for table, column in (("quality", "image_id"), ("face", "image_id"), ("image", "id")):
                connection.execute(f"DELETE FROM {table} WHERE {column} = 77")
    read_by_two: list[str] = []
    whole = many.db.integers
    monkeypatch.setattr(many.db, "integers", lambda *args: read_by_two.append(args[1]) or whole(*args))
    rows = many.db.rows(
        "SELECT i.id FROM image i LEFT JOIN quality s ON s.image_id = i.id AND s.detector = 'whole' WHERE i.hidden = 0"
        f" ORDER BY s.{measure} IS NULL, s.{measure}, i.id"
    )
    assert image_ids(many, Filter(), measure).tolist() == [row[0] for row in rows]
    assert any("FROM quality" in sql for sql in read_by_two) == (seen != "all")


def test_an_order_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"no such order: i\.id"):
        sort_key("i.id")


@pytest.mark.parametrize("text", ["a", "A/", "%", "_", "50%_", "!", "é", "ZO", "said BY", "sub/1", "'"])
def test_a_text_is_looked_for_as_it_is(many, text):
    rows = many.db.rows(
        f"SELECT i.id, i.path, ifnull(who.name, '') FROM image i{LABELS} WHERE NOT i.hidden ORDER BY i.id"
    )
    lower = str.maketrans({chr(n): chr(n + 32) for n in range(65, 91)})  # SQLite knows the case of ASCII alone
    wanted = [n for n, *held in rows if any(text.translate(lower) in one.translate(lower) for one in held)]
    assert image_ids(many, Filter(text=text)).tolist() == wanted
    assert wanted or text == "'"


def said(labels):
    words = [[coded.words[code] for code in codes] for coded, codes in (
        (labels.genders, labels.gender), (labels.sources, labels.source))]  # fmt: skip
    arrays = (labels.images, labels.hidden, labels.synthetic, labels.identity, labels.group)
    return [array.tolist() for array in arrays], words, labels.counts


def test_labels_read_as_numbers_are_those_read_as_rows(many, monkeypatch):
    monkeypatch.setattr(label_snapshot, "_FIRST", IMAGES)  # all as rows
    rows = said(LabelSnapshot.read(many))
    assert len(set(rows[1][0])) > 31  # more genders than SQLite numbers
    for first, part in ((3, 7), (1, 100), (3, 1000)):
        monkeypatch.setattr(label_snapshot, "_FIRST", first)
        monkeypatch.setattr(label_snapshot, "_AT_ONCE", part)
        assert said(LabelSnapshot.read(many)) == rows
    edit_labels(many, list(range(1, IMAGES + 1)), Edit(gender="female"))
    after = LabelSnapshot.read(many)
    assert after.genders_used() == ["female"] and said(after)[0] == rows[0]


def schema(project):
    return sorted(project.db.rows("SELECT name, sql FROM sqlite_schema WHERE type = 'index'"), key=repr)


def test_indexes_that_are_made_anew_are_as_before(many, monkeypatch):
    monkeypatch.setattr(bulk_edits, "_MANY", 10)
    before, every = schema(many), list(range(1, IMAGES + 1))
    dropped = []
    many.db.connection.set_profile(lambda sql, _ns: dropped.append(sql) if sql.startswith("DROP INDEX") else None)
    rows = many.db.rows("SELECT * FROM image"), many.db.rows("SELECT * FROM face")
    for edit, indexes in (
        (lambda: edit_labels(many, every, Edit(identity="Eve")), {"image_identity"}),
        (lambda: set_identity(many, every, "Eve"), {"face_identity", "face_named"}),
        (lambda: edit_labels(many, every, Edit(gender="f")), set()),
        (lambda: edit_labels(many, every[:90], Edit(identity="Eve")), set()),  # less than a third
    ):
        for do in (edit, many.journal.undo, many.journal.redo, many.journal.undo):
            dropped.clear()
            do()
            assert {sql.split()[-1] for sql in dropped} >= indexes
            assert schema(many) == before
        assert (many.db.rows("SELECT * FROM image"), many.db.rows("SELECT * FROM face")) == rows
    assert many.db.value("PRAGMA integrity_check") == "ok"
    edit_labels(many, every, Edit(identity="Eve"))
    with many.db.transaction() as connection:
        connection.execute("UPDATE image SET identity_id = NULL WHERE id = 7")
    with pytest.raises(RequestError, match="later work changed"):
        many.journal.undo()
    assert schema(many) == before and many.db.value("PRAGMA integrity_check") == "ok"


def test_hiding_all_and_taking_it_back_leaves_what_was_hidden(many):
    hidden = image_ids(many, Filter(state="hidden")).tolist()
    every = list(range(1, IMAGES + 1))
    assert hidden and hide_images(many, every) == IMAGES - len(hidden)
    assert len(image_ids(many, Filter())) == 0
    with pytest.raises(RequestError, match="already hidden"):
        hide_images(many, every)
    many.journal.undo()
    assert image_ids(many, Filter(state="hidden")).tolist() == hidden


def test_a_long_write_says_what_it_touched_when_it_is_done(many, monkeypatch):
    monkeypatch.setattr(database, "_WRITE_KIB", 40)  # what is written goes to the disk before it is done
    other = Project.open(many.folder)
    reader = ChangeReader(many.db)
    edit_labels(other, [1], Edit(gender="male"))
    assert reader.read().touched[Kind.LABELS] == {1}
    other.db.connection.wal_checkpoint()  # so that the next write starts the log anew
    version = many.db.data_version()
    with other.db.transaction() as connection:
        connection.execute("UPDATE image SET hidden = 1 - hidden")
        connection.execute("UPDATE image SET hidden = 1 - hidden, path = path || hex(zeroblob(2000))")
        assert many.db.data_version() != version
        assert not reader.read()
        assert not reader.read()
    assert reader.read() == Change.of(Kind.HIDDEN, Kind.IMAGES)
    other.db.connection.wal_checkpoint()
    with contextlib.suppress(ZeroDivisionError), other.db.transaction() as connection:
        connection.execute("UPDATE image SET hidden = 1 - hidden, path = path || hex(zeroblob(2000))")
        assert not reader.read()
        raise ZeroDivisionError
    assert reader.read() in (Change(), Change.everything())  # it moved the number, and nothing says by what
    assert not reader.read()
    other.close()


@pytest.mark.parametrize("order", ["added", "name", "identity", "size", "sharpness"])
@pytest.mark.parametrize("wanted", [
    Filter(), Filter(state="hidden"), Filter(state="unnamed"), Filter(state="real"), Filter(state="synthetic"), Filter(group="g1"),
    Filter(group=""), Filter(group="nobody's"), *(Filter(identity=name) for name in ("anna", "Anna", "zoe", "Émile", "b", "said by a person")), Filter(gender="word 3"),
    Filter(gender="no such"), Filter(source="person"), Filter(source=""), Filter(source="csv", group="g2"), Filter(state="with face"),
    Filter(state="several faces"), Filter(state="without face"), Filter(text="a", group="g1"), Filter(tag="odd", gender="word 1"),
    Filter(gender=""), Filter(ids=(3, 4, 5)),
], ids=repr)  # fmt: skip
def test_what_the_labels_in_memory_tell_is_what_the_catalogue_says(many, wanted, order):
    with many.db.transaction() as connection:
        connection.execute("INSERT INTO detection SELECT id, 'whole', id % 4, NULL FROM image")
        connection.execute("DELETE FROM face WHERE image_id % 4 = 0 AND label_source IS NULL")
        connection.execute("UPDATE image SET synthetic = '{}' WHERE id % 5 = 0")
    edit_labels(many, [3, 9, 27], Edit(add_tags=("odd",)))
    labels = LabelSnapshot.read(many)
    assert image_ids(many, wanted, order, labels).tolist() == image_ids(many, wanted, order).tolist()


def test_most_filters_are_told_by_the_labels_in_memory(many):
    labels = LabelSnapshot.read(many)
    with_rows: list[str] = []
    many.db.connection.set_profile(lambda sql, _ns: with_rows.append(sql))
    for wanted in (Filter(), Filter(state="hidden"), Filter(group="g1", state="unnamed"), Filter(source="csv")):
        image_ids(many, wanted, "added", labels)
    assert not any("FROM image" in sql for sql in with_rows)


def test_hidden_ones_are_read_alone(many):
    labels = LabelSnapshot.read(many)
    hide_images(many, list(range(1, IMAGES, 2)))
    assert said(labels.with_hidden(many)) == said(LabelSnapshot.read(many))
    hide_images(many, list(range(1, IMAGES + 1)))
    hide_images(many, list(range(1, IMAGES + 1)), hide=False)
    assert said(labels.with_hidden(many)) == said(LabelSnapshot.read(many))


@pytest.mark.parametrize(
    "ids", [list(range(1, IMAGES + 1)), np.arange(1, IMAGES + 1), [9, 3, 3, 270, 9], np.array([5])]
)
def test_edits_in_stretches_are_those_of_all_rows_at_once(many, monkeypatch, ids):
    every = "SELECT * FROM image", "SELECT * FROM face", "SELECT * FROM image_tag", "SELECT name FROM identity"
    before = [many.db.rows(sql) for sql in every]
    states = []
    for stretch in (bulk_edits._STRETCH, 7):
        monkeypatch.setattr(bulk_edits, "_STRETCH", stretch)
        count = len(set(ids))
        assert edit_labels(many, ids, Edit(identity="Eve", gender="f", add_tags=("one",))) == count
        assert edit_labels(many, ids, Edit(group="elsewhere")) == count
        assert edit_labels(many, ids, Edit(remove_tags=("one",), add_tags=("two",))) == count
        done = [many.db.rows(sql) for sql in every[:3]]
        states.append([[row[:8] + row[10:] for row in done[0]], done[2]])  # identities get new numbers
        for _ in range(3):
            many.journal.undo()
        assert [many.db.rows(sql) for sql in every] == before
        for _ in range(3):
            many.journal.redo()
        assert [many.db.rows(sql) for sql in every[:3]] == done
        for _ in range(3):
            many.journal.undo()
    assert states[0] == states[1]


@pytest.mark.parametrize("ids", [range(40, 140), range(1, IMAGES + 1)])
def test_rows_that_lie_together_are_edited_as_those_that_do_not(many, monkeypatch, ids):
    set_identity(many, list(range(50, 90)), "Named", "g2")  # their faces decide, and keep deciding
    hide_images(many, list(range(70, 95)))
    monkeypatch.setattr(bulk_edits, "_STRETCH", 9)
    edits = (
        lambda: edit_labels(many, ids, Edit(identity="Eve", age="9")),
        lambda: edit_labels(many, ids, Edit(group="elsewhere")),
        lambda: edit_labels(many, ids, Edit(identity="")),
        lambda: edit_labels(many, ids, Edit(add_tags=("one",))),
        lambda: edit_labels(many, ids, Edit(remove_tags=("one",))),
        lambda: hide_images(many, ids),
    )
    labels = f"SELECT i.id, who.name, g.name, i.label_source, i.age, i.hidden FROM image i{LABELS} ORDER BY i.id"
    faces = "SELECT f.id, who.name, f.label_source FROM face f LEFT JOIN identity who ON who.id = f.identity_id ORDER BY f.id"
    seen = []
    for together in (True, False):
        if not together:
            monkeypatch.setattr(bulk_edits.Chosen, "together", property(lambda self: False))
        states = [[many.db.rows(sql) for sql in (labels, faces, "SELECT * FROM image_tag")]]
        for edit in edits:
            edit()
            states.append([many.db.rows(sql) for sql in (labels, faces, "SELECT * FROM image_tag")])
        for state in reversed(states[:-1]):
            many.journal.undo()
            assert [many.db.rows(sql) for sql in (labels, faces, "SELECT * FROM image_tag")] == state
        seen.append(states)
    assert seen[0] == seen[1] and all(one != other for one, other in itertools.pairwise(seen[0]))


def test_a_long_log_is_brought_into_the_file_beside_what_goes_on(many, monkeypatch):
    log = many.db.path.with_name(many.db.path.name + "-wal")
    hide_images(many, [1])
    assert many.db._writing_back is None
    monkeypatch.setattr(database, "_LOG_PAGES", 10)
    hide_images(many, list(range(2, IMAGES + 1)))
    thread = many.db._writing_back
    assert thread is not None and thread is not threading.current_thread()
    thread.join()
    assert log.stat().st_size
    written, back = many.db.connection.wal_checkpoint()
    assert written == back
    many.close()
    assert not log.exists()


def test_a_log_that_never_begins_anew_is_written_back_at_once(many, monkeypatch):
    monkeypatch.setattr(database, "_LONGEST_LOG", 10)
    log = many.db.path.with_name(many.db.path.name + "-wal")
    hide_images(many, list(range(1, IMAGES + 1)))
    assert many.db._writing_back is None
    long = log.stat().st_size
    for image in range(1, 21):
        many.journal.undo() if image % 2 else many.journal.redo()
    assert log.stat().st_size == long  # each begins it anew
    assert many.db._writing_back is None


def test_references_of_many_rows_are_looked_at_too(many, monkeypatch):
    monkeypatch.setattr(bulk_edits, "_MANY", 10)
    connection, every = many.db.connection, list(range(1, IMAGES + 1))
    edit_labels(many, every, Edit(identity="Eve"))
    assert connection.pragma("foreign_keys") == 1
    old = many.db.value("SELECT a0 FROM journal_row WHERE a0 > 0 LIMIT 1")
    connection.pragma("foreign_keys", False)
    connection.execute("DELETE FROM identity WHERE id = ?", (old,))
    connection.pragma("foreign_keys", True)
    before = many.db.rows("SELECT * FROM image"), many.db.rows("SELECT * FROM face"), schema(many)
    with pytest.raises(RequestError, match="later work changed or uses"):
        many.journal.undo()
    assert (many.db.rows("SELECT * FROM image"), many.db.rows("SELECT * FROM face"), schema(many)) == before
    assert connection.pragma("foreign_keys") == 1

    def to_nobody():
        with many.journal.step("to nobody"):
            many.journal.choose(every)
            many.journal.update("image", {"identity_id": 999_999})

    with pytest.raises(apsw.ConstraintError):
        to_nobody()
    assert connection.pragma("foreign_keys") == 1 and many.db.rows("SELECT * FROM image") == before[0]
