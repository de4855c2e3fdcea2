"""Fixtures: an isolated home, drawn faces, projects with made-up faces and vectors."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Ray reads it when it is imported: under `uv run` it would copy this folder with its environment, 7 GB, for each of its sessions.
os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"
if "PYTEST_XDIST_WORKER" in os.environ:  # several test processes with as many threads each wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from PIL import Image

from fairdesk import words
from fairdesk.clustering.new_version import cluster_faces
from fairdesk.clustering.params import ClusterParams
from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.generation.training.params import FAMILIES
from fairdesk.images.drawn_faces import draw_face, draw_person
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project
from fairdesk.project.vectors import Recipe
from tests import pseudo

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def _isolated(tmp_path, monkeypatch):
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "TORCH_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home" / name))


@pytest.fixture(scope="session")
def truth() -> Path:
    path = SHARED / "truth" / "metrics"
    if not path.exists():
        pytest.skip("the worked cases (../shared/truth/metrics) are not on this machine")
    return path


@pytest.fixture(scope="session")
def photographs() -> Path:
    path = SHARED / "data" / "faces"
    if not path.exists():
        pytest.skip("the real photographs (../shared/data/faces) are not on this machine")
    return path


@pytest.fixture
def project(tmp_path):
    made = Project.create(tmp_path / "study.fairdesk")
    yield made
    made.close()


@pytest.fixture(scope="session")
def drawn(tmp_path_factory) -> Path:
    """2 tones x 3 people x 4 drawn faces, as group/identity folders."""
    root = tmp_path_factory.mktemp("drawn") / "faces"
    for tone in (5, 7):
        for number in range(3):
            person = draw_person(np.random.default_rng([9, tone, number]), tone)
            home = root / f"tone {tone}" / f"p{tone}{number}"
            home.mkdir(parents=True)
            for image in range(4):
                rng = np.random.default_rng([9, tone, number, image])
                draw_face(person, rng, 200).save(home / f"p{tone}{number}_{image + 1:04d}.jpg", quality=95)
    return root


def plain_images(root: Path, groups: int, identities: int, images: int, side: int = 16) -> Path:
    """Tiny pictures in group/identity folders: no faces, but quick."""
    rng = np.random.default_rng(0)
    for g in range(groups):
        for i in range(identities):
            home = root / f"g{g}" / f"id{g}{i}"
            home.mkdir(parents=True, exist_ok=True)
            for n in range(images):
                pixels = rng.integers(0, 255, (side, side, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(home / f"{n:03d}.png")
    return root


def add_faces(
    project: Project, dim: int = 8, spread: float = 0.05, seed: int = 0, *, detector: str = "whole",
    encoder: str = "made-up", box: tuple[int, int, int, int] = (0, 9, 9, 0), weights: str = "none",
) -> None:  # fmt: skip
    """Give every image a face and a vector near its identity's centre, without a detector or a network."""
    rows = project.db.rows("SELECT id, ifnull(identity_id, 0) FROM image ORDER BY id")
    rng = np.random.default_rng(seed)
    centres = {who: rng.normal(size=dim) for who in {row[1] for row in rows}}
    with project.db.transaction() as connection:
        for image, _ in rows:
            connection.execute("INSERT OR IGNORE INTO detection VALUES (?, ?, 1, NULL)", (image, detector))
            connection.execute(
                "INSERT OR IGNORE INTO face (image_id, detector, place, top, right, bottom, left) VALUES (?, ?, 0, ?, ?, ?, ?)",
                (image, detector, *box),
            )
    project.keep_detector(detector)
    recipe = project.vectors.register(Recipe(encoder, detector, "none", dim, "euclidean", weights))
    faces = project.vectors.missing(recipe)
    vectors = np.array([centres[who] + rng.normal(scale=spread, size=dim) for _, who in rows], dtype=np.float32)
    project.vectors.append(recipe, faces, vectors, {})


@pytest.fixture
def filled(project, tmp_path):
    """A project of 2 groups x 4 identities x 5 images with faces and vectors."""
    plain_images(tmp_path / "photographs", 2, 4, 5)
    import_folder(ImportParams(folder=tmp_path / "photographs"), QuietContext(project))
    add_faces(project)
    return project


@pytest.fixture
def with_vectors(project, tmp_path):
    """Give a project faces with these vectors, clustered by DBSCAN; returns the faces."""

    def given(vectors, groups=1, identities=1):
        plain_images(tmp_path / "in", groups, identities, len(vectors) // groups // identities, side=8)
        import_folder(ImportParams(folder=tmp_path / "in"), QuietContext(project))
        add_faces(project)
        recipe = project.vectors.register(Recipe("people", "whole", "none", vectors.shape[1], "euclidean", "none"))
        faces = project.vectors.missing(recipe)
        project.vectors.append(recipe, faces, vectors, {})
        cluster_faces(ClusterParams(encoder="people"), QuietContext(project))
        return faces

    return given


@pytest.fixture
def project_at(tmp_path):
    """Make an empty project of a name and return its folder."""

    def make(name):
        Project.create(tmp_path / f"{name}.fairdesk").close()
        return tmp_path / f"{name}.fairdesk"

    return make


def some_gan(family, **values):
    """Parameters of a family of GAN from values for several families: those that it lacks are left out."""
    known = FAMILIES[family].model_fields
    return FAMILIES[family](**{name: value for name, value in values.items() if name in known})


@pytest.fixture
def bracketed(tmp_path, monkeypatch):
    """Speak a language of brackets while the test runs (see `tests/pseudo.py`)."""
    monkeypatch.setenv(words.FOLDER, str(pseudo.write(tmp_path / "locale")))
    monkeypatch.setenv("LANGUAGE", pseudo.LANGUAGE)
    words.use(pseudo.LANGUAGE)
    assert not words.in_english()
    yield
    words.use("en")
