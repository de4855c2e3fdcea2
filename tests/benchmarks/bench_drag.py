"""Dragging the threshold at 10^6 scores in four groups: how long until plots and tables are repainted."""

import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def main():
    import asyncio

    import qasync
    from PySide6.QtCore import QSettings

    from fairdesk.gui.app import make_application, make_window
    from tests.benchmarks.bench_draws import make

    with tempfile.TemporaryDirectory() as folder:
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)
        make(Path(folder) / "s.npz")
        app = make_application()
        asyncio.set_event_loop(qasync.QEventLoop(app))
        window = make_window(app)
        window.resize(1280, 800)
        window.show()
        window.show_tab("metrics")
        tab = window.metrics
        tab.show_scores(Path(folder) / "s.npz")
        end = time.time() + 120
        while (tab.shown is None or tab._drawing) and time.time() < end:
            app.processEvents()
            time.sleep(0.01)
        for name in ("rates", "scores", "roc", "det", "fnmr", "between"):
            tab.figures.setCurrentWidget(tab.figures.made[name])
            app.processEvents()
            took = []
            for step in range(30):
                begin = time.perf_counter()
                tab._on_drag(2.0 + 0.03 * step)
                window.grab()  # all that is seen is painted
                took.append(1000 * (time.perf_counter() - begin))
            print(f"{name}: {statistics.median(took):.0f} ms, at worst {max(took):.0f} ms (promised: 100)")
        window.shut_down(keep_jobs=False)
        window.close()
