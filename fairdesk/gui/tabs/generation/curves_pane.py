"""The curves of the chosen run beside its sample grid: losses above, D(x), D(G(z)) and what was measured below; live."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from fairdesk.gui.session import Session
from fairdesk.runs.folder import METRICS, SCALARS
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.gui.widgets.run_curves import RunCurves
    from fairdesk.runs.training_logs import Curves

_EVERY = 2.0  # seconds between two readings of a run that grows
_SMOOTHED_FROM, _WEIGHT = 50, 0.6  # points; and how much smoothed, with the raw curve behind
Seen = tuple[tuple[int, int], ...]


def _state(run: Path) -> Seen:
    """Return the size and time of the run's tables: another one means that there is more to read."""
    found = [run / name for name in (SCALARS, METRICS) if (run / name).exists()]
    return tuple((path.stat().st_size, path.stat().st_mtime_ns) for path in found)


def _read(run: Path) -> list[tuple[str, Curves]]:
    from fairdesk.runs.training_logs import read_log

    return [(name, read_log(run / name)) for name in (SCALARS, METRICS) if (run / name).exists()]


class CurvesPane(QWidget):
    """Plots of one run; `show_run` reads it again only where it has grown."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._run: Path | None = None
        self._seen: Seen = ()
        self._at = 0.0
        self._data: list[tuple[str, Curves]] = []
        self.plots: RunCurves | None = None  # made when there is something to draw: pyqtgraph takes a while to import
        self.readout = QLabel()
        self.readout.setProperty("role", "muted")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addWidget(self.readout)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(lambda: self.show_run(self._run))
        session.theme.changed.connect(self._draw)
        self.hide()

    def show_run(self, run: Path | None) -> None:
        """Show a run's curves, or nothing."""
        if run != self._run:
            self._run, self._seen, self._at, self._data = run, (), 0.0, []
            self._draw()
        if run is None:
            return
        state = _state(run)
        if not state or state == self._seen:
            return
        wait = self._at + _EVERY - time.monotonic()
        if wait > 0:
            self._later.start(round(wait * 1000))
            return
        self._seen, self._at = state, time.monotonic()
        self._session.background.read("run curves", lambda: (run, _read(run)), self._arrived)

    @Slot(object)
    def _arrived(self, found: tuple[Path, list[tuple[str, Curves]]]) -> None:
        run, data = found
        if run == self._run:
            self._data = data
            self._draw()

    def _draw(self, *_: Any) -> None:
        if not self._data and self.plots is None:
            return
        from fairdesk.gui.widgets.run_curves import Line, RunCurves

        lines = []
        for part, curves in self._data:
            for name, points in curves.series.items():
                steps, values = np.array([step for step, _ in points]), [value for _, value in points]
                lines.append(Line("", name, name, steps, values, part == METRICS or name.startswith("D(")))
        self.setVisible(bool(lines))
        if self.plots is None and lines:
            self.plots = RunCurves(self._session.theme)
            self.plots.hovered.connect(self.readout.setText)
            self._layout.insertWidget(0, self.plots, 1)
        if self.plots is not None:
            long = max((len(line.values) for line in lines), default=0) >= _SMOOTHED_FROM
            self.plots.draw(lines, tr("batch"), weight=_WEIGHT if long else 0.0, logarithmic=False, marks=[])
