"""The five tabs. The window is shown with the one that is seen; the others are made afterwards, or when asked for."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QSplitter, QTabWidget, QWidget

from fairdesk.gui.session import Session
from fairdesk.gui.tabs.base import Tab
from fairdesk.words import mark, tr

TITLES = {"dataset": mark("Dataset"), "clustering": mark("Clustering"), "generation": mark("Generation"),
          "training": mark("Training"), "metrics": mark("Metrics")}  # fmt: skip
_WITH_SPLITTER = ("dataset", "clustering", "metrics")


def _new_tab(name: str, session: Session) -> Tab:
    """Import and make a tab."""
    if name == "dataset":
        from fairdesk.gui.tabs.dataset.tab import DatasetTab

        return DatasetTab(session)
    if name == "clustering":
        from fairdesk.gui.tabs.clustering.tab import ClusteringTab

        return ClusteringTab(session)
    if name == "generation":
        from fairdesk.gui.tabs.generation.tab import GenerationTab

        return GenerationTab(session)
    if name == "training":
        from fairdesk.gui.tabs.training.tab import TrainingTab

        return TrainingTab(session)
    from fairdesk.gui.tabs.metrics.tab import MetricsTab

    return MetricsTab(session)


class TabPages:
    """The tabs by name, in a tab bar that has an empty page for each at first; `added` is told of each new one."""

    def __init__(self, bar: QTabWidget, session: Session, added: Callable[[Tab], None]) -> None:
        self._bar, self._session, self._added = bar, session, added
        self._made: dict[str, Tab] = {}
        for title in TITLES.values():
            bar.addTab(QWidget(), tr(title))

    def tab(self, name: str) -> Tab:
        """Return a tab; it takes the place of its empty page when it is first asked for."""
        if name in self._made:
            return self._made[name]
        tab = self._made[name] = _new_tab(name, self._session)
        place, shown = list(TITLES).index(name), self._bar.currentIndex()
        empty = self._bar.widget(place)
        self._bar.blockSignals(True)
        self._bar.removeTab(place)
        self._bar.insertTab(place, tab, tr(TITLES[name]))
        self._bar.setCurrentIndex(shown)
        self._bar.blockSignals(False)
        if empty is not None:
            empty.deleteLater()
        kept = self._session.settings.bytes(f"splitter_{name}")
        splitter = tab.findChild(QSplitter, "splitter")
        if splitter is not None and kept is not None:
            splitter.restoreState(kept)
        self._added(tab)
        if self._session.project is not None:
            tab.begin(self._session.project)
        return tab

    def every(self) -> list[Tab]:
        """Return all five, made if need be."""
        return [self.tab(name) for name in TITLES]

    def shown(self) -> Tab:
        """Return the tab that is seen."""
        return self.tab(list(TITLES)[self._bar.currentIndex()])

    def show(self, name: str) -> None:
        """Show a tab by its name; other names change nothing."""
        if name in TITLES:
            self._bar.setCurrentIndex(list(TITLES).index(name))

    def keep_layout(self) -> None:
        """Keep how wide the parts of the tabs are."""
        for name in _WITH_SPLITTER:
            splitter = self.tab(name).findChild(QSplitter, "splitter")
            if splitter is not None:
                self._session.settings.set_bytes(f"splitter_{name}", splitter.saveState())
