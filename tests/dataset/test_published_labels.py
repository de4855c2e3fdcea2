"""Labels as they are published and as Excel leaves them, and which file a row means."""

import csv
import tracemalloc
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.label_sources import label_faces
from fairdesk.dataset.label_table import read_labels
from fairdesk.dataset.params import ImportParams, LabelParams
from fairdesk.dataset.path_matching import FilesBelow, KnownFiles
from fairdesk.dataset.table_files import open_table, read_table
from fairdesk.errors import JobFailed, RequestError
from fairdesk.images.folder_layouts import Entry, Tree
from fairdesk.jobs.context import QuietContext
from fairdesk.project.conditions import meeting
from tests.conftest import SHARED
from tests.images.test_archives import jpeg


def tree_of(root, *paths):
    return Tree(root, "identity", [Entry(path, path.split("/")[-2] if "/" in path else None, None) for path in paths])


def matched(root, names, rows):
    """Return the file that each row's path means; both ways of asking agree."""
    known = KnownFiles(FilesBelow(root.as_posix(), names))
    found = known.match(rows).found
    rows = list(rows)
    assert known.match_rows(rows).tolist() == [found.get(row, -1) for row in rows]
    return {row: names[place] for row, place in found.items()}


def files_at(root, *paths):
    for number, path in enumerate(paths):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(jpeg(number))
    return root


def labels_of(tmp_path, name, text, *paths, columns=None, encoding="utf-8"):
    table = tmp_path / name
    table.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return read_labels(table, tree_of(tmp_path / "in", *paths), columns)


FAIRFACE = "file,age,gender,race,service_test\nval/1.jpg,3-9,Male,East Asian,False\nval/2.jpg,more than 70,Female,Indian,True\n"


def test_fairface(project, tmp_path):
    files_at(tmp_path / "val", "1.jpg", "2.jpg", "3.jpg")
    (tmp_path / "fairface.csv").write_text(FAIRFACE + "val/3.jpg,20-29,Female,Black,False\n")
    result = import_images(
        ImportParams(folder=tmp_path / "val", labels=tmp_path / "fairface.csv"), QuietContext(project)
    )
    assert result.groups == {"Black": 1, "East Asian": 1, "Indian": 1} and result.labels == {"age": 3, "gender": 3}
    by_age = {age: number for number, age in project.db.rows("SELECT id, age FROM image")}
    for words, ages in (
        ("age=70:", ["more than 70"]), ("age=80:", ["more than 70"]), ("age=25:35", ["20-29"]), ("age=:5", ["3-9"]),
        ("age=9:20", ["3-9", "20-29"]), ("age=10:19", []), ("age=0:200", ["3-9", "20-29", "more than 70"]),
    ):  # fmt: skip
        try:
            found = meeting(project, [words])
        except RequestError:
            found = set()
        assert found == {by_age[age] for age in ages}, words


def test_fairface_of_another_split_labels_nothing(tmp_path):
    """train/1.jpg and val/1.jpg are two pictures: the folder's own name decides."""
    text = "file,race\ntrain/1.jpg,Black\nval/1.jpg,White\n"
    table = tmp_path / "a.csv"
    table.write_text(text)
    labels, missing = read_labels(table, tree_of(tmp_path / "val", "1.jpg"))
    assert labels["1.jpg"].group == "White" and missing == ["train/1.jpg"]
    labels, missing = read_labels(table, tree_of(tmp_path / "pictures", "1.jpg"))
    assert labels == {} and len(missing) == 2


def test_utkface_names(project, tmp_path):
    names = (
        "25_1_2_20170116174525125.jpg",
        "61_0_3_20170109150557335.jpg.chip.jpg",
        "100_0_0_20170110183726390.jpg.chip.jpg",
    )
    files_at(tmp_path / "in", *names)
    result = import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    assert result.groups == {"Asian": 1, "Indian": 1, "White": 1} and "Names as in UTKFace" in result.text()
    assert sorted(project.db.rows("SELECT age, gender FROM image")) == [
        ("100", "male"),
        ("25", "female"),
        ("61", "male"),
    ]


def test_names_that_only_sometimes_look_so_are_names(project, tmp_path):
    files_at(tmp_path / "in", "25_1_2_20170116174525125.jpg", "holiday.jpg")
    assert import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project)).groups == {}


def test_imdb_names(project, tmp_path):
    files_at(tmp_path / "in", "01/nm0000001_rm124825600_1899-5-10_1968.jpg", "01/nm0000002_rm1_1950-8-2_2000.jpg")
    result = import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    assert result.identities == 2
    assert sorted(project.db.rows("SELECT age FROM image")) == [("49",), ("69",)]


CELEBA = "3\n5_o_Clock_Shadow Eyeglasses Male\n000001.jpg -1  1 -1\n000002.jpg  1 -1  1\n000003.jpg -1 -1 -1\n"


