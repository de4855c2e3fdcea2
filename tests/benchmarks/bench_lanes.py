"""Lanes: how long after it was asked for a light job is at work, while a training runs."""

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

    from fairdesk.dataset.drawn_set import draw_sample_faces as draw
    from fairdesk.dataset.image_import import import_images as import_folder
    from fairdesk.dataset.params import ImportParams, SampleFacesParams
    from fairdesk.gui.app import make_application, make_window
    from fairdesk.gui.jobs.state import RUNNING
    from fairdesk.jobs.context import QuietContext
    from fairdesk.project import Project

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_STATE_HOME"] = folder
        QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, folder)
        draw(SampleFacesParams(out=home / "faces", identities=8, images=4, tones=[5, 7]), QuietContext())
        project = Project.create(home / "study")
        import_folder(ImportParams(folder=home / "faces"), QuietContext(project))
        project.close()
        application = make_application()
        asyncio.set_event_loop(qasync.QEventLoop(application, already_running=True))
        window = make_window(application)
        window.show()
        window.session.open(home / "study")
        jobs = window.session.jobs

        def spin(until, seconds=120):
            end = time.monotonic() + seconds
            while not until() and time.monotonic() < end:
                application.processEvents()
                time.sleep(0.001)

        values = {
            "family": "dcgan",
            "data": str(home / "faces"),
            "out": str(home / "run"),
            "epochs": 10_000,
            "image_size": 64,
        }
        training = window.session.run("train", values, "cpu")
        spin(lambda: jobs.jobs[training].done > 0)
        works, done = [], []
        for _ in range(10):
            begin = time.time()
            number = window.session.run("pairs", {"seed": len(works)})
            spin(lambda number=number: jobs.jobs[number].finished)
            job = jobs.jobs[number]
            works.append(job.started - begin)
            done.append(job.ended - begin)
        print(
            f"a light job beside a training that is {jobs.jobs[training].state}: at work after {statistics.median(works):.2f} s"
            f" (worst {max(works):.2f} s), done after {statistics.median(done):.2f} s"
        )
        assert jobs.jobs[training].state == RUNNING
        window.shut_down(keep_jobs=False)
        window.close()
