"""Projects: new, open, locked, damaged, newer, read-only, full disk, moved."""

import os
import shutil
import subprocess

import apsw
import numpy as np
import pytest

from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import versions
from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.moved_originals import find_moved_originals as relink
from fairdesk.dataset.params import ImportParams, RelinkParams
from fairdesk.errors import RequestError, explain
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project, database
from fairdesk.project import label_basis as basis
from fairdesk.project.database import DamagedError
from fairdesk.project.faces import set_identity
from fairdesk.project.images import hide_images, labelled_images
from fairdesk.project.schema import VERSION
from fairdesk.project.thumbnails import ThumbnailStore
from fairdesk.project.vectors import Recipe
from tests.conftest import plain_images


def test_new_refuses_what_is_there(tmp_path, project):
    with pytest.raises(RequestError, match="is a FairDesk project already"):
        Project.create(project.folder)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(RequestError, match="not empty"):
        Project.create(tmp_path / "full")
    with pytest.raises(RequestError, match="look at the path, or make a project there with: fairdesk new"):
        Project.open(tmp_path / "nowhere")


def test_damaged_and_newer(tmp_path, project):
    with project.db.transaction() as connection:
        connection.pragma("user_version", VERSION + 1)
    project.close()
    with pytest.raises(RequestError, match="made by a newer FairDesk"):
        Project.open(project.folder)
    (project.folder / "catalog.sqlite").write_bytes(b"not a database at all, " * 400)
    with pytest.raises(RequestError, match="is damaged"):
        Project.open(project.folder)
    (project.folder / "catalog.sqlite").write_bytes(b"")
    with pytest.raises(RequestError, match="not a FairDesk catalogue"):
        Project.open(project.folder)


