"""Clusters as tables in and out; paths however they are written; names that exist are asked about."""

import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.clustering.files.cluster_files import load_clusters, read_clusters, write_clusters
from fairdesk.clustering.files.identity_folders import write_identity_folders
from fairdesk.clustering.files.mosaics import write_mosaic
from fairdesk.clustering.naming import foresee, name_cluster, name_identity, suggested_name
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import (
    ClusterParams,
    FoldersParams,
    LoadClustersParams,
    MosaicParams,
    read_numbers,
    written_numbers,
)
from fairdesk.clustering.store import (
    clusters,
    faces_of,
    move_faces,
    put_out,
    rename_cluster,
    split_faces,
    unassign_faces,
)
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.project.boxes import FaceBox
from fairdesk.project.detections import FoundFaces, keep_faces
from fairdesk.project.faces import group_counts_of_faces, set_identity
from fairdesk.project.identities import find_identity, label_ids
from fairdesk.project.images import hide_images, labelled_images
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.project.verdicts import verdicts


@pytest.fixture
def clustered(filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    return filled


def grouped(project, version):
    return {frozenset(faces_of(project, one.id)) for one in clusters(project, version) if one.label >= 0}


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet", "json"])
def test_out_and_in_again(clustered, tmp_path, ending):
    first, second = clusters(clustered, 1)[:2]
    rename_cluster(clustered, first.id, "=SUM(A1), Ann")
    name_identity(clustered, second.id, "Bob")
    with clustered.journal.step("loose") as connection:
        put_out(clustered, connection, 1, faces_of(clustered, clusters(clustered, 1)[5].id)[:2])
    path = tmp_path / f"c.{ending}"
    assert write_clusters(clustered, 1, path) == 40
    done = load_clusters(LoadClustersParams(file=path), QuietContext(clustered))
    assert (done.clusters, done.faces, done.unknown) == (8, 40, 0)  # the unclustered faces are no cluster
    assert grouped(clustered, done.version) == grouped(clustered, 1)
    titles = {one.title for one in clusters(clustered, done.version)}
    assert titles >= {"=SUM(A1), Ann", "Bob", "Unclustered"}


def test_a_json_calls_clusters_by_their_names(clustered, tmp_path):
    """A name that two clusters share, or that is a number, would be another cluster's: these keep their numbers."""
    for label, name in {2: "Ann", 4: "Bob", 7: "007"}.items():
        rename_cluster(clustered, next(one.id for one in clusters(clustered, 1) if one.label == label), name)
    with clustered.journal.step("as earlier versions allowed it") as connection:
        connection.execute("UPDATE cluster SET name = '5' WHERE label = 3")
        connection.execute("UPDATE cluster SET name = 'Bob' WHERE label = 6")
    path = tmp_path / "c.json"
    write_clusters(clustered, 1, path)
    assert list(json.loads(path.read_text())) == ["0", "1", "3", "4", "5", "6", "Ann", "007"]
    done = load_clusters(LoadClustersParams(file=path), QuietContext(clustered))
    assert grouped(clustered, done.version) == grouped(clustered, 1)
    assert {one.label: one.name for one in clusters(clustered, done.version)} == {
        0: None, 1: None, 2: "Ann", 3: None, 4: None, 5: None, 6: None, 7: "007"
    }  # fmt: skip


def test_a_table_tells_the_faces_of_one_image_apart(clustered, tmp_path):
    images = [image.id for image in labelled_images(clustered)]
    two = FoundFaces([(FaceBox(0, 9, 9, 0), b""), (FaceBox(10, 15, 15, 10), b"")])
    faces = np.array(keep_faces(clustered, "hog+all", [(image, two) for image in images[:4]]))
    rows = ["image;label;top;right;bottom;left"]
    paths = [str(image.path) for image in labelled_images(clustered)]
    for n in range(4):
        rows += [f"{paths[n]};{n % 2};0;9;9;1", f"{paths[n]};7.0;10;15;15;10"]
    rows.append(f"{paths[0]};3;100;120;120;100")
    (tmp_path / "c.csv").write_text("\n".join(rows))
    context = QuietContext(clustered)
    done = load_clusters(LoadClustersParams(file=tmp_path / "c.csv", detector="hog+all"), context)
    assert grouped(clustered, done.version) == {
        frozenset(faces[[0, 2], 0].tolist()), frozenset(faces[[1, 3], 0].tolist()), frozenset(faces[:, 1].tolist()),
    }  # fmt: skip
    assert done.unmatched[0].why == "no face lies in that box"
    with pytest.raises(RequestError, match=r"Write a \.csv or \.parquet"):
        write_clusters(clustered, done.version, tmp_path / "c.json")
    write_clusters(clustered, done.version, tmp_path / "again.csv")
    again = load_clusters(LoadClustersParams(file=tmp_path / "again.csv", detector="hog+all"), QuietContext(clustered))
    assert grouped(clustered, again.version) == grouped(clustered, done.version)


def test_labels_that_are_words_and_paths_of_other_systems(clustered, tmp_path):
    paths = [image.path for image in labelled_images(clustered)]
    rows = ["Path,Cluster"] + [
        f"D:\\faces\\{p.parent.parent.name}\\{p.parent.name}\\{p.name},{'ann' if n % 2 else 4}"
        for n, p in enumerate(paths[:8])
    ]
    rows += [
        f"D:\\faces\\{paths[8].parent.parent.name}\\{paths[8].parent.name}\\{paths[8].name},NaN",
        "D:\\faces\\x.png,1",
    ]
    (tmp_path / "w.csv").write_text("\r\n".join(rows))
    done = load_clusters(LoadClustersParams(file=tmp_path / "w.csv"), QuietContext(clustered))
    found = {one.title: (one.label, one.faces) for one in clusters(clustered, done.version)}
    assert found == {"Cluster 4": (4, 4), "ann": (0, 4), "Unclustered": (-1, 1)}
    assert done.unknown == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a,b\n1,2\n", "needs a column `path` and a column `cluster`; it has: a, b"),
        ("path,cluster\n,2\n", "line 2 names no image"),
        ("path,cluster,top,right,bottom,left\nx.png,1,a,2,3,4\n", "line 2 has a box"),
        ("path,cluster\nx.png,1\n", "None of the paths"),
        ("path,cluster\n", "None of the paths"),
    ],
)
def test_what_is_no_table_of_clusters_is_refused(clustered, tmp_path, text, why):
    (tmp_path / "c.csv").write_text(text)
    with pytest.raises(RequestError, match=why):
        load_clusters(LoadClustersParams(file=tmp_path / "c.csv"), QuietContext(clustered))
    assert len(clusters(clustered, 1)) == 8


