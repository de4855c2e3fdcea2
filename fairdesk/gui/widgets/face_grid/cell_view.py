"""A list view whose cells all have one size, so that where each lies is arithmetic: a million take no time to lay out."""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyleOptionViewItem, QWidget

Index = QModelIndex | QPersistentModelIndex
_Move = QAbstractItemView.CursorAction
_Hint = QAbstractItemView.ScrollHint
_MOVING = (
    Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down,
    Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
)  # fmt: skip


class CellView(QListView):
    """Rows of a model as cells in reading order; QListView's own layout, which walks all of them, never runs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cell = QSize(120, 140)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSpacing(0)

    def set_cell(self, size: QSize) -> None:
        """Set the size of all cells; what is at the top stays there."""
        first = self.verticalOffset() // self._cell.height() * self.columns()
        self._cell = size
        self.updateGeometries()
        self.verticalScrollBar().setValue(first // self.columns() * size.height())
        self.viewport().update()

    def columns(self) -> int:
        """How many cells stand side by side."""
        return max(1, self.viewport().width() // self._cell.width())

    def _count(self) -> int:
        return 0 if self.model() is None else self.model().rowCount(self.rootIndex())

    def _lines(self) -> int:
        return -(-self._count() // self.columns())

    def cell_rect(self, row: int) -> QRect:
        """Where a row's cell is, in the viewport."""
        line, column = divmod(row, self.columns())
        place = QPoint(column * self._cell.width(), line * self._cell.height() - self.verticalOffset())
        return QRect(place, self._cell)

    def rows_within(self, area: QRect) -> range:
        """The rows whose lines an area of the viewport touches."""
        height, columns = self._cell.height(), self.columns()
        first = max(0, (area.top() + self.verticalOffset()) // height)
        last = (area.bottom() + self.verticalOffset()) // height
        return range(min(first * columns, self._count()), max(0, min((last + 1) * columns, self._count())))

    # what QAbstractItemView asks a view, under its own names

    def visualRect(self, index: Index) -> QRect:  # noqa: N802
        return self.cell_rect(index.row()) if index.isValid() else QRect()

    def indexAt(self, place: QPoint) -> QModelIndex:  # noqa: N802
        column = place.x() // self._cell.width()
        line = (place.y() + self.verticalOffset()) // self._cell.height()
        row = line * self.columns() + column
        if not 0 <= column < self.columns() or line < 0 or row >= self._count():
            return QModelIndex()
        return self.model().index(row, 0, self.rootIndex())

    def isIndexHidden(self, _index: Index) -> bool:  # noqa: N802
        return False

    def verticalOffset(self) -> int:  # noqa: N802
        return self.verticalScrollBar().value()

    def horizontalOffset(self) -> int:  # noqa: N802
        return 0

    def scrollTo(self, index: Index, hint: _Hint = _Hint.EnsureVisible) -> None:  # noqa: N802
        if not index.isValid():
            return
        bar, high = self.verticalScrollBar(), self.viewport().height()
        top = index.row() // self.columns() * self._cell.height()
        bottom = top + self._cell.height()
        if hint == _Hint.PositionAtCenter:
            bar.setValue((top + bottom - high) // 2)
        elif hint == _Hint.PositionAtTop or top < bar.value():
            bar.setValue(top)
        elif hint == _Hint.PositionAtBottom or bottom > bar.value() + high:
            bar.setValue(bottom - high)

    def doItemsLayout(self) -> None:  # noqa: N802
        QAbstractItemView.doItemsLayout(self)

    def updateGeometries(self) -> None:  # noqa: N802
        bar = self.verticalScrollBar()
        bar.setPageStep(max(1, self.viewport().height() - self._cell.height() // 2))
        bar.setSingleStep(max(1, self._cell.height() // 3))
        bar.setRange(0, max(0, self._lines() * self._cell.height() - self.viewport().height()))
        QAbstractItemView.updateGeometries(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """A cell that is current since the view got the keys, but not selected, is where the first key goes to."""
        before = self.currentIndex()
        super().keyPressEvent(event)
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
        now, selection = self.currentIndex(), self.selectionModel()
        if plain and event.key() in _MOVING and now.isValid() and now == before and not selection.hasSelection():
            selection.select(now, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def moveCursor(self, action: _Move, _modifiers: Qt.KeyboardModifier) -> QModelIndex:  # noqa: N802
        count = self._count()
        if not count:
            return QModelIndex()
        columns, now = self.columns(), self.currentIndex()
        if not now.isValid():
            return self.model().index(0, 0, self.rootIndex())
        page = max(1, self.viewport().height() // self._cell.height()) * columns
        step = {
            _Move.MoveLeft: -1, _Move.MovePrevious: -1, _Move.MoveRight: 1, _Move.MoveNext: 1, _Move.MoveUp: -columns,
            _Move.MoveDown: columns, _Move.MovePageUp: -page, _Move.MovePageDown: page,
        }.get(action)  # fmt: skip
        row = now.row()
        if step is None:
            row = 0 if action == _Move.MoveHome else count - 1
        elif 0 <= row + step < count:
            row += step
        elif action in (_Move.MovePageUp, _Move.MovePageDown):
            row = row % columns if step < 0 else (count - 1) // columns * columns + row % columns
            row = row if row < count else row - columns
        return self.model().index(row, 0, self.rootIndex())

    def setSelection(self, area: QRect, command: QItemSelectionModel.SelectionFlag) -> None:  # noqa: N802
        """A click selects from one cell to another in reading order; a frame that is drawn selects the cells it touches."""
        selection = QItemSelection()
        if self.state() == QAbstractItemView.State.DragSelectingState:
            framed = area.normalized()
            columns = self.columns()
            left = max(0, framed.left() // self._cell.width())
            right = min(columns - 1, framed.right() // self._cell.width())
            rows = self.rows_within(framed)
            for start in range(rows.start, rows.stop, columns):
                last = min(start + right, rows.stop - 1)
                if left <= right and start + left <= last:
                    selection.select(self.model().index(start + left, 0), self.model().index(last, 0))
        else:
            ends = sorted(
                end.row() for end in (self.indexAt(area.topLeft()), self.indexAt(area.bottomRight())) if end.isValid()
            )
            if ends:
                selection.select(self.model().index(ends[0], 0), self.model().index(ends[-1], 0))
        self.selectionModel().select(selection, command)

    def selectAll(self) -> None:  # noqa: N802
        if self._count():  # as one range: Qt's own asks the model about every row
            model = self.model()
            every = QItemSelection(model.index(0, 0), model.index(self._count() - 1, 0))
            self.selectionModel().select(every, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def visualRegionForSelection(self, _selection: QItemSelection) -> QRegion:  # noqa: N802
        return QRegion(self.viewport().rect())  # walking all that is selected takes seconds

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self.viewport())
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        base, enabled = option.state, self.isEnabled()  # type: ignore[attr-defined]
        under = self.indexAt(self.viewport().mapFromGlobal(self.cursor().pos())) if self.underMouse() else QModelIndex()
        chosen, current = self.selectionModel(), self.currentIndex()
        for row in self.rows_within(event.rect()):
            rect = self.cell_rect(row)
            if not rect.intersects(event.rect()):
                continue
            index = self.model().index(row, 0, self.rootIndex())
            state = base & ~(QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_MouseOver)
            if chosen.isSelected(index):
                state |= QStyle.StateFlag.State_Selected
            if index == under and enabled:
                state |= QStyle.StateFlag.State_MouseOver
            if index == current and self.hasFocus():
                state |= QStyle.StateFlag.State_HasFocus
            option.rect, option.state = rect, state  # type: ignore[attr-defined]
            self.itemDelegate().paint(painter, option, index)
        painter.end()
