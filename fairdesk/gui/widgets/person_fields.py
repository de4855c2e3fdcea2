"""A person's name and group as they are typed, with what that means beside the people who are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit

from fairdesk.clustering.naming import Known, meant
from fairdesk.gui.widgets.name_completer import NameCompleter, keep_as_typed, plain
from fairdesk.project.identities import folded_name
from fairdesk.words import tr


class PersonFields:
    """`name`, `group` and `note` to be placed; `group_value()` is None where nobody chose a group."""

    def __init__(self, line: Callable[[], QLineEdit] = QLineEdit) -> None:
        self.name, self.group, self.note = line(), QComboBox(), QLabel()
        self.name.setAccessibleName(tr("Name"))
        self.group.setEditable(True)
        within = line()
        within.setStyleSheet("padding: 0; border: none; background: transparent")  # the box around it has these
        self.group.setLineEdit(within)
        keep_as_typed(self.group, [])
        self.group.setAccessibleName(tr("Group"))
        self.note.setWordWrap(True)
        self.note.setProperty("role", "muted")
        self._known: Known = {}
        self._alike: dict[
            str, list[str]
        ] = {}  # names by what those have in common that differ in case, accents or blanks alone
        self._groups: list[str] = []
        self._usual: str | None = None
        self._tells = self._keeps_group = False
        self._tied: Sequence[str] = ()
        self.completer: NameCompleter | None = None
        self.name.textChanged.connect(lambda _text: self._say())
        self.group.currentTextChanged.connect(lambda _text: self._say())

    def know(self, known: Known, groups: Sequence[str]) -> None:
        """Offer people by name and group."""
        if known == self._known and list(groups) == self._groups:
            return
        self._known, self._groups = known, list(groups)
        self._alike = {}
        for name in known:
            self._alike.setdefault(folded_name(name), []).append(name)
        people = [
            (name, group, len(of) > 1)
            for name, of in sorted(known.items())
            for group in sorted(of, key=lambda one: one or "")
        ]
        if self.completer is not None:
            self.completer.deleteLater()
        self.completer = NameCompleter(self.name, people)
        self.completer.group_chosen.connect(lambda group: self.group.setCurrentText(group or tr("no group")))
        typed = self.group.currentText()
        self.group.blockSignals(True)
        self.group.clear()
        self.group.addItems(["", *groups, *([] if tr("no group") in groups else [tr("no group")])])
        self.group.setCurrentText(typed)
        self.group.blockSignals(False)
        if within := self.group.lineEdit():
            NameCompleter(within, plain([*groups, tr("no group")]))

    def ask(
        self,
        name: str,
        group: str,
        usual: str | None,
        *,
        tells: bool = True,
        keeps_group: bool = False,
        tied: Sequence[str] = (),
    ) -> None:
        """Begin with a name and a group; `usual` is the group that most of the faces have, where it is known (`tells`).

        `keeps_group`: faces of no group get none either, unless one is chosen; `tied`: groups that as many of them have.
        """
        self._usual, self._tells, self._keeps_group, self._tied = usual, tells, keeps_group, tied
        line = self.group.lineEdit()
        if line is not None and tied:
            line.setPlaceholderText(tr("as many faces in each of: {groups}", groups=", ".join(tied)))
        elif line is not None and tells:
            line.setPlaceholderText(tr("as most of its faces: {group}", group=usual or tr("no group")))
        self.name.setText(name)
        self.group.setCurrentText(group)
        self._say()

    def group_value(self) -> str | None:
        """Return the group that was chosen: "" for none, None where that is left open."""
        text = self.group.currentText().strip()
        return "" if text == tr("no group") and text not in self._groups else text or None

    def _say(self) -> None:
        name = self.name.text().strip()
        if not name or not self._tells:
            self.note.setText("")
            return
        alike = [one for one in self._alike.get(folded_name(name), ()) if one != name]
        group = self.group_value()
        if group is None and self._tied:
            self.note.setText(
                tr(
                    "Set the group, or you will be asked: as many faces are in each of {groups}.",
                    groups=", ".join(self._tied),
                )
            )
            return
        if group is None and self._keeps_group:
            group = self._usual or ""
        self.note.setText(meant(name, group, self._known, self._usual, alike))
