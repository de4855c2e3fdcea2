"""Labelling 100,000 faces and taking it back, against the same UPDATE without a journal."""

import tempfile
import time
from pathlib import Path

from fairdesk.dataset.identities import set_identity
from fairdesk.project import Project


def main():
    with tempfile.TemporaryDirectory() as folder:
        project = Project.create(Path(folder) / "p")
        with project.db.transaction() as connection:
            connection.execute("INSERT INTO root VALUES (1, '/r', NULL)")
            connection.executemany(
                "INSERT INTO image (root_id, path, size, mtime_ns, sha256, width, height) VALUES (1, ?, 1, 1, '', 9, 9)",
                ((f"{i}.jpg",) for i in range(100_000)),
            )
            connection.execute(
                "INSERT INTO face (image_id, detector, place, top, right, bottom, left)"
                " SELECT id, 'whole', 0, 0, 9, 9, 0 FROM image"
            )
        faces = list(range(1, 100_001))
        for round_number in range(3):
            start = time.perf_counter()
            with project.db.transaction() as connection:
                connection.execute("UPDATE face SET identity_id = NULL, label_source = 'csv'")
            plain = time.perf_counter() - start
            start = time.perf_counter()
            set_identity(project, faces, f"person {round_number}")
            done = time.perf_counter() - start
            start = time.perf_counter()
            project.journal.undo()
            undone = time.perf_counter() - start
            print(
                f"plain UPDATE {plain * 1000:.0f} ms; with journal {done * 1000:.0f} ms ({done / plain:.1f}x), undo {undone * 1000:.0f} ms"
            )
        project.close()
