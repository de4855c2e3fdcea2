"""Who is it: a field for the name, and the names that most of the faces have."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton

from fairdesk.clustering.review.asked import Asked
from fairdesk.clustering.review.questions import Kind
from fairdesk.words import tr

_MOST = 3


class NameRow(QHBoxLayout):
    """The answers to "Who is it?"; hidden while anything else is asked."""

    def __init__(self, named: Callable[[str], None], chosen: Callable[[int], None]) -> None:
        super().__init__()
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("Type a name, or choose one with 1, 2 or 3"))
        self.field.returnPressed.connect(lambda: named(self.field.text()))
        self.addWidget(self.field, 1)
        self.buttons = [QPushButton() for _ in range(_MOST)]
        for place, button in enumerate(self.buttons):
            button.clicked.connect(lambda _checked=False, at=place: chosen(at))
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self.addWidget(button)

    def show_question(self, asked: Asked | None) -> None:
        """Offer the names of a question that asks for one."""
        names = asked.names if asked is not None and asked.kind is Kind.NAME else ()
        self.field.setVisible(asked is not None and asked.kind is Kind.NAME)
        self.field.clear()
        for place, button in enumerate(self.buttons):
            button.setVisible(place < len(names))
            if place < len(names):
                button.setText(f"{place + 1}  {names[place]}")
