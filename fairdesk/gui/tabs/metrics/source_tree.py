"""The tree of pair lists and scores on the left of the Metrics tab."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QTreeWidget, QTreeWidgetItem, QWidget

from fairdesk.gui.tabs.metrics.presenter import Source
from fairdesk.words import tr


class SourceTree(QTreeWidget):
    """Shows a project's pair lists and scores; what was chosen stays chosen, and new scores are chosen at once."""

    look_asked = Signal()  # a row was double-clicked, or Return was pressed on it

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHeaderLabels([tr("Pair lists and scores")])
        self._known: set[tuple[str, int]] = set()
        self._elsewhere = False  # whether a file is shown that is none of these
        self.itemDoubleClicked.connect(lambda *_: self.look_asked.emit())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Look at the row on Return."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.look_asked.emit()
        else:
            super().keyPressEvent(event)

    def chosen(self) -> Source | None:
        """Return the list or scores that are chosen."""
        return _source_of(self.currentItem())

    def follow(self, path: Path) -> None:
        """Mark the scores that are shown, or none where they are a file from elsewhere: a click on any leads back."""
        leaves = (head.child(place) for head in self._heads() for place in range(head.childCount()))
        found = next((leaf for leaf in leaves if (one := _source_of(leaf)) and Path(one.path) == path), None)
        self._elsewhere = found is None
        self.blockSignals(True)
        if found is None:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        elif found is not self.currentItem():
            self.setCurrentItem(found)
        self.blockSignals(False)

    def forget(self) -> None:
        """Nothing is shown any more."""
        self._elsewhere = False

    def _heads(self) -> list[QTreeWidgetItem]:
        tops = (self.topLevelItem(place) for place in range(self.topLevelItemCount()))
        return [head for head in tops if head is not None]

    def show_sources(self, sources: Sequence[Source]) -> None:
        """Show these."""
        kept, before = self.chosen(), self._known
        self._known = {(one.kind, one.id) for one in sources}
        chosen: QTreeWidgetItem | None = None
        self.blockSignals(True)
        self.clear()
        for kind, title in (("list", tr("Pair lists")), ("scores", tr("Scores"))):
            head = QTreeWidgetItem([title])
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.addTopLevelItem(head)
            for source in (one for one in sources if one.kind == kind):
                leaf = _leaf(source)
                head.addChild(leaf)
                new = kind == "scores" and bool(before) and (kind, source.id) not in before
                same = kept is not None and (kept.kind, kept.id) == (kind, source.id)
                first = kept is None and kind == "scores" and not self._elsewhere
                if new or (chosen is None and (same or first)):
                    chosen = leaf
            head.setExpanded(True)
        self.blockSignals(False)
        if chosen is not None:
            self._elsewhere = False
            self.setCurrentItem(chosen)


def _source_of(item: QTreeWidgetItem | None) -> Source | None:
    found = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
    return found if isinstance(found, Source) else None


def _leaf(source: Source) -> QTreeWidgetItem:
    named = f"{source.name}  ({source.vectors})" if source.vectors else source.name
    leaf = QTreeWidgetItem([tr("{source}  (out of date)", source=named) if source.stale else named])
    why = "\n" + tr("Out of date: {stale}", stale=source.stale) if source.stale else ""
    leaf.setToolTip(0, f"{source.path}\n{source.about}{why}")
    leaf.setData(0, Qt.ItemDataRole.UserRole, source)
    return leaf
