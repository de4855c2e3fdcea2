"""A pair list to look at: each pair's two faces, by label and group."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from fairdesk.gui.session import Session
from fairdesk.gui.widgets.pair_view import PairView, told
from fairdesk.metrics.pair_lists.viewing import ListedPair, pairs_to_see
from fairdesk.words import tr, tr_n

_BETWEEN = "\0between"


def kept(pairs: Sequence[ListedPair], label: int | None, group: str | None, *, lost: bool = False) -> list[ListedPair]:
    """Return the pairs of a label and a group (of both faces; `_BETWEEN`: of two groups); `lost`: those without an image."""
    return [
        pair
        for pair in pairs
        if (label is None or pair.pair.label == label)
        and (
            group is None or (pair.groups[0] != pair.groups[1] if group == _BETWEEN else pair.groups == (group, group))
        )
        and (not lost or not all(face.path for face in pair.faces))
    ]


class PairListDialog(QDialog):
    """Reads the list in the background, then shows it."""

    def __init__(self, session: Session, path: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Pairs of {list}", list=path.name))
        self._pairs: list[ListedPair] = []
        self._over = False
        self.view = PairView(session.project, session.theme)
        self.label, self.group = QComboBox(), QComboBox()
        for text, value in (
            (tr("all pairs"), None),
            (tr("genuine"), 1),
            (tr("impostor"), 0),
            (tr("without an image"), -1),
        ):
            self.label.addItem(text, value)
        self.group.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.label.setAccessibleName(tr("Kind of pair"))
        self.group.setAccessibleName(tr("Group"))
        self.count, self.about = QLabel(tr("Reading the list …")), QLabel()
        self.about.setWordWrap(True)
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.about.setMinimumHeight(4 * self.about.fontMetrics().lineSpacing())
        self.about.setAlignment(Qt.AlignmentFlag.AlignTop)
        close = QPushButton(tr("Close"))
        close.clicked.connect(self.reject)
        top = QHBoxLayout()
        top.addWidget(self.label)
        top.addWidget(self.group)
        top.addWidget(self.count, 1)
        bottom = QHBoxLayout()
        bottom.addWidget(self.about, 1)
        bottom.addWidget(close, 0, Qt.AlignmentFlag.AlignBottom)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)
        layout.addLayout(bottom)
        self.resize(min(980, parent.width()), min(700, parent.height()))
        self.label.currentIndexChanged.connect(self._filter)
        self.group.currentIndexChanged.connect(self._filter)
        self.view.selectionModel().currentChanged.connect(lambda *_: self._show_chosen())
        project = session.project
        if project is not None:
            session.background.read(
                ("pairs", id(self)), lambda: pairs_to_see(project, path), self._arrived, self._failed
            )  # fmt: skip

    def _arrived(self, pairs: list[ListedPair]) -> None:
        if self._over:
            return
        self._pairs = pairs
        groups = sorted({group for pair in pairs for group in pair.groups if group})
        self.group.blockSignals(True)
        self.group.addItem(tr("all groups"), None)
        for name in groups:
            self.group.addItem(name, name)
        if any(pair.groups[0] != pair.groups[1] for pair in pairs):
            self.group.addItem(tr("between groups"), _BETWEEN)
        self.group.setVisible(len(groups) > 0)
        self.group.blockSignals(False)
        self.group.adjustSize()
        if all(face.path for pair in pairs for face in pair.faces):
            self.label.removeItem(self.label.findData(-1))
        self._filter()

    def _failed(self, error: BaseException) -> None:
        if not self._over:
            self.count.setText(str(error))

    def _filter(self) -> None:
        label = self.label.currentData()
        lost = label == -1
        shown = kept(self._pairs, None if lost else label, self.group.currentData(), lost=lost)
        self.view.pairs.show(shown)
        self.count.setText(
            tr_n("{shown:,} of {n:,} pair", "{shown:,} of {n:,} pairs", len(self._pairs), shown=len(shown))
        )
        if shown:
            self.view.setCurrentIndex(self.view.pairs.index(0))
        self._show_chosen()

    def _show_chosen(self) -> None:
        pair = self.view.chosen()
        self.about.setText("" if pair is None else told(pair))

    def done(self, result: int) -> None:
        """Close it, and its threads; what is still being read arrives too late."""
        self._over = True
        self.view.close_pictures()
        super().done(result)
