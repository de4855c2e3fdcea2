"""Faces and vectors: what each detector found, which vectors exist, which faces are shown and which vectors are used."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import Slot
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

from fairdesk.faces.outdated import Outdated, outdated_set
from fairdesk.gui import async_glue
from fairdesk.gui.session import Notice, Session
from fairdesk.project import Project
from fairdesk.project.changes import Change, Kind
from fairdesk.project.detections import Search, searches
from fairdesk.project.encoder_ref import EncoderRef
from fairdesk.project.recipes import VectorSet
from fairdesk.words import mark, tr, tr_n

_FACES = (mark("Detector"), mark("Images searched"), mark("Faces"), mark("Shown"))
_VECTORS = (
    mark("Encoder"),
    mark("Detector"),
    mark("Dimension"),
    mark("Faces"),
    mark("Complete"),
    mark("Made"),
    mark("Used"),
    mark("Versions"),
)


def show_faces_of(session: Session, detector: str) -> None:
    """Show a detector's faces in every grid, and say that nothing else changes by it."""

    def show(project: Project) -> None:
        project.show_faces_of(detector)

    def shown(_done: None) -> None:
        session.told.emit(
            Notice(tr("The faces of {detector} are shown. Scores and clusterings stay as they are.", detector=detector))
        )
        session.look()

    project = session.project
    if project is not None:
        session.background.edit(lambda: show(project), shown)


async def show_vectors(session: Session, parent: QWidget) -> None:
    """Show which faces and vectors there are, and let a person choose."""
    if session.project is not None:
        await async_glue.finished(VectorsDialog(session, parent))


def _table(header: tuple[str, ...]) -> QTableWidget:
    table = QTableWidget(0, len(header))
    table.setTabKeyNavigation(False)  # the arrows go from cell to cell, Tab goes on
    table.setHorizontalHeaderLabels([tr(text) for text in header])
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.verticalHeader().hide()
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    table.horizontalHeader().setStretchLastSection(True)
    return table


def _fill(table: QTableWidget, rows: Sequence[tuple[str, ...]]) -> None:
    table.setRowCount(len(rows))
    for y, row in enumerate(rows):
        for x, text in enumerate(row):
            item = QTableWidgetItem(text)
            item.setToolTip(text)
            table.setItem(y, x, item)


class _There(NamedTuple):
    searches: list[Search]
    sets: list[VectorSet]
    lost: list[int]  # of each set: embeddings that its files lack
    unchecked: list[int]  # of each set: embeddings without a checksum
    old: list[Outdated | None]
    shown: str


def _everything(project: Project) -> _There:
    sets = project.vectors.sets()
    lost = [project.vectors.lost(one.recipe) for one in sets]
    unchecked = [project.vectors.unchecked(one.recipe) for one in sets]
    old = [outdated_set(project, one) for one in sets]
    return _There(searches(project), sets, lost, unchecked, old, project.shown_detector())


