"""More filters: set, tag, gender, age, who said so, cluster, prediction and quality, each with what the project has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from fairdesk.gui.tabs.dataset.presenter import View
from fairdesk.project.image_queries import Filter
from fairdesk.project.quality import MEASURES, Limit
from fairdesk.words import mark, tr

ANY = mark("any")
NO_SET = mark("in no set")


def _number(edit: QLineEdit) -> float | None:
    try:
        return float(edit.text().replace(",", "."))
    except ValueError:
        return None


class FilterPanel(QWidget):
    """Combo boxes over a `Filter`; `changed` fires when it has changed."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.boxes: dict[str, QComboBox] = {}
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(60)
        self._delay.timeout.connect(self.changed)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(4)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, title in (("in_set", tr("Set")), ("tag", tr("Tag")), ("gender", tr("Gender")), ("source", tr("Label from")),
                            ("predicted", tr("Predicted")), ("cluster", tr("Cluster")), ("measure", tr("Quality"))):  # fmt: skip
            box = QComboBox()
            box.setAccessibleName(tr("Filter by {title}", title=title.lower()))
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(10)
            box.currentIndexChanged.connect(lambda _n: self._delay.start())
            self.boxes[name] = box
            form.addRow(title, box)
        self.low, self.high = QLineEdit(), QLineEdit()
        self.age_low, self.age_high = QLineEdit(), QLineEdit()
        form.addRow(tr("from, to"), self._pair(self.low, self.high, tr("lowest"), tr("highest")))
        form.addRow(tr("Age"), self._pair(self.age_low, self.age_high, tr("from"), tr("to")))
        self.clear_button, self.save_button = QPushButton(tr("Clear")), QPushButton(tr("Save view…"))
        self.clear_button.clicked.connect(self.clear)
        buttons = QHBoxLayout()
        buttons.addWidget(self.clear_button)
        buttons.addWidget(self.save_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addLayout(buttons)
        self.fill(View())

    def _pair(self, low: QLineEdit, high: QLineEdit, first: str, last: str) -> QWidget:
        pair = QWidget()
        row = QHBoxLayout(pair)
        row.setContentsMargins(0, 0, 0, 0)
        for edit, text in ((low, first), (high, last)):
            edit.setPlaceholderText(text)
            edit.setAccessibleName(text)
            edit.textChanged.connect(lambda _text: self._delay.start())
            row.addWidget(edit)
        row.insertWidget(1, QLabel("–"))
        return pair

    def fill(self, view: View) -> None:
        """Offer what the project has; what is chosen stays chosen."""
        choices: dict[str, Sequence[tuple[str, object]]] = {
            "in_set": [(s.name, s.name) for s in view.sets] + ([(tr(NO_SET), "")] if view.sets else []),
            "tag": [(tag, tag) for tag, _ in view.every_tag],
            "gender": [(v, v) for v in view.genders],
            "source": [(tr(v), v) for v in view.sources],
            "predicted": [(v, v) for v in view.predicted],
            "cluster": [(title, number) for number, title in view.clusters],
            "measure": [(tr(text), name) for name, text in MEASURES.items()] if view.measured else [],
        }
        for name, box in self.boxes.items():
            chosen = box.currentData()
            box.blockSignals(True)
            box.clear()
            box.addItem(tr(ANY), None)
            for text, data in choices[name]:
                box.addItem(text, data)
                box.setItemData(box.count() - 1, text, Qt.ItemDataRole.ToolTipRole)
            box.setCurrentIndex(max(0, box.findData(chosen)) if chosen is not None else 0)
            box.setEnabled(box.count() > 1)
            box.blockSignals(False)

    def apply(self, base: Filter) -> Filter:
        """Return a filter with this panel's choices added."""
        data = {name: box.currentData() for name, box in self.boxes.items()}
        ages = _number(self.age_low), _number(self.age_high)
        age = None if ages == (None, None) else (ages[0] or 0.0, ages[1] if ages[1] is not None else 200.0)
        predicted = tuple(data["predicted"].split(": ", 1)) if data["predicted"] else None
        quality: tuple[Limit, ...] = ()
        if data["measure"] is not None and (_number(self.low), _number(self.high)) != (None, None):
            quality = (Limit(data["measure"], _number(self.low), _number(self.high)),)
        return replace(
            base, in_set=data["in_set"], tag=data["tag"], gender=data["gender"], source=data["source"],
            cluster=data["cluster"], predicted=predicted, age=age, quality=quality,
        )  # fmt: skip

    def show_filter(self, wanted: Filter) -> None:
        """Show a filter's choices, without telling."""
        limit = wanted.quality[0] if wanted.quality else None
        data = {
            "in_set": wanted.in_set, "tag": wanted.tag, "gender": wanted.gender, "source": wanted.source,
            "cluster": wanted.cluster, "predicted": ": ".join(wanted.predicted) if wanted.predicted else None,
            "measure": limit.measure if limit else None,
        }  # fmt: skip
        for name, box in self.boxes.items():
            box.blockSignals(True)
            box.setCurrentIndex(max(0, box.findData(data[name])) if data[name] is not None else 0)
            box.blockSignals(False)
        ends = (limit.low, limit.high) if limit else (None, None)
        for edit, value in zip(
            (self.low, self.high, self.age_low, self.age_high), (*ends, *(wanted.age or (None, None))), strict=True
        ):
            edit.blockSignals(True)
            edit.setText("" if value is None else f"{value:g}")
            edit.blockSignals(False)

    def active(self) -> int:
        """How many filters are set."""
        used = self.apply(Filter())
        fields = (used.in_set, used.tag, used.gender, used.source, used.cluster, used.predicted, used.age)
        return sum(value is not None for value in fields) + bool(used.quality)

    def clear(self) -> None:
        """Set every filter back."""
        self.show_filter(Filter())
        self.changed.emit()
