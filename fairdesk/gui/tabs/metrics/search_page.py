"""A one-to-many search in the Metrics tab: match characteristics and the open-set rates."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QSplitter, QVBoxLayout, QWidget

from fairdesk.figures.style import ALL_DARK, ALL_LIGHT, group_style
from fairdesk.figures.whole_set import WHOLE, whole_name
from fairdesk.gui.session import Session
from fairdesk.gui.tabs.metrics.presenter import work_out_search
from fairdesk.gui.tabs.metrics.result_tables import ResultTables
from fairdesk.jobs.wording import rate
from fairdesk.metrics.report.option_words import named_controls
from fairdesk.words import tr

if TYPE_CHECKING:
    import pyqtgraph as pg

    from fairdesk.gui.widgets.plot_gestures import PlotGestures
    from fairdesk.gui.widgets.plot_keys import PlotKeys, Walk
    from fairdesk.gui.widgets.top_legend import TopLegend
    from fairdesk.metrics.identification.results import IdentifyResult

RANKS = 50  # ranks that are drawn


class SearchPage(QWidget):
    """Reads and shows one search. The plot is made with the first."""

    arrived = Signal()
    failed = Signal(object)  # the error
    saved = Signal(str)  # where the plot is
    enlarge_asked = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._theme = session, session.theme
        self.path: Path | None = None
        self.result: IdentifyResult | None = None
        self.plot: pg.PlotWidget | None = None
        self._legend: TopLegend | None = None
        self._gestures: PlotGestures | None = None
        self.keys: PlotKeys | None = None
        self.headline = QLabel()
        self.headline.setWordWrap(True)
        self.headline.setTextFormat(Qt.TextFormat.PlainText)
        self.distance = QCheckBox(tr("Scores are distances"))
        self.distance.clicked.connect(lambda _on: self.path is not None and self._read(self.path))
        self.tables = ResultTables()
        self.tables.use_theme(self._theme)
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.tables)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.headline)
        layout.addWidget(self.distance)
        layout.addWidget(self._splitter, 1)
        self._theme.changed.connect(self._draw)

    def read(self, path: Path) -> None:
        """Evaluate a search and show it."""
        self.distance.setChecked(False)
        self._read(path)

    def forget(self) -> None:
        """Show no search any more."""
        self.path = self.result = None

    def _read(self, path: Path) -> None:
        distance = self.distance.isChecked()
        self._session.background.read(
            "evaluate",
            lambda: work_out_search(path, distance=distance),
            lambda result: self._show(path, result),
            self.failed.emit,
        )

    def _show(self, path: Path, result: IdentifyResult) -> None:
        self.path, self.result = path, result
        if self.plot is None:
            self._make_plot()
        self.headline.setText(
            f"{path.name}  ·  {result.counts()}\n"
            + tr("Intervals: {interval}", interval=result.interval)
            + (f"\n{result.unscored.line()}" if result.unscored is not None else "")
            + (f"\n{named_controls(result.warning)}" if result.warning else "")
        )
        from fairdesk.metrics.report.search_tables import search_tables

        self.tables.show_tables(search_tables(result), ("ranks", "open_set", "probes"))
        self._draw()
        self.arrived.emit()

    def _make_plot(self) -> None:
        from fairdesk.gui.widgets.plot_export import new_plot
        from fairdesk.gui.widgets.plot_gestures import PlotGestures
        from fairdesk.gui.widgets.plot_keys import PlotKeys
        from fairdesk.gui.widgets.plot_scroll import PlotScroll
        from fairdesk.gui.widgets.rate_axis import RateAxis
        from fairdesk.gui.widgets.top_legend import TopLegend

        self.plot = new_plot(
            "",
            tr("rank; dotted: equal scores counted in favour"),
            tr("mated probes found"),
            axes={"left": RateAxis("left")},
        )
        self.plot.getPlotItem().vb.setLimits(yMin=-0.02, yMax=1.02)  # shares, also where all are found
        self.plot.drawing = self._drawing
        self.plot.setAccessibleName(tr("Mated probes found by rank (CMC)"))
        self.keys = PlotKeys(self.plot, self._theme, self.walks)
        self._legend = legend = TopLegend(self.plot)
        self._gestures = PlotGestures(self.plot, self.plot.getPlotItem().enableAutoRange)
        self._gestures.saved.connect(self.saved)
        self._gestures.more = lambda: [(tr("Larger plots, or as before") + "\tF11", self.enlarge_asked.emit)]
        self.scroller = PlotScroll(self.plot, lambda: QSize(0, legend.height_for_all()))
        self._splitter.insertWidget(0, self.scroller)
        self._splitter.setSizes([300, 200])

    def _drawing(self) -> Any:
        """Return the plot as the report draws it."""
        from fairdesk.figures.lettering import lettering
        from fairdesk.figures.verification_figures import framed
        from fairdesk.metrics.identification.written import match_drawing

        assert self.result is not None
        draw = match_drawing(self.result)
        if draw is None:
            return None
        with lettering(self.result.groups or {}):
            return framed(draw)

    def _draw(self) -> None:
        import pyqtgraph as pg

        from fairdesk.gui.widgets.plot_export import retheme
        from fairdesk.gui.widgets.top_legend import group_pen

        if self.plot is None or self.result is None or self._legend is None:
            return
        retheme(self.plot, self._theme)
        self.plot.clear()
        groups = self.result.groups or {}
        rows = {WHOLE: self.result, **groups}
        entries = []
        for number, (name, row) in enumerate(rows.items()):
            worst, best = row.cmc.pessimistic, row.cmc.optimistic
            if worst is None or best is None:
                continue
            if name == WHOLE:
                colour, symbol = ALL_DARK if self._theme.dark else ALL_LIGHT, None
                pen = pg.mkPen(colour, width=1.5)
            else:
                (colour, symbol, _), pen = group_style(number - 1), group_pen(number - 1)
            ranks = list(range(1, min(len(worst), RANKS) + 1))
            self.plot.plot(
                ranks, worst[:RANKS], pen=pen, symbol=symbol, symbolSize=6, symbolBrush=colour, symbolPen=None
            )
            if worst[:RANKS] != best[:RANKS]:
                self.plot.plot(ranks, best[:RANKS], pen=pg.mkPen(colour, width=1, style=Qt.PenStyle.DotLine))
            entries.append((whole_name(groups) if name == WHOLE else name, pen, symbol))
        self._legend.show_entries(entries, self._theme.tokens["text"])
        self.plot.enableAutoRange()
        self.scroller.fit()
        if self.keys is not None:
            self.keys.shown_again()

    def walks(self) -> list[Walk]:
        """Return the curves for the keyboard, a place a rank; no pairs are behind them."""
        import numpy as np

        from fairdesk.gui.widgets.plot_keys import Walk

        if self.result is None:
            return []
        groups = self.result.groups or {}
        out = []
        for name, row in {WHOLE: self.result, **groups}.items():
            worst, best = row.cmc.pessimistic, row.cmc.optimistic
            if worst is None or best is None:
                continue
            shown = whole_name(groups) if name == WHOLE else name
            ranks = np.arange(1, min(len(worst), RANKS) + 1, dtype=np.float64)
            said = partial(_said, shown, worst, best)
            out.append(Walk(ranks, np.array(worst[:RANKS], dtype=np.float64), said, lambda _place: None))
        return out


def _said(name: str, worst: list[float], best: list[float], place: int) -> str:
    """Say what is at a place of a curve; by both rules where equal scores make them differ."""
    said = tr("{name}: rank {rank}, {found} of mated probes found", name=name, rank=place + 1, found=rate(worst[place]))
    if worst[place] != best[place]:
        said += "\n" + tr("{found} with equal scores counted in favour", found=rate(best[place]))
    return said
