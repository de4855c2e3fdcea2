"""Tables and record files of many rows: read row by row, in little memory, and what they say is the same."""

import random
import tracemalloc

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.label_sources import label_faces
from fairdesk.dataset.label_table import Label, LabelRows, read_labels, read_manifest
from fairdesk.dataset.params import ImportParams, LabelParams
from fairdesk.dataset.path_matching import FilesBelow, KnownFiles
from fairdesk.dataset.table_files import open_table, read_table
from fairdesk.errors import JobFailed, RequestError
from fairdesk.images.folder_layouts import Entry, Tree, read_tree
from fairdesk.images.image_sources import close_archives, open_archive
from fairdesk.images.recordio import Offsets, write_faces
from fairdesk.jobs.context import QuietContext
from fairdesk.packed_texts import PackedTexts, Places
from fairdesk.project.labels import Edit, edit_labels, labels_of
from tests.conftest import plain_images
from tests.images.test_archives import jpeg

HEAD = ("path", "identity", "group", "gender", "age", "tags")


def rows_of(count):
    return [
        (
            f"g{n % 3}/p{n % 40:02d}/{n}.jpg",
            f"who {n % 50}",
            f"G{n % 3}",
            ("f", "m", "")[n % 3],
            str(n % 9),
            "a;b" if n % 4 else "",
        )
        for n in range(count)
    ]


def table_at(path, rows, head=HEAD):
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(
            pyarrow.table({name: [row[n] for row in rows] for n, name in enumerate(head)}), path
        )
    else:
        path.write_text("\n".join(map(",".join, [head, *rows])) + "\n", encoding="utf-8")
    return path


def test_packed_texts_are_a_list_of_texts():
    texts = ["", "a", "Zoë/1.jpg", "\udcff odd", "名前", "a"]
    packed = PackedTexts(texts)
    assert list(packed) == texts and packed[1:4] == texts[1:4] and packed[-1] == "a" and len(packed) == 6
    assert packed[::-2] == texts[::-2]
    for wrong in (6, -7):
        with pytest.raises(IndexError):
            packed[wrong]
    places = Places()
    for place, text in enumerate(texts):
        places.add(text, place)
    assert list(places.of("a")) == [1, 5] and list(places.of("b")) == []
    places.add("b", 9)
    assert list(places.of("b")) == [9] and list(places.of("a")) == [1, 5]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_labels_of_many_rows_take_little_memory(tmp_path, ending):
    """Under 250 bytes a row with its file, where the rows as lists took 2,000; all rows are found by guessing a beginning."""
    peaks = []
    read_labels(table_at(tmp_path / f"warm.{ending}", rows_of(9)), Tree(tmp_path, "flat", [Entry("1.jpg", None, None)]))
    for count in (4_000, 24_000):
        rows = [(f"train/{path}", *rest) for path, *rest in rows_of(count)]
        table = table_at(tmp_path / f"{count}.{ending}", rows)
        tree = Tree(tmp_path / "in", "flat", [Entry(path.removeprefix("train/"), None, None) for path, *_ in rows])
        tracemalloc.start()
        labels, missing = read_labels(table, tree)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert (len(labels), missing) == (count, [])
        assert labels.at(7) == labels["g1/p07/7.jpg"] == Label("who 7", "G1", "m", "7", ("a", "b"))
        assert labels.at(0) == Label("who 0", "G0", "f", "0")
    assert (peaks[1] - peaks[0]) / 20_000 < 250


def test_of_several_rows_of_a_file_the_last_counts_and_what_names_none_is_listed_in_order(tmp_path):
    rows = [("a/1.jpg", "x", "G", "", "", ""), ("no/9.jpg", "x", "G", "", "", ""), ("a/1.jpg", "y", "H", "", "", ""),
            ("no/8.jpg", "", "G", "", "", "")]  # fmt: skip
    tree = Tree(tmp_path / "in", "flat", [Entry("a/1.jpg", None, None), Entry("b/2.jpg", None, None)])
    labels, missing = read_labels(table_at(tmp_path / "t.csv", rows), tree)
    assert dict(labels) == {"a/1.jpg": Label("y", "H")} and labels.at(1) is None
    assert missing == ["no/9.jpg", "no/8.jpg"]


