"""Labels of many images at once: what is left empty stays as it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QWidget

from fairdesk.gui import async_glue
from fairdesk.gui.dialogs.alike_names import ask_group, ask_who
from fairdesk.gui.widgets.name_completer import keep_as_typed
from fairdesk.project import Project
from fairdesk.project.identities import (
    NamedImages,
    groups_alike,
    groups_of_images,
    groups_with,
    images_of_name,
    names_alike,
)
from fairdesk.project.labels import Edit
from fairdesk.words import mark, tr, tr_n

LEAVE = mark("unchanged")
Images = Sequence[int] | npt.NDArray[np.int64]
_MOST = 3  # people of a name that are offered


class LabelDialog(QDialog):
    """`edit()` after it was accepted. Every field can be reached and filled from the keyboard."""

    def __init__(
        self, images: Images, known: dict[str, list[str]], first: str, parent: QWidget, project: Project | None
    ) -> None:
        """`images` are labelled; `known` holds the values to choose from by field; `first` is the field the cursor starts in; `project` knows whose names are taken."""
        super().__init__(parent)
        self._project, self._images = project, images
        self._kept_groups: set[str] = set()  # new names of groups that were asked about
        self.setWindowTitle(tr("Label"))
        self.boxes: dict[str, QComboBox] = {}
        self.removals: dict[str, QCheckBox] = {}
        layout = QFormLayout(self)
        layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        title = QLabel(
            tr_n(
                "Labels of {n:,} image. Empty fields are left unchanged; labels set here are marked as set by a person.",
                "Labels of {n:,} images. Empty fields are left unchanged; labels set here are marked as set by a person.",
                len(images),
            )
        )
        title.setWordWrap(True)
        layout.addRow(title)
        for field, text in (("identity", tr("Identity")), ("group", tr("Group")), ("gender", tr("Gender")), ("age", tr("Age")),
                            ("add", tr("Add tags")), ("remove", tr("Remove tags"))):  # fmt: skip
            box = QComboBox()
            box.addItems(["", *known.get(field, [])])
            box.setAccessibleName(text)
            line = keep_as_typed(box, known.get(field, []))
            line.setPlaceholderText(tr("tags, separated by commas") if field in ("add", "remove") else tr(LEAVE))
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

    def _landing(self) -> set[str | None]:
        """Return the groups that the images are in once they are labelled."""
        group = self._value("group")
        if group is None and self._project is not None:
            return groups_of_images(self._project, self._images)
        return {group or None}

    def _alike(self) -> list[NamedImages]:
        """Return the people whose names are nearly the new one, those of the group that the images are in then first."""
        name, project = self._value("identity"), self._project
        if not name or project is None:
            return []
        landing, of = self._landing(), groups_with(project, name)
        if landing <= set(of):
            return []
        found = names_alike(project, name, images=map(int, self._images))
        near = [one for one in found if landing == {one.group}]
        return [*near, *(one for one in found if one not in near)] if near or not of else []

    async def _settle(self, alike: list[NamedImages], nearest: NamedImages | None) -> None:
        one = await ask_who(self, self._value("identity") or "", alike, nearest)
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
            if groups_of_images(self._project, self._images) <= set(groups):
                return ""
            return tr(
                "A person named {name} exists in: {groups}. Images of another group become another person of that name; "
                "to say that it is this one, set the group too.",
                name=name,
                groups=known,
            )
        return tr(
            "A person named {name} exists in: {groups}. In {group} it is another person of that name.",
            name=name,
            groups=known,
            group=group or tr("no group"),
        )

    def accept(self) -> None:
        """Ask who is meant, where the name is somebody's of another group, or differs from a known one in case, accents or blanks alone; then accept."""
        group, groups = self._value("group"), self._alike_groups()
        if groups and group not in self._kept_groups:
            async_glue.start(self._ask_group(group or "", groups))
            return
        people, alike = self._namesakes(), self._alike()
        nearest = alike[0] if alike and self._landing() == {alike[0].group} else None
        if nearest is not None:
            same = [NamedImages(self._value("identity") or "", group, images) for group, images in people.items()]
            async_glue.start(self._settle([nearest, *same, *alike[1:]], nearest))
        elif people:
            async_glue.start(self._ask(people))
        elif alike:
            async_glue.start(self._settle(alike, None))
        else:
            super().accept()

    def _alike_groups(self) -> list[str]:
        """Return the groups whose names are nearly the new one."""
        group, project = self._value("group"), self._project
        if not group or project is None:
            return []
        return groups_alike(project, group, map(int, self._images))

    async def _ask_group(self, name: str, alike: list[str]) -> None:
        said = await ask_group(self, name, alike)
        if said is None:
            return
        if said != name:
            self.boxes["group"].setCurrentText(said)
        else:
            self._kept_groups.add(name)
        self.accept()

    def _namesakes(self) -> dict[str | None, int]:
        """Return the people of this name, by group, with their images, where some images would become another one."""
        name = self._value("identity")
        if not name or self._project is None:
            return {}
        groups = groups_with(self._project, name)
        if not groups or self._landing() <= set(groups):
            return {}
        images = images_of_name(self._project, name)
        return {one: images.get(one, 0) for one in groups}

    async def _ask(self, people: dict[str | None, int]) -> None:
        name = self._value("identity") or ""
        apart = tr("Another person of that name")
        joins = {
            tr_n(
                "Join the {n:,} image of {name} ({group})", "Join the {n:,} images of {name} ({group})", count,
                name=name, group=group or tr("no group"),
            ): group
            for group, count in list(people.items())[:_MOST]
        }  # fmt: skip
        question = tr("A person named {name} exists already. Is it the same person?", name=name)
        said = await async_glue.ask(
            self, tr("Label"), question, [apart, *joins], tr("To join sets the group of the images too.")
        )
        if said in joins:
            group = joins[said]
            self.removals["group"].setChecked(group is None)
            if group is not None:
                self.boxes["group"].setCurrentText(group)
        if said is not None:
            super().accept()

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
