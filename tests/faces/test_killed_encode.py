"""SIGKILL anywhere in an encoding: what was written stays, the next run does the rest, nothing is missing and nothing is there twice."""

import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.faces import detection, embedding, known_faces_quality, writing_times
from fairdesk.faces.detection import find_faces
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.params import DetectParams, EncodeParams
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project
from tests.conftest import plain_images

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is POSIX")
IMAGES = 120

# It kills itself some time after a write began, in whatever it does then; what it had taken in until then is said.
CODE = """
    import os, signal, sys, threading, time
    from fairdesk.cli import run
    from fairdesk.faces import embedding
    embedding._COMMIT = 8
    project, writes, delay = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    plain, count = embedding._Writer.write, 0
    def die():
        time.sleep(delay)
        os.kill(os.getpid(), signal.SIGKILL)
    def write(self):
        global count
        count += 1
        if count == writes:
            threading.Thread(target=die, daemon=True).start()
        plain(self)
    embedding._Writer.write = write
    sys.exit(run(["encode", project, "--detector", "whole"]))
"""


def pictures(folder):
    plain_images(folder, 2, 6, IMAGES // 12, side=20)
    return folder


def contents(project):
    """All faces of all images with their boxes and vectors."""
    recipe = project.vectors.choose("dlib", "whole").recipe
    faces, vectors = project.vectors.load(recipe)
    assert len(set(faces.tolist())) == len(faces)
    rows = project.db.rows(
        "SELECT i.path, f.id, f.place, f.top, f.right, f.bottom, f.left FROM face f JOIN image i ON i.id = f.image_id ORDER BY i.path"
    )
    place = {face: row for row, face in enumerate(faces.tolist())}
    return [(path, *box) for path, _, *box in rows], np.stack([vectors[place[row[1]]] for row in rows])


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """A project that is not encoded yet, and what it holds when it is."""
    home = tmp_path_factory.mktemp("killed")
    project = Project.create(home / "bare.fairdesk")
    import_images(ImportParams(folder=pictures(home / "in")), QuietContext(project))
    project.close()
    shutil.copytree(home / "bare.fairdesk", home / "whole.fairdesk")
    whole = Project.open(home / "whole.fairdesk")
    encode_faces(EncodeParams(detector="whole"), QuietContext(whole))
    yield home / "bare.fairdesk", contents(whole)
    whole.close()


@pytest.mark.parametrize("seed", range(4))
def test_what_is_left_after_kills_is_encoded_once(unbroken, tmp_path, seed):
    bare, (boxes, vectors) = unbroken
    folder, rng, kept = tmp_path / "p.fairdesk", random.Random(seed), -1
    shutil.copytree(bare, folder)
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(CODE), str(folder), str(rng.randint(1, 6)), str(rng.uniform(0, 0.05))],
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        project = Project.open(folder)
        assert project.db.value("PRAGMA integrity_check") == "ok" and not project.db.rows("PRAGMA foreign_key_check")
        now = project.db.value("SELECT count(*) FROM vector")
        assert now >= kept  # nothing that was written is lost
        assert now <= project.db.value("SELECT count(*) FROM face") <= IMAGES
        kept = now
        project.close()
    project = Project.open(folder)
    result = encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    assert result.vectors == IMAGES == kept + result.encoded_now  # the rest, and nothing twice
    found = contents(project)
    assert found[0] == boxes and np.abs(found[1] - vectors).max() < 1e-5
    assert all(project.thumbnails.get("face", face) for (face,) in project.db.rows("SELECT id FROM face"))
    project.close()


SLOW = """
    import sys, time
    from fairdesk.cli import run
    from fairdesk.faces import pipeline
    from fairdesk.jobs import pool
    pool._SMALL = 10_000  # all in this process
    plain = pipeline.read_pixels
    def read(path, *sums):
        time.sleep(0.05)
        return plain(path, *sums)
    pipeline.read_pixels = read
    sys.exit(run(sys.argv[1:]))
"""


def test_sigterm_keeps_what_is_done(unbroken, tmp_path):
    folder = tmp_path / "p.fairdesk"
    shutil.copytree(unbroken[0], folder)
    job = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SLOW), "encode", str(folder), "--detector", "whole"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert job.stderr is not None
    assert "Detecting faces first" in job.stderr.readline()
    time.sleep(2)
    job.send_signal(signal.SIGTERM)
    job.send_signal(signal.SIGTERM)  # as `timeout` does it
    _, err = job.communicate(timeout=60)
    assert job.returncode == 143, err
    assert "Finished work is kept" in err and "Traceback" not in err
    project = Project.open(folder)
    assert 0 < project.db.value("SELECT count(*) FROM vector") < IMAGES
    project.close()


@pytest.mark.parametrize("seconds", [0.0, 1e9])
def test_slow_work_is_written_after_some_seconds(unbroken, tmp_path, monkeypatch, seconds):
    """With no seconds to wait each batch is written; with many, all at the end, as there are few images."""
    monkeypatch.setattr(writing_times, "SECONDS", seconds)
    folder, writes = tmp_path / "p.fairdesk", []
    shutil.copytree(unbroken[0], folder)
    for module, name in ((embedding, "keep_faces"), (detection, "keep_faces"), (known_faces_quality, "keep_measured")):
        monkeypatch.setattr(module, name, _counted(getattr(module, name), writes, (module.__name__, name)))
    project = Project.open(folder)
    append = project.vectors.append
    monkeypatch.setattr(project.vectors, "append", _counted(append, writes, "append"))
    monkeypatch.setattr(detection, "_COMMIT", 1000)
    encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    assert writes.count((embedding.__name__, "keep_faces")) == (1 if seconds else IMAGES // detection.BATCH)
    with project.db.transaction() as connection:
        connection.execute("DELETE FROM vector")
    writes.clear()
    encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    assert writes.count("append") == (1 if seconds else IMAGES // detection.BATCH)
    find_faces(DetectParams(detector="hog", quality=True), QuietContext(project))
    assert writes.count((detection.__name__, "keep_faces")) == (1 if seconds else IMAGES // detection.BATCH)
    with project.db.transaction() as connection:
        connection.execute("DELETE FROM quality")
    writes.clear()
    known_faces_quality.measure_all(project, "hog", QuietContext(project))
    assert (writes.count((known_faces_quality.__name__, "keep_measured")) > 2) == (not seconds)
    project.close()


def _counted(plain, writes, name):
    def function(*arguments):
        writes.append(name)
        return plain(*arguments)

    return function