@pytest.mark.parametrize("text", [
    "a,b\n1,2\n3,4\n", "a;b\r\n1;2\r\n", "sep=;\na;b\n1;2\n", "'a','b'\n'1,5','2'\n", "\n\na,b\n\n1,2\n", 'a,b\n"1\nx",2\n', "a,b\n", "",
    "a,b\r1,2\r", 'x, y\n"q ""r""", \'=1\n',
])  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_row_by_row_is_the_table_as_a_whole(tmp_path, text, encoding):
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    header, rows = open_table(tmp_path / "t.csv")
    whole = read_table(tmp_path / "t.csv")
    assert (header, list(rows)) == (whole.header, whole.rows)


@pytest.mark.parametrize("text", [b"a,b\n1,2\n3\n", b'a,b\n"1,2\n', "a,b\nZo\u00eb,2\n".encode("latin-1")])
def test_a_fault_far_down_is_named_as_before(tmp_path, text):
    head, _, tail = text.partition(b"\n")
    (tmp_path / "t.csv").write_bytes(head + b"\n" + b"5,6\n" * 40_000 + tail)
    with pytest.raises(RequestError) as whole:
        read_table(tmp_path / "t.csv")
    with pytest.raises(RequestError) as by_row:
        list(open_table(tmp_path / "t.csv")[1])
    assert str(whole.value) == str(by_row.value)


def test_rows_find_the_files_that_a_list_finds(tmp_path):
    rng = random.Random(3)
    for _ in range(200):
        files = list(
            {
                f"{rng.choice('ab')}/{rng.choice('cd')}/{rng.randint(1, 4)}.{rng.choice(['jpg', 'png'])}"
                for _ in range(8)
            }
        )
        names = [rng.choice(["", "train/", "/m/n/"]) + rng.choice([*files, "c/1.jpg", "1", "a/c/2"]) for _ in range(10)]
        known = KnownFiles(FilesBelow("/data/in", PackedTexts(files)))
        found = KnownFiles([("/data/in", path) for path in files]).match(names).found
        assert known.match_rows(iter(names)).tolist() == [found.get(name, -1) for name in names]


def test_a_manifest_names_each_file_once(tmp_path):
    rows = [("b/1.jpg", "x", "G", "", "", ""), ("", "x", "G", "", "", ""), ("a/../b/1.jpg", "y", "", "f", "", "t"),
            ("b\\2.jpg", "z", "", "", "", "")]  # fmt: skip
    tree, labels = read_manifest(table_at(tmp_path / "t.csv", rows), {}, None)
    assert list(tree.entries) == [Entry("b/1.jpg", "y", None), Entry("b/2.jpg", "z", None)] and tree.root == tmp_path
    assert [labels.at(0), labels.at(1)] == [Label("y", None, "f", None, ("t",)), Label("z")]
    assert tree.entries[1:] == [Entry("b/2.jpg", "z", None)]


def test_label_rows_keep_what_they_are_told():
    said = LabelRows()
    labels = [Label(), Label("a", "b", "c", "d", ("e", "f")), Label("a", None, None, None, ("f",)), Label("d", "a")]
    for label in labels:
        said.add(label)
    assert [said[row] for row in range(4)] == labels
    said.add(Label("new"))
    assert said[4] == Label("new") and said[1] == labels[1]


@pytest.fixture
def given(project, tmp_path):
    """Twelve images, one labelled by a person, and a table that says something new of most."""
    folder = plain_images(tmp_path / "in", 2, 2, 3)
    import_images(ImportParams(folder=folder), QuietContext(project))
    edit_labels(project, [1], Edit(identity="mine", gender="f", add_tags=("seen",)))
    paths = [row[0] for row in project.db.rows("SELECT path FROM image ORDER BY id")]
    rows = [(path, f"who {n % 3}", "G" if n % 2 else "", "m", "", "seen;new") for n, path in enumerate(paths)]
    return project, table_at(tmp_path / "t.csv", [*rows[:-1], ("none/0.jpg", "x", "", "", "", "")])


