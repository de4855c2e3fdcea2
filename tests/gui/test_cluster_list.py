"""The list of clusters stays put; faces show what was said of them; verdicts by key."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import clusters, faces_of
from fairdesk.gui.dialogs.name_dialog import NameDialog
from fairdesk.gui.dialogs.verdicts_dialog import VerdictsDialog
from fairdesk.gui.tabs.clustering.presenter import Order
from fairdesk.jobs.context import QuietContext
from fairdesk.project.faces import names_of_faces, set_identity
from fairdesk.project.verdicts import Said, verdicts


@pytest.fixture
def tab(window, hand, filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    hand.open(filled.folder)
    hand.go("clustering")
    return window.clustering


def listed(tab):
    return [c.id for c in tab.clusters.cluster_model.clusters]


def test_a_correction_moves_nothing_in_the_list(tab, hand):
    before = listed(tab)
    tab.clusters.select_rows([2])
    hand.settle()
    tab.grid.select_ids([int(tab.grid.grid_model.ids[0])])
    hand.do("clustering.split")
    hand.settle()
    after = listed(tab)
    assert [c for c in after if c in before] == before and len(after) == 9
    new = next(c for c in after if c not in before)
    assert after.index(new) == 3  # below the one that it came from, though it is the smallest
    tab.clusters.select_rows([5, 6])
    hand.settle()
    hand.do("clustering.merge")
    hand.settle()
    assert [c for c in listed(tab) if c in after] == [c for c in after if c in listed(tab)]
    tab._sort()
    assert [c.faces for c in tab.clusters.cluster_model.clusters] == [10, 5, 5, 5, 5, 5, 4, 1]
    for _ in range(2):
        hand.do("edit.undo")
        hand.settle()
    assert sorted(listed(tab)) == sorted(before)


def test_orders_and_finding(tab, hand, filled):
    first = clusters(filled, 1)[4]
    set_identity(filled, faces_of(filled, first.id)[:2], "Somebody else")
    tab.session.look()
    hand.settle()
    tab.order.setCurrentIndex(tab.order.findData(Order.MIXED))
    tab.order.activated.emit(0)
    hand.settle()
    assert listed(tab)[0] == first.id
    tab.order.setCurrentIndex(tab.order.findData(Order.WRONG))
    tab.order.activated.emit(0)
    hand.settle()
    assert listed(tab)[0] == first.id  # all are alike but for its labels
    assert "called otherwise" in tab.clusters.cluster_model.index(0).data(Qt.ItemDataRole.ToolTipRole)
    tab.clusters.select_cluster(first.id)
    hand.settle()
    hand.do("clustering.nearest")
    hand.settle()
    near = tab._centres.nearest(first.id)
    assert listed(tab) == [first.id, *sorted(near, key=near.get)]
    tab.clusters.select_rows([0, 1])  # the one-key merge
    hand.settle()
    hand.do("clustering.merge")
    hand.settle()
    assert len(listed(tab)) == 7
    hand.do("edit.undo")
    hand.settle()
    title = tab.view.clusters[0].title
    tab.find_name.setText(title)
    assert [c.title for c in tab.clusters.cluster_model.clusters] == [title]
    tab.find_name.setText("")
    assert len(listed(tab)) == 8
    for order in Order:
        tab.order.setCurrentIndex(tab.order.findData(order))
        tab.order.activated.emit(0)
        hand.settle()
        assert len(listed(tab)) == 8


def test_outliers_come_first_and_tips_say_the_margin(tab, hand, filled):
    tab.clusters.select_rows([0])
    hand.settle()
    ids = tab.grid.grid_model.ids.tolist()
    recipe = filled.vectors.choose().recipe
    faces, vectors = filled.vectors.load(recipe)
    mine = vectors[np.isin(faces, ids)]
    away = dict(zip(faces[np.isin(faces, ids)].tolist(), np.linalg.norm(mine - mine.mean(0), axis=1), strict=True))
    assert ids == sorted(ids, key=lambda face: -away[face])
    tip = "\n".join(tab.grid.grid_model.notes[ids[0]])
    assert f"{away[ids[0]]:.3f}" in tip and "Next cluster" in tip and "farther" in tip


def test_verdicts_by_key_are_shown_on_the_face_and_listed(window, tab, hand, filled, qtbot):
    tab.clusters.select_rows([0])
    hand.settle()
    ids = [int(i) for i in tab.grid.grid_model.ids]
    f1 = tab.view.quality.bcubed_f1
    tab.grid.select_ids(ids[:2])
    hand.do("clustering.confirm")
    hand.settle()
    assert [v.said for v in verdicts(filled)] == [Said.CONFIRMED] and tab.grid.grid_model.marks[ids[0]] == "✓"
    assert any("confirmed" in line for line in tab.grid.grid_model.notes[ids[0]])
    tab.grid.select_ids(ids[2:3])
    hand.do("clustering.reject")
    hand.settle()
    assert ids[2] not in tab.grid.grid_model.ids and tab.view.quality.bcubed_f1 < f1  # figures follow
    assert f"{tab.view.quality.bcubed_f1:.3f}" in tab.quality.text()
    tab.grid.select_ids(ids[3:4])
    hand.do("clustering.ignore")
    hand.settle()
    tab.clusters.select_rows([0, 1])
    hand.settle()
    hand.do("clustering.different")
    hand.settle()
    assert [v.said for v in verdicts(filled)] == [Said.CONFIRMED, Said.NOT, Said.IGNORED, Said.DIFFERENT]
    hand.do("clustering.verdicts")
    dialog = hand.dialog(VerdictsDialog)
    hand.settle()
    assert dialog.table.rowCount() == 4 and dialog.table.item(0, 1).text() == "different people"
    assert dialog.told.text() == "No verdict contradicts another."
    dialog.table.selectRow(0)
    dialog.remove.click()
    hand.settle()
    qtbot.waitUntil(lambda: dialog.table.rowCount() == 3, timeout=10_000)
    assert len(verdicts(filled)) == 3
    dialog.reject()
    for _ in range(5):
        hand.do("edit.undo")
        hand.settle()
    assert verdicts(filled) == [] and tab.view.quality.bcubed_f1 == pytest.approx(f1)


def press(hand, text):
    asked = hand.dialog(QMessageBox)
    told = asked.text()
    next(b for b in asked.buttons() if b.text().replace("&", "") == text).click()
    hand.settle()
    return told


def test_a_name_that_exists_is_asked_about_before_it_joins(tab, hand, filled, qtbot):
    first, second = clusters(filled, 1)[:2]
    set_identity(filled, faces_of(filled, first.id), "Ann", "g0")
    set_identity(filled, faces_of(filled, second.id)[:3], "Bea", "g1")
    set_identity(filled, faces_of(filled, second.id)[3:], "Cleo", "g1")
    tab.session.look()
    hand.settle()
    tab.clusters.select_cluster(second.id)
    hand.settle()

    def name(group):
        hand.do("clustering.identity")
        hand.settle()
        dialog = hand.dialog(NameDialog)
        filled_in = dialog.name.text()
        dialog.name.setText("Ann")
        dialog.group.setCurrentText(group)
        dialog.accept()
        hand.settle()
        return filled_in

    def called():
        names = names_of_faces(filled, "whole")
        return {names[face] for face in faces_of(filled, second.id)}

    assert name("") == "Bea"  # the name that most of its faces have
    told = press(hand, "Cancel")
    assert told == "Join the 5 images of Ann in g0?\n5 faces change their group from g1 to g0."
    assert called() == {("Bea", "g1"), ("Cleo", "g1")}
    name("g0")
    press(hand, "A new Ann in g1")
    assert called() == {("Ann", "g1")}
    assert name("g0") == "Ann"
    press(hand, "Join")
    assert called() == {("Ann", "g0")}
