"""A window with 1,000,000 images, drawn into the catalogue: opening, filters, orders, selection, edits of all of them."""

import os
import statistics
import tempfile
import time
from pathlib import Path

import psutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
COUNT = 1_000_000


def main():
    import asyncio

    import qasync
    from PySide6.QtCore import QSettings

    from fairdesk.gui.app import make_application, make_window
    from fairdesk.project.images import hide_images
    from fairdesk.project.labels import Edit, edit_labels
    from tests.benchmarks import bench_journal

    bench_journal.COUNT = COUNT
    with tempfile.TemporaryDirectory() as folder:
        QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, folder)
        application = make_application()
        asyncio.set_event_loop(qasync.QEventLoop(application, already_running=True))
        window = make_window(application)
        window.resize(1360, 860)
        window.show()
        session, tab, grid = window.session, window.dataset, window.dataset.grid
        bench_journal.make(Path(folder) / "big").close()
        used = psutil.Process().memory_info
        peak = 0

        def spin(until):
            nonlocal peak
            end = time.perf_counter() + 120
            while not until() and time.perf_counter() < end:
                application.processEvents()
                time.sleep(0.001)
                peak = max(peak, used().rss)

        def quiet():
            spin(lambda: not session.background.busy)

        def took(work):
            begin = time.perf_counter()
            work()
            quiet()
            milliseconds = (time.perf_counter() - begin) * 1000
            later = time.perf_counter() + 1
            spin(lambda: time.perf_counter() > later)  # what was put off
            quiet()
            return milliseconds

        begin = time.perf_counter()
        session.open(Path(folder) / "big")
        spin(lambda: len(grid.grid_model.ids) == COUNT)
        print(f"opened, with the list shown, in {time.perf_counter() - begin:.2f} s; {used().rss / 1e6:.0f} MB")
        quiet()
        frames, bar = [], grid.verticalScrollBar()
        for step in range(400):
            bar.setValue(step * 6000)
            begin = time.perf_counter()
            grid.viewport().repaint()
            frames.append((time.perf_counter() - begin) * 1000)
            application.processEvents()
        print(f"frames: median {statistics.median(frames):.1f} ms, worst {max(frames):.1f} ms")
        for box in (tab.state, tab.order):
            times = {}
            for row in [*range(1, box.count()), 0]:
                if box.itemData(row) != "missing":  # asks the disk
                    times[box.itemText(row)] = took(lambda box=box, row=row: box.setCurrentIndex(row))
            print(", ".join(f"{text} {ms:.0f} ms" for text, ms in times.items()))
        print(f"select all {took(grid.selectAll):.0f} ms")
        images = grid.selected_array()
        edits = {
            "hide": lambda project: hide_images(project, images),
            "gender": lambda project: edit_labels(project, images, Edit(gender="female")),
            "group": lambda project: edit_labels(project, images, Edit(group="Other")),
            "identity": lambda project: edit_labels(project, images, Edit(identity="Somebody")),
            "tag": lambda project: edit_labels(project, images, Edit(add_tags=("new",))),
        }
        for name, edit in edits.items():
            done, undone, again = (
                took(work) for work in (lambda edit=edit: session.edit(edit), session.undo, session.redo)
            )
            took(session.undo)
            print(
                f"{name} of all: {done:.0f} ms, undone {undone:.0f} ms, done again {again:.0f} ms, with what the window reads anew"
            )
        print(f"memory: {used().rss / 1e6:.0f} MB, at most {peak / 1e6:.0f} MB")
        window.shut_down(keep_jobs=False)
        window.close()
