"""Opens the pairs behind a number of the Metrics tab, and keeps them as they are now."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from fairdesk.gui.session import Notice, Session
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.gui.dialogs.pairs_dialog import PairsDialog
    from fairdesk.gui.tabs.metrics.presenter import Evaluation
    from fairdesk.metrics.pairs_behind.pair_query import PairQuery
    from fairdesk.metrics.pairs_behind.shown_pairs import ShownPairs


class PairViewer(QObject):
    """One dialog at most."""

    def __init__(self, session: Session, home: QWidget) -> None:
        super().__init__(home)
        self._session, self._home = session, home
        self.dialog: PairsDialog | None = None
        self._query: PairQuery | None = None
        self._asked = False  # the pairs that are read were asked for just now

    def show(self, query: PairQuery, found: Evaluation | None) -> None:
        """Show the comparisons behind a number of an evaluation."""
        if found is None:
            return
        from fairdesk.gui.dialogs.pairs_dialog import PairsDialog

        if self.dialog is None:
            self.dialog = PairsDialog(self._session, self._home)
            self.dialog.finished.connect(self._forget)
        self._query, self._asked = query, True
        self.dialog.show()
        self.dialog.raise_()
        self.read_again(found)

    def read_again(self, found: Evaluation | None) -> None:
        """Read the pairs that are shown again: labels or marks may have changed."""
        from fairdesk.gui.tabs.metrics.presenter import threshold_of
        from fairdesk.metrics.pairs_behind.shown_pairs import read_pairs_of
        from fairdesk.metrics.rates.common_threshold import rejects_all

        query = self._query
        if found is None or query is None or self.dialog is None:
            return
        params, threshold = found.params, threshold_of(found.result)
        if threshold is not None and rejects_all(threshold, found.result.at_threshold, distance=found.distance):
            threshold = math.nan  # nothing is accepted, infinite scores neither
        self._session.background.read(
            "pairs", lambda: read_pairs_of(params, query, threshold), self._show_found, self._no_pairs
        )

    def say_what_lacks(self, found: Evaluation | None) -> None:
        """Say why a cell shows no pairs: the scores name no images, or the cell is of no comparisons in particular."""
        if found is None:
            return
        from fairdesk.metrics.pairs_behind.shown_pairs import need_images

        params = found.params
        told = Notice(tr("No pairs are behind this cell in particular. Double-click an underlined number."))
        self._session.background.read(
            "pairs", lambda: need_images(params), lambda _: self._session.told.emit(told), self._session.tell_error
        )

    def close(self) -> None:
        """Close the dialog, where one is open."""
        if self.dialog is not None:
            self.dialog.reject()

    def _show_found(self, found: ShownPairs) -> None:
        asked, self._asked = self._asked, False
        if asked and not found.pairs:  # a list that people emptied by what they corrected stays
            self.close()
            self._session.told.emit(Notice(tr("There are no such comparisons: nothing to list.")))
        elif self.dialog is not None:
            self.dialog.setWindowTitle(self._query.title() if self._query is not None else tr("Pairs"))
            self.dialog.show_pairs(found)

    def _no_pairs(self, error: BaseException) -> None:
        self.close()
        self._session.tell_error(error)

    @Slot()
    def _forget(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
        self.dialog = self._query = None
