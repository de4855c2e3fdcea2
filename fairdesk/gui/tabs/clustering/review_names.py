"""Who is it: a field for the name, and the names that most of the faces have."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton

from fairdesk.clustering.review.asked import Asked
from fairdesk.clustering.review.questions import Kind
from fairdesk.words import tr

_MOST = 3


class _NameField(QLineEdit):
    """Escape closes the review from here too."""

    def __init__(self, left: Callable[[], None]) -> None:
        super().__init__()
        self._left = left

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            event.accept()  # before it is anything else's
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self._left()
        else:
            super().keyPressEvent(event)


class NameRow(QHBoxLayout):
    """The answers to "Who is it?"; hidden while anything else is asked."""

    def __init__(self, named: Callable[[str], None], chosen: Callable[[int], None], left: Callable[[], None]) -> None:
        super().__init__()
        self._cluster: int | None = None  # that is asked about
        self._begun: dict[int, str] = {}  # cluster to the name that somebody began to type
        self.field = _NameField(left)
        self.field.setPlaceholderText(tr("Type a name, or choose one with 1, 2 or 3"))
        self.field.returnPressed.connect(lambda: named(self.field.text()))
        self.addWidget(self.field, 1)
        self.buttons = [QPushButton() for _ in range(_MOST)]
        for place, button in enumerate(self.buttons):
            button.clicked.connect(lambda _checked=False, at=place: chosen(at))
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self.addWidget(button)

    def show_question(self, asked: Asked | None) -> None:
        """Offer the names of a question that asks for one, and what was typed when it was asked before."""
        self._keep()
        naming = asked is not None and asked.kind is Kind.NAME
        self._cluster = asked.clusters[0] if asked is not None and naming else None
        names = asked.names if asked is not None and naming else ()
        self.field.setVisible(naming)
        self.field.setText("" if self._cluster is None else self._begun.pop(self._cluster, ""))
        for place, button in enumerate(self.buttons):
            button.setVisible(place < len(names))
            if place < len(names):
                button.setText(f"{place + 1}  {names[place]}")

    def begun(self) -> list[int]:
        """Return the clusters whose names were not typed to the end."""
        self._keep()
        return list(self._begun)

    def _keep(self) -> None:
        if self._cluster is not None and self.field.text().strip():
            self._begun[self._cluster] = self.field.text()

    def done(self) -> None:
        """Forget what was typed: it was answered."""
        if self._cluster is not None:
            self._begun.pop(self._cluster, None)
        self.field.clear()

    def forget(self) -> None:
        """Forget all that was typed."""
        self.field.clear()
        self._begun.clear()
