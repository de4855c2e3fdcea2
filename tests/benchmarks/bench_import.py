"""Importing 5,000 images as a tree and as .rec, against a plain script that does the same one after the other."""

import hashlib
import io
import os
import tempfile
import time
from pathlib import Path

import apsw
import imagehash
import numpy as np
from PIL import Image, ImageOps

from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.images.recordio import RecordFile, write_faces
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project

COUNT, SIDE = 5_000, 250


def make(root):
    """Pictures of LFW's size with as much detail as a photograph (about 15 KB each)."""
    rng = np.random.default_rng(0)
    people = []
    for person in range(COUNT // 10):
        home = root / f"g{person % 4}" / f"p{person:04d}"
        home.mkdir(parents=True)
        people.append([])
        for number in range(10):
            coarse = Image.fromarray(rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)).resize(
                (SIDE, SIDE), Image.Resampling.BICUBIC
            )
            coarse.save(home / f"{number}.jpg", quality=92)
            people[-1].append((home / f"{number}.jpg").read_bytes())
    write_faces(root.parent / "train.rec", people, (SIDE, SIDE))


def plain(sources, database):
    """Decode, upright, hash (by content and by looks), thumbnail and commit, one file after the other."""
    connection = apsw.Connection(str(database))
    connection.pragma("journal_mode", "wal")
    connection.execute(
        "CREATE TABLE image (id INTEGER PRIMARY KEY, path TEXT, size INT, mtime INT, sha TEXT, phash TEXT, w INT, h INT, who TEXT, grp TEXT, UNIQUE (path))"
    )
    connection.execute("CREATE TABLE thumbnail (id INTEGER PRIMARY KEY, jpeg BLOB)")
    rows = []
    for path, data in sources:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            rgb = ImageOps.exif_transpose(image).convert("RGB")
        small = rgb.copy()
        small.thumbnail((160, 160), Image.Resampling.BILINEAR, reducing_gap=2.0)
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=85)
        rows.append(
            (
                (
                    path,
                    len(data),
                    0,
                    hashlib.sha256(data).hexdigest(),
                    str(imagehash.phash(rgb)),
                    *rgb.size,
                    path.split("/")[-2],
                    path.split("/")[-3] if path.count("/") > 1 else "",
                ),
                buffer.getvalue(),
            )
        )
        if len(rows) == 512:
            commit(connection, rows)
    commit(connection, rows)
    connection.close()


def commit(connection, rows):
    with connection:
        for row, jpeg in rows:
            connection.execute(
                "INSERT INTO image (path, size, mtime, sha, phash, w, h, who, grp) VALUES (?,?,?,?,?,?,?,?,?)", row
            )
            connection.execute("INSERT INTO thumbnail VALUES (?, ?)", (connection.last_insert_rowid(), jpeg))
    rows.clear()


def tree_files(root):
    for path in sorted(root.rglob("*.jpg")):
        os.stat(path)
        yield str(path), path.read_bytes()


def rec_files(path):
    file = RecordFile(path)
    keys, labels = file.images()
    for key, label in zip(keys, labels, strict=True):
        yield f"{int(label)}/{key}.jpg", file.record(int(key)).data


def main():
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        make(home / "tree")
        for what, source in (("tree", home / "tree"), ("rec", home / "train.rec")):
            ratios = []
            for turn in range(3):
                start = time.perf_counter()
                plain(tree_files(source) if what == "tree" else rec_files(source), home / f"{what}{turn}.sqlite")
                script = time.perf_counter() - start
                project = Project.create(home / f"{what}{turn}.fairdesk")
                start = time.perf_counter()
                result = import_folder(ImportParams(folder=source), QuietContext(project))
                ours = time.perf_counter() - start
                assert result.images == COUNT
                project.close()
                ratios.append(script / ours)
                print(f"{what}: ours {ours:.2f} s, plain script {script:.2f} s ({script / ours:.2f}x)")
            print(f"{what}: median {sorted(ratios)[1]:.2f}x on {len(os.sched_getaffinity(0))} cores")
