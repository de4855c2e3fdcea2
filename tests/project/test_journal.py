"""Any sequence of edits: undo all gives the catalogue from before, redo all the one from after."""

import signal
import subprocess
import sys
import time

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairdesk.clustering import naming, store
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import UNCLUSTERED, clusters, faces_of, need_version
from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.pair_lists.job import make_pair_list as make_pairs
from fairdesk.metrics.params import PairsParams
from fairdesk.project import Project, journal
from fairdesk.project.faces import set_identity
from fairdesk.project.images import hide_images
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.project.schema import JOURNALED
from tests.conftest import add_faces, plain_images


def digest(project):
    return {table: sorted(map(repr, project.db.rows(f"SELECT * FROM {table}"))) for table in JOURNALED}


def pick(project, number, *, loose=False):
    found = [c for c in clusters(project, need_version(project)) if loose or c.label != UNCLUSTERED]
    return found[number % len(found)]


def edit(project, verb, a, b, tmp):
    """One edit verb; refusals (nothing to move, one cluster only) are fine and change nothing."""
    version = need_version(project)
    match verb:
        case "rename":
            store.rename_cluster(project, pick(project, a).id, f"name {b}" if b % 3 else "")
        case "merge":
            store.merge_clusters(project, pick(project, a).id, [pick(project, b).id, pick(project, a + b).id])
        case "move":
            store.move_faces(project, faces_of(project, pick(project, a, loose=True).id)[:b], pick(project, b).id)
        case "split":
            store.split_faces(project, version, faces_of(project, pick(project, a).id)[: 1 + b])
        case "out":
            store.unassign_faces(project, version, faces_of(project, pick(project, a).id)[: 1 + b])
        case "identity":
            naming.name_identity(project, pick(project, a).id, f"person {b}", "g0" if a % 2 else None)
        case "label":
            set_identity(project, [1 + a, 1 + b], f"person {b}" if a % 2 else None)
        case "cluster":
            cluster(ClusterParams(method="kmeans", n_clusters=2 + b % 3), QuietContext(project))
        case "pairs":
            make_pairs(PairsParams(genuine=3, impostor=3, out=tmp / f"l{a}.csv"), QuietContext(project))


VERBS = ["rename", "merge", "move", "split", "out", "identity", "label", "cluster", "pairs"]


@pytest.fixture(scope="module")
def seeded(tmp_path_factory):
    """One project for all examples: each takes back everything it did."""
    tmp = tmp_path_factory.mktemp("journal")
    project = Project.create(tmp / "p.fairdesk")
    plain_images(tmp / "in", 2, 3, 4)
    import_folder(ImportParams(folder=tmp / "in"), QuietContext(project))
    add_faces(project, spread=0.6)
    cluster(ClusterParams(method="kmeans", n_clusters=5), QuietContext(project))
    yield project, tmp
    project.close()


@given(st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 9), st.integers(0, 9)), max_size=9))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_undo_all_then_redo_all(seeded, verbs):
    project, tmp = seeded
    before, floor = digest(project), len([s for s in project.journal.history() if not s.undone])
    states = [before]
    for verb, a, b in verbs:
        steps = len([s for s in project.journal.history() if not s.undone])
        try:
            edit(project, verb, a, b, tmp)
        except RequestError:
            assert digest(project) == states[-1]
        if len([s for s in project.journal.history() if not s.undone]) > steps:
            states.append(digest(project))
        else:
            assert digest(project) == states[-1]
    done = len([s for s in project.journal.history() if not s.undone]) - floor
    assert done == len(states) - 1
    for state in reversed(states[:-1]):
        project.journal.undo()
        assert digest(project) == state
    for state in states[1:]:
        project.journal.redo()
        assert digest(project) == state
    for _ in range(done):
        project.journal.undo()
    assert digest(project) == before


