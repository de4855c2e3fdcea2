"""The list of comparisons that are left out of the scores shown: it follows corrections, and leads to the two faces."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from fairdesk.metrics.pairs_behind.pair_query import PairQuery
from fairdesk.metrics.pairs_behind.shown_figures import number
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.gui.dialogs.table_dialog import TableDialog
    from fairdesk.gui.tabs.metrics.tab import MetricsTab
    from fairdesk.metrics.pairs_behind.left_out import LeftOut


_SIDES, _SCORE = (1, 2), 6  # columns


class LeftOutList(QObject):
    """One dialog at most, beside the window: the faces are opened from it."""

    def __init__(self, tab: MetricsTab) -> None:
        super().__init__(tab)
        self._tab = tab
        self.dialog: TableDialog | None = None

    def show(self) -> None:
        """Read the list and show it."""
        if self.dialog is not None:
            self.dialog.raise_()
            self.dialog.activateWindow()
        elif self._tab.shown is not None and self._tab.shown.result.left_out:
            self._read()

    def read_again(self) -> None:
        """Follow what was corrected, where the list is open."""
        if self.dialog is not None:
            self._read()

    def close(self) -> None:
        """Close the list, where it is open."""
        if self.dialog is not None:
            self.dialog.reject()

    def _read(self) -> None:
        from fairdesk.metrics.pairs_behind.left_out import read_left_out

        params = self._tab.asked()
        if params is not None:
            read, session = self._tab.session.background.read, self._tab.session
            read(
                "left out",
                lambda: read_left_out(params),
                lambda found: self._arrived(found, params.scores),
                session.tell_error,
            )

    def _arrived(self, found: LeftOut, path: Path) -> None:
        from fairdesk.gui.dialogs.table_dialog import TableDialog
        from fairdesk.metrics.pairs_behind.left_out import HEADER

        shown = self._tab.shown
        if shown is None or shown.path != path:
            return  # another file is shown by now
        rows = [tuple(row) for row in found.lines()]
        if self.dialog is None:
            heads = (tr("Row"), tr("First"), tr("Second"), tr("Label"), tr("First's group"), tr("Second's group"),
                     tr("Score"), tr("Why"), tr("Counted"), tr("File"))  # fmt: skip
            self.dialog = TableDialog(tr("Comparisons left out"), HEADER, rows, self._tab, heads, _short)
            self.dialog.table.setColumnHidden(HEADER.index("file"), True)  # there is one, and the title names it
            self.dialog.opened.connect(self._open)
            self.dialog.finished.connect(self._forget)
            self.dialog.show()
        else:
            self.dialog.show_rows(rows)
        self.dialog.setWindowTitle(tr("Comparisons left out of {scores}", scores=shown.path.name))
        named = found.comparisons.path1 is not None
        self.dialog.open_text = tr("Show the two faces") if named else ""
        self.dialog.say(
            tr("Double-click shows the two faces.")
            if named
            else tr(
                "{path} does not name the images of each comparison (path1, path2), so their faces cannot be shown. "
                "Score the list in a project, or save the scores with these columns.",
                path=shown.path.name,
            )
        )

    @Slot(int)
    def _open(self, row: int) -> None:
        """Show the two faces of a row of the list."""
        item = None if self.dialog is None else self.dialog.table.item(row, 0)
        if item is not None and self.dialog is not None and self.dialog.open_text:
            self._tab.show_pairs(PairQuery("one", row=int(item.text())))

    @Slot()
    def _forget(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
        self.dialog = None


def _short(column: int, value: str) -> str:
    """Return a score with four digits, and of a path the file and its folder; the tooltip has all of it."""
    if column == _SCORE:
        return number(float(value)) if value else "–"
    return "/".join(value.replace("\\", "/").split("/")[-2:]) if column in _SIDES else value
