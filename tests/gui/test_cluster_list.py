"""The list of clusters stays put; faces show what was said of them; verdicts by key."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from fairdesk.clustering.files.cluster_files import load_clusters, write_clusters
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams, LoadClustersParams
from fairdesk.clustering.store import NewCluster, NewVersion, add_version, clusters, faces_of, recipe_of, rename_cluster
from fairdesk.gui.dialogs.name_dialog import NameDialog
from fairdesk.gui.dialogs.verdicts_dialog import VerdictsDialog
from fairdesk.gui.tabs.clustering.presenter import Order, look
from fairdesk.gui.tabs.clustering.shown_faces import Centres, shown_faces, why_not_nearest
from fairdesk.jobs.context import QuietContext
from fairdesk.project.faces import names_of_faces, set_identity
from fairdesk.project.verdicts import Said, verdicts
from tests.conftest import add_faces


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


def test_the_nearest_clusters_of_a_loaded_clustering(tab, hand, filled, tmp_path):
    """By the embeddings that its map is drawn by; where its faces have none, that is said."""
    write_clusters(filled, 1, tmp_path / "mine.json")
    loaded = load_clusters(LoadClustersParams(file=tmp_path / "mine.json"), QuietContext(filled)).version
    assert recipe_of(filled, loaded) is None
    tab.session.look()
    hand.settle()
    tab.version.setCurrentIndex(tab.version.findData(loaded))
    tab.version.activated.emit(tab.version.currentIndex())
    hand.settle()
    assert tab.view.version.id == loaded
    first = clusters(filled, loaded)[4]
    tab.clusters.select_cluster(first.id)
    hand.settle()
    said = []
    tab.session.told.connect(said.append)
    hand.do("clustering.nearest")
    hand.settle()
    near = tab._centres.nearest(first.id)
    vectors = dict(zip(*filled.vectors.load(filled.vectors.choose().recipe), strict=True))
    middle = {one.id: np.mean([vectors[f] for f in faces_of(filled, one.id)], axis=0) for one in tab.view.clusters}
    away = {one: np.linalg.norm(middle[one] - middle[first.id]) for one in middle if one != first.id}
    assert listed(tab) == [first.id, *sorted(away, key=away.get)] and near == pytest.approx(away, rel=1e-4) and not said
    for version, centres in ((loaded, None), (1, tab._centres)):
        assert bool(why_not_nearest(centres, first)) == (version == loaded)


def test_of_faces_without_embeddings_it_is_said_that_none_is_nearest(tab, hand, filled):
    with filled.db.transaction() as connection:
        for (image,) in filled.db.rows("SELECT id FROM image"):
            connection.execute("INSERT INTO detection VALUES (?, 'other', 1, NULL)", (image,))
            connection.execute(
                "INSERT INTO face (image_id, detector, place, top, right, bottom, left) VALUES (?, 'other', 0, 0, 9, 9, 0)",
                (image,),
            )
    faces = filled.db.numbers("SELECT id AS n FROM face WHERE detector = 'other' ORDER BY id").tolist()
    half = len(faces) // 2
    made = add_version(
        filled, "Load", NewVersion("file", {"detector": "other"}, [NewCluster(0), NewCluster(1)]),
        [(face, int(place >= half)) for place, face in enumerate(faces)],
    )  # fmt: skip
    tab.session.look()
    hand.settle()
    tab.version.setCurrentIndex(tab.version.findData(made))
    tab.version.activated.emit(tab.version.currentIndex())
    hand.settle()
    tab.clusters.select_rows([0])
    hand.settle()
    said = []
    tab.session.told.connect(lambda notice: said.append(notice.text))
    hand.do("clustering.nearest")
    hand.settle()
    assert len(said) == 1 and "no embeddings" in said[0] and "Compute" in said[0]


@pytest.mark.parametrize("key", [Qt.Key.Key_Home, Qt.Key.Key_Up, Qt.Key.Key_Left])
def test_the_first_key_in_the_grid_selects_the_first_face(tab, hand, qtbot, key):
    tab.clusters.select_rows([0])
    hand.settle()
    tab.grid.setFocus()
    qtbot.waitUntil(tab.grid.hasFocus)
    qtbot.keyClick(tab.grid, key)
    assert tab.grid.selected_ids() == [int(tab.grid.grid_model.ids[0])]
    tab.clusters.select_rows([1])
    hand.settle()
    qtbot.keyClick(tab.grid, key)
    assert tab.grid.selected_ids() == [int(tab.grid.grid_model.ids[0])]


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

    assert name("g0") == "Bea"  # the name that most of its faces have
    told = press(hand, "Cancel")
    assert told == (
        "Join the 5 images of Ann in g0?\n3 of these 5 faces are of Bea; they would become Ann's. 2 of these 5 faces are of "
        "Cleo; they would become Ann's. To leave them as they are, cancel, and first take them out of the cluster.\n"
        "5 faces change their group from g1 to g0."
    )
    assert called() == {("Bea", "g1"), ("Cleo", "g1")}
    again = hand.dialog(NameDialog)  # what was typed is not lost
    assert again.name.text() == "Ann" and again.group.currentText() == "g0"
    again.reject()
    hand.settle()
    name("")  # no group: theirs stays, and Enter twice makes a new person of it
    box = hand.dialog(QMessageBox)
    assert box.defaultButton().text() == "A new person" and "Ann in g0 has 5 images." in box.text()
    press(hand, "A new person")
    assert press(hand, "Name them").startswith("3 of these 5 faces are of Bea")
    assert called() == {("Ann", "g1")}
    hand.do("edit.undo")
    hand.settle()
    assert called() == {("Bea", "g1"), ("Cleo", "g1")}
    name("g0")
    press(hand, "A new Ann in g1")
    assert called() == {("Ann", "g1")}
    assert name("g0") == "Ann"
    press(hand, "Join")
    assert called() == {("Ann", "g0")}


def test_a_name_that_differs_in_case_alone_is_asked_about(tab, hand, filled):
    first, second, third = clusters(filled, 1)[:3]
    for one, called in ((first, "Ann Lee"), (second, "Bea"), (third, "Cleo")):
        set_identity(filled, faces_of(filled, one.id), called, "g0")
    tab.session.look()
    hand.settle()

    def name(cluster, typed):
        tab.clusters.select_cluster(cluster.id)
        hand.settle()
        hand.do("clustering.identity")
        hand.settle()
        dialog = hand.dialog(NameDialog)
        dialog.name.setText(typed)
        dialog.accept()
        hand.settle()

    def called(cluster):
        names = names_of_faces(filled, "whole")
        return {names[face] for face in faces_of(filled, cluster.id)}

    name(second, "ann  lee ")
    told = press(hand, "This is Ann Lee (g0)")
    assert (
        told
        == "Ann Lee in g0 has 5 images.\n“ann  lee” differs in case, accents or blanks alone. Is it the same person?"
    )
    assert called(second) == {("Ann Lee", "g0")}
    name(third, "ANN LEE")
    press(hand, "A new person")
    assert called(third) == {("ANN LEE", "g0")}
    name(third, "Anna Lee")  # another name: nothing is asked
    assert called(third) == {("Anna Lee", "g0")}


def test_the_figures_say_on_how_many_faces_they_rest(tab, hand, filled):
    assert "against the known and confirmed identities (40 faces of 8 people)" in tab.quality.text()
    every = sorted(names_of_faces(filled, "whole"))
    set_identity(filled, every[9:], None)
    tab.session.look()
    hand.settle()
    assert "against the known and confirmed identities (9 faces of 2 people)" in tab.quality.text()
    done = cluster(ClusterParams(eps=0.8), QuietContext(filled))
    assert "Against known identities (9 faces of 2 people): pairwise" in done.text()
    assert (done.known_faces, done.known_people) == (9, 2)


def test_the_selected_are_what_qt_says(tab):
    rng = np.random.default_rng(4)
    model, chosen = tab.clusters.cluster_model, tab.clusters.selectionModel()
    for _ in range(60):
        row = int(rng.integers(0, model.rowCount()))
        chosen.select(model.index(row), chosen.SelectionFlag.Toggle)
        rows = sorted(index.row() for index in chosen.selectedRows())
        assert [one.id for one in tab.clusters.selected()] == [model.clusters[n].id for n in rows]


def test_distances_are_of_the_embeddings_of_the_version(filled):
    """Two versions of the same faces by two encoders: what was read for one is not used for the other."""
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    add_faces(filled, encoder="another", spread=0.5, seed=7)
    cluster(ClusterParams(eps=0.8, encoder="another", method="kmeans", n_clusters=8), QuietContext(filled))
    views = [look(filled, number) for number in (1, 2)]
    first = Centres.read(filled, views[0].version, views[0].faces, views[0].homes)
    again = Centres.read(filled, views[0].version, views[0].faces, views[0].homes, first)
    assert again is first
    own = Centres.read(filled, views[1].version, views[1].faces, views[1].homes)
    carried = Centres.read(filled, views[1].version, views[1].faces, views[1].homes, first)
    assert np.array_equal(own.away, carried.away) and not np.allclose(own.away, first.away)
    for place, number in enumerate(own.numbers):  # as numpy says one by one
        mine = own.vectors[own.home == number]
        assert np.allclose(own.middle[place], mine.mean(axis=0), atol=1e-5)
        assert own.spread[place] == pytest.approx(np.linalg.norm(mine - mine.mean(axis=0), axis=1).mean(), abs=1e-5)


def test_faces_stand_by_cluster_and_the_farthest_first(filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    view = look(filled, 1)
    centres = Centres.read(filled, view.version, view.faces, view.homes)
    away = dict(zip(centres.faces.tolist(), centres.away.tolist(), strict=True))
    chosen = [view.clusters[3], view.clusters[0]]
    shown = shown_faces(filled, view.version.id, chosen, centres, {one.id: one.title for one in view.clusters})
    wanted = [face for one in chosen for face in sorted(faces_of(filled, one.id), key=lambda face: -away[face])]
    assert shown.ids.tolist() == wanted
    only = np.array(wanted[1:4] + wanted[6:8]), np.repeat([chosen[0].id, chosen[1].id], [3, 2])
    assert (
        shown_faces(filled, view.version.id, view.clusters, centres, {}, only).ids.tolist() == wanted[6:8] + wanted[1:4]
    )
    assert not len(shown_faces(filled, view.version.id, [], centres, {}).ids)


def test_a_merge_tells_of_the_name_that_is_dropped(tab, hand, window, filled):
    first, second = clusters(filled, 1)[:2]
    for one, name in ((first, "Ann"), (second, "Bob")):
        window.session.edit(lambda project, one=one, name=name: rename_cluster(project, one.id, name), "")
        hand.settle()
    tab.clusters.select_rows([0, 1])
    hand.settle()
    told = []
    window.session.told.connect(lambda notice: told.append(notice.text))
    hand.do("clustering.merge")
    hand.settle()
    assert any("is called Ann; the name Bob is dropped." in text for text in told), told
