"""The project's runs as a list: tick to see the curves, choose several to compare."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from fairdesk.runs.run_records import Run
from fairdesk.words import tr

_PATH = Qt.ItemDataRole.UserRole


class RunList(QTreeWidget):
    """Runs, newest first; `ticked` tells that the curves of one are wanted, or no longer."""

    ticked = Signal(object, bool)  # path

    def __init__(self) -> None:
        super().__init__()
        self.setHeaderLabels([tr("Run"), tr("EER"), tr("Gap"), tr("Tags")])
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setRootIsDecorated(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setAccessibleName(tr("Runs of this project"))
        self.itemChanged.connect(self._on_change)

    def show_runs(self, runs: list[Run], ticked: set[Path]) -> None:
        """List runs; those that are listed already stay where and as they are."""
        self.blockSignals(True)
        have = {self._path(item): item for item in self._items()}
        for path in have.keys() - {run.path for run in runs}:
            self.takeTopLevelItem(self.indexOfTopLevelItem(have.pop(path)))
        for place, run in enumerate(runs):
            item = have.get(run.path)
            if item is None:
                item = QTreeWidgetItem()
                item.setData(0, _PATH, str(run.path))
                self.insertTopLevelItem(place, item)
            rates = [f"{100 * run.figures[name]:.1f} %" if name in run.figures else "" for name in ("EER", "EER gap")]
            for column, text in enumerate([run.name, *rates, ", ".join(run.tags)]):
                item.setText(column, text)
            item.setToolTip(0, f"{run.family}, {run.steps:,} batches\n{run.note}".strip())
            item.setCheckState(0, Qt.CheckState.Checked if run.path in ticked else Qt.CheckState.Unchecked)
        self.blockSignals(False)

    def _items(self) -> list[QTreeWidgetItem]:
        found = (self.topLevelItem(row) for row in range(self.topLevelItemCount()))
        return [item for item in found if item is not None]

    @staticmethod
    def _path(item: QTreeWidgetItem) -> Path:
        return Path(str(item.data(0, _PATH)))

    def chosen(self) -> list[Path]:
        """The selected runs, in the order of the list; the ticked ones where none is selected."""
        items = self._items()
        selected = [item for item in items if item.isSelected()]
        wanted = selected or [item for item in items if item.checkState(0) == Qt.CheckState.Checked]
        return [self._path(item) for item in wanted]

    def _on_change(self, item: QTreeWidgetItem, column: int) -> None:
        if column == 0:
            self.ticked.emit(self._path(item), item.checkState(0) == Qt.CheckState.Checked)
