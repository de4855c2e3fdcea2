"""Labels of many images at once: what is left empty stays as it is."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QCompleter, QDialog, QDialogButtonBox, QFormLayout, QLabel, QWidget

from fairdesk.gui import async_glue
from fairdesk.gui.dialogs.alike_names import ask_who
from fairdesk.project import Project
from fairdesk.project.identities import NamedImages, groups_with, names_alike
from fairdesk.project.labels import Edit
from fairdesk.words import mark, tr, tr_n

LEAVE = mark("unchanged")


class LabelDialog(QDialog):
    """`edit()` after it was accepted. Every field can be reached and filled from the keyboard."""

    def __init__(
        self, count: int, known: dict[str, list[str]], first: str, parent: QWidget, project: Project | None,
        images: Iterable[int] = (),
    ) -> None:  # fmt: skip
        """`known` holds the values to choose from by field; `first` is the field the cursor starts in; `project` knows whose names are taken, by others than the `images`."""
        super().__init__(parent)
        self._project, self._images = project, images
        self.setWindowTitle(tr("Label"))
        self.boxes: dict[str, QComboBox] = {}
        self.removals: dict[str, QCheckBox] = {}
        layout = QFormLayout(self)
        layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        title = QLabel(
            tr_n(
                "Labels of {n:,} image. Empty fields are left unchanged; labels set here are marked as set by a person.",
                "Labels of {n:,} images. Empty fields are left unchanged; labels set here are marked as set by a person.",
                count,
            )
        )
        title.setWordWrap(True)
        layout.addRow(title)
        for field, text in (("identity", tr("Identity")), ("group", tr("Group")), ("gender", tr("Gender")), ("age", tr("Age")),
                            ("add", tr("Add tags")), ("remove", tr("Remove tags"))):  # fmt: skip
            box = QComboBox()
            box.setEditable(True)
            box.addItems(["", *known.get(field, [])])
            box.setAccessibleName(text)
            line = box.lineEdit()
            assert line is not None
            line.setPlaceholderText(tr("tags, separated by commas") if field in ("add", "remove") else tr(LEAVE))
            completer = QCompleter(known.get(field, []), self)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            box.setCompleter(completer)
            box.setInsertPolicy(
                QComboBox.InsertPolicy.NoInsert
            )  # what is typed stays as it is: else the box would take
            box.setDuplicatesEnabled(True)  # a value that differs in case alone instead, once it is left
            line.editingFinished.disconnect()
            box.currentTextChanged.connect(lambda _text: self._check())
            self.boxes[field] = box
            layout.addRow(text, box)
            if field == "identity":
                self.namesake = QLabel()
                self.namesake.setWordWrap(True)
                self.namesake.setProperty("role", "muted")
                layout.addRow("", self.namesake)
            if field in ("identity", "group", "gender", "age"):
                remove = QCheckBox(tr("Remove the {field}", field=tr(field)))
                remove.toggled.connect(lambda on, box=box: box.setDisabled(on))
                remove.toggled.connect(lambda _on: self._check())
                self.removals[field] = remove
                layout.addRow("", remove)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        layout.addRow(buttons)
        self.setMinimumWidth(420)
        self.boxes[first].setFocus()
        self._check()

    def accept(self) -> None:
        """Close; a new name that differs from a known one in case or blanks alone is asked about first."""
        name, project = self._value("identity"), self._project
        new = name and project is not None and not groups_with(project, name)
        alike = names_alike(project, name, images=map(int, self._images)) if new and name and project else []
        if alike and name:
            async_glue.start(self._settle(name, alike))
        else:
            super().accept()

    async def _settle(self, name: str, alike: list[NamedImages]) -> None:
        one = await ask_who(self, name, alike)
        if isinstance(one, NamedImages):
            self.boxes["identity"].setCurrentText(one.name)
            self.boxes["group"].setCurrentText(one.group or "")
            self.removals["group"].setChecked(one.group is None)
        if one is not None:
            super().accept()

    def _check(self) -> None:
        self._ok.setEnabled(bool(self.edit()))
        self.namesake.setText(self._namesake())
        self.namesake.setVisible(bool(self.namesake.text()))

    def _namesake(self) -> str:
        """Say what becomes of a name that people of some groups have: one name in two groups is two people."""
        name, group = self._value("identity"), self._value("group")
        if not name or self._project is None:
            return ""
        groups = groups_with(self._project, name)
        if not groups or group in groups or (group == "" and None in groups):
            return ""
        known = ", ".join(one or tr("no group") for one in groups)
        if group is None:
            return tr(
                "There is a {name} in: {groups}. Images of another group become another person of that name; "
                "to say that it is this one, set the group too.",
                name=name,
                groups=known,
            )
        return tr(
            "There is a {name} in: {groups}. In {group} it is another person of that name.",
            name=name,
            groups=known,
            group=group or tr("no group"),
        )

    def _value(self, field: str) -> str | None:
        if self.removals[field].isChecked():
            return ""
        return self.boxes[field].currentText().strip() or None

    def _tags(self, field: str) -> tuple[str, ...]:
        parts = (part.strip() for part in self.boxes[field].currentText().split(","))
        return tuple(dict.fromkeys(part for part in parts if part))

    def edit(self) -> Edit:
        """What is to be set."""
        return Edit(
            self._value("identity"), self._value("group"), self._value("gender"), self._value("age"),
            self._tags("add"), self._tags("remove"),
        )  # fmt: skip
