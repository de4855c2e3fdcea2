"""The comparisons behind a number, as pictures side by side, the worst first: to relabel, leave out, or count again."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QIcon, QImage, QKeyEvent, QKeySequence, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from fairdesk.gui import async_glue
from fairdesk.gui.dialogs.label_dialog import LabelDialog
from fairdesk.gui.own_steps import OwnSteps
from fairdesk.gui.pictures import read_image
from fairdesk.gui.session import Session
from fairdesk.metrics.pairs_behind.shown_pairs import ShownPair, ShownPairs
from fairdesk.metrics.store import MarkKind, mark_comparisons, unmark_comparisons
from fairdesk.project import Project
from fairdesk.project.labels import edit_labels
from fairdesk.words import mark, tr, tr_n

SIDE = 112
REASONS = (
    mark("the label is wrong"), mark("two people in one picture"), mark("the face is not the subject's"),
    mark("the same picture twice"), mark("the face cannot be made out"),
)  # fmt: skip


class Column:
    """Where things stand in the table."""

    first, second, score, labels, mark = range(5)


class PairsDialog(QDialog):
    """A row for each comparison. Edits are steps of the project: Ctrl+Z undoes those made here, and the figures follow."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._pairs: list[ShownPair] = []
        self._own = OwnSteps(self._say)
        self.setWindowTitle(tr("Pairs"))
        self.head = QLabel(tr("Reading the pairs …"))
        self.head.setWordWrap(True)
        self.said = QLabel()
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.said.setWordWrap(True)
        self.said.hide()
        self.table = QTableWidget(0, 5)
        self.table.setTabKeyNavigation(False)  # the arrows go from cell to cell, Tab goes on
        self.table.setHorizontalHeaderLabels(
            [tr("First"), tr("Second"), tr("Score"), tr("Labels"), tr("Left out because")]
        )
        self.table.setIconSize(QSize(SIDE, SIDE))
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # names of images differ at their end
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(SIDE + 8)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(Column.score, QHeaderView.ResizeMode.ResizeToContents)
        self.reason = QComboBox()
        self.reason.setEditable(True)
        self.reason.addItems([tr(text) for text in REASONS])
        self.reason.setAccessibleName(tr("Why it is left out"))
        self.relabel_first, self.relabel_second = QPushButton(tr("Relabel first…")), QPushButton(tr("Relabel second…"))
        self.wrong, self.exclude = QPushButton(tr("Wrong label")), QPushButton(tr("Leave out"))
        self.count, close = QPushButton(tr("Count again")), QPushButton(tr("Close"))
        self.wrong.setToolTip(tr("Leave these out because a label is wrong, until it is corrected"))
        self.reason.currentTextChanged.connect(lambda _text: self._check())
        self.relabel_first.clicked.connect(lambda: self._ask_label(0))
        self.relabel_second.clicked.connect(lambda: self._ask_label(1))
        self.wrong.clicked.connect(lambda: self._mark(MarkKind.WRONG_LABEL, tr(REASONS[0])))
        self.exclude.clicked.connect(lambda: self._mark(MarkKind.EXCLUDED, self.reason.currentText()))
        self.count.clicked.connect(self._unmark)
        close.clicked.connect(self.reject)
        self.table.itemSelectionChanged.connect(self._check)
        labels, marks = QHBoxLayout(), QHBoxLayout()
        for widget in (self.relabel_first, self.relabel_second, self.wrong, self.count):
            labels.addWidget(widget)
        labels.addStretch()
        marks.addWidget(self.reason, 1)
        marks.addWidget(self.exclude)
        marks.addStretch()
        marks.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addWidget(self.head)
        layout.addWidget(self.table)
        layout.addLayout(labels)
        layout.addLayout(marks)
        layout.addWidget(self.said)
        self.resize(960, 620)
        self.finished.connect(self._draw_no_more)
        self._check()

    def show_pairs(self, found: ShownPairs) -> None:
        """List other pairs; what was selected stays selected."""
        rows = {item.row() for item in self.table.selectedItems()}
        kept = {self._pairs[row].key for row in rows}
        self._pairs = found.pairs
        self.head.setText(found.text)
        self.table.setRowCount(len(found.pairs))
        for y, pair in enumerate(found.pairs):
            for x, path in ((Column.first, pair.first), (Column.second, pair.second)):
                item = QTableWidgetItem(path.replace("\\", "/").rsplit("/", 1)[-1])
                item.setToolTip(path)
                self.table.setItem(y, x, item)
            for x, text in ((Column.score, pair.score), (Column.labels, pair.labels), (Column.mark, pair.mark)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(y, x, item)
        self.table.clearSelection()
        mode = QAbstractItemView.SelectionMode
        self.table.setSelectionMode(mode.MultiSelection)
        for y, pair in enumerate(found.pairs):
            if pair.key in kept:
                self.table.selectRow(y)
        self.table.setSelectionMode(mode.ExtendedSelection)
        self._draw_pictures()
        self._check()

    def _draw_pictures(self) -> None:
        """Read the pictures off this thread, one pair after the other."""
        pairs = list(self._pairs)

        def read(row: int) -> None:
            if row >= len(pairs) or self._pairs[row : row + 1] != pairs[row : row + 1] or not self.isVisible():
                return
            pair = pairs[row]

            def drawn(images: list[QImage]) -> None:
                if self._pairs[row : row + 1] == [pair]:
                    for x, image in enumerate(images):
                        if (item := self.table.item(row, x)) is not None and not image.isNull():
                            item.setIcon(QIcon(QPixmap.fromImage(image)))
                read(row + 1)

            self._session.background.read(
                ("pair pictures", id(self)),
                lambda: [read_image(path, SIDE)[0] for path in (pair.first, pair.second)],
                drawn,
            )

        read(0)

    @Slot()
    def _draw_no_more(self) -> None:
        """Leave pictures that are still being read: there is nothing left to put them in."""
        self._pairs = []

    def _selected(self) -> list[ShownPair]:
        rows = sorted({item.row() for item in self.table.selectedItems()})
        return [self._pairs[row] for row in rows]

    @Slot()
    def _check(self) -> None:
        """Offer what can be done with what is selected."""
        chosen = self._selected()
        of_project = bool(chosen) and all(pair.images is not None for pair in chosen)
        for button in (self.wrong, self.relabel_first, self.relabel_second):
            button.setEnabled(of_project)
        reasoned = bool(self.reason.currentText().strip())
        self.exclude.setEnabled(of_project and reasoned)
        self.exclude.setToolTip(
            tr("Leave these out for the reason on the left")
            if reasoned
            else tr("First say on the left why they are left out")
        )
        self.count.setEnabled(of_project and any(pair.mark for pair in chosen))

    def _images(self) -> list[tuple[int, int]]:
        return [pair.images for pair in self._selected() if pair.images is not None]

    def _say(self, text: str) -> None:
        """Say something here: notices of the main window are behind this one."""
        self.said.setText(text)
        self.said.show()

    def _edit(self, work: Callable[[Project], int], done: Callable[[int], str]) -> None:
        self.said.hide()
        self._session.edit(work, done, self._own)

    def _mark(self, kind: MarkKind, reason: str) -> None:
        images = self._images()
        if images:
            self._edit(
                lambda project: mark_comparisons(project, images, kind, reason),
                lambda n: tr_n("{n:,} comparison is left out", "{n:,} comparisons are left out", n),
            )

    def _unmark(self) -> None:
        images = self._images()
        if images:
            self._edit(
                lambda project: unmark_comparisons(project, images),
                lambda n: tr_n("{n:,} comparison counts again", "{n:,} comparisons count again", n),
            )

    def _ask_label(self, side: int) -> None:
        images = sorted({pair[side] for pair in self._images()})
        if images:
            async_glue.start(self._label(images))

    async def _label(self, images: list[int]) -> None:
        known = {"identity": sorted({name for pair in self._pairs for name in pair.identities if name})}
        dialog = LabelDialog(images, known, "identity", self, self._session.project)
        if await async_glue.finished(dialog) == QDialog.DialogCode.Accepted:
            edit = dialog.edit()
            self._edit(
                lambda project: edit_labels(project, images, edit),
                lambda n: tr_n("{n:,} image labelled", "{n:,} images labelled", n),
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Undo and redo go through what was corrected here; what came before is the main window's."""
        if event.matches(QKeySequence.StandardKey.Undo):
            self.said.hide()
            self._session.undo(only=self._own)
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.said.hide()
            self._session.redo(only=self._own)
        else:
            super().keyPressEvent(event)
