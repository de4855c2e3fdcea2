"""Corrections by hand never replace a verdict unseen."""

import pytest
from PySide6.QtWidgets import QMessageBox

from fairdesk.clustering import store
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import clusters, faces_of
from fairdesk.clustering.verdicts import edits as verdict_edits
from fairdesk.clustering.verdicts import saying
from fairdesk.jobs.context import QuietContext
from fairdesk.project import verdicts as verdict_rows
from fairdesk.project.verdicts import Said, verdicts
from tests.gui.conftest import answer


@pytest.fixture
def tab(window, hand, filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    hand.open(filled.folder)
    hand.go("clustering")
    told = []
    window.session.told.connect(lambda notice: told.append(notice.text))
    window.clustering.told = told
    return window.clustering


def test_a_merge_against_a_verdict_asks_first(tab, hand, qtbot, filled):
    tab.clusters.select_rows([0, 1])
    hand.settle()
    hand.do("clustering.different")
    hand.do("clustering.merge")  # at once: the verdict counts all the same
    hand.settle()
    (said,) = verdicts(filled)
    assert "different people" in hand.dialog(QMessageBox).text() and said.title in hand.dialog(QMessageBox).text()
    answer(qtbot, "Cancel")
    hand.settle()
    assert verdicts(filled) == [said] and len(clusters(filled, 1)) == 8
    hand.do("clustering.merge")
    hand.settle()
    answer(qtbot, "Merge anyway")
    hand.settle()
    assert [one.said for one in verdicts(filled)] == [Said.SAME] and len(clusters(filled, 1)) == 7
    assert "Merged 2 clusters" in tab.told[-1] and "replaces your earlier verdict 1." in tab.told[-1]
    hand.do("edit.undo")
    hand.settle()
    assert verdicts(filled) == [said]


def test_other_merges_ask_nothing(tab, hand, filled):
    first, second, third, _ = clusters(filled, 1)[:4]
    verdict_edits.say_different(filled, first, second)
    assert verdict_edits.broken_by_merge(filled, 1, first.id, [third.id]) == []
    verdict_edits.say_same(filled, second, third)  # first is not the third either
    kept = {one.id for one in clusters(filled, 1)} & {second.id, third.id}
    (broken,) = verdict_edits.broken_by_merge(filled, 1, first.id, list(kept))
    assert broken.said is Said.DIFFERENT
    before = verdicts(filled)
    tab.refresh()
    hand.settle()
    tab.clusters.select_rows([3, 4])
    hand.settle()
    hand.do("clustering.merge")
    hand.settle()
    assert verdicts(filled)[:-1] == before and "replaces" not in tab.told[-1]


def test_moving_tells_which_verdict_it_replaces(tab, hand, filled):
    first, second = clusters(filled, 1)[:2]
    face = faces_of(filled, first.id)[:1]
    verdict_edits.reject(filled, 1, face, first)
    loose = clusters(filled, 1)[-1]
    assert loose.title == "Unclustered" and faces_of(filled, loose.id) == face
    tab.move_to(face, first)
    hand.settle()
    assert "Moved 1 face" in tab.told[-1] and "replaces your earlier verdict 1." in tab.told[-1]
    assert [one.said for one in verdicts(filled)] == [Said.CONFIRMED]
    tab.move_to(face, second)
    hand.settle()
    assert "replaces your earlier verdict 2." in tab.told[-1]


def test_splitting_and_removing_tell_it_too(tab, hand, filled):
    first, second = clusters(filled, 1)[:2]
    verdict_edits.confirm(filled, 1, faces_of(filled, first.id)[:2], first)
    verdict_edits.confirm(filled, 1, faces_of(filled, second.id), second)
    tab.refresh()
    hand.settle()
    for here, action, text, gone in (
        (first, "split", "Split off", "It replaces your earlier verdict 1."),
        (second, "out", "Removed", "2 faces (6, 7) are taken out of your earlier verdict 2; the rest of it holds."),
    ):
        tab.clusters.select_cluster(here.id)
        hand.settle()
        tab.grid.select_ids(faces_of(filled, here.id)[:2])
        hand.do(f"clustering.{action}")
        hand.settle()
        assert text in tab.told[-1] and gone in tab.told[-1]


def test_what_contradicts_somebody_elses_verdict_is_told(filled, monkeypatch):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    first, second = clusters(filled, 1)[:2]
    verdict_edits.say_different(filled, first, second)
    monkeypatch.setattr(verdict_rows, "this_person", lambda: "ann")
    monkeypatch.setattr(saying, "this_person", lambda: "ann")
    _, lines = saying.correct(filled, lambda project: store.merge_clusters(project, first.id, [second.id]))
    assert len(lines) == 1 and "says the opposite" in lines[0] and len(verdicts(filled)) == 2
