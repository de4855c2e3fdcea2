"""Every action with its keys and its menu, made from the list the menus are made from."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from fairdesk.gui.actions import ActionBook
from fairdesk.gui.palette import matches
from fairdesk.words import mark, tr

# What keys do besides the actions, where the focus is.
_ELSEWHERE = (
    (mark("Show the photograph of the current face"), "Space", mark("A grid of faces")),
    (mark("Larger or smaller thumbnails"), "Ctrl+Wheel", mark("A grid of faces")),
    (mark("Select all that match"), "Ctrl+A", mark("A grid of faces")),
    (mark("Earlier or later in the queue"), "Alt+Up, Alt+Down", mark("Jobs")),
    (mark("Yes, no, not sure"), "Y, N, U", mark("A review of clusters")),
    (mark("Skip the question; back to the one before"), "S, Backspace", mark("A review of clusters")),
    (mark("Choose a name that is offered; type one"), "1, 2, 3, Enter", mark("A review of clusters")),
    (mark("Spot check: faces drawn at random"), "C", mark("A review of clusters")),
    (mark("Go along bars, cells and curves; show the pairs behind"), "Left, Right, Up, Down, Enter", mark("A plot")),
    (mark("Go along the map"), "Left, Right, Up, Down", mark("The map")),
    (mark("Nearer, farther, all of the map, what is selected"), "+, -, Home, End", mark("The map")),
    (mark("Select what is in sight; add it"), "V, Shift+V", mark("The map")),
)


def rows(book: ActionBook) -> list[tuple[str, str, str]]:
    """Return what, keys and where of each action, those with keys first within their menu."""
    found = []
    for number, spec in book.specs.items():
        kept = book.actions[number].shortcuts()
        keys = ", ".join(one.toString(QKeySequence.SequenceFormat.NativeText) for one in kept)
        menu = spec.menu.replace("&", "")
        where = tr("{menu} (in its tab)", menu=menu) if spec.tab else menu
        found.append((spec.text.replace("&", "").rstrip("…."), keys, where))
    return [*found, *((tr(what), keys, tr(where)) for what, keys, where in _ELSEWHERE)]


class ShortcutsDialog(QDialog):
    """A table to search: by what is done, by a key, by a menu."""

    def __init__(self, book: ActionBook, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self._rows = rows(book)
        self.search = QLineEdit(placeholderText=tr("Search: an action, a key such as Ctrl+E, or a menu"))
        self.search.setClearButtonEnabled(True)
        self.table = QTableWidget(len(self._rows), 3)
        self.table.setTabKeyNavigation(False)  # the arrows go from cell to cell, Tab goes on
        self.table.setHorizontalHeaderLabels([tr("Action"), tr("Keys"), tr("Menu")])
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        for y, row in enumerate(self._rows):
            for x, text in enumerate(row):
                self.table.setItem(y, x, QTableWidgetItem(text))
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        close = QPushButton(tr("Close"))
        close.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.addWidget(self.count, 1)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.table)
        layout.addLayout(foot)
        self.resize(640, 600)
        self.search.textChanged.connect(self._filter)
        self._filter("")

    def _filter(self, query: str) -> None:
        shown = 0
        for y, row in enumerate(self._rows):
            fits = matches(query, " ".join(row)) is not None
            self.table.setRowHidden(y, not fits)
            shown += fits
        self.count.setText(tr("{shown:,} of {count:,} actions", shown=shown, count=len(self._rows)))