def test_import_is_one_step_and_can_be_undone(project, tmp_path, monkeypatch):
    plain_images(tmp_path / "in", 2, 3, 4)
    empty = digest(project)
    import_folder(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    full = digest(project)
    assert [s.text for s in project.journal.history()] == ["Import in"]
    project.journal.undo()
    assert digest(project) == empty
    project.journal.redo()
    assert digest(project) == full
    add_faces(project)
    for large in (journal.LARGE, 0):  # the references are checked row by row, or at the end
        monkeypatch.setattr(journal, "LARGE", large)
        with pytest.raises(RequestError, match="later work changed or uses"):
            project.journal.undo()  # the faces found in the images need them
    assert digest(project)["image"] == full["image"]


def test_a_row_changed_since_makes_undo_a_refusal(filled):
    cluster(ClusterParams(method="kmeans", n_clusters=3), QuietContext(filled))
    target = pick(filled, 0)
    store.rename_cluster(filled, target.id, "one")
    with filled.db.transaction() as connection:  # somebody who keeps no journal
        connection.execute("UPDATE cluster SET name = 'two' WHERE id = ?", (target.id,))
    with pytest.raises(RequestError, match="Cannot undo"):
        filled.journal.undo()
    assert pick(filled, 0).name == "two"


BULK = {
    "identity": (
        lambda project: edit_labels(project, [1, 2, 3], Edit(identity="Eve")),
        "UPDATE image SET identity_id = (SELECT min(id) FROM identity) WHERE id = 2",
        "SELECT * FROM image",
    ),
    "gender": (
        lambda project: edit_labels(project, [1, 2, 3], Edit(gender="f")),
        "UPDATE image SET gender = 'm' WHERE id = 2",
        "SELECT * FROM image",
    ),
    "hidden": (
        lambda project: hide_images(project, [1, 2, 3]),
        "UPDATE image SET hidden = 0 WHERE id = 2",
        "SELECT * FROM image",
    ),
    "tag": (
        lambda project: edit_labels(project, [1, 2, 3], Edit(add_tags=("x",))),
        "DELETE FROM image_tag WHERE image_id = 2",
        "SELECT * FROM image_tag",
    ),
    "face": (
        lambda project: set_identity(project, [1, 2, 3], "Eve"),
        "UPDATE face SET identity_id = NULL WHERE id = 2",
        "SELECT * FROM face",
    ),
}


@pytest.mark.parametrize("kind", BULK)
def test_rows_of_a_bulk_edit_that_were_changed_since_make_undo_a_refusal(filled, kind):
    edit, change, table = BULK[kind]
    edit(filled)
    steps = len(filled.journal.history())
    with filled.db.transaction() as connection:  # somebody who keeps no journal
        connection.execute(change)
    before = filled.db.rows(table)
    with pytest.raises(RequestError, match="later work changed or uses"):
        filled.journal.undo()
    assert filled.db.rows(table) == before  # none of the other rows is taken back either
    assert [step.undone for step in filled.journal.history()] == [False] * steps


def test_redo_of_a_bulk_edit_is_held_to_the_same(filled):
    edit_labels(filled, [1, 2, 3], Edit(gender="f"))
    filled.journal.undo()
    with filled.db.transaction() as connection:
        connection.execute("UPDATE image SET gender = 'm' WHERE id = 2")
    with pytest.raises(RequestError, match="Cannot redo"):
        filled.journal.redo()
    assert filled.db.rows("SELECT gender FROM image WHERE id < 4") == [(None,), ("m",), (None,)]


def test_a_new_edit_ends_redo(filled):
    cluster(ClusterParams(method="kmeans", n_clusters=3), QuietContext(filled))
    store.rename_cluster(filled, pick(filled, 0).id, "one")
    filled.journal.undo()
    store.rename_cluster(filled, pick(filled, 1).id, "other")
    with pytest.raises(RequestError, match="nothing to redo"):
        filled.journal.redo()


def test_keys_are_never_reused(filled):
    cluster(ClusterParams(method="kmeans", n_clusters=3), QuietContext(filled))
    first = store.split_faces(filled, need_version(filled), [1])
    filled.journal.undo()
    assert store.split_faces(filled, need_version(filled), [2]) > first


def test_a_hundred_thousand_rows(project):
    """Both ways work at size; how fast is the benchmark's business."""
    with project.db.transaction() as connection:
        connection.execute("INSERT INTO root VALUES (1, '/r', NULL)")
        connection.executemany(
            "INSERT INTO image (root_id, path, size, mtime_ns, sha256, width, height) VALUES (1, ?, 1, 1, '', 9, 9)",
            ((f"{i}.jpg",) for i in range(100_000)),
        )
        connection.execute(
            "INSERT INTO face (image_id, detector, place, top, right, bottom, left) SELECT id, 'whole', 0, 0, 9, 9, 0 FROM image"
        )
    assert set_identity(project, list(range(1, 100_001)), "everyone") == 100_000
    project.journal.undo()
    assert project.db.value("SELECT count(*) FROM face WHERE label_source IS NOT NULL") == 0


def test_undo_and_redo_copy_no_pages_to_take_a_part_back_alone(filled):
    """A savepoint of its own made the undo of a merge of 5,000 faces take 90 ms instead of 30: the transaction is one already."""
    hide_images(filled, [2])  # a bulk edit
    set_identity(filled, [1], "Somebody")
    store.add_version(filled, "x", store.NewVersion("file", {}, [store.NewCluster(0)]), [(1, 0)])
    ran: list[str] = []
    filled.db.connection.trace_v2(apsw.SQLITE_TRACE_STMT, lambda event: ran.append(event["sql"] or ""))
    for _ in range(3):
        filled.journal.undo()
    for _ in range(3):
        filled.journal.redo()
    filled.db.connection.trace_v2(0)
    assert sum(sql.startswith("COMMIT") for sql in ran) == 6
    assert not [sql for sql in ran if "SAVEPOINT" in sql.upper()]


def test_kill_in_the_middle_leaves_a_project_that_opens(tmp_path):
    plain_images(tmp_path / "in", 2, 10, 40)
    project = Project.create(tmp_path / "p.fairdesk")
    project.close()
    code = (
        "import sys; from fairdesk.cli import run; from fairdesk.dataset import image_import as importing; importing._COMMIT = 64;"
        "sys.exit(run(sys.argv[1:]))"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, "import", str(tmp_path / "p.fairdesk"), str(tmp_path / "in")],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wal = tmp_path / "p.fairdesk" / "catalog.sqlite-wal"
    deadline = time.monotonic() + 60
    while child.poll() is None and time.monotonic() < deadline and not (wal.exists() and wal.stat().st_size > 50_000):
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.wait()
    project = Project.open(tmp_path / "p.fairdesk")
    kept = project.db.value("SELECT count(*) FROM image")
    assert project.db.value("PRAGMA integrity_check") == "ok"
    result = import_folder(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    assert result.new == 800 - kept
    assert project.db.value("SELECT count(*) FROM image") == 800
    project.close()


def test_pruning_keeps_the_newest(filled):
    cluster(ClusterParams(method="kmeans", n_clusters=3), QuietContext(filled))
    for i in range(6):
        store.rename_cluster(filled, pick(filled, 0).id, f"n{i}")
    keep, journal.MAX_STEPS = journal.MAX_STEPS, 4
    try:
        filled.journal.prune()
    finally:
        journal.MAX_STEPS = keep
    assert [s.text for s in filled.journal.history()] == [f"Rename cluster to n{i}" for i in range(2, 6)]
