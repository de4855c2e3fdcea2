"""The keys and buttons of a review: one an answer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from fairdesk.clustering.review.spot_checks import AT_ONCE
from fairdesk.words import tr, tr_n

_REPLIES = {
    Qt.Key.Key_Y: "yes", Qt.Key.Key_N: "no", Qt.Key.Key_U: "unsure", Qt.Key.Key_S: "skip", Qt.Key.Key_Backspace: "back",
    Qt.Key.Key_C: "check", Qt.Key.Key_Escape: "done", Qt.Key.Key_Return: "type", Qt.Key.Key_Enter: "type",
}  # fmt: skip
_NAMES = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3)


def reply_of(event: QKeyEvent) -> str | int | None:
    """Return what a key says: a reply, the place of a suggested name, or None for a key that is not the question's."""
    if event.key() == Qt.Key.Key_Z and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
        return "undo"
    if event.modifiers() not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
        return None
    key = Qt.Key(event.key())
    return _NAMES.index(key) if key in _NAMES else _REPLIES.get(key)


def reply_buttons(reply: Callable[[str], None]) -> dict[str, QPushButton]:
    """Make a button for each reply."""
    buttons = {
        "yes": QPushButton(tr("Yes (Y)")), "no": QPushButton(tr("No (N)")), "unsure": QPushButton(tr("Not sure (U)")),
        "skip": QPushButton(tr("Skip (S)")), "back": QPushButton(tr("Back (Backspace)")),
        "check": QPushButton(tr("Spot check (C)")), "done": QPushButton(tr("Close (Esc)")),
    }  # fmt: skip
    buttons["check"].setToolTip(
        tr_n(
            "Ask about {n} face drawn at random next: how far can the estimate be trusted?",
            "Ask about {n} faces drawn at random next: how far can the estimate be trusted?",
            AT_ONCE,
        )
    )
    for what, button in buttons.items():
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys are the question's
        button.clicked.connect(lambda _checked=False, said=what: reply(said))
    return buttons


def in_a_row(buttons: dict[str, QPushButton]) -> QHBoxLayout:
    """Place the buttons; those that are no answer stand apart."""
    row = QHBoxLayout()
    for reply, button in buttons.items():
        if reply == "check":
            row.addStretch()
        row.addWidget(button)
    return row


class KeyedPane(QWidget):
    """A pane whose keys are replies to what it asks before they are anything else's."""

    replied = Signal(str)
    chose = Signal(int)  # the place of a suggested name

    def event(self, event: QEvent) -> bool:
        """Take the keys of replies from the menus."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and reply_of(event) is not None
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        said = reply_of(event) if self.isVisible() else None  # nobody answers what they do not see
        if said is None:
            super().keyPressEvent(event)
        elif isinstance(said, int):
            self.chose.emit(said)
        else:
            self.replied.emit(said)
