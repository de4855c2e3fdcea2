"""Editors of numbers and choices that a wheel changes only where they have the focus."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QSpinBox, QWidget

_MARGINS = (5, 0, 0, 0)  # a spin box's own padding does not reach its text


def _heeds_wheel(editor: QWidget, event: QWheelEvent) -> bool:
    """Whether the wheel is meant for the editor; else the form scrolls."""
    if editor.hasFocus():
        return True
    event.ignore()
    return False


class WholeSpin(QSpinBox):
    """A whole number."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.lineEdit().setTextMargins(*_MARGINS)
        self.setGroupSeparatorShown(True)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if _heeds_wheel(self, event):
            super().wheelEvent(event)


class RealSpin(QDoubleSpinBox):
    """A number down to 10^-9, such as a learning rate, without the zeros behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setDecimals(9)
        self.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.lineEdit().setTextMargins(*_MARGINS)

    def textFromValue(self, value: float) -> str:  # noqa: N802
        """Write the number as short as it is."""
        point = self.locale().decimalPoint()
        return self.locale().toString(value, "f", self.decimals()).rstrip("0").rstrip(point)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if _heeds_wheel(self, event):
            super().wheelEvent(event)


class ChoiceBox(QComboBox):
    """A list to choose from; with `unset` its first line means that nothing is chosen."""

    def __init__(self, choices: list[str], unset: str | None = None, *, editable: bool = False) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setEditable(editable)
        self._unset = None if editable else unset
        if self._unset is not None:
            self.addItem(self._unset)
        self.addItems(choices)
        line = self.lineEdit()
        if editable and line is not None:
            self.setCurrentIndex(-1)
            line.setPlaceholderText(unset or "")

    def choose(self, value: str | None) -> None:
        """Choose a value; None is none."""
        if value is None:
            self.setCurrentIndex(0 if self._unset is not None else -1)
            if self.isEditable():
                self.setEditText("")
        else:
            self.setCurrentText(value)

    def chosen(self) -> str | None:
        """Return the value, or None where none is chosen."""
        if self._unset is not None and self.currentIndex() == 0:
            return None
        return self.currentText().strip() or None

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if _heeds_wheel(self, event):
            super().wheelEvent(event)
