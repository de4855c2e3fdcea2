"""A one-to-many search in the Metrics tab: match characteristics and the open-set rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSplitter, QVBoxLayout, QWidget

from fairdesk.figures.style import ALL_DARK, ALL_LIGHT, group_style
from fairdesk.figures.whole_set import WHOLE, whole_name
from fairdesk.gui.tabs.metrics.result_tables import ResultTables
from fairdesk.gui.theme import Theme
from fairdesk.words import tr

if TYPE_CHECKING:
    import pyqtgraph as pg

    from fairdesk.gui.widgets.plot_gestures import PlotGestures
    from fairdesk.gui.widgets.top_legend import TopLegend
    from fairdesk.metrics.identification.results import IdentifyResult

RANKS = 50  # ranks that are drawn


class SearchPage(QWidget):
    """The plot is made with the first search."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.result: IdentifyResult | None = None
        self.plot: pg.PlotWidget | None = None
        self._legend: TopLegend | None = None
        self._gestures: PlotGestures | None = None
        self.headline = QLabel()
        self.headline.setWordWrap(True)
        self.tables = ResultTables()
        self.tables.use_theme(theme)
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.addWidget(self.tables)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.headline)
        layout.addWidget(self._splitter, 1)
        theme.changed.connect(self._draw)

    def show_search(self, result: IdentifyResult) -> None:
        """Show a search."""
        self.result = result
        if self.plot is None:
            self._make_plot()
        self.headline.setText(
            result.counts()
            + "\n"
            + tr("Intervals: {interval}", interval=result.interval)
            + (f"\n{result.warning}" if result.warning else "")
        )
        from fairdesk.metrics.report.search_tables import search_tables

        self.tables.show_tables(search_tables(result), ("ranks", "open_set"))
        self._draw()

    def _make_plot(self) -> None:
        from fairdesk.gui.widgets.plot_export import new_plot
        from fairdesk.gui.widgets.plot_gestures import PlotGestures
        from fairdesk.gui.widgets.rate_axis import RateAxis
        from fairdesk.gui.widgets.top_legend import TopLegend

        self.plot = new_plot(
            "",
            tr("rank; dotted: equal scores counted in favour"),
            tr("mated probes found"),
            axes={"left": RateAxis("left")},
        )
        self._legend = TopLegend(self.plot)
        self._gestures = PlotGestures(self.plot, self.plot.getPlotItem().enableAutoRange)
        self._splitter.insertWidget(0, self.plot)

    def _draw(self) -> None:
        import pyqtgraph as pg

        from fairdesk.gui.widgets.plot_export import retheme

        if self.plot is None or self.result is None or self._legend is None:
            return
        retheme(self.plot, self._theme)
        self.plot.clear()
        rows = {WHOLE: self.result, **(self.result.groups or {})}
        entries = []
        for number, (name, row) in enumerate(rows.items()):
            worst, best = row.cmc.pessimistic, row.cmc.optimistic
            if worst is None or best is None:
                continue
            colour, symbol = (
                (ALL_DARK if self._theme.dark else ALL_LIGHT, None) if name == WHOLE else group_style(number - 1)[:2]
            )
            pen = pg.mkPen(colour, width=1.5)
            ranks = list(range(1, min(len(worst), RANKS) + 1))
            self.plot.plot(
                ranks, worst[:RANKS], pen=pen, symbol=symbol, symbolSize=6, symbolBrush=colour, symbolPen=None
            )
            if worst[:RANKS] != best[:RANKS]:
                self.plot.plot(ranks, best[:RANKS], pen=pg.mkPen(colour, width=1, style=Qt.PenStyle.DotLine))
            entries.append((whole_name(self.result.groups or {}) if name == WHOLE else name, pen))
        self._legend.show_entries(entries, self._theme.tokens["text"])
        self.plot.enableAutoRange()
