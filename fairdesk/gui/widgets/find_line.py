"""A line that finds: of lists and trees only the rows that hold its text are shown."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QTreeWidget

from fairdesk.words import tr

_READ = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)


class FindLine(QLineEdit):
    """Finds in lists and trees as one types.

    A row of a tree stays where one above or below it matches; Escape shows all again.
    """

    def __init__(self, views: tuple[QListWidget | QTreeWidget, ...], placeholder: str) -> None:
        super().__init__(placeholderText=tr("{what} (Ctrl+F)", what=placeholder))
        self.setAccessibleName(placeholder)
        self.setClearButtonEnabled(True)
        self._views = views
        self._soon = QTimer(self)  # rows come one by one
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.show_found)
        self.textChanged.connect(self.show_found)
        for view in views:
            model = view.model()
            model.rowsInserted.connect(lambda *_: self._soon.start(0))
            model.dataChanged.connect(lambda *_: self._soon.start(0))

    def show_found(self) -> None:
        """Show the rows that hold the text, and hide the others."""
        self._soon.stop()
        wanted = self.text().strip().casefold()
        for view in self._views:
            if isinstance(view, QListWidget):
                for row in range(view.count()):
                    view.setRowHidden(row, not _matches(view.model().index(row, 0), 1, wanted))
            else:
                _sift(view, QModelIndex(), wanted)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._views[0].setFocus()
        else:
            super().keyPressEvent(event)


def _matches(row: QModelIndex, columns: int, wanted: str) -> bool:
    cells = [row.siblingAtColumn(column) for column in range(columns)]
    return any(wanted in str(cell.data(role) or "").casefold() for cell in cells for role in _READ)


def _sift(view: QTreeWidget, parent: QModelIndex, wanted: str) -> bool:
    """Show the rows that match, what is below them and what they are below; returns whether there are any."""
    model, found = view.model(), False
    for place in range(model.rowCount(parent)):
        row = model.index(place, 0, parent)
        itself = _matches(row, view.columnCount(), wanted)
        below = _sift(view, row, "" if itself else wanted)
        view.setRowHidden(place, parent, not (itself or below))
        found = found or itself or below
    return found
