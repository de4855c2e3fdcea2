"""What a write touched is written down by itself, and told once to whoever reads."""

import contextlib

import pytest

from fairdesk.clustering import store
from fairdesk.clustering.new_version import cluster_faces
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import clusters, need_version
from fairdesk.dataset.purge import purge
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project, changes
from fairdesk.project.changes import Change, ChangeReader, Kind
from fairdesk.project.faces import set_identity
from fairdesk.project.image_queries import Filter
from fairdesk.project.images import hide_images
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.project.saved_views import save_view
from tests.conftest import add_faces


@pytest.fixture
def two(filled):
    """A project and another that has it open, as a window and a verb do."""
    other = Project.open(filled.folder)
    yield other, ChangeReader(filled.db)
    other.close()


def touched(reader):
    return {kind: images and set(images) for kind, images in reader.read().touched.items() if kind != Kind.HISTORY}


def test_each_edit_names_its_kind_and_images_and_so_does_taking_it_back(two):
    other, reader = two
    assert not reader.read()
    for edit, wanted in (
        (lambda: edit_labels(other, [3, 5], Edit(gender="female")), {Kind.LABELS: {3, 5}}),
        (lambda: edit_labels(other, [4], Edit(add_tags=("odd",))), {Kind.TAGS: {4}}),
        (lambda: set_identity(other, [7], "somebody"), {Kind.LABELS: {7}}),
        (lambda: hide_images(other, [9], hide=True), {Kind.HIDDEN: {9}}),
        (lambda: save_view(other, "mine", Filter()), {Kind.VIEWS: None}),
    ):
        for do in (edit, other.journal.undo, other.journal.redo):
            do()
            assert touched(reader) == wanted
    assert not reader.read()


def test_what_is_computed_and_clustered_and_set(two):
    other, reader = two
    add_faces(other, detector="other", encoder="second")
    assert set(touched(reader)) == {Kind.FACES, Kind.VECTORS, Kind.SETTINGS}
    other.set_setting("faces shown", "whole")
    assert touched(reader) == {Kind.SETTINGS: None}
    cluster_faces(ClusterParams(method="kmeans", n_clusters=3), QuietContext(other))
    assert Kind.CLUSTERS in touched(reader)
    one = clusters(other, need_version(other))[0]
    store.rename_cluster(other, one.id, "a name")
    assert touched(reader) == {Kind.CLUSTERS: None}


def test_many_rows_are_any(two, monkeypatch):
    other, reader = two
    monkeypatch.setattr(changes, "FEW", 3)
    edit_labels(other, [1, 2, 3, 4], Edit(gender="male"))
    assert touched(reader) == {Kind.LABELS: None}


def test_a_statement_that_sqlite_keeps_prepared_is_seen_every_time(two):
    other, reader = two
    for value in "abc":
        other.set_setting("key", value)
        assert touched(reader) == {Kind.SETTINGS: None}


def test_an_edit_that_fails_or_changes_nothing_says_nothing(two):
    other, reader = two
    with contextlib.suppress(ZeroDivisionError), other.db.transaction() as connection:
        connection.execute("UPDATE image SET hidden = 1")
        raise ZeroDivisionError
    with other.db.transaction() as connection:
        connection.execute("DELETE FROM image WHERE id = 10000")
    assert not reader.read()


def test_writes_that_went_unseen_are_everything(two, monkeypatch):
    other, reader = two
    other.db.connection.execute("UPDATE image SET width = 1 WHERE id = 1")  # past every transaction
    assert reader.read() == Change.everything()
    monkeypatch.setattr(changes, "KEPT", 2)
    for value in "abcd":
        other.set_setting("key", value)
    assert reader.read() == Change.everything()
    assert other.db.value("SELECT count(*) FROM change") == 2


def test_every_table_has_a_kind(project):
    tables = {row[0] for row in project.db.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert {name for name in tables if not name.startswith("sqlite_")} == set(changes.TABLES)


def test_a_purge_leaves_no_ids_of_whom_it_removed(two):
    other, reader = two
    edit_labels(other, [3], Edit(gender="female"))
    purge(other, [3], ["id00"])
    assert {Kind.IMAGES, Kind.LABELS, Kind.FACES, Kind.VECTORS} <= reader.read().touched.keys()
    assert other.db.rows("SELECT images FROM change WHERE images IS NOT NULL") == []
