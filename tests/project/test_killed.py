"""SIGKILL in the middle of what writes most: everything that was done is there, and the rest can be done again."""

import signal
import subprocess
import sys
import textwrap

import apsw
import numpy as np
import pytest

from fairdesk.project import Project, database
from fairdesk.project.schema import MIGRATIONS, VERSION
from tests.conftest import add_faces

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is POSIX")

DIE = """
    import os, signal, sys
    from pathlib import Path
    import apsw, numpy as np
    def die(*a, **k):
        os.kill(os.getpid(), signal.SIGKILL)
    def die_after(steps):
        def hook(connection):
            left = [steps]
            def tick():
                left[0] -= 1
                if left[0] < 0:
                    die()
                return False
            connection.set_progress_handler(tick, 50)
        return hook
    home, where = Path(sys.argv[1]), sys.argv[2]
"""


def killed(code, *arguments):
    """Run code that kills itself; returns whether it got so far."""
    script = textwrap.dedent(DIE) + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


def sound(folder):
    """Open a project again and check its catalogue whole."""
    project = Project.open(folder)
    assert project.db.value("PRAGMA integrity_check") == "ok"
    assert project.db.rows("PRAGMA foreign_key_check") == []
    return project


APPEND = """
    from fairdesk.project import Project
    project = Project.open(home)
    recipe = project.vectors.find("made-up")
    faces = project.vectors.missing(recipe)
    assert len(faces) == 10
    vectors = np.full((len(faces), recipe.dim), 7, dtype=np.float32)
    if where == "before the file is written":
        np.ascontiguousarray = die
    elif where == "before it is on the disk":
        os.fsync = die
    elif where == "before its rows are named":
        import fairdesk.project.database as database
        database.Database.transaction = die
    else:
        die_after(int(where))(project.db.connection)
    project.vectors.append(recipe, faces, vectors, {})
"""


@pytest.mark.parametrize("where", [
    "before the file is written", "before it is on the disk", "before its rows are named", "0", "1", "2", "4", "6", "8",
])  # fmt: skip
def test_in_the_middle_of_appending_vectors(filled, where):
    folder = filled.folder
    recipe = filled.vectors.find("made-up")
    before = dict(zip(*filled.vectors.load(recipe), strict=True))
    gone = sorted(before)[:10]
    with filled.db.transaction() as db:
        db.executemany("DELETE FROM vector WHERE face_id = ?", ((int(face),) for face in gone))
    filled.close()
    assert killed(APPEND, folder, where)
    project = sound(folder)
    faces, vectors = project.vectors.load(recipe)  # no row names a vector that is not there
    missing = project.vectors.missing(recipe)
    assert len(missing) in (0, 10) and len(faces) + len(missing) == len(before)
    for face, vector in zip(faces, vectors, strict=True):
        assert np.array_equal(vector, before[face]) or (face in gone and (vector == 7).all())
    if missing:
        project.vectors.append(recipe, missing, np.full((10, recipe.dim), 9, dtype=np.float32), {})
    assert project.vectors.missing(recipe) == []
    again = dict(zip(*project.vectors.load(recipe), strict=True))
    assert len(again) == len(before) and all((again[face] == (9 if missing else 7)).all() for face in gone)
    project.close()


VACUUM = """
    from fairdesk.project import Project
    project = Project.open(home)
    die_after(int(where))(project.db.connection)
    project.db.connection.execute("VACUUM")
"""


@pytest.mark.parametrize("steps", [0, 5, 20, 60, 120, 250])
def test_in_the_middle_of_a_vacuum(filled, steps):
    folder = filled.folder
    with filled.db.transaction() as db:
        db.execute("CREATE TABLE ballast AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
                   " SELECT i, randomblob(300) AS b FROM n")  # fmt: skip
        db.execute("DELETE FROM ballast WHERE i % 2")
    tables = [
        row[0]
        for row in filled.db.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    ]
    held = {name: filled.db.rows(f"SELECT * FROM {name}") for name in tables}
    filled.close()
    assert killed(VACUUM, folder, steps)
    project = sound(folder)
    assert {name: project.db.rows(f"SELECT * FROM {name}") for name in tables} == held
    project.db.connection.execute("VACUUM")
    project.close()


MIGRATE = """
    from fairdesk.project import Project
    if where == "between":
        from fairdesk.project import schema
        class Stopping(list):
            def __getitem__(self, number):
                return die() if number == len(self) - 1 else list.__getitem__(self, number)
        import fairdesk.project.database as database
        database.MIGRATIONS = Stopping(schema.MIGRATIONS)
    else:
        apsw.connection_hooks.append(die_after(int(where)))
    Project.open(home)
"""


@pytest.mark.parametrize("where", ["between", "0", "2", "5", "10", "20", "40", "80"])
def test_in_the_middle_of_a_migration(tmp_path, where):
    folder = tmp_path / "old"
    folder.mkdir()
    old = apsw.Connection(str(folder / "catalog.sqlite"))
    old.pragma("application_id", database._APPLICATION_ID)
    old.execute(MIGRATIONS[0])
    old.pragma("user_version", 1)
    old.executemany("INSERT INTO grp (name) VALUES (?)", ((f"group {n}",) for n in range(500)))
    old.close()
    assert killed(MIGRATE, folder, where)
    half = apsw.Connection(str(folder / "catalog.sqlite"))
    assert half.pragma("user_version") in (1, VERSION)
    half.close()
    project = sound(folder)
    assert project.db.value("PRAGMA user_version") == VERSION
    assert project.db.value("SELECT count(*) FROM grp") == 500
    project.close()


def test_the_kept_vectors_are_those_of_the_faces(filled):
    """What the tests above rest on: the faces have vectors that differ."""
    add_faces(filled)
    _, vectors = filled.vectors.load(filled.vectors.find("made-up"))
    assert len(np.unique(vectors, axis=0)) == len(vectors)