def spoil(file):
    """Write over a page that nothing reads at once: a leaf with rows in the middle of a catalogue."""
    with file.open("r+b") as open_file:
        open_file.seek(file.stat().st_size // 2 // 4096 * 4096)
        open_file.write(b"\xff" * 4096)


def test_a_large_catalogue_may_be_looked_through_later(project, monkeypatch):
    with project.db.transaction() as connection:
        connection.execute("INSERT INTO root VALUES (1, '/r', NULL)")
        connection.executemany(
            "INSERT INTO image (root_id, path, size, mtime_ns, sha256, width, height) VALUES (1, ?, 1, 1, ?, 9, 9)",
            [(f"{n}.jpg", "0" * 64) for n in range(3000)],
        )
    project.close()
    spoil(project.folder / "catalog.sqlite")
    with pytest.raises(DamagedError, match="is damaged"):
        Project.open(project.folder, check_later=True)  # it is small
    monkeypatch.setattr(database, "_LARGE_FILE", 10_000)
    opened = Project.open(project.folder, check_later=True)
    assert opened.db.unchecked
    with pytest.raises(DamagedError, match="is damaged"):
        opened.db.check_pages()
    opened.close()
    with pytest.raises(DamagedError, match="is damaged"):
        Project.open(project.folder)


def test_of_an_image_with_several_faces_the_largest_counts(project, tmp_path):
    """Vectors of all faces come in order of the faces, those of the largest ones alone where they are asked for."""
    plain_images(tmp_path / "in", 1, 1, 3)
    import_folder(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    with project.db.transaction() as connection:
        for image in (1, 2, 3):
            for place in (1, 0):
                connection.execute(
                    "INSERT INTO face (image_id, detector, place, top, right, bottom, left) VALUES (?, 'd', ?, 0, 9, 9, 0)",
                    (image, place),
                )
    recipe = project.vectors.register(Recipe("e", "d", "none", 2, "euclidean", "none"))
    faces = project.vectors.missing(recipe)
    order = [4, 0, 5, 2, 1, 3]
    vectors = np.array([[faces[i], image_place % 2] for image_place, i in enumerate(order)], dtype=np.float32)
    project.vectors.append(recipe, [faces[i] for i in order[:3]], vectors[:3], {})
    project.vectors.append(recipe, [faces[i] for i in order[3:]], vectors[3:], {})
    found, rows = project.vectors.load(recipe)
    assert found.tolist() == faces and rows[:, 0].tolist() == faces
    found, rows = project.vectors.of_images(recipe)
    assert found.tolist() == [1, 2, 3] and rows[:, 0].tolist() == [2, 4, 6]
    hide_images(project, [2])
    found, rows = project.vectors.of_images(recipe, hidden=False)
    assert found.tolist() == [1, 3] and rows[:, 0].tolist() == [2, 6]
    found, rows = project.vectors.load(recipe, hidden=False)
    assert found.tolist() == [1, 2, 5, 6] and rows[:, 0].tolist() == [1, 2, 5, 6]


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e39, 1e30])
def test_no_vector_that_is_not_finite_is_ever_stored(project, tmp_path, number):
    plain_images(tmp_path / "in", 1, 1, 3)
    import_folder(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    with project.db.transaction() as connection:
        for image in (1, 2, 3):
            connection.execute(
                "INSERT INTO face (image_id, detector, place, top, right, bottom, left) VALUES (?, 'd', 0, 0, 9, 9, 0)",
                (image,),
            )
    recipe = project.vectors.register(Recipe("e", "d", "none", 2, "euclidean", "none"))
    faces = project.vectors.missing(recipe)
    project.vectors.append(recipe, faces, np.array([[1, 2], [3, number], [5, 6]]), {})
    found, rows = project.vectors.load(recipe)
    assert found.tolist() == [faces[0], faces[2]] and rows.tolist() == [[1, 2], [5, 6]]
    why = "the embedding has numbers that are not finite, or too large"
    assert [text for _, text in project.vectors.failures(recipe)] == [why]
    assert project.vectors.missing(recipe) == [faces[1]]  # tried again
    project.vectors.append(recipe, faces[1:2], np.array([[number, 1]]), {})
    assert project.vectors.count(recipe) == 2


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="mounting needs root")
def test_read_only_mount_and_full_disk(tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("this machine does not let us mount")
    try:
        made = Project.create(place / "p.fairdesk")
        plain_images(tmp_path / "in", 2, 10, 12, side=64)
        with pytest.raises(apsw.FullError) as caught:
            import_folder(ImportParams(folder=tmp_path / "in"), QuietContext(made))
        assert "disk is full" in (explain(caught.value) or "")
        made.close()
        for name in ("thumbnails", "facts"):  # both can be computed again
            for extra in place.glob(f"p.fairdesk/{name}*"):
                extra.unlink()
        made = Project.open(place / "p.fairdesk")  # nothing is broken
        assert made.db.value("PRAGMA integrity_check") == "ok"
        made.close()
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        with pytest.raises(RequestError, match="is read-only"):
            Project.open(place / "p.fairdesk")
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def test_a_project_moved_with_its_photographs_still_finds_them(tmp_path):
    home = tmp_path / "here"
    plain_images(home / "photographs", 1, 2, 2)
    project = Project.create(home / "p.fairdesk")
    import_folder(ImportParams(folder=home / "photographs"), QuietContext(project))
    project.close()
    shutil.move(home, tmp_path / "there")
    project = Project.open(tmp_path / "there" / "p.fairdesk")
    assert all(image.path.exists() for image in labelled_images(project))
    project.close()


def test_moved_originals_are_relinked(tmp_path, project):
    plain_images(tmp_path / "old", 1, 2, 3)
    import_folder(ImportParams(folder=tmp_path / "old"), QuietContext(project))
    shutil.move(tmp_path / "old", tmp_path / "new")
    (tmp_path / "new" / "g0" / "id00" / "000.png").rename(tmp_path / "new" / "000.png")  # moved within, same name
    (tmp_path / "new" / "g0" / "id01" / "001.png").write_bytes(b"another file")
    result = relink(RelinkParams(old=tmp_path / "old", new=tmp_path / "new"), QuietContext(project))
    assert (result.relinked, result.missing, result.missing_paths) == (5, 1, ["g0/id01/001.png"])
    assert sum(image.path.exists() for image in labelled_images(project)) == 5
    project.journal.undo()
    assert not any(image.path.exists() for image in labelled_images(project))
    with pytest.raises(RequestError, match="No image of the project lies under"):
        relink(RelinkParams(old=tmp_path / "elsewhere", new=tmp_path / "new"), QuietContext(project))


def test_originals_that_did_not_move_are_not_missing(tmp_path, project):
    plain_images(tmp_path / "old", 1, 2, 3)
    import_folder(ImportParams(folder=tmp_path / "old"), QuietContext(project))
    moved, gone = tmp_path / "old" / "g0" / "id00" / "000.png", tmp_path / "old" / "g0" / "id01" / "001.png"
    (tmp_path / "new").mkdir()
    shutil.move(moved, tmp_path / "new" / "000.png")
    gone.unlink()
    for found in (1, 0):  # a second time there is nothing left to find
        result = relink(RelinkParams(old=tmp_path / "old", new=tmp_path / "new"), QuietContext(project))
        assert (result.relinked, result.missing_paths, result.in_place) == (found, ["g0/id01/001.png"], 4)
    assert "4 images lie where they were" in result.text()


def test_results_know_when_labels_have_changed(filled):
    cluster(ClusterParams(method="kmeans", n_clusters=3), QuietContext(filled))
    assert versions(filled)[0].stale is None
    set_identity(filled, [1, 2, 3], "somebody")
    assert versions(filled)[0].stale == "3 labels changed since"
    filled.journal.undo()
    assert versions(filled)[0].stale is None
    plain_images(filled.folder.parent / "more", 1, 1, 2)
    import_folder(ImportParams(folder=filled.folder.parent / "more"), QuietContext(filled))
    assert versions(filled)[0].stale == "2 images added since"
    assert not any(basis.changes_since(filled, [basis.take(filled), None]))


def test_lost_vectors_are_noticed(filled):
    recipe = filled.vectors.find("made-up")
    faces, vectors = filled.vectors.load(recipe)
    assert vectors.shape == (40, 8) and np.all(np.diff(faces) > 0)
    shutil.rmtree(filled.vectors.folder / recipe.hash)
    with pytest.raises(Exception, match="missing or damaged"):
        filled.vectors.load(recipe)
    assert filled.vectors.forget_lost(recipe) == 40
    assert len(filled.vectors.missing(recipe)) == 40
    with pytest.raises(RequestError, match="no embeddings of the encoder 'nobody'"):
        filled.vectors.find("nobody")


def test_two_processes_may_write_at_once(project):
    other = Project.open(project.folder)
    before = project.db.data_version()
    other.set_setting("a", "1")
    assert project.db.data_version() != before
    assert project.setting("a") == "1"
    other.close()


def test_an_older_project_is_brought_up_to_date(tmp_path):
    import apsw

    from fairdesk.project import database
    from fairdesk.project.schema import MIGRATIONS

    (tmp_path / "old").mkdir()
    old = apsw.Connection(str(tmp_path / "old" / "catalog.sqlite"))
    old.pragma("application_id", database._APPLICATION_ID)
    old.execute(MIGRATIONS[0])
    old.pragma("user_version", 1)
    old.execute("INSERT INTO grp (name) VALUES ('kept')")
    old.close()
    project = Project.open(tmp_path / "old")
    assert project.db.value("PRAGMA user_version") == VERSION > 1
    assert project.db.value("SELECT name FROM grp") == "kept"
    assert project.db.value("SELECT count(*) FROM prediction") == 0
    project.close()


@pytest.mark.parametrize(
    ("mounts", "network"),
    [
        ([("/", "ext4", "rw")], False),
        ([("/", "ext4", "rw"), ("HERE", "nfs4", "rw")], True),
        ([("/", "nfs4", "rw"), ("HERE", "ext4", "rw")], False),  # the nearest mount counts
        ([("HERE", "NTFS", "rw,remote")], True),  # as Windows tells of a share
        ([("HERE-else", "cifs", "rw")], False),
        ([], False),
    ],
)
def test_a_network_disk_is_known(tmp_path, monkeypatch, mounts, network):
    from types import SimpleNamespace

    from fairdesk.project.database import on_network

    told = [
        SimpleNamespace(mountpoint=place.replace("HERE", str(tmp_path)), fstype=kind, opts=opts)
        for place, kind, opts in mounts
    ]
    monkeypatch.setattr("psutil.disk_partitions", lambda all: told)  # noqa: A006
    assert on_network(tmp_path / "study") is network


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="mounting needs root")
def test_a_full_disk_is_told_by_thumbnails(tmp_path):
    """Not what fails in its wake; with room again the rest follows."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("this machine does not let us mount")
    try:
        store = ThumbnailStore(place / "thumbnails.sqlite")
        jpeg = os.urandom(20_000)
        store.put([("image", number, jpeg) for number in range(200)])
        with pytest.raises(apsw.FullError):
            store.copy_to_faces([(number % 100, number) for number in range(2000)])
        subprocess.run(["mount", "-o", "remount,size=90m", place], check=True)
        store.copy_to_faces([(number, number) for number in range(200)])
        assert store.get("face", 199) == jpeg
        store.close()
    finally:
        subprocess.run(["umount", "-l", place], check=True)