def test_celeba_attributes(tmp_path):
    paths = ("000001.jpg", "000002.jpg", "000003.png")
    labels, missing = labels_of(tmp_path, "list_attr_celeba.txt", CELEBA, *paths)
    assert [labels[path].gender for path in paths] == ["female", "male", "female"] and not missing
    labels, _ = labels_of(tmp_path, "list_attr_celeba.txt", CELEBA, *paths, columns={"tags": "Eyeglasses"})
    assert labels["000001.jpg"].tags == ("Eyeglasses",) and labels["000002.jpg"].tags == ()
    with pytest.raises(RequestError, match="line 4 has 3 fields"):
        labels_of(tmp_path, "list_attr_celeba.txt", CELEBA.replace("  1 -1  1", " 1 1"), *paths)


def test_celeba_identities(tmp_path):
    labels, _ = labels_of(
        tmp_path, "identity_CelebA.txt", "000001.jpg 2880\n000002.jpg 2937\n", "000001.jpg", "000002.jpg"
    )
    assert [label.identity for label in labels.values()] == ["2880", "2937"]


VGGFACE2 = (
    'Class_ID, Name, Sample_Num, Flag, Gender\nn000001, "14th_Dalai_Lama", 424, 0, m\nn000009, "Nobody, the", 1, 1, f\n'
)


def test_vggface2(tmp_path):
    labels, missing = labels_of(tmp_path, "identity_meta.csv", VGGFACE2, "train/n000001/0001_01.jpg", "train/n000001/0002_01.jpg",
                                columns={"identity": "Class_ID"})  # fmt: skip
    assert {label.gender for label in labels.values()} == {"m"} and len(labels) == 2  # as it is written
    assert {label.identity for label in labels.values()} == {None}  # the folder says who it is
    assert missing == ["n000009"]
    assert labels_of(tmp_path, "identity_meta.csv", VGGFACE2, "n000001/1.jpg")[0]


def test_rfw(tmp_path):
    images = "m.0abc1_0001.jpg\t0\nm.0d_e2_0003.jpg\t1\n"
    labels, _ = labels_of(
        tmp_path, "African_images.txt", images, "African/m.0abc1/m.0abc1_0001.jpg", "African/m.0d_e2/m.0d_e2_0003.jpg"
    )
    assert [(label.identity, label.group) for label in labels.values()] == [
        ("m.0abc1", "African"),
        ("m.0d_e2", "African"),
    ]
    labels, missing = labels_of(
        tmp_path, "Asian_people.txt", "m.0abc1\t12\nm.0zz9\t2\n", "m.0abc1/1.jpg", "m.0abc1/2.jpg"
    )
    assert {label.group for label in labels.values()} == {"Asian"} and len(labels) == 2 and missing == ["m.0zz9"]


ROWS = [["path", "group", "age"], ["ann/1.jpg", "Gruppe Ä", "23,5"], ["bob/1.jpg", "B", "40"]]


def written(delimiter=",", quote='"', quoting=csv.QUOTE_MINIMAL, end="\n", blank=""):
    lines = []
    for row in ROWS:
        cells = [f"{quote}{cell}{quote}" if quoting == csv.QUOTE_ALL or delimiter in cell else cell for cell in row]
        lines.append((delimiter + blank).join(cells))
    return end.join(lines) + end


@pytest.mark.parametrize("text", [
    written(";"), written("\t"), written(), written(quote="'", quoting=csv.QUOTE_ALL), written(quoting=csv.QUOTE_ALL, blank=" "),
    written(";", end="\r\n"), written(end="\r"), "sep=;\n" + written(";"), "\n\n" + written(";", quoting=csv.QUOTE_ALL).strip(),
], ids=range(9))  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_table_as_excel_leaves_it(tmp_path, text, encoding):
    labels, missing = labels_of(tmp_path, "a.csv", text, "ann/1.jpg", "bob/1.jpg", encoding=encoding)
    assert not missing
    assert (labels["ann/1.jpg"].group, labels["ann/1.jpg"].age) == ("Gruppe Ä", "23.5")


def test_a_table_in_another_encoding_is_refused_with_the_remedy(tmp_path):
    with pytest.raises(RequestError, match="Excel calls that CSV UTF-8"):
        labels_of(tmp_path, "a.csv", written().encode("cp1252"), "ann/1.jpg")


@pytest.mark.parametrize("row", ["Zoë/1.jpg", "Zoë\\1.jpg", ".\\Zoë\\1.jpg", "./Zoë/1.jpg", "lfw/Zoë/1.jpg", "D:\\data\\lfw\\Zoë\\1.jpg",
                                 "ROOT/Zoë/1.jpg", "/elsewhere/lfw/Zoë/1.jpg", "Zoë/1.png", "Zoë/1"])  # fmt: skip
@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_path_in_any_writing(tmp_path, row, forms):
    mine = unicodedata.normalize(forms[0], "Zoë/1.jpg")
    names = [mine, "Ann/1.jpg"]
    said = unicodedata.normalize(forms[1], row).replace("ROOT", (tmp_path / "lfw").as_posix())
    assert matched(tmp_path / "lfw", names, [said]) == {said: mine}


