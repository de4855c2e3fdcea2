"""What a change made elsewhere costs the window, in processor time, in a project of 100,000 images in two sets."""

import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def main():
    import asyncio
    import subprocess
    import sys

    import qasync
    from PySide6.QtCore import QSettings

    from fairdesk.gui.app import make_application, make_window
    from fairdesk.project.sets import keep_sets
    from tests.benchmarks.bench_journal import make

    with tempfile.TemporaryDirectory() as folder:
        QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, folder)
        application = make_application()
        asyncio.set_event_loop(qasync.QEventLoop(application, already_running=True))
        window = make_window(application)
        window.show()
        home = Path(folder) / "big"
        project = make(home)
        keep_sets(project, {"train": list(range(1, 80_001)), "test": list(range(80_001, 100_001))}, {})
        project.close()
        window.session.open(home)
        grid = window.dataset.grid

        def spin(seconds):
            end = time.perf_counter() + seconds
            while time.perf_counter() < end or window.session.background.busy:
                application.processEvents()
                time.sleep(0.02)

        while len(grid.grid_model.ids) != 100_000:
            spin(0.5)

        def cost(edit):
            """Another process writes; what this one spends beyond its idle time until it is quiet again."""
            taken = []
            for number in range(5):
                spin(1)
                start = time.process_time()
                spin(3)
                idle = time.process_time() - start
                code = (
                    "import sys; from fairdesk.project import Project; p = Project.open(sys.argv[1]);"
                    f" n = {number + 1}; {edit}; p.close()"
                )
                start = time.process_time()
                writer = subprocess.Popen([sys.executable, "-c", code, str(home)])
                spin(3)
                assert writer.wait() == 0
                taken.append((time.process_time() - start - idle) * 1000)
            return statistics.median(taken)

        label = "from fairdesk.project.labels import Edit, edit_labels; edit_labels(p, [n], Edit(identity=f'new {n}'))"
        vector = "from fairdesk.project.recipes import Recipe; p.vectors.register(Recipe(f'e{n}', 'whole', 'none', 8, 'cosine', 'w'))"
        print(f"one image labelled: {cost(label):.0f} ms of processor time; vectors written: {cost(vector):.0f} ms")
        window.shut_down(keep_jobs=False)
        window.close()
