"""Which cluster is meant: found by typing, told apart by number, size and group, and chosen one by one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QStringListModel, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)

from fairdesk import counted
from fairdesk.clustering.records import UNCLUSTERED, Cluster
from fairdesk.words import tr

_KEYS = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)


def line_of(cluster: Cluster) -> str:
    """Return what no other cluster of a version is called: title, number, size, and the group of its identity."""
    parts = [cluster.title, tr("number {label}", label=cluster.label), counted.faces(cluster.faces)]
    if cluster.label == UNCLUSTERED:
        del parts[1]
    if cluster.identity:
        parts.append(cluster.group or tr("no group"))
    return "  ·  ".join(parts)


def found_by(text: str, clusters: Sequence[Cluster]) -> tuple[list[Cluster], Cluster | None]:
    """Return the clusters that a text may mean, the likeliest first, and the one that it means; None where that is open.

    A number is a cluster's number; a title that several have means none of them.
    """
    wanted = text.strip().casefold()
    if not wanted:
        return list(clusters), None
    numbered = [one for one in clusters if str(one.label) == wanted and one.label != UNCLUSTERED]
    called = [one for one in clusters if one.title.casefold() == wanted and one not in numbered]
    some = [one for one in clusters if wanted in line_of(one).casefold() and one not in numbered and one not in called]
    some.sort(key=lambda one: not one.title.casefold().startswith(wanted))
    every = [*numbered, *called, *some]
    exact = numbered or called
    if len(exact) == 1:
        return every, exact[0]
    return every, every[0] if len(every) == 1 else None


class ClusterChoice(QDialog):
    """`chosen` after it was accepted."""

    def __init__(self, question: str, clusters: Sequence[Cluster], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Cluster"))
        self._clusters, self._found = list(clusters), list(clusters)
        self.chosen: Cluster | None = None
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("Title or number"))
        self.field.setAccessibleName(tr("Title or number"))
        self.field.installEventFilter(self)
        self._lines = QStringListModel(self)
        self.list = QListView()
        self.list.setModel(self._lines)
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setAccessibleName(tr("Clusters"))
        self.list.doubleClicked.connect(lambda _index: self.accept())
        self.hint = QLabel()
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        title = QLabel(question)
        title.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        layout = QVBoxLayout(self)
        for widget in (title, self.field, self.list, self.hint, buttons):
            layout.addWidget(widget)
        self.field.textChanged.connect(self._find)
        self.list.selectionModel().currentChanged.connect(self._on_current)
        self.setMinimumWidth(420)
        self._find("")
        self.field.setFocus()

    def _find(self, text: str) -> None:
        self._found, meant = found_by(text, self._clusters)
        self._lines.setStringList([line_of(one) for one in self._found])
        if meant is not None:
            self.list.setCurrentIndex(self._lines.index(self._found.index(meant)))
        else:
            self.list.setCurrentIndex(QModelIndex())
            self._on_current(QModelIndex())

    def _on_current(self, index: QModelIndex) -> None:
        self.chosen = self._found[index.row()] if index.isValid() and index.row() < len(self._found) else None
        self._ok.setEnabled(self.chosen is not None)
        if self.chosen is not None:
            self.hint.setText("")
        elif self._found:
            self.hint.setText(tr("Choose one with the arrow keys, or type its number."))
        else:
            self.hint.setText(tr("There is no such cluster. Type a part of its title, or its number."))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Let the arrow keys of the field go through the list."""
        if (
            watched is self.field
            and event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() in _KEYS
            and self._found
        ):
            row, page = self.list.currentIndex().row(), 10
            step = {_KEYS[0]: 1, _KEYS[1]: -1, _KEYS[2]: page, _KEYS[3]: -page}[Qt.Key(event.key())]
            self.list.setCurrentIndex(self._lines.index(max(0, min(row + step, len(self._found) - 1))))
            return True
        return super().eventFilter(watched, event)

    def accept(self) -> None:
        """Take the cluster that is chosen; without one, stay."""
        if self.chosen is not None:
            super().accept()
