"""The command palette: every action by a few letters of its name."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from fairdesk.gui.actions import ActionBook
from fairdesk.words import tr


def matches(query: str, text: str) -> int | None:
    """Score how well a text fits a query: None if a word is missing, lower is better."""
    lowered = text.lower()
    places = [lowered.find(word) for word in query.lower().split()]
    return None if any(place < 0 for place in places) else sum(places)


class CommandPalette(QDialog):
    """Type, choose with the arrows, press Return."""

    def __init__(self, book: ActionBook, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAccessibleName(tr("Command palette"))
        self._entries: list[tuple[str, QAction]] = [
            (f"{spec.menu.replace('&', '')}: {spec.text.replace('&', '').rstrip('.')}", book.actions[number])
            for number, spec in book.specs.items()
            if number != "view.palette"
        ]
        self.search = QLineEdit(placeholderText=tr("What do you want to do?"))
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.search)
        layout.addWidget(self.list)
        self.resize(520, 360)
        self.search.textChanged.connect(self._fill)
        self.search.returnPressed.connect(self._run)
        self.list.itemClicked.connect(lambda _item: self._run())
        self.search.installEventFilter(self)
        self._fill("")

    def _fill(self, query: str) -> None:
        self.list.clear()
        found = [(score, text, action) for text, action in self._entries if (score := matches(query, text)) is not None]
        found.sort(key=lambda entry: (not entry[2].isEnabled(), entry[0], entry[1]))
        for _, text, action in found:
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            item = QListWidgetItem(action.icon(), f"{text}    {keys}" if keys else text)
            item.setData(Qt.ItemDataRole.UserRole, action.objectName())
            if not action.isEnabled():
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _run(self) -> None:
        item = self.list.currentItem()
        if item is None:
            return
        name = item.data(Qt.ItemDataRole.UserRole)
        action = next(action for _, action in self._entries if action.objectName() == name)
        self.close()
        if action.isEnabled():
            action.trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None and self.list.count():
                self.list.setCurrentRow((self.list.currentRow() + step) % self.list.count())
                return True
        return super().eventFilter(watched, event)
