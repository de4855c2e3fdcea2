"""What the keyboard does on a plot: the arrows go from bar to bar, cell to cell and along curves, Return opens the pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QFocusEvent, QKeyEvent

from fairdesk.gui.theme import Theme
from fairdesk.gui.widgets.plot_readout import PlotReadout
from fairdesk.metrics.pairs_behind.pair_query import PairQuery

Array = npt.NDArray[np.float64]

_STEP = 6  # pixels that an arrow goes along a curve, at least
_LEAST = 0.08  # of a plot's height, for the mark of a bar that is hardly one
_SIDES = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_WALKS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_ENDS = {Qt.Key.Key_Home: -1, Qt.Key.Key_End: 1}
_OPEN = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


@dataclass(frozen=True)
class Walk:
    """Places in a row that Left and Right go along: a curve, all bars, a row of cells; Up and Down change between walks."""

    x: Array
    y: Array
    """In the plot's values; what is not finite is passed over."""
    said: Callable[[int], str]
    """What is at a place."""
    query: Callable[[int], PairQuery | None]
    """The pairs behind it."""
    box: bool = False
    """Whether each place is a box around its point (of width 1, and of height 1 or down to 0), or a point of a curve."""
    to_ground: bool = False


class PlotKeys(QObject):
    """Follows the keyboard on a plot. A mark and a readout show where it is, while the plot has the focus."""

    asked = Signal(object)  # PairQuery

    def __init__(self, plot: pg.PlotWidget, theme: Theme, walks: Callable[[], Sequence[Walk]]) -> None:
        super().__init__(plot)
        self._plot, self._theme, self._walks = plot, theme, walks
        self._walk, self._place = 0, 0
        self.mark = pg.PlotCurveItem()
        self.ring = pg.ScatterPlotItem(symbol="o", size=17, brush=None)
        self.readout = PlotReadout(plot, theme)
        for item in (self.mark, self.ring):
            item.setZValue(40)
            item.hide()
        plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        plot.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Take the keys that go about the plot; they are those of no shortcut meanwhile."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._means(event):
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._means(event):
            self._press(event)
            return True
        if event.type() == QEvent.Type.FocusIn and isinstance(event, QFocusEvent):
            if event.reason() != Qt.FocusReason.MouseFocusReason:
                self.show_mark()
        elif event.type() == QEvent.Type.FocusOut:
            self.hide_mark()
        elif event.type() == QEvent.Type.Leave:
            self.pointer_left()
        return super().eventFilter(watched, event)

    def _means(self, event: QKeyEvent) -> bool:
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.ControlModifier,
        )
        return plain and event.key() in (*_SIDES, *_WALKS, *_ENDS, *_OPEN) and bool(self._walks())

    def _press(self, event: QKeyEvent) -> None:
        key, walks = Qt.Key(event.key()), self._walks()
        self._keep_inside(walks)
        walk = walks[self._walk]
        if key in _OPEN:
            query = walk.query(self._place)
            if self.mark.isVisible() and query is not None:
                self.asked.emit(query)
        elif self.mark.isVisible():  # the first key shows where it is
            if key in _WALKS:
                self._change(walks, _WALKS[key])
            else:
                every = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier) or walk.box
                self._go(walk, _SIDES.get(key) or _ENDS[key], every=every, far=key in _ENDS)
        self.show_mark()

    def _keep_inside(self, walks: Sequence[Walk]) -> None:
        """Stay at a place that is there: other groups may be shown now."""
        self._walk = min(self._walk, len(walks) - 1)
        good = np.flatnonzero(_finite(walks[self._walk]))
        if len(good) and self._place not in good:
            self._place = int(good[np.argmin(np.abs(good - self._place))])

    def _change(self, walks: Sequence[Walk], down: int) -> None:
        """Go to the next walk that has places, to the place that is nearest across."""
        x = float(walks[self._walk].x[self._place])
        number = self._walk + down
        while 0 <= number < len(walks):
            good = np.flatnonzero(_finite(walks[number]))
            if len(good):
                self._walk, self._place = number, int(good[np.argmin(np.abs(walks[number].x[good] - x))])
                return
            number += down

    def _go(self, walk: Walk, right: int, *, every: bool, far: bool) -> None:
        """Go along a walk: to the next place that can be told from this one, to the next at all, or to the end."""
        good = np.flatnonzero(_finite(walk))
        if not len(good):
            return
        if walk.x[good[0]] > walk.x[good[-1]]:
            good = good[::-1]
        here = int(np.flatnonzero(good == self._place)[0])
        ahead = good[here + 1 :] if right > 0 else good[:here][::-1]
        if not len(ahead):
            return
        wide, high = self._plot.getPlotItem().vb.viewPixelSize()
        away = np.hypot(
            (walk.x[ahead] - walk.x[self._place]) / (wide or 1), (walk.y[ahead] - walk.y[self._place]) / (high or 1)
        )
        told = np.flatnonzero(away >= (0 if every else _STEP))
        self._place = int(ahead[-1] if far or not len(told) else ahead[told[0]])

    def show_mark(self) -> None:
        """Show where the keyboard is, and tell it to who cannot see it."""
        walks = self._walks()
        if not walks:
            self.hide_mark()
            return
        self._keep_inside(walks)
        walk, at = walks[self._walk], self._place
        if not _finite(walk)[at]:
            self.hide_mark()
            return
        x, y, text = float(walk.x[at]), float(walk.y[at]), walk.said(at)
        self._draw(walk, x, y)
        self._bring_in_sight(x, y)
        self.readout.show_at(text, x, y, border="accent")
        self._plot.setAccessibleDescription(text.replace("\n", ", "))
        QAccessible.updateAccessibility(QAccessibleEvent(self._plot, QAccessible.Event.DescriptionChanged))

    def _draw(self, walk: Walk, x: float, y: float) -> None:
        pen = pg.mkPen(self._theme.tokens["accent"], width=3)
        halo = pg.mkPen(self._theme.tokens["base"], width=7)  # it is seen on any colour of a bar or a cell
        for item in (self.mark, self.ring):
            if item.scene() is None:
                self._plot.addItem(item, ignoreBounds=True)
        (_, _), (bottom, top) = self._plot.getPlotItem().vb.viewRange()
        low, high = (0.0, max(y, bottom + _LEAST * (top - bottom))) if walk.to_ground else (y - 0.47, y + 0.47)
        half = 0.35 if walk.to_ground else 0.48
        if walk.box:
            xs, ys = [x - half, x + half, x + half, x - half, x - half], [low, low, high, high, low]
            self.mark.setData(np.array(xs), np.array(ys), pen=pen, shadowPen=halo)
        else:
            self.mark.setData([], [])
            self.ring.setData([x], [y], pen=pen)
        self.mark.show()
        self.ring.setVisible(not walk.box)

    def _bring_in_sight(self, x: float, y: float) -> None:
        """Scroll to the place, where the plot is larger than what is seen of it."""
        area = self._plot.parentWidget()
        while area is not None and not hasattr(area, "ensureVisible"):
            area = area.parentWidget()
        if area is not None:
            point = self._plot.mapFromScene(self._plot.getPlotItem().vb.mapViewToScene(pg.Point(x, y)))
            area.ensureVisible(point.x(), point.y(), self._plot.width() // 6, self._plot.height() // 6)

    def hide_mark(self) -> None:
        """Show no mark: the focus is elsewhere, or there is nothing."""
        for item in (self.mark, self.ring, self.readout):
            item.hide()

    def pointer_left(self) -> None:
        """Say again what is at the mark, where there is one: the pointer is at nothing."""
        if self.mark.isVisible():
            self.show_mark()
        else:
            self.readout.hide()

    def shown_again(self) -> None:
        """Put the mark where it belongs after the plot was drawn anew."""
        if self._plot.hasFocus() and self.mark.isVisible():
            self.show_mark()
        else:
            self.hide_mark()


def _finite(walk: Walk) -> npt.NDArray[np.bool_]:
    return np.asarray(np.isfinite(walk.x) & np.isfinite(walk.y))
