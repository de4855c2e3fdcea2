"""A field for a threshold: any finite number on any scale of scores, kept as it was typed or dragged."""

from __future__ import annotations

import math
import re

from PySide6.QtCore import QEvent, QSize, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence, QValidator
from PySide6.QtWidgets import QAbstractSpinBox, QWidget

from fairdesk.words import tr

_NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]+)?")
_STEPS = 100  # over the range of the scores


def number_of(text: str) -> float | None:
    """Return the finite number that a text is, with a point or a comma before its decimals; None where it is none."""
    text = text.strip().replace("\N{MINUS SIGN}", "-")
    if _NUMBER.fullmatch(text) is None:
        return None
    number = float(text.replace(",", "."))
    return number if math.isfinite(number) else None


class ThresholdField(QAbstractSpinBox):
    """Shows six digits, or more where the scale needs them, of a number that was set, and what was typed as it was typed; the number itself is never rounded."""

    settled = Signal()
    """Typing ended with a number."""
    judged = Signal(str)
    """What was typed is no number, in words; empty where it is one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kept, self._step, self._typed = 0.0, 0.01, False  # `_typed`: the text says what is not kept yet
        self.setAccessibleName(tr("Threshold"))
        self.lineEdit().textEdited.connect(self._on_typed)
        self.editingFinished.connect(self._finish)
        self.setValue(0.0)

    def value(self) -> float:
        """Return the number that was typed or set last; what is no number changes nothing."""
        typed = number_of(self.text()) if self._typed else None
        return self._kept if typed is None else typed

    def setValue(self, value: float) -> None:  # noqa: N802
        """Show a number; an infinite one, at which nothing or everything is accepted, too."""
        self._kept, self._typed = value, False
        self.lineEdit().setText(f"{value:.{self._digits(value)}g}")
        self._judge()

    def _digits(self, value: float) -> int:
        """Return how many digits tell a number from the next by a hundredth of a step."""
        large = abs(value) / self._step
        return min(17, max(6, math.ceil(math.log10(large)) + 2)) if 1 < large < math.inf else 6

    def sizeHint(self) -> QSize:  # noqa: N802
        """Leave room for the longest number of six digits."""
        return super().sizeHint().expandedTo(QSize(self.fontMetrics().horizontalAdvance("-0.000000e-00") + 40, 0))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def fit(self, least: float, most: float) -> None:
        """Step by a hundredth of the range of the scores, in whole steps of 1, 2 or 5."""
        wide = (most - least) / _STEPS
        if math.isfinite(wide) and wide > 0:
            ten = 10.0 ** math.floor(math.log10(wide))
            self._step = next(part for part in (10 * ten, 5 * ten, 2 * ten, ten) if part <= wide * (1 + 1e-9))

    def stepBy(self, steps: int) -> None:  # noqa: N802
        """Go up or down; it is settled like a number that was typed."""
        here = self.value()
        there = float(f"{here + steps * self._step:.12g}")
        if math.isfinite(there):
            self.setValue(there)
            self.lineEdit().selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:  # noqa: N802
        return QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled

    def validate(self, text: str, pos: int) -> tuple[QValidator.State, str, int]:
        """Let everything be typed: what is no number is marked, not swallowed."""
        return QValidator.State.Acceptable, text, pos

    @Slot(str)
    def _on_typed(self, _text: str) -> None:
        self._typed = True
        self._judge()

    def _judge(self) -> None:
        good = not self._typed or number_of(self.text()) is not None
        if self.property("refused") is good or self.property("refused") is None:
            self.setProperty("refused", not good)
            for widget in (self, self.lineEdit()):
                widget.style().unpolish(widget)
                widget.style().polish(widget)
        if good:
            self.setToolTip(tr("The threshold is {number}", number=repr(self.value())))
            self.judged.emit("")
        else:
            said = tr("“{text}” is no finite number. Type one such as 0.35, 0,35 or 1e-3.", text=self.text())
            said += " " + tr("The threshold is still {number}", number=repr(self._kept)) + "."
            self.setToolTip(said)
            self.judged.emit(said)

    @Slot()
    def _finish(self) -> None:
        self._judge()
        if not self.property("refused"):
            self._kept = self.value()
            self._typed = False
            self.lineEdit().setText(self.text())  # it is an edit of the window now, not of the field's letters
            self.settled.emit()

    def event(self, event: QEvent) -> bool:
        """Leave Ctrl+Z and Ctrl+Y to the window where there are no letters of the field's own to take back."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            line = self.lineEdit()
            undo = event.matches(QKeySequence.StandardKey.Undo) and not line.isUndoAvailable()
            redo = event.matches(QKeySequence.StandardKey.Redo) and not line.isRedoAvailable()
            if undo or redo:
                event.ignore()
                return True
        return super().event(event)
