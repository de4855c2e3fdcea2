"""All verdicts: who said what and when. They can be removed, written as CSV, and read from other people's files."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
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

from fairdesk.clustering.results import first_of
from fairdesk.clustering.verdicts.files import read_verdicts, write_verdicts
from fairdesk.gui import async_glue
from fairdesk.gui.session import Notice, Session
from fairdesk.project import Project
from fairdesk.project.verdict_constraints import Constraints, constraints
from fairdesk.project.verdicts import Verdict, remove_verdicts, verdicts
from fairdesk.words import tr, tr_n

_SHOWN = 5  # contradictions


class VerdictsDialog(QDialog):
    """A table; what contradicts what is said above it."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self.setWindowTitle(tr("Verdicts"))
        self.told = QLabel()
        self.told.setWordWrap(True)
        self.table = QTableWidget(0, 6)
        self.table.setTabKeyNavigation(False)  # the arrows go from cell to cell, Tab goes on
        self.table.setHorizontalHeaderLabels(
            [tr("Number"), tr("Verdict"), tr("Faces"), tr("Against"), tr("Who"), tr("When")]
        )
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.remove, self.read = QPushButton(tr("&Remove")), QPushButton(tr("R&ead from CSV…"))
        self.write, self.shut = QPushButton(tr("&Write as CSV…")), QPushButton(tr("Close"))
        row = QHBoxLayout()
        for button in (self.remove, self.read, self.write):
            row.addWidget(button)
        row.addStretch()
        row.addWidget(self.shut)
        layout = QVBoxLayout(self)
        layout.addWidget(self.told)
        layout.addWidget(self.table)
        layout.addLayout(row)
        self.remove.clicked.connect(self._remove)
        self.read.clicked.connect(lambda: async_glue.start(self._read()))
        self.write.clicked.connect(lambda: async_glue.start(self._write()))
        self.shut.clicked.connect(self.reject)
        self.table.itemSelectionChanged.connect(lambda: self.remove.setEnabled(bool(self._chosen())))
        session.catalogue_changed.connect(self._fill)
        self.resize(760, 460)
        self._fill()

    def _fill(self, _change: object = None) -> None:
        project = self._session.project
        if project is None:
            self.reject()
            return

        def look() -> tuple[list[Verdict], Constraints]:
            found = verdicts(project)
            return found, constraints(found)

        self._session.background.read("verdicts", look, self._show)

    def _show(self, found: tuple[list[Verdict], Constraints]) -> None:
        rows, said = found
        lines = [one.text() for one in said.contradictions]
        self.told.setText("\n".join(first_of(lines, _SHOWN)) if lines else tr("No verdict contradicts another."))
        self.table.setRowCount(len(rows))
        for y, one in enumerate(reversed(rows)):
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.created))
            for x, value in enumerate((one.id, one.said.words, len(one.faces), len(one.others), one.who, when)):
                item = QTableWidgetItem()
                item.setData(Qt.ItemDataRole.DisplayRole, value)
                self.table.setItem(y, x, item)
        self.remove.setEnabled(bool(self._chosen()))

    def _chosen(self) -> list[int]:
        rows = sorted({index.row() for index in self.table.selectedIndexes()})
        return [int(item.text()) for row in rows if (item := self.table.item(row, 0)) is not None]

    def _remove(self) -> None:
        chosen = self._chosen()
        if chosen:
            self._session.edit(
                lambda project: remove_verdicts(project, chosen),
                lambda n: tr_n("Removed {n:,} verdict", "Removed {n:,} verdicts", n),
            )

    async def _read(self) -> None:
        path = await async_glue.choose_file(self, tr("Read verdicts"), tr("CSV (*.csv)"))
        if path:
            told = lambda done: done.text(_SHOWN)
            self._session.edit(lambda project: read_verdicts(project, Path(path)), told, same=told)

    async def _write(self) -> None:
        project: Project | None = self._session.project
        path = await async_glue.choose_file(self, tr("Write the verdicts"), tr("CSV (*.csv)"), save="csv")
        if path and project is not None:

            def told(count: int) -> None:
                text = tr_n("Wrote {n:,} verdict to {path}", "Wrote {n:,} verdicts to {path}", count, path=path)
                self._session.told.emit(Notice(text))

            self._session.background.read("write verdicts", lambda: write_verdicts(project, Path(path)), told)


async def show_verdicts(session: Session, parent: QWidget) -> None:
    """Show the verdicts of the open project."""
    await async_glue.finished(VerdictsDialog(session, parent))
