"""The map in the window: a lasso, its keys, and one selection with the grid and the list."""

import itertools

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPolygonF
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox, QToolTip

from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import clusters, faces_of
from fairdesk.figures.point_raster import colours
from fairdesk.gui.widgets.map_overlays import elided, rows_of
from fairdesk.gui.widgets.point_map import PointMap
from fairdesk.jobs.context import QuietContext

NONE, SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)  # fmt: skip


@pytest.fixture
def points(qtbot):
    made = PointMap()
    qtbot.addWidget(made)
    made.resize(600, 500)
    made.show()
    places = np.random.default_rng(2).normal(size=(3000, 2)).astype(np.float32)
    made.show_points(places)
    of = np.arange(3000) % 5 - 1
    made.show_colours(of, list("abcd"), colours(4), np.full(4, 600))
    made.grab()
    return made


def drag(qtbot, widget, places, keys=NONE, button=Qt.MouseButton.LeftButton):
    qtbot.mousePress(widget, button, keys, QPoint(*places[0]))
    for place in places[1:]:
        at = QPointF(*place)
        move = QMouseEvent(QEvent.Type.MouseMove, at, widget.mapToGlobal(at), Qt.MouseButton.NoButton, button, keys)
        QApplication.sendEvent(widget, move)
    qtbot.mouseRelease(widget, button, keys, QPoint(*places[-1]))


def inside(widget, corners):
    """By Qt's own test of a point in a polygon."""
    outline = QPolygonF([QPointF(*corner) for corner in corners])
    return np.array(
        [outline.containsPoint(widget.at(row), Qt.FillRule.OddEvenFill) for row in range(len(widget.selection))]
    )


STAR = [(150, 80), (450, 420), (300, 60), (120, 430), (500, 200)]


def test_a_lasso_holds_what_lies_in_it(points, qtbot):
    told = []
    points.picked.connect(lambda: told.append(int(points.selection.sum())))
    for zoom in (1, 3):
        points.zoom(zoom)
        points._choose(points._only(-1), NONE)
        drag(qtbot, points, STAR)
        expected = inside(points, STAR)
        assert expected.sum() > 100
        assert (points.selection != expected).sum() <= 0.03 * len(expected)  # those on the outline
    before = points.selection.copy()
    box = [(200, 150), (400, 150), (400, 350), (200, 350)]
    points._choose(points._only(-1), NONE)
    drag(qtbot, points, box)
    held = points.selection.copy()
    for keys, wanted in ((SHIFT, before | held), (CTRL, before ^ held), (ALT, before & ~held)):
        points.select(before)
        drag(qtbot, points, box, keys)
        np.testing.assert_array_equal(points.selection, wanted)
    count = len(told)
    points.select(held)  # by the program: nobody is told
    assert len(told) == count


def test_zooming_keeps_what_is_under_the_pointer_and_panning_moves_it(points, qtbot):
    row = int(points.in_sight()[2][7])
    place = points.at(row)
    points.zoom(2.5, place)
    assert (points.at(row) - place).manhattanLength() < 0.01
    drag(qtbot, points, [(300, 300), (310, 305), (340, 320)], button=Qt.MouseButton.RightButton)
    assert (points.at(row) - place - QPointF(40, 20)).manhattanLength() < 0.01
    points.fit()
    seen = points.in_sight()[2]
    assert len(seen) == 3000
    qtbot.keyClick(points, Qt.Key.Key_Left)
    assert len(points.in_sight()[2]) < 3000
    qtbot.keyClick(points, Qt.Key.Key_Home)
    assert len(points.in_sight()[2]) == 3000
    points.select(np.hypot(points._places[:, 0] - 1, points._places[:, 1]) < 0.15)
    qtbot.keyClick(points, Qt.Key.Key_End)
    assert set(np.flatnonzero(points.selection)) <= set(points.in_sight()[2]) and len(points.in_sight()[2]) < 200