def test_mosaics_and_folders_find_the_files_of_a_list(clustered, tmp_path, capsys):
    paths = [image.path for image in labelled_images(clustered)]
    base = paths[0].parents[2]
    relative = [str(p.relative_to(base)).replace("/", "\\") for p in paths[:6]]
    (base / "win.json").write_text(json.dumps({"0": [*relative[:5], "gone\\x.png"], "-1": relative[5:]}))
    assert run(["mosaic", str(base / "win.json"), "--cluster", "0", "--out", str(tmp_path / "m.png"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["faces"] == 5 and len(told["unreadable"]) == 1
    (base / "c.csv").write_text("path,cluster\n" + "\n".join(f"{p},{n % 2}" for n, p in enumerate(relative)))
    assert run(["identity-folders", str(base / "c.csv"), "--out", str(tmp_path / "f"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["counts"] == {"0": 3, "1": 3} and not told["missing"]
    assert run(["identity-folders", str(base / "win.json"), "--out", str(tmp_path / "g"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["missing"] == ["gone\\x.png"]


def test_a_mosaic_of_chosen_faces(clustered, tmp_path, capsys):
    folder = str(clustered.folder)
    for words, count in ((["--faces", "3-9,12"], 8), (["--cluster", "0", "--faces", "1-40"], 5)):
        assert run(["mosaic", folder, *words, "--out", str(tmp_path / "m.png"), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["faces"] == count
    for words in ([], ["--faces", "9-3"], ["--faces", "x"], ["--cluster", "all", "--faces", "1"]):
        assert run(["mosaic", folder, *words, "--out", str(tmp_path / "n.png")]) == 2
    assert read_numbers(written_numbers([5, 1, 2, 3, 9])) == [1, 2, 3, 5, 9]


def test_a_name_that_exists_is_asked_about(clustered):
    first, second, third = clusters(clustered, 1)[:3]  # of g0 or g1, five faces each
    groups = {
        one.id: next(iter(group_counts_of_faces(clustered, faces_of(clustered, one.id))))
        for one in (first, second, third)
    }
    fresh = foresee(clustered, first.id, "Ann")
    assert fresh.question() is None and fresh.group == groups[first.id] and fresh.joins == 0
    assert name_cluster(clustered, fresh).faces == 5
    other = next(
        one
        for one in clusters(clustered, 1)
        if one.id != first.id
        and group_counts_of_faces(clustered, faces_of(clustered, one.id)).keys() != {groups[first.id]}
    )
    kept = foresee(clustered, other.id, "Ann")  # no group changes unasked
    group = groups[first.id]
    assert kept.group != group and kept.question() is None and [one.group for one in kept.namesakes] == [group]
    wanted = foresee(clustered, other.id, "Ann", group)
    there = next(iter(group_counts_of_faces(clustered, faces_of(clustered, other.id))))
    assert (
        wanted.question()
        == f"Join the 5 images of Ann in {group}?\n5 faces change their group from {there} to {group}."
    )
    apart = foresee(clustered, other.id, "Ann", there)
    assert apart.question() is None and apart.group == there and not wanted.usual_known
    name_cluster(clustered, apart)
    assert foresee(clustered, other.id, "Ann", group).usual_known  # no new person is offered there
    clustered.journal.undo()
    joined = name_cluster(clustered, wanted)
    assert (joined.joined, joined.regrouped, joined.group) == (5, 5, group)
    assert f"5 faces changed their group from {there} to {group}." in joined.text()
    clustered.journal.undo()
    assert group_counts_of_faces(clustered, faces_of(clustered, other.id)) == {there: 5}


def test_a_name_that_differs_in_case_alone_is_told_and_joins_nobody(clustered, capsys):
    first, second = clusters(clustered, 1)[:2]
    name_identity(clustered, first.id, "Ann", "g0")
    assert foresee(clustered, second.id, " Ann ", "g0").alike == ()  # the same name
    assert foresee(clustered, second.id, "ann", "g0").alike == (("Ann", "g0", 5),)
    assert foresee(clustered, first.id, "ANN", "g0").alike == ()  # written anew: nobody else is called so
    assert foresee(clustered, second.id, "Anne", "g0").alike == ()
    clustered.close()
    assert run(["name", str(clustered.folder), "--cluster", "1", "--identity", "aNN ", "--json"]) == 0
    told = capsys.readouterr()
    done = json.loads(told.out)
    assert done["identity"] == "aNN" and done["joined"] == 0 and len(done["alike"]) == 1
    assert done["alike"][0].startswith("aNN is a new person beside Ann (group g0)") and done["alike"][0] in told.err


def test_everybody_of_the_same_name_in_other_groups_is_told_first(clustered):
    first, second, third, fourth, *_ = clusters(clustered, 1)
    for one, name, group in ((first, "Ann", "G"), (second, "ann", "G"), (third, "Ann", "")):
        name_identity(clustered, one.id, name, group)
    done = name_cluster(clustered, foresee(clustered, fourth.id, "Ann", "H"))
    said = [line.partition(". If")[0] for line in done.alike]
    assert sorted(said[:2]) == [
        "Ann (group H) is a new person beside Ann (group G), who has the same name",
        "Ann (group H) is a new person beside Ann (no group), who has the same name",
    ]
    assert said[2:] == ["Ann is a new person beside ann (group G), whose name differs in case, accents or blanks alone"]
    assert "faces are now Ann (group H)." in done.text() and all(line in done.text() for line in done.alike)
    clustered.journal.undo()
    assert name_cluster(clustered, foresee(clustered, fourth.id, "Ann", "G")).alike == []  # the same person
    assert "faces are now Zoe (no group)." in name_cluster(clustered, foresee(clustered, fourth.id, "Zoe", "")).text()


def test_no_question_where_the_faces_are_called_so_already(clustered):
    first, second = clusters(clustered, 1)[:2]
    set_identity(clustered, faces_of(clustered, first.id), "Ann", "g0")
    part = split_faces(clustered, 1, faces_of(clustered, first.id)[:3])
    assert suggested_name(clustered, part) == "Ann"
    same = foresee(clustered, part, "Ann", "g0")
    assert same.joins == 2 and same.own and same.question() is None
    set_identity(clustered, faces_of(clustered, second.id)[:2], "Ann", "g0")
    some = foresee(clustered, second.id, "Ann", "g0")
    assert not some.own and some.question().startswith("Join the 5 images of Ann in g0?")
    stale = foresee(clustered, second.id, "Zoe")
    set_identity(clustered, faces_of(clustered, first.id)[1:], "Zoe", stale.group)
    with pytest.raises(RequestError, match="has changed since you were asked"):
        name_cluster(clustered, stale)
    assert all(one.said.value != "same" for one in verdicts(clustered))


def test_the_verb_tells_whom_it_joins(clustered, capsys):
    folder = str(clustered.folder)
    assert run(["name", folder, "--cluster", "0", "--identity", "Ann", "--json"]) == 0
    first = capsys.readouterr()
    assert json.loads(first.out)["joined"] == 0 and "had the name" not in first.err
    assert run(["name", folder, "--cluster", "1", "--identity", "Ann", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["joined"] == 5
    assert "5 images that had the name are the same identity." in told.err
    assert run(["name", folder, "--cluster", "2", "--identity", "Ann"]) == 0
    assert "10 images that had the name" in capsys.readouterr().out
    assert run(["name", folder, "--cluster", "Ann", "--identity", "Bob"]) == 2  # three are called so by now
    assert "Several clusters are called 'Ann'. Give a label: 0, 1, 2." in capsys.readouterr().err
    assert run(["name", folder, "--cluster", "2", "--identity", "Bob"]) == 0


def test_read_clusters_takes_both(tmp_path):
    (tmp_path / "a.json").write_text('{"0": ["x.jpg"], "-1": []}')
    (tmp_path / "a.csv").write_text("path,cluster\nx.jpg,0\n")
    assert read_clusters(tmp_path / "a.json") == {"0": ["x.jpg"], "-1": []}
    assert read_clusters(tmp_path / "a.csv") == {"0": ["x.jpg"]}


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_labels_that_cannot_be_kept_as_numbers_are_names(clustered, tmp_path, ending):
    path = tmp_path / f"huge.{ending}"
    paths = [str(image.path) for image in labelled_images(clustered)]
    labels = ["99999999999999999999", "9223372036854775808", "9" * 5000, "7", "007"]
    if ending == "csv":
        path.write_text("path,cluster\n" + "".join(f"{paths[n]},{label}\n" for n, label in enumerate(labels)))
    else:
        path.write_text(json.dumps({label: [paths[n]] for n, label in enumerate(labels)}))
    done = load_clusters(LoadClustersParams(file=path), QuietContext(clustered))
    found = {one.title: one.label for one in clusters(clustered, done.version)}
    assert found == {labels[0]: 0, labels[1]: 1, labels[2]: 2, "Cluster 7": 7, "007": 3}


_ALIKE = ("P/Q", "P_Q", "p_q", "P:Q", "", ".", "..", "x" * 300, "x" * 301, "\u00e9", "e\u0301", "\u4eba" * 120)


def test_two_labels_of_a_file_never_share_a_folder(clustered, tmp_path):
    paths = [image.path for image in labelled_images(clustered)]
    (tmp_path / "c.json").write_text(json.dumps({label: [str(paths[n])] for n, label in enumerate(_ALIKE)}))
    out = tmp_path / "out"
    done = write_identity_folders(FoldersParams(file=tmp_path / "c.json", out=out), QuietContext())
    assert done.folders == done.images == len(_ALIKE) and set(done.counts.values()) == {1}
    assert sorted(path.resolve() for path in out.glob("*/*.png")) == sorted(paths[: len(_ALIKE)])
    manifest = json.loads((tmp_path / "out.manifest.json").read_text())
    names = {one["source"]: one["path"].rpartition("/")[0] for one in manifest["files"]}
    said = [manifest["renamed"].get(names[str(paths[n])], names[str(paths[n])]) for n in range(len(_ALIKE))]
    assert said == list(_ALIKE)


@pytest.mark.parametrize("groups", [("a/b", "a_b"), (None, "no group"), (None,)])
def test_two_people_never_share_a_folder(clustered, tmp_path, groups):
    images = labelled_images(clustered)
    people = [(name, group) for name in _ALIKE if name for group in groups]
    with clustered.db.transaction() as connection:
        connection.execute("UPDATE image SET identity_id = NULL, group_id = NULL")
        for image, (name, group) in zip(images, people, strict=False):
            who, where = label_ids(connection, name, group)
            connection.execute("UPDATE image SET identity_id = ?, group_id = ? WHERE id = ?", (who, where, image.id))
    done = write_identity_folders(FoldersParams(by="identity", out=tmp_path / "out"), QuietContext(clustered))
    assert done.folders == done.images == len(people)
    found = list((tmp_path / "out").rglob("*.png"))
    assert len(found) == len({path.parent for path in found}) == len(people)


def test_clusters_that_end_up_empty_do_not_count_and_are_told(clustered, tmp_path):
    paths = [str(image.path) for image in labelled_images(clustered)]
    found = {"0": paths[:3], "1": paths[:2], "2": ["nobody.png"], "-1": paths[3:5]}
    (tmp_path / "c.json").write_text(json.dumps(found))
    context = QuietContext(clustered)
    done = load_clusters(LoadClustersParams(file=tmp_path / "c.json"), context)
    assert (done.clusters, done.faces) == (1, 5)
    assert [(one.label, one.faces) for one in clusters(clustered, done.version)] == [(0, 3), (-1, 2)]
    assert any("2 clusters of the file have no face here, and are left out: 1, 2." in said for said in context.messages)


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "1 cluster is empty in the file, and is left out: e0."),
        (12, "12 clusters are empty in the file, and are left out: e0, e1,"),
    ],
)
def test_clusters_that_are_empty_in_the_file_are_named(clustered, tmp_path, count, said):
    path = str(labelled_images(clustered)[0].path)
    (tmp_path / "c.json").write_text(json.dumps({"0": [path], **{f"e{n}": [] for n in range(count)}}))
    context = QuietContext(clustered)
    assert load_clusters(LoadClustersParams(file=tmp_path / "c.json"), context).clusters == 1
    assert len(context.messages) == 1 and context.messages[0].startswith(said)
    assert ("e9, …" in context.messages[0]) == (count > 10) and "e10" not in context.messages[0]


def test_a_mosaic_of_all_counts_the_clusters_it_shows(clustered, tmp_path):
    every = MosaicParams(cluster="all", out=tmp_path / "m.png")
    assert write_mosaic(every, QuietContext(clustered)).title == "8 clusters"
    moved = faces_of(clustered, clusters(clustered, 1)[0].id)
    unassign_faces(clustered, 1, moved[:2])
    assert write_mosaic(every, QuietContext(clustered)).title == "8 clusters and the unclustered faces"
    move_faces(clustered, moved[:2], clusters(clustered, 1)[0].id)
    assert clusters(clustered, 1)[-1].label == -1 and not clusters(clustered, 1)[-1].faces
    assert write_mosaic(every, QuietContext(clustered)).title == "8 clusters"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--faces", "39-42,50"], "The project has no faces of these numbers: 41-42,50"),
        (["--faces", "41-45"], "The project has none of the faces 41-45."),
        (["--cluster", "0", "--faces", "1-3,39"], "Not in Cluster 0, and left out: 39"),
        (["--cluster", "0", "--faces", "39"], "None of these faces is in Cluster 0: 39"),
        (["--faces", "9-3"], "from the smaller number to the larger: 3-9 (given: '9-3')"),
        (["--faces", "1-99999999999"], "no more than 10,000,000 numbers (given: '1-99999999999')"),
        (["--faces", "1-6000000,6000001-12000000"], "no more than 10,000,000 numbers"),
        (["--faces", "9" * 40], "there are none as large as that"),
    ],
)
def test_faces_that_a_mosaic_cannot_show_are_named(clustered, tmp_path, capsys, words, said):
    good = words[-1] in ("39-42,50", "1-3,39")
    assert run(["mosaic", str(clustered.folder), *words, "--out", str(tmp_path / "m.png")]) == (0 if good else 2)
    told = capsys.readouterr().err
    assert said in told and told.count("(given") <= 1
    assert (tmp_path / "m.png").exists() == good


def test_a_label_that_a_file_has_twice_is_refused(clustered, tmp_path):
    (tmp_path / "c.json").write_text('{"0": ["a.png"], "1": ["b.png"], "0": ["c.png"]}')
    with pytest.raises(RequestError, match=r"c\.json cannot be read as a cluster file: it has '0' more than once"):
        read_clusters(tmp_path / "c.json")


def test_names_that_differ_and_hidden_images_are_told(clustered, tmp_path):
    images = labelled_images(clustered)
    rows = [f"{images[n].path},{n // 3},{name}" for n, name in enumerate(["Ann", "Bob", "Bob", "Eve", "Eve", ""])]
    (tmp_path / "c.csv").write_text("\n".join(["path,cluster,name", *rows]))
    hide_images(clustered, [images[5].id])
    context = QuietContext(clustered)
    done = load_clusters(LoadClustersParams(file=tmp_path / "c.csv"), context)
    assert {one.title for one in clusters(clustered, done.version)} == {"Bob", "Eve"}
    told = [said for said in context.messages if "several names" in said]
    assert told == ["Cluster 0 has several names in the file: Bob (2), Ann (1). The first of these is kept."]
    assert [(one.path, one.why) for one in done.unmatched] == [(str(images[5].path), "its image is hidden")]


@pytest.mark.parametrize("typed", ["no group", " No group ", "NO GROUP"])
def test_the_word_for_no_group_makes_none(clustered, capsys, typed):
    first = clusters(clustered, 1)[0]
    words = ["name", str(clustered.folder), "--cluster", str(first.label), "--identity", "ann", "--group"]
    before = clustered.db.rows("SELECT id, name FROM grp ORDER BY id")
    assert run([*words, typed]) == 2
    assert '--group ""' in capsys.readouterr().err
    for refused in (
        lambda: set_identity(clustered, faces_of(clustered, first.id), "ann", typed),
        lambda: edit_labels(clustered, [1], Edit(group=typed)),
    ):
        with pytest.raises(RequestError, match="the word for none"):
            refused()
    assert clustered.db.rows("SELECT id, name FROM grp ORDER BY id") == before
    assert run([*words, ""]) == 0
    assert find_identity(clustered, "ann", None) is not None
    with clustered.journal.step("a group that was imported so") as connection:
        label_ids(connection, None, "no group")
    assert run([*words, "no group"]) == 0  # it is there
    assert find_identity(clustered, "ann", "no group") is not None
