"""A line of text at the edge of a plot, where the common threshold lies beyond all scores."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg

from fairdesk.figures.threshold_beyond import all_or_none
from fairdesk.gui.theme import Theme
from fairdesk.words import tr

_AWAY = 6  # pixels from the plot's edges


class ThresholdNote(pg.TextItem):  # type: ignore[misc]
    """Says that no comparison is accepted, or every one, at the edge that the threshold lies beyond."""

    def __init__(self, view: Any) -> None:
        super().__init__("")
        self._view, self.right, self._down = view, False, 0.0
        self.setParentItem(view)
        self.setZValue(30)
        view.sigResized.connect(lambda *_: self._place())
        self.hide()

    def say(
        self, threshold: float | None, whole: tuple[float, float] | None, *, right: bool | None, kind: str, theme: Theme
    ) -> None:
        """Show what is accepted of `whole`, FMR and FNMR of all comparisons; nothing where it is neither none nor all.

        `right` is the edge that the threshold lies beyond; None where the FMR is along the plot: its end. The text lies off
        the curves of such a `kind` of plot.
        """
        said = all_or_none(whole)
        self.setVisible(said is not None and threshold is not None)
        if said is None or threshold is None or whole is None:
            self.setPlainText("")
            return
        self.right = whole[0] == 1 if right is None else right
        shown = f"{threshold:.4g}".replace("inf", "∞")
        text = tr("Threshold {threshold}: {said}", threshold=shown, said=said)
        self.setText(f"{text} ▶" if self.right else f"◀ {text}", theme.tokens["text"])
        self.fill = pg.mkBrush(theme.tokens["base"])
        self.border = pg.mkPen(theme.tokens["accent"])
        self._down = {"det": float(whole[0] == 0), "roc": whole[0], "rates": 0.5}.get(kind, 0.0)
        self.setAnchor((float(self.right), self._down))
        self._place()

    def _place(self) -> None:
        room = self._view.boundingRect()
        down = _AWAY + self._down * (room.height() - 2 * _AWAY)
        self.setPos(room.width() - _AWAY if self.right else _AWAY, down)
