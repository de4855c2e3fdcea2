"""What a merge or a move would do is said before it is done, with the counts that it then has."""

import json

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPointF, Qt
from PySide6.QtGui import QDragLeaveEvent, QDragMoveEvent, QDropEvent

from fairdesk.clustering import store
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import UNCLUSTERED, clusters
from fairdesk.gui.tabs.clustering.foretelling import drop_foretold, merge_foretold
from fairdesk.gui.widgets.face_grid.model import data_of
from fairdesk.jobs.context import QuietContext


@pytest.fixture
def tab(window, hand, filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    mine = clusters(filled, 1)
    store.rename_cluster(filled, mine[2].id, "Ann")
    store.merge_clusters(filled, mine[3].id, [mine[4].id])  # of ten faces
    hand.open(filled.folder)
    hand.go("clustering")
    return window.clustering


def at(tab, row):
    return QPointF(tab.clusters.visualRect(tab.clusters.cluster_model.index(row)).center())


def over(tab, data, row):
    keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    move = QDragMoveEvent(at(tab, row).toPoint(), Qt.DropAction.CopyAction, data, *keys)
    tab.clusters.dragMoveEvent(move)
    return tab.clusters.drop_text


def dragged(numbers):
    data = QMimeData()
    data.setData("application/x-fairdesk-clusters", QByteArray(json.dumps(numbers).encode()))
    return data


def test_several_selected_clusters_say_what_merging_them_does(tab, hand, filled):
    rows = [row for row, one in enumerate(tab.clusters.cluster_model.clusters) if one.title == "Ann" or one.faces == 10]
    tab.clusters.select_rows([*rows, rows[-1] + 1])
    hand.settle()
    assert tab.selected.text() == "Merge 3 clusters, 20 faces, into Ann"
    hand.do("clustering.merge")
    hand.settle()
    ann = next(one for one in clusters(filled, 1) if one.name == "Ann")
    assert ann.faces == 20


def test_the_row_that_something_is_dragged_over_says_what_dropping_it_does(tab, hand, filled):
    every = tab.clusters.cluster_model.clusters
    ann = next(row for row, one in enumerate(every) if one.title == "Ann")
    some = [one for one in every if one.faces == 5 and one.title != "Ann"][:2]
    data = dragged([one.id for one in some])
    assert over(tab, data, ann) == "Merge 3 clusters, 15 faces, into Ann"
    assert over(tab, dragged([every[ann].id]), ann) == ""
    tab.clusters.dragLeaveEvent(QDragLeaveEvent())
    assert (tab.clusters.drop_row, tab.clusters.drop_text) == (-1, "")
    faces = data_of(np.array(store.faces_of(filled, some[0].id)[:3]))
    assert over(tab, faces, ann) == "Move 3 faces to Ann"
    assert over(tab, data, ann)
    keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    tab.clusters.dropEvent(QDropEvent(at(tab, ann), Qt.DropAction.CopyAction, data, *keys))
    hand.settle()
    assert tab.clusters.drop_text == ""
    assert next(one.faces for one in clusters(filled, 1) if one.name == "Ann") == 15


def test_words(filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    first, second, *_ = clusters(filled, 1)
    long = store.Cluster(first.id, 0, "x" * 100, None, 1, None)
    assert merge_foretold(long, [long, second]).endswith("into " + "x" * 23 + "…")
    loose = store.Cluster(99, UNCLUSTERED, None, None, 7, None)
    assert drop_foretold(data_of(np.array([1, 2])), loose, []) == "Remove 2 faces from their clusters"
    assert drop_foretold(dragged([first.id]), loose, [first, loose]) == ""
