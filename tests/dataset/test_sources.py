"""Import from archives, .rec files and tables; labels from CSV, TSV and Parquet; and back out of them."""

import zipfile

import pyarrow
import pyarrow.parquet
import pytest

from fairdesk.dataset.image_import import import_images as run
from fairdesk.dataset.image_import import scan_folder as inspect
from fairdesk.dataset.label_sources import label_faces as label
from fairdesk.dataset.params import ImportParams, LabelParams
from fairdesk.errors import RequestError
from fairdesk.images.recordio import write_faces
from fairdesk.jobs.context import QuietContext
from fairdesk.jobs.results import Unreadable
from fairdesk.project.labels import Edit, edit_labels, labels_of
from tests.conftest import plain_images
from tests.images.test_archives import jpeg, packed


def bring(project, folder, **params):
    return run(ImportParams(folder=folder, **params), QuietContext(project))


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_an_archive_gives_what_its_folder_gives(project, tmp_path, kind):
    root = plain_images(tmp_path / "in", 2, 2, 4)
    archive = packed(kind, root, tmp_path / f"Gesichter é.{kind}")
    result = bring(project, archive)
    assert (result.images, result.identities, result.groups) == (16, 4, {"g0": 8, "g1": 8})
    hashes = set(project.db.rows("SELECT path, sha256 FROM image"))
    bring(project, root)
    assert len(set(project.db.rows("SELECT path, sha256 FROM image"))) == len(hashes) == 16
    assert bring(project, archive).new == 0


def test_rec_is_imported_with_the_index_of_what_is_bad(project, tmp_path):
    write_faces(tmp_path / "train.rec", [[jpeg(1), b"no picture"], [jpeg(2)]], (16, 16))
    result = bring(project, tmp_path / "train.rec")
    assert (result.images, result.identities) == (2, 2)
    assert result.unreadable == [Unreadable(path="0/2.jpg", why="not a picture in a known format")]


def test_a_table_with_any_columns(project, tmp_path):
    plain_images(tmp_path / "photos", 1, 2, 2)
    rows = [("who", "picture", "ethnic", "sex", "years", "notes"),
            ("Ann", "photos/g0/id00/000.png", "A", "f", "31", "blurred;old"), ("Bob", "photos/g0/id01/000.png", "B", "m", "", ""),
            ("Bob", "photos/none.png", "B", "", "", "")]  # fmt: skip
    columns = ["path=picture", "identity=who", "group=ethnic", "gender=sex", "age=years", "tags=notes"]
    (tmp_path / "list.csv").write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    (tmp_path / "list.tsv").write_text("\n".join("\t".join(row) for row in rows), encoding="utf-8")
    table = pyarrow.table({name: [row[i] or None for row in rows[1:]] for i, name in enumerate(rows[0])})
    pyarrow.parquet.write_table(table, tmp_path / "list.parquet")
    with pytest.raises(RequestError, match="--columns"):
        bring(project, tmp_path / "list.csv")
    seen = [
        inspect(ImportParams(folder=tmp_path / f"list.{kind}", columns=columns), QuietContext(project))
        for kind in ("tsv", "parquet", "csv")
    ]
    assert seen[0] == seen[1] == seen[2]
    result = bring(project, tmp_path / "list.parquet", columns=columns)
    assert (result.images, result.layout) == (2, "manifest")
    assert result.unreadable == [Unreadable(path="photos/none.png", why="the file is missing")]
    assert result.labels == {"age": 1, "gender": 2, "tag": 1}
    ann = project.db.value("SELECT id FROM image WHERE path LIKE '%id00%'")
    assert labels_of(project, ann) == [
        ("age", "31", "csv"),
        ("gender", "f", "csv"),
        ("tag", "blurred", "csv"),
        ("tag", "old", "csv"),
    ]


def test_bfw_table(project, truth, tmp_path):
    from PIL import Image

    for path in ("asian_females/n000009/0010_01.jpg", "asian_females/n000009/0043_01.jpg"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(tmp_path / path)
    result = bring(project, truth / "formats" / "bfw-datatable.csv", base=tmp_path)
    assert result.groups == {"asian_females": 2}
    assert {u.path for u in result.unreadable} >= {"white_males/n000509/0101_01.jpg"}
    assert project.db.rows("SELECT name FROM identity") == [("n000009",)]


def test_a_persons_label_stays_when_a_table_comes(filled, tmp_path):
    images = [row[0] for row in filled.db.rows("SELECT id FROM image ORDER BY id LIMIT 2")]
    edit_labels(filled, images[:1], Edit(identity="Eve", gender="female", add_tags=("mine",)))
    names = [row[0] for row in filled.db.rows("SELECT path FROM image ORDER BY id LIMIT 2")]
    (tmp_path / "l.csv").write_text("path,identity,gender,age\n" + "".join(f"{name},Adam,male,40\n" for name in names))
    assert label(LabelParams(csv=tmp_path / "l.csv"), QuietContext(filled)).labelled == 2
    assert labels_of(filled, images[0]) == [
        ("age", "40", "csv"),
        ("gender", "female", "person"),
        ("tag", "mine", "person"),
    ]
    assert labels_of(filled, images[1]) == [("age", "40", "csv"), ("gender", "male", "csv")]
    who = "SELECT name FROM identity JOIN image ON identity.id = identity_id WHERE image.id = ?"
    assert [filled.db.value(who, (one,)) for one in images] == ["Eve", "Adam"]


def test_editing_many_is_one_step(filled):
    images = [row[0] for row in filled.db.rows("SELECT id FROM image ORDER BY id")]
    before = filled.db.rows("SELECT * FROM image_tag") + filled.db.rows("SELECT * FROM image ORDER BY id")
    assert edit_labels(filled, images, Edit(group="all", age="30", add_tags=("a", "b"))) == 40
    assert filled.db.value("SELECT count(*) FROM image_tag") == 80
    assert filled.db.rows(
        "SELECT DISTINCT g.name FROM image i JOIN identity w ON w.id = i.identity_id JOIN grp g ON g.id = w.group_id"
    ) == [("all",)]
    filled.journal.undo()
    assert filled.db.rows("SELECT * FROM image_tag") + filled.db.rows("SELECT * FROM image ORDER BY id") == before
    with pytest.raises(RequestError, match="Nothing to set"):
        edit_labels(filled, images, Edit())


def test_detecting_and_writing_out_of_an_archive(project, drawn, tmp_path):
    from fairdesk.clustering.files.identity_folders import write_identity_folders as folders
    from fairdesk.clustering.params import FoldersParams
    from fairdesk.faces.detection import find_faces as detect
    from fairdesk.faces.params import DetectParams

    archive = tmp_path / "drawn.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(drawn.rglob("*.jpg"))[:6]:
            file.write(path, path.relative_to(drawn))
    bring(project, archive)
    assert detect(DetectParams(detector="hog"), QuietContext(project)).faces == 6
    result = folders(FoldersParams(by="identity", out=tmp_path / "out"), QuietContext(project))
    assert result.missing == []
    written = sorted((tmp_path / "out").rglob("*.jpg"))
    assert [path.read_bytes() for path in written] == [path.read_bytes() for path in sorted(drawn.rglob("*.jpg"))[:6]]
