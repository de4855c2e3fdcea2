"""A project of 100,000 images: labels changed and taken back, filters, against the same UPDATE without a journal."""

import tempfile
import time
from pathlib import Path

from fairdesk.project import Project
from fairdesk.project.faces import set_identity
from fairdesk.project.image_queries import Filter, image_ids
from fairdesk.project.images import hide_images
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.project.quality import Limit

COUNT = 100_000


def make(folder):
    project = Project.create(folder)
    with project.db.transaction() as connection:
        connection.execute("INSERT INTO root VALUES (1, '/r', NULL)")
        connection.executemany("INSERT INTO grp VALUES (?, ?)", ((g + 1, f"group {g}") for g in range(4)))
        connection.executemany(
            "INSERT INTO identity VALUES (?, ?, ?)", ((i + 1, f"person {i:05d}", i % 4 + 1) for i in range(5000))
        )
        connection.executemany(
            "INSERT INTO image (root_id, path, size, mtime_ns, sha256, width, height, identity_id, group_id, label_source)"
            " VALUES (1, ?, 1, 1, ?, 250, 250, ?, ?, 'folder')",
            (
                (f"group {i % 4}/person {i % 5000:05d}/{i}.jpg", f"{i:064x}", i % 5000 + 1, i % 4 + 1)
                for i in range(COUNT)
            ),
        )
        landmarks = "[[31.5, 42.25], [58.5, 42.5], [45.0, 60.75], [34.5, 72.0], [56.0, 72.25]]"
        connection.execute(
            "INSERT INTO face (image_id, detector, place, top, right, bottom, left, landmarks)"
            " SELECT id, 'whole', 0, 0, 9, 9, 0, ? FROM image",
            (landmarks,),
        )
        connection.execute("INSERT INTO detection SELECT id, 'whole', 1, NULL FROM image")
        connection.execute(
            "INSERT INTO quality SELECT id, 'whole', id % 100, .5, .2, 0, 90, .3, 0, 0, 1, NULL FROM image"
        )
        connection.execute("INSERT INTO image_tag SELECT id, 'tag ' || (id % 10), 'csv' FROM image")
    project.keep_detector("whole")
    return project


def timed(work):
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def middle(values):
    return sorted(values)[len(values) // 2]


def main():
    with tempfile.TemporaryDirectory() as folder:
        project = make(Path(folder) / "p")
        every = list(range(1, COUNT + 1))

        def plain():
            with project.db.transaction() as connection:
                connection.execute("UPDATE face SET identity_id = NULL, label_source = 'csv'")

        bare = middle([timed(plain) for _ in range(5)])
        edits = {
            "identity": lambda: set_identity(project, every, "Somebody"), "gender": lambda: edit_labels(project, every, Edit(gender="female")),
            "group": lambda: edit_labels(project, every, Edit(group="Other")),
            "tag": lambda: edit_labels(project, every, Edit(add_tags=("new",))), "hide": lambda: hide_images(project, every),
        }  # fmt: skip
        for name, edit in edits.items():
            done, undone, again = [], [], []
            for _ in range(5):
                done.append(timed(edit))
                undone.append(timed(project.journal.undo))
                again.append(timed(project.journal.redo))
                project.journal.undo()
            print(f"{name}: done in {middle(done):.0f} ms ({middle(done) / bare:.1f}x a plain UPDATE of faces), worst {max(done):.0f};"
                  f" undone in {middle(undone):.0f} ms, done again in {middle(again):.0f} ms")  # fmt: skip
        filters = {
            "all": Filter(), "group": Filter(group="group 1"), "text": Filter(text="person 012"), "tag": Filter(tag="tag 3"),
            "quality": Filter(quality=(Limit("sharpness", 30.0, None),)), "no face": Filter(state="without face"), "set": Filter(in_set=""),
        }  # fmt: skip
        for order in ("added", "identity", "sharpness"):
            times = {
                name: middle(
                    [timed(lambda wanted=wanted, order=order: image_ids(project, wanted, order)) for _ in range(3)]
                )
                for name, wanted in filters.items()
            }
            print(f"filter, ordered by {order}: " + ", ".join(f"{name} {ms:.0f} ms" for name, ms in times.items()))
        project.close()
