"""Looking for missing originals among 100,000 images, beside a bare listing of their folders, and the window meanwhile."""

import os
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QTimer

from fairdesk.gui.background import Background
from fairdesk.project import Project
from fairdesk.project.originals import missing_originals

FOLDERS, EACH, GONE = 1000, 100, 500


def _project(home):
    project = Project.create(home / "study.fairdesk")
    root = home / "photographs"
    rows = []
    for folder in range(FOLDERS):
        place = root / f"g{folder % 4}" / f"id{folder:04d}"
        place.mkdir(parents=True)
        for number in range(EACH):
            name = f"{number:03d}.jpg"
            if (folder * EACH + number) % (FOLDERS * EACH // GONE):
                (place / name).touch()
            rows.append((f"g{folder % 4}/id{folder:04d}/{name}", f"{folder:032x}{number:032x}"))
    with project.db.transaction() as connection:
        connection.execute("INSERT INTO root (path, relative) VALUES (?, NULL)", (str(root),))
        connection.executemany(
            "INSERT INTO image (root_id, path, size, mtime_ns, sha256, width, height) VALUES (1, ?, 1, 1, ?, 9, 9)",
            rows,
        )
    return project, root


def main():
    app = QCoreApplication.instance() or QCoreApplication([])
    with tempfile.TemporaryDirectory() as place:
        project, root = _project(Path(place))
        begin = time.perf_counter()
        for folder, _, _ in os.walk(root):
            os.listdir(folder)
        bare = time.perf_counter() - begin
        begin = time.perf_counter()
        found = missing_originals(project)
        took = time.perf_counter() - begin
        assert len(found) == GONE
        beats, done = [time.perf_counter()], []
        beat = QTimer()
        beat.setInterval(5)
        beat.timeout.connect(lambda: beats.append(time.perf_counter()))
        background = Background()
        beat.start()
        background.read("missing", lambda: missing_originals(project), done.append)
        while not done:
            app.processEvents()
            time.sleep(0.001)
        gap = max(later - earlier for earlier, later in pairwise(beats))
        background.close()
        project.close()
    print(f"  {FOLDERS * EACH:,} images, {GONE} missing: {took:.2f} s; a bare listing of the folders {bare:.2f} s")
    print(f"  longest wait of the window's loop meanwhile: {1000 * gap:.0f} ms")
