"""Names that are known, offered while one is typed: namesakes by their groups, and one Enter for what is typed or chosen."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QListView

from fairdesk.words import tr

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_NAME, _GROUP = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
Known = tuple[str, str | None, bool]  # a name, its group, and whether it is told by the group


class _Names(QAbstractListModel):
    def __init__(self, known: list[Known], parent: QObject) -> None:
        super().__init__(parent)
        self._known = known

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self._known)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        name, group, told = self._known[index.row()]
        if role == _GROUP:
            return (group or "") if told else None
        if role == Qt.ItemDataRole.DisplayRole and told:
            return f"{name}  ·  {group or tr('no group')}"
        return name if role in (Qt.ItemDataRole.DisplayRole, _NAME) else None


class NameCompleter(QCompleter):
    """Offers names; `group_chosen` says the group of a namesake that was chosen ("": none)."""

    group_chosen = Signal(str)

    def __init__(self, line: QLineEdit, known: Iterable[Known]) -> None:
        super().__init__(line)
        self.setModel(_Names(list(known), self))
        self.setCompletionRole(_NAME)
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setFilterMode(Qt.MatchFlag.MatchContains)
        self._line = line
        line.setCompleter(self)
        self._list = QListView()
        self._list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self._list.setUniformItemSizes(True)
        self.setPopup(self._list)
        self._list.clicked.connect(self._tell)
        self._list.installEventFilter(self)  # after the completer's own: it is asked first

    def _tell(self, index: QModelIndex) -> None:
        group = index.data(_GROUP)
        if group is not None:
            self.group_chosen.emit(group)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Take Enter in the list for Enter in the field, after what is chosen in the list is put there."""
        if (
            watched is self._list
            and event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() in _ENTER
        ):
            index = self._list.currentIndex()
            self._list.hide()
            if index.isValid():
                self._line.setText(index.data(_NAME))
                self._tell(index)
            again = QKeyEvent(event.type(), event.key(), event.modifiers(), event.text())
            QCoreApplication.sendEvent(self._line, again)
            return True
        return super().eventFilter(watched, event)


def keep_as_typed(box: QComboBox, known: Iterable[str]) -> QLineEdit:
    """Let a box of known names be typed into: they are offered, and what is typed stays as it is. Returns its line.

    A box of Qt takes the name that differs in case alone in place of what was typed, once it is left.
    """
    box.setEditable(True)
    line = box.lineEdit()
    assert line is not None
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    box.setDuplicatesEnabled(True)
    line.editingFinished.disconnect()
    NameCompleter(line, plain(known))
    return line


def plain(names: Iterable[str]) -> list[Known]:
    """Return names of which no group is told."""
    return [(name, None, False) for name in names]
