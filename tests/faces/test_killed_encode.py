"""SIGKILL anywhere in an encoding: what was written stays, the next run does the rest, nothing is missing and nothing is there twice."""

import random
import shutil
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.params import EncodeParams
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