def test_clicks_keys_and_the_legend(points, qtbot):
    row = int(np.abs(points._places).sum(axis=1).argmax())  # alone at the edge
    qtbot.mouseClick(points, Qt.MouseButton.LeftButton, NONE, points.at(row).toPoint())
    assert np.flatnonzero(points.selection).tolist() == [row]
    rect, line = points._lines()[1]
    qtbot.mouseClick(points, Qt.MouseButton.LeftButton, NONE, rect.center())
    assert (points.selection == (points._of == line[2])).all()
    qtbot.keyClick(points, Qt.Key.Key_A, CTRL)
    assert points.selection.all()
    qtbot.keyClick(points, Qt.Key.Key_Escape)
    assert not points.selection.any()
    opened = []
    points.opened.connect(opened.append)
    qtbot.mouseDClick(points, Qt.MouseButton.LeftButton, NONE, points.at(row).toPoint())
    assert opened == [row]
    points._hover(row)
    qtbot.keyClick(points, Qt.Key.Key_Space)
    assert opened == [row, row]


def test_colours_of_the_picture_are_those_of_the_points(points):
    points.select(points._of == 2)
    found = points.picture()
    row = next(
        row for row in np.flatnonzero(points._of == 2).tolist()
        if all(((points.at(row) - points.at(o)).manhattanLength() > 14) for o in range(3000) if o != row)
    )  # fmt: skip
    place = points.at(row).toPoint() * found.devicePixelRatio()
    assert found.pixelColor(place).name() == colours(4)[2].lower()


@pytest.fixture
def tab(window, hand, filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    hand.open(filled.folder)
    hand.go("clustering")
    hand.do("clustering.map")
    hand.settle()
    return window.clustering


def test_one_selection_on_map_grid_and_list(tab, hand, filled, qtbot):
    shown = tab.map.map
    assert tab.map.isVisible() and len(shown.selection) == 40
    first, second, third = clusters(filled, 1)[:3]
    tab.clusters.select_cluster(second.id)
    hand.settle()
    points = tab.map._points
    assert set(points.faces[shown.selection].tolist()) == set(faces_of(filled, second.id))
    tab.grid.select_ids(faces_of(filled, second.id)[:2])
    assert set(points.faces[shown.selection].tolist()) == set(faces_of(filled, second.id)[:2])
    some = [*faces_of(filled, first.id)[:3], *faces_of(filled, third.id)]
    shown._choose(np.isin(points.faces, some), NONE)
    hand.settle()
    assert set(tab.grid.selected_ids()) == set(some) == set(tab.grid.grid_model.ids.tolist())
    assert {one.id for one in tab.clusters.selected()} == {first.id, third.id}
    hand.do("clustering.split")  # a correction of what the lasso holds
    hand.settle()
    assert sorted(c.faces for c in clusters(filled, 1)) == [2, 5, 5, 5, 5, 5, 5, 8]
    assert set(tab.grid.grid_model.ids.tolist()) == set(some)  # still what was picked
    homes = lambda: {c.id for c in clusters(filled, 1) if set(faces_of(filled, c.id)) & set(some)}
    assert len(homes()) == 1 and {one.id for one in tab.clusters.selected()} == homes()  # the list follows the edit
    hand.do("edit.undo")
    hand.settle()
    assert {one.id for one in tab.clusters.selected()} == homes() == {first.id, third.id}
    hand.do("edit.redo")
    hand.settle()
    assert {one.id for one in tab.clusters.selected()} == homes()
    tab.clusters.select_cluster(second.id)
    hand.settle()
    assert set(tab.grid.grid_model.ids.tolist()) == set(faces_of(filled, second.id))
    hand.do("edit.undo")
    hand.settle()
    assert len(clusters(filled, 1)) == 8


def test_a_lasso_around_nothing_selects_nothing(tab, hand, filled, window):
    shown = tab.map.map
    shown._choose(np.ones(40, dtype=bool), NONE)
    hand.settle()
    assert tab.grid.selected_count() == 40
    shown._choose(np.zeros(40, dtype=bool), NONE)
    hand.settle()
    assert tab.grid.grid_model.rowCount() == 0 and tab.grid.selected_count() == 0 and tab.clusters.selected() == []
    window.refresh_actions()
    assert not any(window.book.actions[f"clustering.{name}"].isEnabled() for name in ("merge", "ignore", "confirm"))
    tab.clusters.select_cluster(clusters(filled, 1)[0].id)
    hand.settle()
    assert tab.grid.grid_model.rowCount() == 5


def test_colours_layouts_and_the_job(tab, hand, filled, qtbot):
    pane = tab.map
    assert pane.method.currentData() == "pca" and not pane.make.isHidden()
    pane.by.setCurrentIndex(pane.by.findData("group"))
    pane.by.activated.emit(pane.by.currentIndex())
    hand.settle()
    assert [line[0] for line in pane.map._legend] == ["g0  20", "g1  20"]
    pane.method.setCurrentIndex(pane.method.findData("tsne"))
    pane.method.activated.emit(pane.method.currentIndex())
    hand.settle()
    assert not len(pane.map.selection) and "no t-SNE map" in pane.map.empty_text
    tab.session.run("map", {"method": "tsne", "version": 1})
    hand.finish_job("map")
    hand.settle()
    assert len(pane.map.selection) == 40 and pane.method.currentData() == "tsne" and pane.make.isHidden()


def test_hovering_shows_the_face_and_the_right_button_a_menu(tab, hand, qtbot):
    shown = tab.map.map
    shown.zoom(1.01)
    shown._hover(3)
    hand.settle()
    assert shown.items[3].id == int(tab.map._points.faces[3])
    assert shown.said_of(3)[0].startswith("Cluster ") and shown.said_of(3)[-1] in ("g0", "g1")
    qtbot.mouseClick(shown, Qt.MouseButton.RightButton, NONE, shown.at(3).toPoint())
    hand.settle()
    menu = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QMenu) and w.isVisible())
    assert any(action.text() == tab._book.actions["clustering.split"].text() for action in menu.actions())
    menu.close()
    assert tab.grid.selected_count() == 1


