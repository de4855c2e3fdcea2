"""Values of a form kept under names: choose, save, delete."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QInputDialog, QLabel, QPushButton, QWidget

from fairdesk.gui.settings import Settings
from fairdesk.gui.widgets.parameter_form.numbers import ChoiceBox
from fairdesk.words import mark, tr

_LAST, _DEFAULTS = mark("Last used"), mark("Defaults")


class PresetBar(QWidget):
    """Above a form: `chosen` brings the values of a preset, `asked` wants those of the form to be kept."""

    chosen = Signal(object)  # dict of values
    asked = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings, self._kind = settings, ""
        self.box = ChoiceBox([])
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.save = QPushButton(tr("Save preset…"))
        self.delete = QPushButton(tr("Delete preset"))
        label = QLabel(tr("Preset"))
        label.setBuddy(self.box)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(label)
        layout.addWidget(self.box, 1)
        layout.addWidget(self.save)
        layout.addWidget(self.delete)
        self.box.activated.connect(self._choose)
        self.save.clicked.connect(self.asked)
        self.delete.clicked.connect(self._delete)

    def show_kind(self, kind: str) -> None:
        """Offer the presets of a job."""
        self._kind = kind
        self._fill(tr(_LAST))

    def _fill(self, chosen: str) -> None:
        self.box.clear()
        self.box.addItems([tr(_LAST), tr(_DEFAULTS), *self._settings.presets(self._kind)])
        self.box.setCurrentText(chosen)
        self.delete.setEnabled(self.box.currentIndex() > 1)

    def _choose(self, _row: int) -> None:
        place = self.box.currentIndex()
        self.delete.setEnabled(self.box.currentIndex() > 1)
        if place == 1:
            self.chosen.emit({})
        elif place == 0:
            self.chosen.emit(self._settings.form(self._kind))
        else:
            self.chosen.emit(self._settings.presets(self._kind).get(self.box.currentText(), {}))

    def keep(self, values: dict[str, Any]) -> None:
        """Ask for a name and keep values under it."""
        current = self.box.currentText() if self.box.currentIndex() > 1 else ""
        dialog = QInputDialog(self)
        dialog.setWindowTitle(tr("Save preset"))
        dialog.setLabelText(tr("Name of the preset"))
        dialog.setTextValue(current)
        dialog.textValueSelected.connect(lambda name: self.keep_as(name.strip(), values))
        dialog.open()

    def keep_as(self, name: str, values: dict[str, Any]) -> None:
        """Keep values under a name; the two names of the program's own stay its own."""
        if name and name not in (tr(_LAST), tr(_DEFAULTS)):
            self._settings.set_preset(self._kind, name, values)
            self._fill(name)

    def _delete(self) -> None:
        self._settings.set_preset(self._kind, self.box.currentText(), None)
        self._fill(tr(_LAST))
