"""The latent explorer: sliders that change a synthetic face, answered at once by a resident that keeps the generator."""

from __future__ import annotations

import base64
import random
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from fairdesk.gui import async_glue
from fairdesk.gui.pictures import decode
from fairdesk.gui.resident import Resident
from fairdesk.words import mark, tr

SIDE = 384
GENERATORS = mark("Generators (*.safetensors *.pkl *.pth *.pt *.onnx);;All files (*)")


async def choose_generator(parent: QWidget) -> Path | None:
    """Let a person choose a checkpoint, or another program's generator."""
    path = await async_glue.choose_file(parent, tr("Choose a generator"), tr(GENERATORS))
    return Path(path) if path else None


class ExplorerDialog(QDialog):
    """One face; a seed, a truncation, a label, and a slider for each direction."""

    def __init__(self, run: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Explore {run}", run=run.name))
        self.answers = 0
        self.another: Path | None = None  # what to explore instead, after this dialog
        self._mark: dict[str, Any] = {}
        self._png = b""
        self.resident = Resident("explorer", self)
        self.picture = QLabel(tr("Loading the generator …"))
        self.picture.setFixedSize(SIDE, SIDE)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.seed = QSpinBox()
        self.seed.setRange(0, 2**31 - 1)
        self.truncation = self._slider(10, 100, 100)
        self.label = QComboBox()
        self.sliders: list[QSlider] = []
        self.told = QLabel(tr("Every image is synthetic, and is marked as such when saved."))
        self.told.setWordWrap(True)
        self.told.setProperty("role", "muted")
        self.form = QFormLayout()
        self.form.addRow(tr("Seed"), self.seed)
        self.form.addRow(tr("Truncation"), self.truncation)
        names = (tr("New face"), tr("Reset"), tr("Save…"), tr("Another generator…"), tr("Close"))
        new, self.reset_button, self.save_button, self.other, close = map(QPushButton, names)
        buttons = QHBoxLayout()
        for button in (new, self.reset_button, self.save_button, self.other):
            buttons.addWidget(button)
        buttons.addStretch()
        buttons.addWidget(close)
        side = QVBoxLayout()
        side.addLayout(self.form)
        side.addStretch()
        side.addWidget(self.told)
        body = QHBoxLayout()
        body.addWidget(self.picture)
        body.addLayout(side, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(body)
        layout.addLayout(buttons)
        self.save_button.setEnabled(False)
        self.seed.valueChanged.connect(lambda _v: self._ask())
        self.label.currentTextChanged.connect(lambda _t: self._ask())
        new.clicked.connect(lambda: self.seed.setValue(random.randrange(10**6)))
        self.reset_button.clicked.connect(self._reset)
        self.save_button.clicked.connect(lambda: async_glue.start(self._save()))
        self.other.clicked.connect(lambda: async_glue.start(self._other()))
        close.clicked.connect(self.accept)
        self.resident.answered.connect(self._arrived)
        self.resident.failed.connect(self.told.setText)
        self.finished.connect(lambda _result: self.resident.close())
        self.resize(820, 480)
        self.resident.load({"run": str(run)})

    def _slider(self, low: int, high: int, value: int) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(low, high)
        slider.setValue(value)
        slider.setMinimumSize(QSize(180, 20))
        slider.valueChanged.connect(lambda _v: self._ask())
        return slider

    def request(self) -> dict[str, Any]:
        """What the controls ask for."""
        return {"seed": self.seed.value(), "moves": [slider.value() / 100 for slider in self.sliders], "truncation": self.truncation.value() / 100,
                "label": self.label.currentText() or None}  # fmt: skip

    def _ask(self) -> None:
        self.resident.ask(self.request())

    def _reset(self) -> None:
        for slider in (*self.sliders, self.truncation):
            slider.blockSignals(True)
            slider.setValue(100 if slider is self.truncation else 0)
            slider.blockSignals(False)
        self._ask()

    @Slot(object)
    def _arrived(self, answer: dict[str, Any]) -> None:
        if "error" in answer:
            self.told.setText(answer["error"])
            if not self.sliders:
                self.picture.setText(tr("This generator cannot be explored."))
            return
        if "directions" in answer:
            self._build(answer)
            self._ask()
            return
        self.answers += 1
        self._png, self._mark = base64.b64decode(answer["png"]), answer["mark"]
        pixmap = QPixmap.fromImage(decode(self._png, "png"))
        self.picture.setPixmap(
            pixmap.scaled(SIDE, SIDE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
        )
        self.save_button.setEnabled(True)

    def _build(self, answer: dict[str, Any]) -> None:
        """Add what this generator has: a slider for each direction, and its labels."""
        if self.sliders:
            return
        if answer["labels"]:
            self.label.blockSignals(True)
            self.label.addItems(answer["labels"])
            self.label.blockSignals(False)
            self.form.addRow(tr("Label"), self.label)
        for number in range(answer["directions"]):
            slider = self._slider(-300, 300, 0)
            slider.setAccessibleName(tr("Direction {number}", number=number + 1))
            self.sliders.append(slider)
            self.form.addRow(tr("Direction {number}", number=number + 1), slider)

    async def _other(self) -> None:
        self.another = await choose_generator(self)
        if self.another is not None:
            self.accept()

    async def _save(self) -> None:
        path = await async_glue.choose_file(self, tr("Save the face"), tr("PNG (*.png)"), save="png")
        if path:
            self.save_to(Path(path))

    def save_to(self, path: Path) -> None:
        """Write the face with its synthetic mark inside."""
        from fairdesk.images.decoding import opened
        from fairdesk.images.synthetic_marks import save_marked
        from fairdesk.images.written_files import write_manifest

        with opened(self._png) as image:
            image.load()
        save_marked(image, path, self._mark)
        write_manifest(path, {"synthetic": True, **self._mark}, [path.name])
        self.told.setText(tr("Saved {path}, marked synthetic.", path=path))