def test_merging_what_a_lasso_holds_asks_where_it_is_much(tab, hand, filled, monkeypatch):
    monkeypatch.setattr("fairdesk.gui.tabs.clustering.merging.MANY", 3)
    hand.settle()
    tab.map.map._choose(np.ones(40, dtype=bool), NONE)
    hand.settle()
    for button, count in (("Cancel", 8), ("Merge", 1)):
        hand.do("clustering.merge")
        hand.settle()
        asked = hand.dialog(QMessageBox)
        assert asked.text().startswith("Merge 8 clusters with 40 faces into Cluster")
        next(b for b in asked.buttons() if b.text().replace("&", "") == button).click()
        hand.settle()
        assert len(clusters(filled, 1)) == count


def test_what_changed_while_another_tab_was_shown_is_on_the_map(window, hand, filled):
    from fairdesk.project.images import hide_images

    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    hand.open(filled.folder)
    hand.go("clustering")
    hand.do("clustering.map")
    hand.settle()
    shown = window.clustering.map.map
    assert len(shown.selection) == 40
    hand.go("dataset")
    window.session.edit(lambda project: hide_images(project, list(range(1, 16))), lambda _: "hidden")
    hand.settle()
    hand.go("clustering")
    assert len(shown.selection) == 25
    hand.do("edit.undo")  # goes to the Dataset tab, where it was done
    hand.settle()
    hand.go("clustering")
    assert len(shown.selection) == 40


def test_what_is_in_sight_is_selected_by_a_key(points, qtbot):
    points.zoom(4)
    for _ in range(2):
        qtbot.keyClick(points, Qt.Key.Key_Right)
    qtbot.keyClick(points, Qt.Key.Key_V)
    left = points._lines()[0][0].right()  # of that is the legend's ground
    seen = np.array([left < (p := points.at(row)).x() < 600 and 0 <= p.y() < 500 for row in range(3000)])
    assert 50 < seen.sum() < 2000 and (points.selection != seen).sum() <= 3  # those on the edge
    first = points.selection.copy()
    for _ in range(6):
        qtbot.keyClick(points, Qt.Key.Key_Left)
    qtbot.keyClick(points, Qt.Key.Key_V, SHIFT)
    assert (points.selection | ~first).all() and points.selection.sum() > first.sum()


