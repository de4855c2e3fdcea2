"""Clusters of one title are told apart wherever one is chosen, and faces go to the one that was chosen."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDialogButtonBox

from fairdesk.clustering.naming import name_identity
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.records import Cluster
from fairdesk.clustering.store import clusters, faces_of, homes_of, rename_cluster
from fairdesk.clustering.verdicts.lost_names import lost_names
from fairdesk.gui.tabs.clustering.cluster_choice import ClusterChoice, found_by, line_of
from fairdesk.gui.tabs.clustering.foretelling import drop_foretold, merge_foretold
from fairdesk.gui.widgets.face_grid.model import MIME
from fairdesk.jobs.context import QuietContext


@pytest.fixture
def namesakes(window, hand, filled):
    """The tab, with three clusters called Ann: two groups' people, and the second cluster of one of them."""
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    every = clusters(filled, 1)
    for place, group in ((1, "African"), (3, "Asian"), (5, "African")):
        name_identity(filled, every[place].id, "Ann", group)
    hand.open(filled.folder)
    hand.go("clustering")
    return window.clustering, [every[place].id for place in (1, 3, 5)]


def select_two(tab, hand):
    """Select two faces of the first cluster."""
    tab.clusters.select_cluster(tab.view.clusters[0].id)
    hand.settle()
    faces = [int(face) for face in tab.grid.grid_model.ids[:2]]
    tab.grid.select_ids(faces)
    return faces


@pytest.mark.parametrize("which", [0, 1, 2])
def test_faces_move_to_the_one_that_was_chosen_by_the_arrow_keys(namesakes, hand, filled, qtbot, which):
    tab, named = namesakes
    faces = select_two(tab, hand)
    hand.do("clustering.move")
    dialog = hand.dialog(ClusterChoice)
    qtbot.keyClicks(dialog.field, "Ann")
    ok = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok)
    shown = dialog.list.model().stringList()
    assert len(shown) == len(set(shown)) == 3 and dialog.chosen is None and not ok.isEnabled()
    qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    assert dialog.isVisible()  # three have that title: Enter chooses none of them
    wanted = next(one for one in tab.view.clusters if one.id == named[which])
    for _ in range(shown.index(line_of(wanted)) + 1):
        qtbot.keyClick(dialog.field, Qt.Key.Key_Down)
    qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    hand.settle()
    assert set(homes_of(filled, 1, faces).values()) == {named[which]}
    said = tab.session.project.journal.next_undo()
    assert said is not None
    hand.do("edit.undo")
    hand.settle()
    assert named[which] not in homes_of(filled, 1, faces).values()


def test_a_number_means_one_of_them(namesakes, hand, filled, qtbot):
    tab, named = namesakes
    faces = select_two(tab, hand)
    hand.do("clustering.move")
    dialog = hand.dialog(ClusterChoice)
    label = next(one.label for one in tab.view.clusters if one.id == named[1])
    qtbot.keyClicks(dialog.field, str(label))
    qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    hand.settle()
    assert set(homes_of(filled, 1, faces).values()) == {named[1]}


def test_a_text_means_a_cluster_only_where_it_is_one():
    one, two = (Cluster(9, 4, None, "Ann", 3, None, group) for group in ("African", None)), None
    ann, other = one
    ben, seven, loose = (
        Cluster(1, 7, "Ben 4", None, 2, None),
        Cluster(2, 8, None, None, 1, None),
        Cluster(3, -1, None, None, 9, None),
    )
    every = [ann, other, ben, seven, loose]
    assert two is None and found_by("ann", every) == ([ann, other], None)
    assert found_by("african", every) == ([ann], ann)  # by the group
    assert found_by("7", every)[1] is ben and found_by("Cluster 8", every)[1] is seven
    assert found_by("unclustered", every)[1] is loose and found_by("nobody", every) == ([], None)
    assert found_by("", every) == (every, None)


def test_list_drop_merge_and_undo_texts_tell_them_apart(namesakes, hand, filled):
    tab, named = namesakes
    of = {one.id: one for one in tab.view.clusters}
    model = tab.clusters.cluster_model
    rows = [model.clusters.index(of[number]) for number in named]
    lines = [model.index(row).data() for row in rows]
    assert len(set(lines)) == 3 and all("Ann" in line for line in lines) and "Asian" in lines[1]
    faces = select_two(tab, hand)
    data = tab.grid.grid_model.mimeData([tab.grid.grid_model.index(0, 0)])
    assert data.hasFormat(MIME)
    dropped = [drop_foretold(data, of[number], tab.view.clusters) for number in named]
    merged = [merge_foretold(of[number], tab.view.clusters[:1]) for number in named]
    assert len(set(dropped)) == 3 and len(set(merged)) == 3
    rect = tab.clusters.visualRect(model.index(rows[2]))
    assert tab.clusters.indexAt(rect.center() + QPoint(0, 0)).row() == rows[2]
    tab.move_to(faces, of[named[2]])  # what dropping on that row does
    hand.settle()
    assert set(homes_of(filled, 1, faces).values()) == {named[2]}


def test_only_shared_titles_carry_a_number(filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    every = clusters(filled, 1)
    assert [one.told for one in every] == [one.title for one in every]
    name_identity(filled, every[1].id, "Ann", "African")
    rename_cluster(filled, every[2].id, "Ben")
    assert {one.told for one in clusters(filled, 1)} >= {"Ann", "Ben"}
    name_identity(filled, every[3].id, "Ann", "")
    told = {one.id: one.told for one in clusters(filled, 1)}
    assert told[every[1].id] == f"Ann (cluster {every[1].label}, African)"
    assert told[every[3].id] == f"Ann (cluster {every[3].label}, no group)"
    assert told[every[2].id] == "Ben"


def test_a_merge_of_namesakes_says_that_faces_keep_the_other_group(filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    every = clusters(filled, 1)
    name_identity(filled, every[1].id, "Ann", "African")
    name_identity(filled, every[3].id, "Ann", "Asian")
    of = {one.id: one for one in clusters(filled, 1)}
    keep, gone = of[every[1].id], of[every[3].id]
    lines = lost_names(filled, keep, [(gone, faces_of(filled, gone.id))])
    assert any("keep the identity Ann in group Asian" in line for line in lines)


def test_the_figures_are_readable_in_a_small_window(namesakes, window, hand):
    tab, _ = namesakes
    window.resize(1024, 700)
    tab.clusters.selectAll()  # what is said of the selection takes no room from them
    hand.settle()
    line = tab.quality
    shown = line.fontMetrics().elidedText(line.text(), Qt.TextElideMode.ElideRight, line.width())
    assert "BCubed F1" in shown and "pairwise F1" in shown
    assert line.toolTip() == line.text() and line.text().endswith("40 faces")
    rows = [line.mapTo(tab, QPoint(0, 0)).y(), tab.selected.mapTo(tab, QPoint(0, 0)).y()]
    assert rows[0] > rows[1] and tab.selected.text().startswith("Merge 8 clusters")
