"""The tree of a hierarchical clustering, with the height at which it was cut."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from fairdesk.gui.theme import Theme
from fairdesk.project.npz import open_npz
from fairdesk.words import tr

if TYPE_CHECKING:
    import pyqtgraph as pg

LEAVES = 300  # more are drawn as branches of their last 300 merges


@dataclass(frozen=True)
class Tree:
    """Lines to draw: x and y of shape (n, 4), the height of the cut, and how many faces there are."""

    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    cut: float | None
    faces: int


def read_tree(path: Path, clusters: int) -> Tree | None:
    """Lay out a kept linkage; None where there is none."""
    if not path.exists():
        return None
    from scipy.cluster.hierarchy import dendrogram

    with open_npz(path) as data:
        linkage = data["linkage"]
    drawn = dendrogram(linkage, no_plot=True, truncate_mode="lastp", p=LEAVES)
    heights = linkage[:, 2]
    cut = None
    if 1 < clusters <= len(heights):
        cut = float((heights[-clusters] + heights[-clusters + 1]) / 2)
    return Tree(np.array(drawn["icoord"]) / 10, np.array(drawn["dcoord"]), cut, len(linkage) + 1)


class Dendrogram(QWidget):
    """Draws a tree. The plot is made on first use: importing pyqtgraph would slow the window's start."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot: pg.PlotWidget | None = None
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._last: Tree | None = None
        self._title = ""

    def show_tree(self, tree: Tree | None, theme: Theme, title: str) -> None:
        """Draw a tree, or nothing; the title of its axis says what the distance is."""
        import pyqtgraph as pg

        from fairdesk.gui.widgets.plot_export import new_plot, retheme

        if self.plot is None:
            self.plot = new_plot(tr("Dendrogram"), tr("faces"), title)
            self._box.addWidget(self.plot)
            theme.changed.connect(lambda: self.show_tree(self._last, theme, self._title))
        self._last, self._title = tree, title
        self.plot.setLabel("left", title)
        retheme(self.plot, theme)
        self.plot.clear()
        if tree is None:
            return
        gap = np.full((len(tree.x), 1), np.nan)
        x, y = np.hstack([tree.x, gap]).ravel(), np.hstack([tree.y, gap]).ravel()
        self.plot.plot(x, y, pen=pg.mkPen(theme.tokens["text"], width=1), connect="finite")
        if tree.cut is not None:
            pen = pg.mkPen(theme.tokens["accent"], width=1, style=Qt.PenStyle.DashLine)
            self.plot.addItem(pg.InfiniteLine(tree.cut, angle=0, pen=pen))
        self.plot.getPlotItem().getAxis("bottom").setTicks([])
