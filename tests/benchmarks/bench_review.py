"""The review in the window at 100,000 faces: 100 questions by key, from the key to the next question with its pictures; and a merge of 5,000 faces."""

import os
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

QUESTIONS, PAUSE = 100, 0.4  # seconds that a person who is quick looks at a question
FACES, DIMS = 100_000, 128
KINDS_OF_PICTURE = 200


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def people(seed=1, faces=FACES):
    """Faces of people as vectors: some have two modes, some are near twins, some faces are poor."""
    rng = np.random.default_rng(seed)
    count = faces // 10
    who = np.repeat(np.arange(count), 10)
    centres = (unit(rng.normal(size=(count, DIMS))) * 0.65).astype(np.float32)
    twins = rng.permutation(count)[: count // 20]
    centres[twins] = centres[rng.integers(0, count, len(twins))] + unit(rng.normal(size=(len(twins), DIMS))) * 0.36
    other = np.where(rng.random(count) < 0.2, 0.42, 0.0)[:, None] * unit(rng.normal(size=(count, DIMS)))
    own = 0.26 * np.exp(rng.normal(size=count) * 0.25)[who] * np.where(rng.random(faces) < 0.06, 1.9, 1.0)
    vectors = centres[who] + np.where(rng.random(faces) < 0.5, 1.0, 0.0)[:, None] * other[who]
    vectors += rng.normal(size=(faces, DIMS)) * (own / np.sqrt(DIMS))[:, None]
    order = rng.permutation(faces)
    return vectors[order].astype(np.float32), who[order]


def make_project(folder):
    """A project of 100,000 faces with thumbnails and two clusterings; returns its folder and who each face shows."""
    import cv2

    from fairdesk.clustering.new_version import cluster_faces
    from fairdesk.clustering.params import ClusterParams
    from fairdesk.jobs.context import QuietContext
    from fairdesk.project.recipes import Recipe
    from tests.benchmarks.bench_journal import make

    project = make(folder)
    vectors, truth = people()
    recipe = project.vectors.register(Recipe("people", "whole", "none", DIMS, "euclidean", "none"))
    faces = project.vectors.missing(recipe)
    project.vectors.append(recipe, faces, vectors, {})
    rng = np.random.default_rng(0)
    pictures = [
        cv2.imencode(".jpg", cv2.resize(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8), (160, 160)))[1].tobytes()
        for _ in range(KINDS_OF_PICTURE)
    ]
    project.thumbnails.put(("face", face, pictures[face % KINDS_OF_PICTURE]) for face in faces)
    cluster_faces(ClusterParams(encoder="people"), QuietContext(project))
    project.close()
    return dict(zip(faces, truth.tolist(), strict=True))


def says(asked, who):
    """What a person says who knows everyone, of the faces that are shown."""
    from fairdesk.clustering.review.questions import Kind

    sides = [Counter(who[face] for face in side) for side in (asked.shown_first, asked.shown_second)]
    if any(len(side) > 1 for side in sides):
        return "U"
    return "Y" if (sides[0].keys() == sides[1].keys()) != (asked.kind is Kind.SPLIT) else "N"


def main():
    import asyncio

    import qasync
    from PySide6.QtCore import QSettings, Qt
    from PySide6.QtTest import QTest

    from fairdesk.clustering.review.questions import Kind
    from fairdesk.clustering.store import clusters, faces_of, merge_clusters, versions
    from fairdesk.gui.app import make_application, make_window

    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = folder
        QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, folder)
        application = make_application()
        asyncio.set_event_loop(qasync.QEventLoop(application, already_running=True))
        home = Path(folder) / "big"
        who = make_project(home)
        window = make_window(application)
        window.resize(1360, 860)
        window.show()

        def spin(until, seconds=900):
            end = time.perf_counter() + seconds
            while not until() and time.perf_counter() < end:
                application.processEvents()
                time.sleep(0.001)
            assert until(), "it took too long"

        window.session.open(home)
        window.make_tabs()
        spin(lambda: not window.session.background.busy)
        window.tabs.setCurrentWidget(window.clustering)
        spin(lambda: window.clustering.view.version is not None and not window.session.background.busy)
        pane = window.clustering.review
        begin, used = time.perf_counter(), time.process_time()
        window.clustering.open_review()
        spin(lambda: pane.current is not None)
        print(
            f"{FACES:,} faces: the review begins after {time.perf_counter() - begin:.0f} s,"
            f" {time.process_time() - used:.0f} s of processor time"
        )
        spin(lambda: not window.session.background.busy)

        def there(before=None):
            one = pane.current
            return (
                one is not None
                and one is not before
                and pane.first.shown() == len(one.shown_first)
                and pane.second.shown() == len(one.shown_second)
            )

        def ask(pause):
            took = []
            for _ in range(QUESTIONS):
                spin(there)
                if pane.current.kind is Kind.NAME:
                    break
                end = time.perf_counter() + pause
                while time.perf_counter() < end:
                    application.processEvents()
                    time.sleep(0.002)
                before = pane.current
                begin = time.perf_counter()
                QTest.keyClick(pane, getattr(Qt.Key, f"Key_{says(before, who)}"))
                spin(lambda before=before: there(before))
                pane.repaint()
                took.append(1000 * (time.perf_counter() - begin))
            took.sort()
            return f"{len(took)} questions: median {statistics.median(took):.0f} ms, 95 % within {took[int(len(took) * 0.95)]:.0f} ms, worst {took[-1]:.0f} ms"

        print(f"from the key to the next question painted, {PAUSE} s looked at each: {ask(PAUSE)} (promised: 100)")
        spin(lambda: not window.session.background.busy)
        print(f"without a pause: {ask(0.0)}")
        spin(lambda: not window.session.background.busy)
        window.clustering.close_review()
        spin(lambda: not window.session.background.busy)

        project = window.session.project
        version = versions(project)[0].id
        largest = sorted(clusters(project, version), key=lambda one: -one.faces)
        some, faces = [], 0
        for one in largest:
            if one.label >= 0 and faces < 5000:
                some.append(one.id)
                faces += one.faces
        merges, undos = [], []
        for _ in range(5):
            begin = time.perf_counter()
            merge_clusters(project, some[0], some[1:])
            merges.append(1000 * (time.perf_counter() - begin))
            assert len(faces_of(project, some[0])) == faces
            begin = time.perf_counter()
            project.journal.undo()
            undos.append(1000 * (time.perf_counter() - begin))
        print(
            f"{faces:,} faces of {len(some)} clusters merged in {statistics.median(merges):.0f} ms (worst {max(merges):.0f}),"
            f" undone in {statistics.median(undos):.0f} ms (worst {max(undos):.0f}) (promised: 100)"
        )
        window.shut_down(keep_jobs=False)
        window.close()


if __name__ == "__main__":
    main()
