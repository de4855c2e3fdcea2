"""The grid's geometry against QListView's own, and keyboard, mouse and selection on it."""

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QAbstractItemView, QListView

from fairdesk.gui.widgets.face_grid.cell_view import CellView
from fairdesk.gui.widgets.face_grid.view import FaceGrid


@pytest.fixture
def pair(qtbot):
    """The grid, and a QListView that Qt lays out itself, on one model."""
    grid, plain = FaceGrid(), QListView()
    plain.setFlow(QListView.Flow.LeftToRight)
    plain.setWrapping(True)
    plain.setResizeMode(QListView.ResizeMode.Adjust)
    plain.setUniformItemSizes(True)
    plain.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    plain.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    plain.setSpacing(0)
    plain.setModel(grid.grid_model)
    plain.setItemDelegate(grid.cells)
    for view in (grid, plain):
        qtbot.addWidget(view)
        view.resize(700, 500)
        view.setFrameShape(QAbstractItemView.Shape.NoFrame)
    grid.set_side(92)
    plain.setGridSize(QSize(100, 120))
    grid.show_ids(None, "image", np.arange(1000, 1250)[::-1].copy())
    grid.show(), plain.show()
    return grid, plain


def test_cells_lie_where_a_list_view_puts_them(pair, qtbot):
    grid, plain = pair
    for place in (0, 1, 333, 1000, 10**6):
        for view in pair:
            view.verticalScrollBar().setValue(place)
        assert grid.verticalScrollBar().value() == plain.verticalScrollBar().value()
        for row in (0, 1, 6, 7, 100, 248, 249):
            index = grid.grid_model.index(row)
            assert grid.visualRect(index).topLeft() == plain.visualRect(index).topLeft(), (place, row)
        for point in (QPoint(3, 3), QPoint(350, 250), QPoint(699, 499), QPoint(20, 480)):
            assert grid.indexAt(point) == plain.indexAt(point), (place, point)


@pytest.mark.parametrize("row", [0, 5, 77, 200, 249])
@pytest.mark.parametrize("hint", ["EnsureVisible", "PositionAtTop", "PositionAtBottom", "PositionAtCenter"])
def test_scrolls_where_a_list_view_scrolls(pair, row, hint):
    grid, plain = pair
    for view in pair:
        view.verticalScrollBar().setValue(900)
        view.scrollTo(grid.grid_model.index(row), QAbstractItemView.ScrollHint[hint])
    assert abs(grid.verticalScrollBar().value() - plain.verticalScrollBar().value()) <= 1


def test_keys_go_where_they_go_in_a_list_view(pair, qtbot):
    grid, plain = pair
    keys = [Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_End,
            Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Home, Qt.Key.Key_Up, Qt.Key.Key_Left]  # fmt: skip
    for view in pair:
        view.setCurrentIndex(grid.grid_model.index(9))
    for key in keys:
        for view in pair:
            qtbot.keyClick(view, key)
        assert grid.currentIndex() == plain.currentIndex(), key
    qtbot.keyClick(grid, Qt.Key.Key_PageDown)
    assert grid.currentIndex().row() == 4 * 6
    qtbot.keyClick(grid, Qt.Key.Key_PageUp)
    assert grid.currentIndex().row() == 0


def test_select_all_and_shift_and_ctrl(pair, qtbot):
    grid, _ = pair
    qtbot.keyClick(grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert grid.selected_count() == 250 and grid.selected_ids() == list(range(1249, 999, -1))
    click = lambda row, *held: qtbot.mouseClick(
        grid.viewport(), Qt.MouseButton.LeftButton, *held, pos=grid.visualRect(grid.grid_model.index(row)).center()
    )
    click(3)
    assert grid.selected_ids() == [1249 - 3]
    click(12, Qt.KeyboardModifier.ShiftModifier)
    assert grid.selected_ids() == [1249 - row for row in range(3, 13)]
    click(5, Qt.KeyboardModifier.ControlModifier)
    assert grid.selected_count() == 9
    qtbot.keyClick(grid, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert grid.selected_count() == 10  # from the cell that was clicked last, down one line


def test_a_frame_selects_the_cells_it_touches(pair):
    grid, _ = pair
    grid.setState(QAbstractItemView.State.DragSelectingState)
    grid.setSelection(QRect(QPoint(250, 130), QPoint(110, 10)), QItemSelectionModel.SelectionFlag.ClearAndSelect)
    assert grid.selected_ids() == [1249 - row for row in (1, 2, 7, 8)]
    grid.verticalScrollBar().setValue(10**6)
    grid.setSelection(QRect(0, 0, 2000, 2000), QItemSelectionModel.SelectionFlag.ClearAndSelect)
    last = grid.rows_within(grid.viewport().rect())
    assert grid.selected_count() == len(last) and last.stop == 250
    grid.setState(QAbstractItemView.State.NoState)


def test_what_is_selected_stays_when_other_ids_are_shown(pair):
    grid, _ = pair
    grid.select_ids([1003, 1004, 1100, 1249, 77])
    assert sorted(grid.selected_ids()) == [1003, 1004, 1100, 1249]
    grid.show_ids(None, "image", np.array([1100, 5, 1004, 1003, 6]))
    assert grid.selected_ids() == [1100, 1004, 1003]
    grid.show_ids(None, "image", np.empty(0, dtype=np.int64))
    assert grid.selected_ids() == [] and grid.grid_model.row_of(5) is None
    grid.selectAll()
    assert grid.selected_count() == 0


def test_only_what_is_seen_is_asked_for(qtbot, monkeypatch):
    """A million rows: the model is asked about what fits into the window."""
    grid = FaceGrid()
    qtbot.addWidget(grid)
    grid.resize(800, 600)
    asked = []
    monkeypatch.setattr(grid.grid_model, "item", asked.append)
    grid.show()
    grid.show_ids(None, "image", np.arange(1, 1_000_001))
    grid.doItemsLayout()
    grid.selectAll()
    grid.scrollToBottom()
    grid.grab()
    assert grid.selected_count() == 1_000_000
    assert 999_999 in asked and len(set(asked)) < 200


def test_larger_cells_keep_what_is_at_the_top(pair):
    grid, _ = pair
    grid.verticalScrollBar().setValue(1200)
    first = grid.rows_within(grid.viewport().rect()).start
    grid.set_side(160)
    shown = grid.rows_within(grid.viewport().rect())
    assert isinstance(grid, CellView) and abs(shown.start - first) < grid.columns()
