"""Choosing the parameters of a clustering by eye."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QTabWidget, QVBoxLayout, QWidget

from fairdesk import counted
from fairdesk.clustering.choosing.faces import FacesToCluster, faces_to_cluster, near
from fairdesk.clustering.choosing.known import Known
from fairdesk.clustering.choosing.numbers import Method
from fairdesk.clustering.choosing.radius import Radius
from fairdesk.clustering.choosing.results import after_verdicts
from fairdesk.errors import RequestError
from fairdesk.gui.session import Session
from fairdesk.gui.tabs.clustering.numbers_page import NumbersPage
from fairdesk.gui.tabs.clustering.radius_page import RadiusPage
from fairdesk.gui.tabs.clustering.tree_page import TreePage
from fairdesk.gui.widgets.face_grid.thumbs import Thumbnails
from fairdesk.project import Project
from fairdesk.project.vector_choice import VectorChoice
from fairdesk.words import mark, tr, tr_n

NUMBERS: dict[Method, str] = {"kmeans": mark("Number (k-means)"), "hdbscan": mark("Smallest cluster (HDBSCAN)")}


class Closed(Exception):
    """The dialog was closed: nobody waits for the rest."""


@dataclass(frozen=True)
class Read:
    """The faces, and what every radius comes to; or why that cannot be said."""

    found: FacesToCluster
    radius: Radius | None
    why: str
    chosen: VectorChoice


class ChooseDialog(QDialog):
    """A page for each: the radius of DBSCAN, the tree of a hierarchical clustering, the numbers of k-means and HDBSCAN.

    They are of the embeddings of a clustering (the hash of their recipe), else of the newest.
    """

    def __init__(self, session: Session, thumbnails: Thumbnails, recipe: str | None, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._thumbnails, self._recipe = session, thumbnails, recipe
        self.setWindowTitle(tr("Choose parameters"))
        self.told = QLabel(tr("Computing the neighbours of all faces …"), wordWrap=True)
        self.pages = QTabWidget()
        self.radius: RadiusPage | None = None
        self.tree: TreePage | None = None
        self.numbers: list[NumbersPage] = []
        self.use, self.shut = QPushButton(tr("&Use this…")), QPushButton(tr("Close"))
        self.use.setProperty("primary", True)
        self.use.setToolTip(tr("Fill the form of Cluster with these parameters"))
        self.use.setEnabled(False)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.shut)
        row.addWidget(self.use)
        layout = QVBoxLayout(self)
        layout.addWidget(self.told)
        layout.addWidget(self.pages, 1)
        layout.addLayout(row)
        self.use.clicked.connect(self._use)
        self.shut.clicked.connect(self.reject)
        self.pages.currentChanged.connect(self._on_page)
        screen = self.screen().availableGeometry()
        self.resize(min(1000, screen.width() - 24), min(680, screen.height() - 60))
        self._closed, self._vectors = False, dict[str, str]()
        self.finished.connect(self._on_finished)
        project = session.project
        if project is not None:
            session.background.read("choose parameters", lambda: self._read(project), self._arrived, self._failed)

    def _on_finished(self) -> None:
        self._closed = True

    def _check(self, _done: int, _of: int) -> None:
        if self._closed:
            raise Closed

    def _read(self, project: Project) -> Read:
        chosen = project.vectors.choose(self._recipe)
        found = faces_to_cluster(project, chosen.recipe)
        radius, why = None, ""
        try:
            kept = near(project, chosen.recipe, found, check=self._check)
            radius = Radius(
                found.vectors, found.known, (kept.found, kept.squared), self._check, following=found.following
            )
        except RequestError as error:
            why = str(error)
        return Read(found, radius, why, chosen)

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, Closed):
            self.told.setText(str(error))

    def _arrived(self, read: Read) -> None:
        faces, known = len(read.found.following.faces), int(np.count_nonzero(read.found.known.known))
        self._vectors = {"encoder": read.chosen.recipe.encoder, "detector": read.chosen.recipe.detector}
        parts = [read.chosen.named(), tr_n("{n:,} face", "{n:,} faces", faces)]
        parts.append(_said_of_known(read.found.known) if known else tr("nobody is known"))
        followed = [after_verdicts(read.found.verdicts)] if read.found.verdicts else []
        self.told.setText("\n".join(["  ·  ".join(parts), *followed]))
        if read.radius is None:
            self.told.setText("\n".join([read.why, *followed]))
            if faces < 3:
                return
        else:
            self.radius = RadiusPage(self._session, read.radius, read.found.metric, self)
            self.pages.addTab(self.radius, tr("Radius (DBSCAN)"))
        self.tree = TreePage(self._session, read.found, self._thumbnails, self)
        self.pages.addTab(self.tree, tr("Tree (hierarchical)"))
        for method, title in NUMBERS.items():
            self.numbers.append(NumbersPage(self._session, read.found, method, self))
            self.pages.addTab(self.numbers[-1], tr(title))
        self.use.setEnabled(True)

    def _on_page(self) -> None:
        page = self.pages.currentWidget()
        if isinstance(page, NumbersPage):
            page.start()
        if self.tree is not None and page is self.tree and self.tree.drawn is None:
            self.tree.start()

    def _use(self) -> None:
        page = self.pages.currentWidget()
        if isinstance(page, RadiusPage | TreePage | NumbersPage):
            values = page.parameters
            if values is None:
                self._session.tell_error(
                    RequestError(
                        tr("There is no tree of all faces yet to take a distance from. Average linkage has one.")
                        if page is self.tree
                        else tr("No number was computed yet.")
                    )
                )
                return
            self.accept()
            self._session.ask("cluster", values | self._vectors)


def _said_of_known(known: Known) -> str:
    """Say how many faces, of how many people, are known; and where that is too few to go by."""
    faces, count = int(np.count_nonzero(known.known)), counted.people(known.count)
    said = tr_n(
        "{n:,} of known or confirmed identity ({people})", "{n:,} of known or confirmed identity ({people})", faces,
        people=count,
    )  # fmt: skip
    return said if known.enough else said + ": " + tr("too few to compare with, silhouettes are shown")
