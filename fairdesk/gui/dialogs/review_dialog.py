"""Synthetic faces with their scores: look, accept or reject each, and import only the accepted ones."""

from __future__ import annotations

import json
import time
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QColor, QIcon, QImage, QKeySequence, QPainter, QPixmap, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from fairdesk.generation.results import ReviewResult
from fairdesk.gui.pictures import fit, read_image
from fairdesk.gui.theme import Theme
from fairdesk.images.written_files import write_text
from fairdesk.words import tr

SIDE = 128
_LARGE = 220  # of the face that is looked at, however small it is
_MOMENT = 0.01  # seconds
VERDICTS = "review.json"  # beside a review's result: the files that a person accepts


class ReviewDialog(QDialog):
    """`accepted_paths()` after it was accepted. A accepts and R rejects a face and goes to the next; several at once stay.

    What a person says is written down at once, and is there again the next time.
    """

    def __init__(self, result: ReviewResult, kept: Path, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Review synthetic faces"))
        self._home, self._faces, self._theme = Path(result.made), result.faces, theme
        self._kept = kept
        self._good = [not face.why for face in self._faces]
        lost = ""
        try:
            said = set(json.loads(kept.read_text(encoding="utf-8")))
            self._good = [face.path in said for face in self._faces]
        except FileNotFoundError:  # nothing was said yet
            pass
        except (OSError, ValueError, TypeError) as error:
            lost = "\n" + tr(
                "Earlier decisions cannot be read from {kept} ({error}); this starts from the checks.",
                kept=kept,
                error=error,
            )
        self.list = QListWidget()
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setIconSize(QSize(SIDE, SIDE))
        self.list.setGridSize(QSize(SIDE + 20, SIDE + 40))
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setUniformItemSizes(True)
        self.list.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        empty = QPixmap(SIDE, SIDE)  # the list measures its places by the first
        empty.fill(Qt.GlobalColor.transparent)
        for number, face in enumerate(self._faces):
            item = QListWidgetItem(QIcon(empty), face.path.rsplit("/", 1)[-1])
            item.setData(Qt.ItemDataRole.UserRole, number)
            item.setToolTip("\n".join([face.path, *(face.why or [tr("passes every check")])]))
            self.list.addItem(item)
        self.made, self.real, self.about = QLabel(), QLabel(), QLabel()
        self.about.setWordWrap(True)
        self.told = QLabel(result.summary + lost)
        self.told.setWordWrap(True)
        self.accept_button, self.reject_button = QPushButton(tr("Accept (A)")), QPushButton(tr("Reject (R)"))
        self.import_button = QPushButton()
        self.import_button.setProperty("primary", True)
        for key, good in (("A", True), ("R", False)):  # a button's own shortcut waits 0.1 s and loses fast keys
            QShortcut(QKeySequence(key), self).activated.connect(lambda good=good: self._judge(good=good))
        close = QPushButton(tr("Close"))
        self._build(close)
        self.list.currentItemChanged.connect(lambda *_: self._show())
        self.accept_button.clicked.connect(lambda: self._judge(good=True))
        self.reject_button.clicked.connect(lambda: self._judge(good=False))
        self.import_button.clicked.connect(self.accept)
        close.clicked.connect(self.reject)
        self.resize(1040, 680)
        if self._faces:
            self.list.setCurrentRow(0)
        self._count()
        self._drawing = QTimer(self)
        self._drawn = 0
        self._drawing.timeout.connect(self._draw_some)
        self._drawing.start(0)

    def _draw_some(self) -> None:
        """Draw faces for a moment, from the first on: thousands at once would hold the window up."""
        start = time.monotonic()
        while self._drawn < self.list.count() and time.monotonic() - start < _MOMENT:
            self._draw(self.list.item(self._drawn))
            self._drawn += 1
        if self._drawn == self.list.count():
            self._drawing.stop()

    def _build(self, close: QPushButton) -> None:
        side = QWidget()
        column = QVBoxLayout(side)
        for title, picture in ((tr("Synthetic face"), self.made), (tr("Nearest real face"), self.real)):
            column.addWidget(QLabel(title))
            picture.setFixedSize(_LARGE, _LARGE)
            column.addWidget(picture)
        column.addWidget(self.about)
        column.addStretch()
        split = QSplitter()
        split.addWidget(self.list)
        split.addWidget(side)
        split.setStretchFactor(0, 1)
        split.setSizes([780, 260])
        buttons = QHBoxLayout()
        for button in (self.accept_button, self.reject_button):
            buttons.addWidget(button)
        buttons.addStretch()
        buttons.addWidget(close)
        buttons.addWidget(self.import_button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.told)
        layout.addWidget(split, 1)
        layout.addLayout(buttons)

    def _draw(self, item: QListWidgetItem) -> None:
        """The picture, with a green or a red rim and a sign, so that colour is not alone."""
        number = int(item.data(Qt.ItemDataRole.UserRole))
        image, _ = read_image(str(self._home / self._faces[number].path), SIDE - 8)
        canvas = QPixmap(SIDE, SIDE)
        canvas.fill(QColor(self._theme.tokens["good" if self._good[number] else "bad"]))
        painter = QPainter(canvas)
        shown = fit(image, SIDE - 8)
        painter.drawImage((SIDE - shown.width()) // 2, (SIDE - shown.height()) // 2, shown)
        painter.fillRect(4, 4, 18, 18, QColor(0, 0, 0, 190))
        painter.setPen(QColor("white"))
        painter.drawText(4, 4, 18, 18, Qt.AlignmentFlag.AlignCenter, "✓" if self._good[number] else "✕")
        painter.end()
        item.setIcon(QIcon(canvas))

    def _show(self) -> None:
        item = self.list.currentItem()
        if item is None:
            return
        face = self._faces[int(item.data(Qt.ItemDataRole.UserRole))]
        for label, path in ((self.made, str(self._home / face.path)), (self.real, face.nearest_path)):
            image = read_image(path, _LARGE)[0] if path else QImage()
            label.setPixmap(QPixmap() if image.isNull() else QPixmap.fromImage(fit(image, _LARGE)))
        lines = []
        if face.distance is not None:
            lines.append(
                tr("Nearest real: {nearest}, {distance:.3f} apart", nearest=face.nearest, distance=face.distance)
            )
        if face.source_distance is not None:
            lines.append(tr("From its source: {distance:.3f}", distance=face.source_distance))
        if face.group_share is not None:
            lines.append(
                tr(
                    "Represents {group}: {share:.0f} % of its nearest real people are of it",
                    group=face.group,
                    share=100 * face.group_share,
                )
            )
        if face.quality and face.quality.sharpness is not None:
            lines.append(
                tr(
                    "Sharpness {sharpness:.0f}, face {side:.0f} pixels",
                    sharpness=face.quality.sharpness,
                    side=face.quality.side,
                )
            )
        self.about.setText("\n".join([*lines, "", *(face.why or [tr("Passes every check.")])]))

    def _judge(self, *, good: bool) -> None:
        """Judge the selected faces; of a single one, go to the next."""
        self._set(good=good)
        row = self.list.currentRow()
        if len(self.list.selectedItems()) == 1 and row + 1 < self.list.count():
            self.list.setCurrentRow(row + 1)

    def _set(self, *, good: bool) -> None:
        for item in self.list.selectedItems():
            self._good[int(item.data(Qt.ItemDataRole.UserRole))] = good
            self._draw(item)
        self._count()
        try:
            write_text(self._kept, json.dumps(self.accepted_paths(), ensure_ascii=False))
        except OSError as error:
            self.told.setText(
                tr(
                    "Your decisions are lost when this closes: {kept} cannot be written ({error}).",
                    kept=self._kept,
                    error=error.strerror,
                )
            )

    def _count(self) -> None:
        count = sum(self._good)
        self.import_button.setText(tr("Import {count:,} accepted", count=count))
        self.import_button.setEnabled(count > 0)

    def accepted_paths(self) -> list[str]:
        """The accepted files, below the folder."""
        return [face.path for face, good in zip(self._faces, self._good, strict=True) if good]
