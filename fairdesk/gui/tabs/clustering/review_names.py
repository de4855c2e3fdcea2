"""Who is it: a field for the name, and the names that most of the faces have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout

from fairdesk.clustering.review.asked import Asked
from fairdesk.clustering.review.questions import Kind
from fairdesk.gui.widgets.person_fields import PersonFields
from fairdesk.words import tr, tr_n

_MOST = 3


class _NameField(QLineEdit):
    """Escape leaves it, and keeps what is typed."""

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
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                event.accept()  # a box around it would give it back


class Begun(NamedTuple):
    """A name that somebody began to type, and the faces that it was for."""

    name: str
    faces: frozenset[int]
    group: str = ""


class NameRow(QVBoxLayout):
    """The answers to "Who is it?"; hidden while anything else is asked."""

    def __init__(
        self, named: Callable[[str, str | None], None], chosen: Callable[[int], None], left: Callable[[], None]
    ) -> None:
        super().__init__()
        self._asked: Asked | None = None  # who is it
        self._typing: int | None = None  # the cluster whose name was being typed when its question was taken away
        self.goes_on = False  # somebody typed this name when its question was asked anew
        self._begun: dict[int, Begun] = {}  # by cluster
        self._left: dict[Path, list[Begun]] = {}  # of reviews that were closed, by project
        self.fields = PersonFields(lambda: _NameField(left))
        self.field, self.group = self.fields.name, self.fields.group
        for line in (self.field, self.group.lineEdit()):
            if line is not None:
                line.returnPressed.connect(lambda: named(self.field.text(), self.fields.group_value()))
        row, offered = QHBoxLayout(), QHBoxLayout()
        row.addWidget(self.field, 2)
        row.addWidget(self.group, 1)
        self.addLayout(row)
        self.addWidget(self.fields.note)
        self.addLayout(offered)
        self.buttons = [QPushButton() for _ in range(_MOST)]
        for place, button in enumerate(self.buttons):
            button.clicked.connect(lambda _checked=False, at=place: chosen(at))
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            offered.addWidget(button)
        offered.addStretch()

    def show_question(self, asked: Asked | None, project: Path | None) -> None:
        """Offer the names of a question that asks for one, and what was typed when it was asked before.

        The keys stay with the review until Enter; but somebody who types while the same question is asked anew goes on.
        """
        self._keep()
        if self._asked is not None:
            self._typing = self._asked.clusters[0] if self.typing else None
        self._asked = asked if asked is not None and asked.kind is Kind.NAME else None
        names = self._asked.names if self._asked is not None else ()
        if asked is not None:
            self.goes_on = self._asked is not None and self._asked.clusters[0] == self._typing
            self._typing = None
        self.field.setVisible(self._asked is not None)
        self.field.setPlaceholderText(hint(len(names)))
        for widget in (self.group, self.fields.note):
            widget.setVisible(self._asked is not None)
        begun = self._typed(self._asked, project) if self._asked is not None else None
        usual = self._asked.usual if self._asked is not None else None
        tied = self._asked.tied if self._asked is not None else ()
        self.fields.ask(begun.name if begun else "", begun.group if begun else "", usual, tied=tied)
        for place, button in enumerate(self.buttons):
            button.setVisible(place < len(names))
            if place < len(names):
                name, group = self._asked.person(place) if self._asked is not None else ("", None)
                button.setText(f"{place + 1}  {name}" + (f"  ·  {group}" if group else ""))

    def _typed(self, asked: Asked, project: Path | None) -> Begun | None:
        """Return what was typed for a cluster, or for most of its faces in an earlier review, and forget it."""
        if asked.clusters[0] in self._begun:
            return self._begun.pop(asked.clusters[0])
        left = self._left.get(project, []) if project is not None else []
        there = set(asked.first)
        found = next((one for one in left if 2 * len(one.faces & there) > len(one.faces)), None)
        if found is None:
            return None
        left.remove(found)
        return found

    @property
    def typing(self) -> bool:
        """Whether somebody types a name or its group."""
        return self.field.hasFocus() or self.group.hasFocus()

    def type_name(self) -> None:
        """Go to the field, where a name is asked for."""
        if self._asked is not None:
            self.field.setFocus()

    def begun(self) -> list[int]:
        """Return the clusters whose names were not typed to the end."""
        self._keep()
        return list(self._begun)

    def _keep(self) -> None:
        if self._asked is not None and self.field.text().strip():
            self._begun[self._asked.clusters[0]] = Begun(
                self.field.text(), frozenset(self._asked.first), self.group.currentText()
            )

    def done(self) -> None:
        """Forget what was typed: it was answered."""
        if self._asked is not None:
            self._begun.pop(self._asked.clusters[0], None)
        self.field.clear()
        self.group.setCurrentText("")

    def leave(self, project: Path) -> list[str]:
        """Keep what was typed for the next review of a project; returns the names."""
        self._keep()
        self._left.setdefault(project, []).extend(self._begun.values())
        names = [one.name.strip() for one in self._begun.values()]
        self.forget()
        return names

    def left(self, project: Path) -> list[frozenset[int]]:
        """Return the faces whose names were begun in earlier reviews of a project."""
        return [one.faces for one in self._left.get(project, [])]

    def forget(self) -> None:
        """Forget all that was typed in this review."""
        self._asked = self._typing = None
        self.field.clear()
        self._begun.clear()


def hint(names: int) -> str:
    """Say how a name is given, where so many are offered."""
    if not names:
        return tr("Press Enter and type a name; Enter again gives it")
    keys = ("1", tr("1 or 2"), tr("1, 2 or 3"))[names - 1]
    return tr("Choose a name with {keys}, or press Enter and type another; Enter again gives it", keys=keys)


def left_note(names: Sequence[str]) -> str:
    """Say that names were typed and not given."""
    return tr_n(
        "{names} was typed, but not given as a name. The next review asks about it first, and has it in its field, until FairDesk is closed.",
        "{names} were typed, but not given as names. The next review asks about them first, and has them in its field, until FairDesk is closed.",
        len(names),
        names=", ".join(f"“{name}”" for name in names),
    )