@pytest.mark.parametrize("size", [(160, 140), (200, 300), (300, 180), (420, 176), (480, 180), (560, 480), (900, 500)])
def test_the_legend_covers_no_point(points, qtbot, size):
    points.show_colours(points._of, ["a person with a name that is long"] * 4, colours(4), np.full(4, 600))
    points.resize(*size)
    qtbot.waitUntil(lambda: (points.width(), points.height()) == size)
    right = max((rect.right() for rect, _ in points._lines()), default=-1)
    bottom = max((rect.bottom() for rect, _ in points._lines()), default=-1)
    assert (right >= 0) == (size[0] >= 200) and right < 0.4 * size[0] and bottom < size[1]
    for move in (points.fit, lambda: points.zoom(3.0), lambda: points.pan(points.at(0) - points.at(1))):
        move()
        x, _, rows = points.in_sight()
        assert (x > right).all() and (len(rows) == 3000 or move is not points.fit)
    if right > 0:  # its ground is its own from top to bottom
        image = points.grab().toImage()
        ground = points.palette().base().color()
        below = [image.pixelColor(right - 2, y) for y in range(bottom + 4, size[1] - 1)]
        assert all(colour == ground for colour in below)


def where(window, qtbot, start):
    """Return what has the focus after P has shown the map, and hidden it."""
    start.setFocus()
    qtbot.waitUntil(start.hasFocus)
    for shown in (True, False):
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_P)
        qtbot.waitUntil(lambda shown=shown: window.clustering.map.isVisible() == shown)
    return window.focusWidget()


def test_hiding_the_map_gives_the_focus_back(window, hand, tab, qtbot):
    tab.map_button.toggle()
    for widget in (tab.grid, tab.clusters, tab.order):
        assert where(window, qtbot, widget) is widget
    tab.map_button.setFocus()
    tab.map_button.click()
    hand.settle()
    assert tab.map.map.hasFocus()
    tab.find_name.setFocus()  # it is somewhere else when the map goes
    tab.map_button.toggle()
    assert tab.find_name.hasFocus()


def test_a_long_line_of_the_legend_takes_two_rows(points, qtbot):
    titles = ["Ann (N)", "Marguerite Elisabeth (cluster 12, Monk 09)", "Bo (N)", "Cy (N)"]
    points.show_colours(points._of, titles, colours(4), np.full(4, 600))
    points.resize(560, 480)
    qtbot.waitUntil(lambda: points.width() == 560)
    places = points._lines()
    high = {line[0].split(" (")[0]: rect.height() for rect, line in places}
    assert high["Marguerite Elisabeth"] == 2 * high["Ann"] == 2 * high["Bo"]
    assert all(a.bottom() < b.top() for (a, _), (b, _) in itertools.pairwise(places))
    rect, line = next(one for one in places if one[1][0].startswith("Marg"))
    name, rest = rows_of(points.fontMetrics(), line[0], rect.width() - 20)
    assert name == "Marguerite Elisabeth" and rest.endswith("Monk 09)  600")
    cut = rows_of(points.fontMetrics(), line[0], rect.width() - 60)[1]
    assert "…" in cut and cut.startswith("(c") and cut.endswith("09)  600")
    at = rect.center()
    QApplication.sendEvent(points, QHelpEvent(QEvent.Type.ToolTip, at, points.mapToGlobal(at)))
    assert QToolTip.text() == "Marguerite Elisabeth (cluster 12, Monk 09)  600"


@pytest.mark.parametrize("width", [60, 90, 120, 150, 180])
def test_a_narrow_legend_keeps_numbers_and_counts(points, width):
    metrics = points.fontMetrics()
    wide = width * metrics.horizontalAdvance("n") // 6
    for title in ("Ann (cluster 3, North)", "Ann (cluster 14, North)", "somebody with a long name", "x" * 80):
        text = f"{title}  1,234"
        said = elided(metrics, text, wide)
        assert metrics.horizontalAdvance(said) <= wide and said.endswith("  1,234") and said[0] == title[0]
    both = [elided(metrics, f"Ann Elizabeth (cluster {one}, North)  12", wide) for one in (3, 4)]
    assert width < 120 or (both[0] != both[1] and "cluster 3" in both[0])
