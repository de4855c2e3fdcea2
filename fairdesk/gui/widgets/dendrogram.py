"""The tree of a hierarchical clustering, with the height at which it was cut."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtWidgets import QVBoxLayout, QWidget

from fairdesk.gui.widgets.plots import new_plot

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

    with np.load(path, allow_pickle=False) as data:
        linkage = data["linkage"]
    drawn = dendrogram(linkage, no_plot=True, truncate_mode="lastp", p=LEAVES)
    heights = linkage[:, 2]
    cut = None
    if 1 < clusters <= len(heights):
        cut = float((heights[-clusters] + heights[-clusters + 1]) / 2)
    return Tree(np.array(drawn["icoord"]) / 10, np.array(drawn["dcoord"]), cut, len(linkage) + 1)


class Dendrogram(QWidget):
    """Draws a tree."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = new_plot("Dendrogram (Ward)", "faces", "distance of merged clusters")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)

    def show_tree(self, tree: Tree | None, colour: str, accent: str) -> None:
        """Draw a tree, or nothing."""
        self.plot.clear()
        if tree is None:
            return
        gap = np.full((len(tree.x), 1), np.nan)
        x, y = np.hstack([tree.x, gap]).ravel(), np.hstack([tree.y, gap]).ravel()
        self.plot.plot(x, y, pen=pg.mkPen(colour, width=1), connect="finite")
        if tree.cut is not None:
            line = pg.InfiniteLine(tree.cut, angle=0, pen=pg.mkPen(accent, width=1, style=pg.QtCore.Qt.PenStyle.DashLine))
            self.plot.addItem(line)
        self.plot.getPlotItem().getAxis("bottom").setTicks([])
