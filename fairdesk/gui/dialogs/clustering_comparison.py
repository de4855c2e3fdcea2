"""Two clusterings side by side: how alike they are, which clusters went where, and the faces that moved."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from fairdesk import counted
from fairdesk.clustering.comparison import SideBySide, side_by_side
from fairdesk.clustering.comparison_results import ComparedClusters
from fairdesk.clustering.store import Version
from fairdesk.gui.session import Session
from fairdesk.gui.widgets.face_grid.view import NO_IDS, FaceGrid
from fairdesk.words import tr, tr_n

LISTED = 5000  # rows of the table


class ComparisonDialog(QDialog):
    """Rows are pairs of clusters with faces in common; a click shows these faces."""

    def __init__(self, session: Session, versions: list[Version], chosen: tuple[int, int], parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._both: SideBySide | None = None
        self._cells: list[ComparedClusters] = []
        self.setWindowTitle(tr("Compare clusterings"))
        self.first, self.second = QComboBox(), QComboBox()
        for box, number, name in (
            (self.first, chosen[0], tr("First clustering")), (self.second, chosen[1], tr("Second clustering")),
        ):  # fmt: skip
            box.setAccessibleName(name)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            for one in versions:
                box.addItem(one.name, one.id)
            box.setCurrentIndex(box.findData(number))
            box.activated.connect(self._read)
        self.told = QLabel()
        self.told.setWordWrap(True)
        self.told.setProperty("role", "muted")
        self.only_moved = QCheckBox(tr("Only what moved"))
        self.only_moved.setChecked(True)
        self.only_moved.toggled.connect(self._list)
        self.table = QTableWidget(0, 3)
        self.table.setTabKeyNavigation(False)  # the arrows go from cell to cell, Tab goes on
        self.table.setHorizontalHeaderLabels([tr("First"), tr("Second"), tr("Faces")])
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self.table.setAccessibleName(tr("Clusters with faces in common"))
        self.table.itemSelectionChanged.connect(self._show_faces)
        self.grid = FaceGrid()
        self.grid.set_project(session.project)
        self.grid.empty_text = tr("Select rows to see their faces.")
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.table)
        split.addWidget(self.grid)
        split.setSizes([420, 460])
        top = QHBoxLayout()
        top.addWidget(self.first, 1)
        top.addWidget(self.second, 1)
        shut = QPushButton(tr("Close"))
        shut.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self.only_moved)
        row.addStretch()
        row.addWidget(shut)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.told)
        layout.addWidget(split, 1)
        layout.addLayout(row)
        self.finished.connect(lambda _result: self.grid.close_threads())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(900, 560)
        self._read()

    @Slot()
    def _read(self) -> None:
        project = self._session.project
        if project is None:
            self.reject()
            return
        first, second = self.first.currentData(), self.second.currentData()
        self.told.setText(tr("Comparing …"))
        self._session.background.read(
            ("side by side", id(self)), lambda: side_by_side(project, first, second), self._arrived, self._refused
        )

    def _refused(self, error: BaseException) -> None:
        self._both = None
        self.told.setText(str(error))
        self._list()

    def _arrived(self, both: SideBySide) -> None:
        self._both = both
        parts = [
            tr_n("{n:,} face is in both", "{n:,} faces are in both", len(both.faces)),
            tr_n("{n:,} face moved", "{n:,} faces moved", int(both.moved.sum())),
        ]
        if both.alike.bcubed_f1 is not None and both.alike.ari is not None:
            parts.append(
                tr("between the two: BCubed F1 {f1:.3f}, ARI {ari:.3f}", f1=both.alike.bcubed_f1, ari=both.alike.ari)
            )
        if any(both.only):
            parts.append(
                tr(
                    "only in the first {first}, only in the second {second}",
                    first=counted.faces(both.only[0]),
                    second=counted.faces(both.only[1]),
                )
            )
        self.told.setText("  ·  ".join(parts))
        self._list()

    def _list(self) -> None:
        both = self._both
        self._cells = [] if both is None else both.cells()
        if both is not None and self.only_moved.isChecked():
            pairs = zip(both.labels[0][both.moved].tolist(), both.labels[1][both.moved].tolist(), strict=True)
            moved = set(pairs)
            self._cells = [one for one in self._cells if (one.first, one.second) in moved]
        self._cells = self._cells[:LISTED]
        self.table.clearSelection()
        self.table.setRowCount(len(self._cells))
        for y, one in enumerate(self._cells):
            assert both is not None
            for x, value in enumerate((both.titles[0][one.first], both.titles[1][one.second], one.faces)):
                item = QTableWidgetItem()
                item.setData(Qt.ItemDataRole.DisplayRole, value)
                self.table.setItem(y, x, item)
        if self._cells:
            self.table.selectRow(0)
        self._show_faces()

    def _show_faces(self) -> None:
        rows = sorted({index.row() for index in self.table.selectedIndexes()})
        ids = NO_IDS
        if self._both is not None and rows:
            chosen = {(self._cells[row].first, self._cells[row].second) for row in rows}
            keep = [pair in chosen for pair in zip(*(side.tolist() for side in self._both.labels), strict=True)]
            ids = self._both.faces[keep]
        self.grid.show_ids(self._session.project, "face", ids)