class VectorsDialog(QDialog):
    """Two tables: faces by detector, vectors by encoder and detector."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Faces and embeddings"))
        self._session, self._plain_note = (
            session,
            tr("Of each encoder the newest are used unless a job names a detector."),
        )
        self._searches: list[Search] = []
        self._sets: list[VectorSet] = []
        self._old: list[Outdated | None] = []
        self.faces, self.vectors = _table(_FACES), _table(_VECTORS)
        self.show_button, self.use_button = QPushButton(tr("Show these faces")), QPushButton(tr("Use these embeddings"))
        self.encode_button, close = QPushButton(tr("Embeddings…")), QPushButton(tr("Close"))
        self.encode_button.setToolTip(tr("Compute embeddings of the faces of the detector chosen above"))
        self.again_button = QPushButton(tr("Encode anew…"))
        self.again_button.setToolTip(tr("Compute embeddings that other versions made with the versions of now"))
        self.use_button.setToolTip(tr("Use them for this model wherever no detector is named"))
        layout = QVBoxLayout(self)
        for title, table, note, buttons in (
            (tr("Faces"), self.faces, tr("The faces shown in the grids, and used by face filters and quality."),
             (self.show_button, self.encode_button)),
            (tr("Embeddings"), self.vectors, self._plain_note,
             (self.again_button, self.use_button)),
        ):  # fmt: skip
            head = QLabel(title)
            head.setProperty("role", "title")
            layout.addWidget(head)
            layout.addWidget(table, 1)
            row = QHBoxLayout()
            told = QLabel(note)
            told.setProperty("role", "muted")
            told.setWordWrap(True)
            self.note = told  # in the end that of the embeddings
            row.addWidget(told, 1)
            for button in buttons:
                row.addWidget(button)
            layout.addLayout(row)
        last = QHBoxLayout()
        last.addStretch()
        last.addWidget(close)
        layout.addLayout(last)
        self.faces.itemSelectionChanged.connect(self._enable)
        self.vectors.itemSelectionChanged.connect(self._enable)
        self.show_button.clicked.connect(self._show_faces)
        self.encode_button.clicked.connect(self._encode)
        self.use_button.clicked.connect(self._use)
        self.again_button.clicked.connect(self._encode_anew)
        close.clicked.connect(self.accept)
        session.catalogue_changed.connect(self._on_changed)
        self.resize(820, 560)
        self._read()

    @Slot(object)
    def _on_changed(self, change: Change) -> None:
        if change.within(frozenset({Kind.IMAGES, Kind.FACES, Kind.VECTORS, Kind.SETTINGS})):
            self._read()

    def _read(self) -> None:
        project = self._session.project
        if project is not None:
            self._session.background.read(
                "faces and embeddings",
                lambda: _everything(project),
                self._arrived,
            )

    @Slot(object)
    def _arrived(self, found: _There) -> None:
        self._searches, self._sets, self._old, shown = found.searches, found.sets, found.old, found.shown
        chosen = self.faces.currentRow(), self.vectors.currentRow()
        _fill(self.faces, [(one.detector, f"{one.images:,}", f"{one.faces:,}", tr("shown") if one.detector == shown else "")
                           for one in self._searches])  # fmt: skip
        rows, used = [], set()
        for one, lost, unchecked, old in zip(self._sets, found.lost, found.unchecked, self._old, strict=True):
            recipe = one.recipe
            first = recipe.encoder not in used
            used.add(recipe.encoder)
            there = one.vectors - lost
            complete = tr("{vectors:,} of {faces:,}", vectors=there, faces=one.faces)
            if lost:
                complete = tr_n("{some} ({n:,} lost)", "{some} ({n:,} lost)", lost, some=complete)
            elif one.complete:
                complete = tr("yes")
            if unchecked:
                complete += ", " + tr("{n:,} without a checksum", n=unchecked)
            made = time.strftime("%Y-%m-%d %H:%M", time.localtime(recipe.created))
            rows.append((one.named, recipe.detector, f"{recipe.dim:,}", f"{there:,}", complete, made,
                         tr("used") if first else "", tr("current") if old is None else old.changed()))  # fmt: skip
        _fill(self.vectors, rows)
        for y, one in enumerate(self._sets):
            item = self.vectors.item(y, 0)
            assert item is not None
            item.setToolTip(tr("Recipe {hash}: the same as --encoder {hash}", hash=one.recipe.hash))
        for table, row in zip((self.faces, self.vectors), chosen, strict=True):
            if 0 <= row < table.rowCount():
                table.selectRow(row)
        self._enable()

    def _enable(self) -> None:
        search, chosen = self._search(), self._set()
        shown = self.faces.item(self.faces.currentRow(), 3) if search is not None else None
        used = self.vectors.item(self.vectors.currentRow(), 6) if chosen is not None else None
        self.show_button.setEnabled(shown is not None and not shown.text())
        self.encode_button.setEnabled(search is not None)
        self.use_button.setEnabled(used is not None and not used.text())
        old = self._old_one()
        self.again_button.setEnabled(old is not None)
        self.note.setText(self._plain_note if old is None else old.text())

    def _search(self) -> Search | None:
        row = self.faces.currentRow()
        return self._searches[row] if 0 <= row < len(self._searches) else None

    def _set(self) -> VectorSet | None:
        row = self.vectors.currentRow()
        return self._sets[row] if 0 <= row < len(self._sets) else None

    def _old_one(self) -> Outdated | None:
        row = self.vectors.currentRow()
        return self._old[row] if 0 <= row < len(self._old) else None

    def _show_faces(self) -> None:
        search = self._search()
        if search is not None:
            show_faces_of(self._session, search.detector)

    def _encode(self) -> None:
        search = self._search()
        if search is not None:
            self.accept()
            self._session.ask("encode", {"detector": search.detector})

    def _encode_anew(self) -> None:
        old = self._old_one()
        if old is not None:
            recipe = old.vectors.recipe
            asked = {"detector": recipe.detector}
            if EncoderRef.parse(recipe.encoder).file is None:  # else the form asks for the file
                asked["encoder"] = recipe.encoder
            self.accept()
            self._session.ask("encode", asked)

    def _use(self) -> None:
        project, chosen = self._session.project, self._set()
        if project is None or chosen is None:
            return
        recipe = chosen.recipe

        def used(_done: None) -> None:
            text = tr(
                "The {encoder} embeddings of the faces of {detector} are used from now on unless a job names others.",
                encoder=recipe.encoder,
                detector=recipe.detector,
            )
            self._session.told.emit(Notice(text))
            self._session.look()

        self._session.background.edit(lambda: project.vectors.make_newest(recipe), used)
