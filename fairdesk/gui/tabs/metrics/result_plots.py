"""The plots of an evaluation, a page each, made when the first is shown."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QWidget

from fairdesk.gui.theme import Theme
from fairdesk.words import tr

if TYPE_CHECKING:
    import pyqtgraph as pg

    from fairdesk.gui.widgets.curve_plots import RatePlot
    from fairdesk.gui.widgets.group_plots import GroupPlot
    from fairdesk.gui.widgets.shown_rates import Shown
    from fairdesk.metrics.results import GroupsResult

GROUP_PLOTS = ("fnmr", "fmr", "between")


class ResultPlots(QTabWidget):
    """Curves and groups; the threshold's line is the same in all of them."""

    threshold_moved = Signal(float)
    threshold_settled = Signal(float)
    pairs_asked = Signal(object)  # PairQuery
    saved = Signal(str)
    enlarge_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curves: dict[str, RatePlot] = {}
        self.groups: dict[str, GroupPlot] = {}

    @property
    def made(self) -> dict[str, RatePlot | GroupPlot]:
        """All plots by name; none before the first evaluation."""
        return {**self.curves, **self.groups}

    def make(self, theme: Theme) -> None:
        """Make the plots: importing pyqtgraph would slow the window's start."""
        if self.curves:
            return
        from fairdesk.gui.widgets.curve_plots import RatePlot
        from fairdesk.gui.widgets.group_plots import GroupPlot

        titles = {
            "scores": tr("Scores"), "roc": tr("ROC"), "det": tr("DET"), "rates": tr("FMR and FNMR"),
            "fnmr": tr("FNMR by group"), "fmr": tr("FMR by group"), "between": tr("Between groups"),
        }  # fmt: skip
        for name, title in titles.items():
            plot: RatePlot | GroupPlot
            if name in GROUP_PLOTS:
                plot = self.groups[name] = GroupPlot(theme, name)
            else:
                plot = self.curves[name] = RatePlot(theme, name)
                plot.threshold_moved.connect(self.threshold_moved)
                plot.threshold_settled.connect(self.threshold_settled)
            plot.pairs_asked.connect(self.pairs_asked)
            plot.saved.connect(self.saved)
            plot.gestures.more = lambda: [(tr("Larger plots, or as before") + "\tF11", self.enlarge_asked.emit)]
            self.addTab(plot, title)
        for one, following in pairwise([self, *(plot.plot for plot in self.made.values())]):
            self.setTabOrder(one, following)

    def show_all_curves(self) -> None:
        """Hide no curve any more: those of another file follow."""
        for curve_plot in self.curves.values():
            curve_plot.hidden = set()

    def show_result(self, shown: Shown, groups: GroupsResult | None) -> None:
        """Draw an evaluation."""
        for curve_plot in self.curves.values():
            curve_plot.show_curves(shown)
        for name, plot in self.groups.items():
            enough = groups is not None and (name != "between" or len(groups.per_group) > 1)
            self.setTabVisible(self.indexOf(plot), enough)
            plot.show_groups(groups)

    def follow(self, threshold: float, common: dict[str, tuple[float, float]], groups: GroupsResult | None) -> None:
        """Follow a threshold that is dragged: the line everywhere, and what is seen of the groups."""
        for curve_plot in self.curves.values():
            curve_plot.move_threshold(threshold, common)
        for plot in self.groups.values():
            if plot.isVisible():
                plot.show_groups(groups)

    def current(self) -> pg.PlotWidget | None:
        """Return the plot that is seen."""
        return next((one.plot for one in self.made.values() if one is self.currentWidget()), None)
