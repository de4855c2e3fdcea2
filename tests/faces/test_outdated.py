"""Embeddings of other versions are told, with what encoding them anew takes."""

import json
from dataclasses import replace

import pytest

from fairdesk.faces import outdated as module
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.face_counts import faces_to_encode
from fairdesk.faces.outdated import keep_rate, outdated
from fairdesk.faces.params import EncodeParams
from fairdesk.jobs.context import QuietContext
from fairdesk.project.recipes import DESCRIBED
from tests.conftest import add_faces


@pytest.fixture
def aged(filled):
    """Faces of whole images with dlib's vectors, as another version of dlib would have described them."""
    encode_faces(EncodeParams(detector="whole"), QuietContext(filled))
    stored = filled.vectors.choose("dlib", "whole").recipe
    now = filled.vectors.described(stored)
    older = replace(now, versions={"dlib": "19.24.0", "not installed": "1"})
    kept = filled.vectors.register(older)
    faces, vectors = filled.vectors.load(stored)
    filled.vectors.append(kept, faces.tolist(), vectors, {})
    with filled.db.transaction() as connection:
        connection.execute("DELETE FROM vector WHERE recipe_id = ?", (stored.id,))
    return filled, kept


def test_what_other_versions_made_is_told_with_its_cost(aged, monkeypatch):
    project, kept = aged
    monkeypatch.setattr(module, "version", lambda name: "20.0.1.post1" if name == "dlib-bin" else missing(name))
    old = outdated(project, "dlib", "whole")
    assert old.versions == {"dlib": ("19.24.0", "20.0.1.post1")} and old.vectors.recipe.hash == kept.hash
    keep_rate(project, "dlib", 49, 1)  # too few faces to tell
    project.set_setting("faces a second dlib", "0.25")
    told = (
        "40 faces have embeddings made with dlib 19.24.0 (now 20.0.1.post1). They stay; this encodes all faces anew, "
        "under a recipe of their own, in about 2 min 40 s at the last rate."
    )
    assert told in faces_to_encode(project, EncodeParams(detector="whole"))
    context = QuietContext(project)
    result = encode_faces(EncodeParams(detector="whole"), context)
    assert told in context.messages and result.encoded_now == 40 and result.recipe != kept.hash
    assert project.vectors.count(kept) == 40
    assert outdated(project, "dlib", "whole") is None  # the newest are of today
    assert outdated(project, "dlib", "hog") is None and outdated(project, "resnet50", "whole") is None


def missing(name):
    raise module.PackageNotFoundError(name)


def test_today_is_not_outdated_and_the_rate_is_kept(filled):
    encode_faces(EncodeParams(detector="whole"), QuietContext(filled))
    assert outdated(filled, "dlib", "whole") is None
    keep_rate(filled, "dlib", 500, 4)
    assert filled.setting("faces a second dlib") == "125.000"


@pytest.mark.parametrize(("then", "now", "same"), [
    ("2.9.0+cpu", "2.9.0", True), ("20.0.1", "20.0.1.post1", True), ("2.9.0", "2.9.1", False), ("1.2", "1.20", False), ("odd", "odd", True),
])  # fmt: skip
def test_releases_are_compared(then, now, same):
    assert (module._release(then) == module._release(now)) is same


def test_a_description_that_is_lost_says_nothing(aged):
    project, kept = aged
    (project.vectors.folder / kept.hash / DESCRIBED).write_text(json.dumps({"odd": 1}))
    assert outdated(project, "dlib", "whole") is None
    add_faces(project, detector="other", encoder="made of nothing")
    assert outdated(project, "made of nothing", "other") is None