def test_what_might_be_several_is_none(tmp_path):
    found = matched(tmp_path, ["a/1.jpg", "b/1.jpg", "b/2.jpg"], ["1.jpg", "2.jpg", "c/1.jpg", "x/2.jpg", "2.jpg"])
    assert found == {"2.jpg": "b/2.jpg"}


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 4)), unique=True, min_size=1),
    st.sampled_from(["", "x/", "x/y/", "/m/n/"]),
)
def test_a_prefix_of_all_rows_does_not_matter(paths, prefix):
    from pathlib import Path

    names = [f"{who}/{number}.jpg" for who, number in paths]
    found = matched(Path("/data/in"), names, [prefix + name for name in names])
    assert found == {prefix + name: name for name in names}


@given(st.lists(st.text("ab/.\\j", max_size=8)), st.lists(st.text("ab/.\\j", max_size=8)))
def test_two_rows_never_take_one_file_by_guessing(rows, names):
    from pathlib import Path

    found = matched(Path("/in"), list(dict.fromkeys(names)), rows)
    assert set(found.values()) <= set(names)


@pytest.mark.parametrize("how", ["import", "label"])
def test_nothing_matched_is_an_error(project, tmp_path, how):
    files_at(tmp_path / "in", "ann/1.jpg")
    (tmp_path / "a.csv").write_text("path,group\nnobody/7.jpg,A\n")
    context = QuietContext(project)
    if how == "import":
        with pytest.raises(JobFailed, match=r"None of the 1 rows .* names a file in .*nobody/7.jpg.*--columns"):
            import_images(ImportParams(folder=tmp_path / "in", labels=tmp_path / "a.csv"), context)
        assert project.db.value("SELECT count(*) FROM image") == 0
    else:
        import_images(ImportParams(folder=tmp_path / "in"), context)
        steps = project.db.value("SELECT count(*) FROM journal_step")
        with pytest.raises(JobFailed, match="names an image of the project"):
            label_faces(LabelParams(csv=tmp_path / "a.csv"), context)
        assert project.db.value("SELECT count(*) FROM journal_step") == steps


def test_a_table_keyed_by_identity(project, tmp_path):
    files_at(tmp_path / "in", "person_a/1.jpg", "person_a/2.jpg", "person_b/1.jpg")
    (tmp_path / "who.csv").write_text("identity,group\nperson_a,GroupA\nperson_b,GroupB\n")
    context = QuietContext(project)
    import_images(ImportParams(folder=tmp_path / "in"), context)
    assert label_faces(LabelParams(csv=tmp_path / "who.csv"), context).labelled == 3
    rows = project.db.rows("SELECT g.name, who.name, count(*) FROM image i JOIN identity who ON who.id = i.identity_id"
                           " JOIN grp g ON g.id = who.group_id GROUP BY 1, 2")  # fmt: skip
    assert sorted(rows) == [("GroupA", "person_a", 2), ("GroupB", "person_b", 1)]


@pytest.mark.parametrize("case", ["nfd", "identity-table"])
def test_the_cases(project, case):
    home = SHARED / "cases" / "field" / case
    if not home.exists():
        pytest.skip("the cases (../shared/cases) are not on this machine")
    context = QuietContext(project)
    if case == "nfd":
        result = import_images(ImportParams(folder=home / "in", labels=home / "labels.csv"), context)
        assert result.groups == {"GroupA": 1, "GroupB": 1}
    else:
        import_images(ImportParams(folder=home / "in"), context)
        label_faces(LabelParams(csv=home / "who.csv"), context)
        names = "SELECT DISTINCT g.name FROM identity who JOIN grp g ON g.id = who.group_id"
        assert {row[0] for row in project.db.rows(names)} == {"GroupA", "GroupB"}


LONG = {
    "list_attr_celeba.txt": ("200000\n" + " ".join(f"Attribute_{n}" for n in range(40)) + "\n", "{n:06}.jpg" + "  1 -1" * 20, "1 2"),
    "identity_CelebA.txt": ("", "{n:06}.jpg {n}", "{n}.jpg"),
    "African_images.txt": ("", "m.{n}_0001.jpg {n}", "nobody 3"),
    "African_people.txt": ("", "m.{n} 3", "m.3_0001.jpg 3"),
}  # fmt: skip


@pytest.mark.parametrize("name", LONG)
def test_a_long_published_list_is_read_row_by_row(tmp_path, name):
    """CelebA's attributes of 200,000 pictures took half a gigabyte as cells; few rows are ever in memory."""
    beginning, line, wrong = LONG[name]
    text = beginning + "".join(line.format(n=n) + "\r\n" for n in range(1, 20_001))
    (tmp_path / name).write_text(text, newline="")
    whole = read_table(tmp_path / name)
    tracemalloc.start()
    header, rows = open_table(tmp_path / name)
    count = sum(1 for _ in rows)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (header, count) == (whole.header, 20_000) and most < 3_000_000
    assert list(open_table(tmp_path / name)[1]) == whole.rows
    (tmp_path / name).write_text(text + wrong + "\n")
    _, rows = open_table(tmp_path / name)
    assert next(rows) == whole.rows[0]
    with pytest.raises(RequestError, match=f"line {20_001 + beginning.count(chr(10))} "):
        list(rows)
