"""The figures above the clusters, and whether these are out of date, while a review is answered: the list waits until nobody answers, they do not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

from fairdesk.clustering.store import Version, clusters, members, versions
from fairdesk.gui.tabs.clustering import presenter
from fairdesk.project import Project
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.gui.tabs.clustering.tab import ClusteringTab

EVERY_MS = 1000
SHARE = 10  # of the time at most one part in so many goes into them, so that answers are not slowed


class RunningFigures(QObject):
    """Reads the figures again about every second, as long as something changes; of large projects less often."""

    def __init__(self, tab: ClusteringTab) -> None:
        super().__init__(tab)
        self._tab = tab
        self._reading = self._again = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._read)

    def ask(self) -> None:
        """Something changed: read the figures soon, however much more changes until then."""
        if self._reading:
            self._again = True
        elif not self._timer.isActive():
            self._timer.start()

    def stop(self) -> None:
        """Everything is read anew: nothing is left to do."""
        self._timer.stop()
        self._reading = self._again = False  # of a project that is closed nothing arrives

    @Slot()
    def _read(self) -> None:
        tab, project, version = self._tab, self._tab.session.project, self._tab.view.version
        if project is None or version is None or not tab.reviewing:
            return
        self._reading = True
        tab.session.background.read(
            "running figures", lambda: _figures(project, version.id), self._arrived, self._failed
        )

    def _arrived(self, found: tuple[presenter.View, int, float]) -> None:
        self._reading = False
        view, version, took = found
        shown = self._tab.view.version
        if shown is not None and shown.id == version and self._tab.reviewing:
            text = presenter.quality_line(shown, view.clusters, view.quality)
            self._tab.quality.setText(text)
            self._tab.quality.setToolTip(text)
            tell_stale(self._tab, view.version)
        self._timer.setInterval(max(EVERY_MS, round(SHARE * took * 1000)))
        self._go_on()

    def _failed(self, _error: BaseException) -> None:
        """The version was undone meanwhile, perhaps: what reads the list again says so."""
        self._reading = False
        self._go_on()

    def _go_on(self) -> None:
        if self._again:
            self._again = False
            self._timer.start()


def tell_stale(tab: ClusteringTab, version: Version | None) -> None:
    """Say above the clusters what has changed since they were made, if anything."""
    stale = version.stale if version else None
    tab.banner.setVisible(stale is not None)
    tab.banner_text.setText(tr("Out of date: {stale}.", stale=stale) if stale else "")


def _figures(project: Project, version: int) -> tuple[presenter.View, int, float]:
    """Return the clusters of a version with their figures and whether it is out of date, its number, and how long that took (seconds)."""
    began = time.perf_counter()
    view = presenter.View()
    view.version = next((one for one in versions(project) if one.id == version), None)
    view.clusters = clusters(project, version)
    view.faces, view.homes = members(project, version)
    view.quality, _ = presenter.judged(project, view, version)
    return view, version, time.perf_counter() - began
