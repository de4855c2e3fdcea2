"""All clusterings of a project: notes on them, going back to one, and two of them compared."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from fairdesk import counted
from fairdesk.clustering.quality_now import quality_now
from fairdesk.clustering.results import Agreement
from fairdesk.clustering.store import Version, note_version, revert_to, versions
from fairdesk.clustering.verdicts.holding import holding_in
from fairdesk.gui import async_glue
from fairdesk.gui.dialogs.clustering_comparison import ComparisonDialog
from fairdesk.gui.session import Session
from fairdesk.project import Project
from fairdesk.words import tr

F1, NOTE = 4, 6  # columns


class ClusteringsDialog(QDialog):
    """A row for each clustering, the newest first."""

    shown = Signal(int)  # a clustering that is to be shown in the tab

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._versions: list[Version] = []
        self.setWindowTitle(tr("Clusterings"))
        about = QLabel(tr("Every clustering is kept. Select two to compare them; double-click a note to change it."))
        about.setWordWrap(True)
        about.setProperty("role", "muted")
        self.table = QTableWidget(0, NOTE + 1)
        self.table.setTabKeyNavigation(False)  # the arrows go from cell to cell, Tab goes on
        self.table.setHorizontalHeaderLabels(
            [tr("Number"), tr("Name"), tr("Clusters"), tr("Faces"), tr("BCubed F1"), tr("When"), tr("Note")]
        )
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setSectionResizeMode(NOTE, QHeaderView.ResizeMode.Stretch)
        self.table.setAccessibleName(tr("Clusterings"))
        self.show_it, self.compare = QPushButton(tr("&Show")), QPushButton(tr("&Compare"))
        self.note, self.revert = QPushButton(tr("&Note…")), QPushButton(tr("&Go back to it"))
        self.compare.setToolTip(tr("Compare the two selected clusterings: what moved, and how alike they are"))
        self.revert.setToolTip(tr("A copy of the selected clustering becomes the newest; all others stay"))
        self.shut = QPushButton(tr("Close"))
        row = QHBoxLayout()
        for button in (self.show_it, self.compare, self.note, self.revert):
            row.addWidget(button)
        row.addStretch()
        row.addWidget(self.shut)
        layout = QVBoxLayout(self)
        layout.addWidget(about)
        layout.addWidget(self.table)
        layout.addLayout(row)
        self.show_it.clicked.connect(self._show)
        self.compare.clicked.connect(self._compare)
        self.note.clicked.connect(lambda: async_glue.start(self._note()))
        self.revert.clicked.connect(self._revert)
        self.shut.clicked.connect(self.reject)
        self.table.itemSelectionChanged.connect(self._enable)
        self.table.cellDoubleClicked.connect(self._on_double_click)
        session.catalogue_changed.connect(self._fill)
        self.resize(860, 420)
        self._fill()

    @Slot(object)
    def _fill(self, _change: object = None) -> None:
        project = self._session.project
        if project is None:
            self.reject()
            return
        self._session.background.read("clusterings", lambda: versions(project), self._arrived)

    def _arrived(self, found: list[Version]) -> None:
        kept = {one.id for one in self.chosen()}
        self._versions = found
        self.table.setRowCount(len(found))
        for y, one in enumerate(found):
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.created))
            cells = (one.id, one.name, one.clusters, one.faces, "…", when, one.note)
            for x, value in enumerate(cells):
                item = QTableWidgetItem()
                item.setData(Qt.ItemDataRole.DisplayRole, value)
                item.setToolTip(str(value or ""))
                self.table.setItem(y, x, item)
        self.table.clearSelection()
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.MultiSelection)
        for y, one in enumerate(found):
            if one.id in kept:
                self.table.selectRow(y)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._enable()
        self._judge(found)

    def _judge(self, found: list[Version]) -> None:
        """Fill in how good each is as it is corrected now, one after the other: that takes longer than to list them."""
        project = self._session.project
        if project is None or found is not self._versions or not found:
            return

        def judged(now: Agreement, at: int) -> None:
            item = self.table.item(at, F1)
            if found is self._versions and item is not None:
                item.setData(Qt.ItemDataRole.DisplayRole, _cell(now))
                item.setToolTip(_tip(now, found[at].faces))
                ask(at + 1)

        def ask(at: int) -> None:
            if at < len(found) and self.isVisible():
                self._session.background.read(
                    "clusterings judged", lambda: quality_now(project, found[at]), lambda now: judged(now, at)
                )

        ask(0)

    def chosen(self) -> list[Version]:
        """The selected clusterings, the oldest first."""
        rows = sorted({index.row() for index in self.table.selectedIndexes()}, reverse=True)
        return [self._versions[row] for row in rows if row < len(self._versions)]

    def _enable(self) -> None:
        chosen = self.chosen()
        self.show_it.setEnabled(len(chosen) == 1)
        self.note.setEnabled(len(chosen) == 1)
        self.revert.setEnabled(len(chosen) == 1 and chosen[0].id != self._versions[0].id)
        self.compare.setEnabled(len(chosen) == 2)

    def _show(self) -> None:
        self.shown.emit(self.chosen()[0].id)
        self.accept()

    def _compare(self) -> None:
        first, second = self.chosen()
        ComparisonDialog(self._session, self._versions, (first.id, second.id), self).open()

    @Slot(int, int)
    def _on_double_click(self, _row: int, column: int) -> None:
        if column == NOTE:
            async_glue.start(self._note())
        elif self.chosen():
            self._show()

    async def _note(self) -> None:
        one = self.chosen()[0]
        dialog = QInputDialog(self)
        dialog.setWindowTitle(tr("Note"))
        dialog.setLabelText(tr("Note on {name}:", name=one.name))
        dialog.setTextValue(one.note)
        dialog.resize(460, dialog.sizeHint().height())
        if await async_glue.finished(dialog):
            note = dialog.textValue()
            self._session.edit(lambda project: note_version(project, one.id, note), tr("Note kept"))

    def _revert(self) -> None:
        one = self.chosen()[0]

        def work(project: Project) -> tuple[int, str]:
            new = revert_to(project, one.id)
            return new, holding_in(project, new).line()

        def done(made: tuple[int, str]) -> str:
            new, about = made
            told = tr("Clustering {new} is {old} as it is now", new=new, old=one.name)
            return f"{told}. {about}" if about else told

        self._session.edit(work, done)


def _cell(now: Agreement) -> str:
    """Return a version's BCubed F1, with how many faces of how many people it is of; empty where it is undefined."""
    if now.bcubed_f1 is None:
        return ""
    about = tr("{faces} of {people}", faces=_faces(now), people=counted.people(now.known_people or 0))
    return f"{now.bcubed_f1:.3f} ({about})"


def _tip(now: Agreement, faces: int) -> str:
    if now.bcubed_f1 is None:
        return tr("Undefined: {why}", why=now.bcubed_f1_why)
    return tr(
        "Against the known and confirmed identities, as it is corrected now: {known} of {people}, of {every:,} in all. "
        "Of the other faces it says nothing.",
        known=_faces(now),
        people=counted.people(now.known_people or 0),
        every=faces,
    )


def _faces(now: Agreement) -> str:
    return counted.faces(now.known_faces or 0)


async def show_clusterings(session: Session, parent: QWidget, shown: object) -> None:
    """Show the clusterings of the open project; `shown` is called with one that is to be shown."""
    dialog = ClusteringsDialog(session, parent)
    dialog.shown.connect(shown)
    await async_glue.finished(dialog)
