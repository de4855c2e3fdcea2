"""The tree of a hierarchical clustering: its cut is dragged, faces stand at its leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRect, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from fairdesk.clustering.choosing.faces import FacesToCluster
from fairdesk.clustering.choosing.outcome import Outcome
from fairdesk.clustering.choosing.tree import CutTree, Leaf, Lines, Linkage
from fairdesk.clustering.measured_in import axis_title, between_clusters
from fairdesk.clustering.params import ClusterParams
from fairdesk.gui.session import Session
from fairdesk.gui.tabs.clustering.outcome_curves import line_pen
from fairdesk.gui.tabs.clustering.outcome_table import OutcomeTable
from fairdesk.gui.widgets.elided_label import ElidedLabel
from fairdesk.gui.widgets.face_grid.thumbs import Thumbnails
from fairdesk.gui.widgets.latest_answer import LatestAnswer
from fairdesk.gui.widgets.plot_export import new_plot, retheme
from fairdesk.gui.widgets.plot_gestures import PlotGestures
from fairdesk.gui.widgets.thumbnail_axis import ThumbnailAxis
from fairdesk.project import Project
from fairdesk.project.image_queries import GridItem, items
from fairdesk.words import mark, tr, tr_n

LINKAGES: dict[Linkage, str] = {"ward": mark("Ward"), "average": mark("Average"), "complete": mark("Complete")}
SHOWN = 12  # faces of the leaf under the pointer
TRIED = 60  # heights, to begin at the best
PCA = float(ClusterParams.model_fields["pca"].default)


@dataclass(frozen=True)
class Drawn:
    """A tree, its lines, its leaves and what their faces are."""

    tree: CutTree
    x: Lines
    y: Lines
    leaves: list[Leaf]
    faces: dict[int, GridItem]
    begin: float


def draw_tree(project: Project, found: FacesToCluster, linkage: Linkage) -> Drawn:
    """Compute a tree, the faces at its leaves, and the height to begin at: the best by identities or silhouettes."""
    from fairdesk.clustering.choosing.radius import best

    tree = CutTree(found.vectors, found.known, linkage, PCA, following=found.following)
    x, y, leaves = tree.drawn()
    shown = [int(found.faces[row]) for leaf in leaves for row in leaf.rows[:SHOWN]]
    top = best([tree.outcome(height) for height in tree.values(TRIED)])
    return Drawn(tree, x, y, leaves, items(project, "face", shown), tree.top / 2 if top is None else top.value)


class LeafFaces(QWidget):
    """Some faces of the leaf under the pointer."""

    SIDE = 52

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._thumbnails = thumbnails
        self.faces: list[GridItem] = []
        self.setMinimumHeight(2 * self.SIDE)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(4 * self.SIDE, 3 * self.SIDE)

    def show_faces(self, faces: list[GridItem]) -> None:
        """Show other faces."""
        self.faces = faces
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        across = max(1, self.width() // self.SIDE)
        for place, item in enumerate(self.faces):
            pixmap = self._thumbnails.get("face", item)
            if pixmap is not None:
                y, x = divmod(place, across)
                area = QRect(x * self.SIDE, y * self.SIDE, self.SIDE - 2, self.SIDE - 2)
                size = pixmap.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
                target = QRect(area.topLeft(), size)
                target.moveCenter(area.center())
                painter.drawPixmap(target, pixmap)


class TreePage(QWidget):
    """Shows what every cut comes to."""

    def __init__(self, session: Session, found: FacesToCluster, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._found, self._thumbnails = session, found, thumbnails
        self.drawn: Drawn | None = None
        self._moving = False
        self.linkage = QComboBox()
        for name, text in LINKAGES.items():
            self.linkage.addItem(tr(text), name)
        self.axis = ThumbnailAxis(lambda: len(self.drawn.leaves) if self.drawn else 0, self._picture)
        self.plot = new_plot("", "", axis_title("ward", PCA), axes={"bottom": self.axis})
        self.plot.showGrid(x=False, y=True, alpha=0.2)
        self.plot.setMouseEnabled(y=False)
        self._gestures = PlotGestures(self.plot, self._show_all)
        self._gestures.clicked.connect(lambda _x, y: self.set_height(y))
        self.line = pg.InfiniteLine(0, angle=0, movable=True)
        self.line.setZValue(20)
        self.line.sigPositionChanged.connect(lambda line: self.set_height(float(line.value())))
        self.cut = QDoubleSpinBox()
        self.cut.setDecimals(3)
        self.cut.setSingleStep(0.01)
        self.cut.valueChanged.connect(self.set_height)
        self.unit = ElidedLabel()  # what the distance is measured in
        self.unit.setProperty("role", "muted")
        self.told, self.leaf = QLabel(wordWrap=True), QLabel(wordWrap=True)
        self.told.setProperty("role", "muted")
        self.faces = LeafFaces(thumbnails)
        self.table = OutcomeTable()
        self._place()
        self._at = LatestAnswer[float, Outcome](session.background, self._compute, self._show, self)
        self._trees = LatestAnswer[Linkage, Drawn](session.background, self._draw, self._show_tree, self)
        self.linkage.currentIndexChanged.connect(self.start)
        self.plot.scene().sigMouseMoved.connect(self._hover)
        thumbnails.ready.connect(self._thumbnail_came)
        session.theme.changed.connect(self._colour)

    def _place(self) -> None:
        row = QHBoxLayout()
        row.addWidget(QLabel(tr("Linkage")))
        row.addWidget(self.linkage)
        row.addSpacing(12)
        row.addWidget(QLabel(tr("Distance to cut at")))
        row.addWidget(self.cut)
        row.addWidget(self.unit, 1)
        right = QVBoxLayout()
        right.addWidget(self.table, 1)
        right.addWidget(self.leaf)
        right.addWidget(self.faces)
        middle = QHBoxLayout()
        middle.addWidget(self.plot, 3)
        middle.addLayout(right, 2)
        layout = QVBoxLayout(self)
        layout.addLayout(middle, 1)
        layout.addWidget(self.told)
        layout.addLayout(row)

    @Slot()
    def start(self) -> None:
        """Compute the tree of the linkage chosen."""
        self.told.setText(tr("Computing the tree …"))
        self._say_unit(self.linkage.currentData())
        self.drawn = None
        self._colour()
        self._trees.ask(self.linkage.currentData())

    def _say_unit(self, linkage: Linkage) -> None:
        """Say what the distance is measured in: at the axis, beside the field and in its tip."""
        said = between_clusters(linkage, self._found.metric, PCA)
        self.unit.setText(said)
        self.cut.setToolTip(said)
        self.plot.setLabel("left", axis_title(linkage, PCA))

    def _draw(self, linkage: Linkage) -> Drawn:
        project = self._session.project
        assert project is not None
        return draw_tree(project, self._found, linkage)

    def _show_tree(self, drawn: Drawn) -> None:
        self.drawn = drawn
        tree = drawn.tree
        parts = [tr("The last {n} clusters are drawn, a typical face at each.", n=len(drawn.leaves))]
        if tree.faces < tree.all:
            parts.append(
                tr("The tree is of a random sample of {n:,} of the {all:,} faces.", n=tree.faces, all=tree.all)
            )
            if tree.linkage == "ward":
                parts.append(tr("Ward's distances grow with the number of faces: those of a sample do not carry over."))
        self.told.setText(" ".join(parts))
        self.cut.setRange(0.001, max(0.002, tree.top * 1.05))
        self._colour()
        self._show_all()
        self.set_height(drawn.begin)

    @property
    def parameters(self) -> dict[str, Any] | None:
        """What the clustering form is given; None where the tree says nothing about all faces, or is not there yet."""
        if self.drawn is None or (self.drawn.tree.faces < self.drawn.tree.all and self.drawn.tree.linkage == "ward"):
            return None
        return {
            "method": "hierarchical", "linkage": self.drawn.tree.linkage, "distance": self.cut.value(), "n_clusters": None, "pca": PCA,
        }  # fmt: skip

    def set_height(self, height: float) -> None:
        """Choose where to cut: line, number and figures follow."""
        if self._moving or self.drawn is None:
            return
        self._moving = True
        self.cut.setValue(height)
        self.line.setValue(self.cut.value())
        self._moving = False
        self._at.ask(self.cut.value())

    def _compute(self, height: float) -> Outcome:
        drawn = self.drawn
        assert drawn is not None
        return drawn.tree.outcome(height)

    def _show(self, found: Outcome) -> None:
        if self.drawn is not None:
            silhouettes = self.drawn.tree.silhouettes
            self.table.show_outcome(found, None if silhouettes is None else len(silhouettes.rows))

    def _show_all(self) -> None:
        if self.drawn is not None:
            count = len(self.drawn.leaves)
            self.plot.setXRange(-1.5, count + 0.5, padding=0)  # pictures stand in rows: wider than their leaf
            self.plot.setYRange(0, self.drawn.tree.top * 1.05, padding=0)

    def _colour(self) -> None:
        theme = self._session.theme
        self.plot.clear()
        retheme(self.plot, theme)
        if self.drawn is None:
            return
        gap = np.full((len(self.drawn.x), 1), np.nan)
        x, y = (np.hstack([lines, gap]).ravel() for lines in (self.drawn.x, self.drawn.y))
        self.plot.plot(x, y, pen=line_pen(theme.tokens["text"], 1), connect="finite")
        self.line.setPen(line_pen(theme.tokens["accent"], 2))
        self.line.setHoverPen(line_pen(theme.tokens["accent"], 4))
        self.plot.addItem(self.line)

    def _item(self, number: int) -> GridItem | None:
        if self.drawn is None:
            return None
        return self.drawn.faces.get(int(self._found.faces[self.drawn.leaves[number].rows[0]]))

    def _picture(self, number: int) -> Any:
        item = self._item(number)
        return None if item is None else self._thumbnails.get("face", item)

    def _thumbnail_came(self) -> None:
        self.axis.update()
        self.faces.update()

    def _hover(self, place: QPointF) -> None:
        if self.drawn is None:
            return
        number = round(self.plot.getPlotItem().vb.mapSceneToView(place).x())
        if 0 <= number < len(self.drawn.leaves):
            self.show_leaf(number)

    def show_leaf(self, number: int) -> None:
        """Show the faces of a leaf, and who they are."""
        if self.drawn is None:
            return
        rows = self.drawn.leaves[number].rows
        found = [self.drawn.faces.get(int(self._found.faces[row])) for row in rows[:SHOWN]]
        faces = [item for item in found if item is not None]
        names = list(dict.fromkeys(item.identity for item in faces if item.identity))
        text = tr_n("{n:,} face below this leaf", "{n:,} faces below this leaf", len(rows))
        self.leaf.setText(f"{text}: {', '.join(names[:4])}{' …' if len(names) > 4 else ''}" if names else text)
        self.faces.show_faces(faces)