@pytest.mark.parametrize("part", [2, 10_000])
def test_a_table_of_labels_is_one_step_that_leaves_what_a_person_said(given, monkeypatch, part):
    project, table = given
    monkeypatch.setattr("fairdesk.project.given_labels._AT_ONCE", part)
    everything = "SELECT * FROM image", "SELECT * FROM image_tag", "SELECT * FROM identity", "SELECT * FROM grp"
    before = [project.db.rows(sql) for sql in everything]
    result = label_faces(LabelParams(csv=table), QuietContext(project))
    assert (result.labelled, result.unmatched) == (11, ["none/0.jpg"])
    who = "SELECT i.id, w.name, g.name, i.label_source, i.gender FROM image i LEFT JOIN identity w ON w.id = i.identity_id"
    rows = project.db.rows(f"{who} LEFT JOIN grp g ON g.id = ifnull(w.group_id, i.group_id) ORDER BY i.id")
    assert rows[0][1:] == ("mine", "g0", "person", "f")
    assert rows[1][1:] == ("who 1", "G", "csv", "m") and rows[2][1:] == ("who 2", "g0", "csv", "m")
    assert rows[-1][3:] == ("folder", None)
    assert labels_of(project, 1) == [("gender", "f", "person"), ("tag", "new", "csv"), ("tag", "seen", "person")]
    done, steps = [project.db.rows(sql) for sql in everything], len(project.journal.history())
    again = label_faces(LabelParams(csv=table), QuietContext(project))
    assert (again.labelled, again.unchanged, again.said_by_people) == (0, 11, 1)
    assert len(project.journal.history()) == steps  # it said nothing new
    project.journal.undo()
    assert [project.db.rows(sql) for sql in everything] == before
    project.journal.redo()
    assert [project.db.rows(sql) for sql in everything] == done


def test_of_a_long_table_that_names_nothing_nothing_is_written(given, tmp_path):
    project, _ = given
    table = table_at(tmp_path / "u.csv", [(f"none/{n}.jpg", "x", "", "", "", "") for n in range(500)])
    before = project.db.rows("SELECT * FROM image"), len(project.journal.history())
    with pytest.raises(JobFailed, match="None of the 500 rows"):
        label_faces(LabelParams(csv=table), QuietContext(project))
    assert (project.db.rows("SELECT * FROM image"), len(project.journal.history())) == before


def test_offsets_are_those_of_a_dictionary():
    rng = random.Random(1)
    pairs = [(rng.randint(0, 30), rng.randint(0, 99)) for _ in range(40)]
    expected = dict(pairs)
    found = Offsets(np.array([key for key, _ in pairs]), np.array([place for _, place in pairs]))
    assert len(found) == len(expected) and {key: found[key] for key in found.keys.tolist()} == expected
    assert 31 not in found and -1 not in found
    found[pairs[0][0]] = 7
    assert found[pairs[0][0]] == 7
    for wrong in (lambda: found[99], lambda: found.__setitem__(99, 1)):
        with pytest.raises(KeyError):
            wrong()
    assert len(Offsets(np.empty(0, np.int64), np.empty(0, np.int64))) == 0


def test_the_records_of_many_pictures_take_little_memory(tmp_path):
    """A tree of a .rec is its keys and labels: under 100 bytes a picture while it is read, where names took 700."""
    peaks, picture = [], jpeg(1)
    for people in (200, 1200):
        home = tmp_path / str(people)
        home.mkdir()
        write_faces(home / "train.rec", ([picture] * 10 for _ in range(people)), (16, 16))
        close_archives()
        tracemalloc.start()
        tree = read_tree(home / "train.rec")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(tree.entries) == people * 10 and tree.layout == "identity"
        assert tree.entries[11] == Entry("1/12.jpg", "1", None)
        archive = open_archive(home / "train.rec")
        assert [archive.place(name) for name in ("0/1.jpg", "1/12.jpg", "9/12.jpg", "1/0.jpg", "x.jpg", "1/" + "9" * 30)] == [
            0, 11, None, None, None, None
        ]  # fmt: skip
    assert (peaks[1] - peaks[0]) / 10_000 < 100
