"""Files of embeddings that a disk or a program has damaged: every reader names the file, and encoding mends it and nothing else."""

import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.clustering.store import versions
from fairdesk.clustering.version_basis import recipe_of_version
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import JobFailed
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.params import EncodeParams
from fairdesk.gui.remedies import values_in, verb_in
from fairdesk.gui.tabs.clustering.shown_faces import Centres
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project
from fairdesk.project.image_queries import Filter, image_ids, more_like
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.project.recipes import Recipe
from tests.conftest import add_faces, plain_images

ROW = 128 * 4


def _cut(path):
    path.write_bytes(path.read_bytes()[: 9 * ROW])


def _odd(path):
    path.write_bytes(path.read_bytes() + b"abc")


def _zeros(path):
    path.write_bytes(bytes(path.stat().st_size))


def _not_finite(path):
    data = np.fromfile(path, dtype="<f4")
    data[5 * 128 + 3] = np.nan
    data.tofile(path)


def _zeroed(path):
    """A block of the disk is lost: 4,096 bytes are 8 vectors."""
    data = path.read_bytes()
    path.write_bytes(data[:4096] + bytes(4096) + data[8192:])


def _too_large(path):
    data = np.fromfile(path, dtype="<f4")
    data[5 * 128 + 3] = 1e30
    data.tofile(path)


def _other_numbers(path):
    """What nobody can tell from an embedding: small finite numbers."""
    data = np.fromfile(path, dtype="<f4")
    data[5 * 128 : 7 * 128] = data[128 : 3 * 128] * 1.01
    data.tofile(path)


def _exchanged(path):
    """Two vectors that were written, each in the other's place."""
    data = np.fromfile(path, dtype="<f4").reshape(-1, 128)
    data[[2, 11]] = data[[11, 2]]
    data.tofile(path)


def _one_bit(path):
    data = bytearray(path.read_bytes())
    data[17 * ROW + 40] ^= 1
    path.write_bytes(bytes(data))


def _folder(path):
    path.unlink()
    path.mkdir()


# Each damage: what it does, what is said of it, and how many of the 18 vectors are lost.
DAMAGES = {
    "cut between two": (_cut, "it is too short: 9 of 18 embeddings", 9),
    "cut within one": (lambda path: path.write_bytes(path.read_bytes()[: 9 * ROW + 7]), "no whole number of embeddings", 9),
    "longer": (_odd, "9,219 bytes are no whole number of embeddings", 0),
    "empty": (lambda path: path.write_bytes(b""), "it is empty", 18),
    "zeros": (_zeros, "nothing but zeros", 18),
    "a block of zeros": (_zeroed, "nothing but zeros", 8),
    "too large": (_too_large, "not finite, or too large", 1),
    "not finite": (_not_finite, "numbers that are not finite", 1),
    "other numbers": (_other_numbers, "not those that were written", 2),
    "exchanged": (_exchanged, "not those that were written", 2),
    "one bit": (_one_bit, "not those that were written", 1),
    "missing": (lambda path: path.unlink(), "it is missing", 18),
    "a folder": (_folder, "it cannot be read", 18),
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """18 images of which all is known: faces, vectors, a clustering, a label by hand; a second encoding of the same faces."""
    home = tmp_path_factory.mktemp("whole")
    plain_images(home / "in", 2, 3, 3, side=24)
    project = Project.create(home / "p.fairdesk")
    import_images(ImportParams(folder=home / "in"), QuietContext(project))
    encode_faces(EncodeParams(detector="whole", mirrored=True), QuietContext(project))
    encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    edit_labels(project, [3], Edit(add_tags=("mine",)))
    project.close()
    assert run(["cluster", str(home / "p.fairdesk"), "--method", "kmeans", "--n-clusters", "3"]) == 0
    assert (
        run(["pairs", str(home / "p.fairdesk"), "--genuine", "9", "--impostor", "9", "--out", str(home / "p.csv")]) == 0
    )
    return home


@pytest.fixture
def study(whole, tmp_path):
    """A copy of it whose originals are the same, and the file of its newest vectors."""
    import shutil

    shutil.copytree(whole / "p.fairdesk", tmp_path / "p.fairdesk")
    project = Project.open(tmp_path / "p.fairdesk")
    recipe = project.vectors.choose("dlib").recipe
    yield project, project.vectors.folder / recipe.hash / "000001.f32"
    project.close()


def facts(project):
    """All that must not be lost."""
    return [
        project.db.rows(f"SELECT * FROM {table} ORDER BY 1, 2")
        for table in ("image", "face", "image_tag", "detection", "cluster", "clustering")
        if project.db.value("SELECT 1 FROM sqlite_master WHERE name = ?", (table,))
    ]


def readers(home, folder):
    """Every verb that rests on vectors."""
    return [
        ["score", folder, "--encoder", "dlib", "--pairs", home / "p.csv", "--out", folder / "s.npz"],
        ["duplicates", folder, "--encoder", "dlib"],
        ["leaks", folder, home / "p.fairdesk", "--encoder", "dlib"],
        ["all-pairs", folder, "--out", folder / "all"],
        ["eps", folder],
        ["map", folder, "--method", "pca"],
        ["suggestions", folder],
        ["cluster", folder, "--eps", ".5"],
        ["cluster", folder, "--method", "graph"],
        ["vectors", folder, "--out", folder / "v.npz"],
        ["divide", folder, "--into", "a", "b", "--shares", ".5", ".5", "--encoder", "dlib"],
    ]


@pytest.mark.parametrize("damage", DAMAGES)
def test_every_reader_names_the_file_and_encoding_mends_it_alone(study, whole, damage, capsys):
    project, path = study
    recipe = project.vectors.choose("dlib").recipe
    faces, vectors = project.vectors.load(recipe)
    other = project.vectors.sets()[1].recipe
    before, mirrored = facts(project), project.vectors.load(other)[1].copy()
    vectors = np.array(vectors)
    how, why, lost = DAMAGES[damage]
    how(path)
    verb = f"fairdesk encode {project.folder} --encoder dlib --detector whole"
    for words in readers(whole, project.folder):
        assert run([str(word) for word in words]) == 1, words
        said = capsys.readouterr().err
        assert str(path) in said and why in said and verb in said, words
        kind = verb_in(said)
        assert kind.name == "encode" and values_in(said, kind) == {"encoder": "dlib", "detector": "whole"}
    with pytest.raises(JobFailed, match="missing or damaged"):
        more_like(project, int(image_ids(project, Filter())[0]), recipe.hash, image_ids(project, Filter()))
    version = versions(project)[0]
    assert recipe_of_version(project, version.id).hash == recipe.hash
    told = []
    assert Centres.read(project, version, faces, np.ones_like(faces), None, told.append) is None and len(told) == 1
    assert facts(project) == before
    np.testing.assert_array_equal(project.vectors.load(other)[1], mirrored)  # others can be used meanwhile
    if path.is_dir():
        path.rmdir()
    assert run([*verb.split()[1:], "--json"]) == 0
    said = capsys.readouterr()
    done = json.loads(said.out)
    assert (done["vectors"], done["encoded_now"]) == (18, lost)
    assert (f"{lost} embedding" in said.err) == bool(lost)
    again = project.vectors.load(recipe)
    np.testing.assert_array_equal(again[0], faces)
    np.testing.assert_allclose(again[1], vectors, atol=1e-5)
    np.testing.assert_array_equal(project.vectors.load(other)[1], mirrored)
    assert facts(project) == before and path.exists() == (lost == 18)  # by that name the whole was written anew
    for words in readers(whole, project.folder)[:3]:
        assert run([str(word) for word in words]) == 0


def test_what_a_damaged_file_still_holds_outlives_originals_that_are_gone(study, whole, tmp_path, capsys):
    project, path = study
    recipe = project.vectors.choose("dlib").recipe
    faces, vectors = project.vectors.load(recipe)
    vectors = np.array(vectors)
    _cut(path)
    (whole / "in").rename(whole / "away")
    try:
        assert run(["encode", str(project.folder), "--detector", "whole"]) == 1
        assert "9 (the file is missing)" in capsys.readouterr().err
    finally:
        (whole / "away").rename(whole / "in")
    kept = project.vectors.load(recipe)
    np.testing.assert_array_equal(kept[0], faces[:9])
    np.testing.assert_array_equal(kept[1], vectors[:9])


def test_the_remedy_makes_embeddings_of_the_same_kind(study):
    project, _ = study
    recipe = next(one.recipe for one in project.vectors.sets() if one.mirrored)
    for path in (project.vectors.folder / recipe.hash).glob("*.f32"):
        path.unlink()
    with pytest.raises(JobFailed) as told:
        project.vectors.load(recipe)
    kind = verb_in(str(told.value))
    assert values_in(str(told.value), kind) == {"encoder": "dlib", "detector": "whole", "mirrored": True}


def test_encodings_from_elsewhere_are_read_again_from_their_file(study, tmp_path, capsys):
    project, _ = study
    assert run(["vectors", str(project.folder), "--encoder", "dlib", "--out", str(tmp_path / "v.json")]) == 0
    load = ["load-encodings", str(project.folder), str(tmp_path / "v.json"), "--detector", "whole"]
    assert run(load) == 0
    recipe = project.vectors.choose("given:v.json").recipe
    before = np.array(project.vectors.load(recipe)[1])
    _cut(project.vectors.folder / recipe.hash / "000001.f32")
    with pytest.raises(JobFailed, match=f"fairdesk load-encodings {project.folder} FILE"):
        project.vectors.load(recipe)
    assert run(load) == 0
    np.testing.assert_array_equal(project.vectors.load(recipe)[1], before)


def test_zeros_that_an_encoder_gave_are_known_from_those_that_a_disk_left(project, tmp_path):
    plain_images(tmp_path / "in", 1, 1, 5)
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    add_faces(project)
    recipe = project.vectors.register(Recipe("given", "whole", "none", 2, "euclidean", "none"))
    faces = project.vectors.missing(recipe)
    given = np.array([[1, 2], [0, 0], [3, 0], [5, 6], [7, 8]], dtype=np.float32)
    project.vectors.append(recipe, faces, given, {})
    np.testing.assert_array_equal(project.vectors.load(recipe)[1], given)
    assert project.vectors.forget_lost(recipe) == 0
    path = project.vectors.folder / recipe.hash / "000001.f32"
    damaged = given.copy()
    damaged[3] = 0
    damaged.tofile(path)
    with pytest.raises(JobFailed, match="nothing but zeros"):
        project.vectors.load(recipe)
    assert project.vectors.forget_lost(recipe) == 1
    assert project.vectors.missing(recipe) == [faces[3]]
    left = np.delete(given, 3, axis=0)
    np.testing.assert_array_equal(
        project.vectors.load(recipe)[1], left
    )  # the encoder's zeros are known in the new file too
    project.vectors.append(recipe, [faces[3]], given[3:4], {})
    assert project.vectors.forget_lost(recipe) == 0
    np.testing.assert_array_equal(project.vectors.load(recipe)[1], given)


@pytest.mark.parametrize("whole_folder", [False, True])
def test_a_file_in_the_place_of_a_folder_of_embeddings_is_named(study, whole_folder, capsys):
    project, path = study
    place = project.vectors.folder if whole_folder else path.parent
    place.rename(project.folder / "away")
    place.write_text("what a program left")
    encode = ["encode", str(project.folder), "--encoder", "dlib", "--detector", "whole"]
    assert run(encode) == 1
    said = capsys.readouterr().err
    assert f"{place} is a file" in said and "Move it away" in said and "Internal" not in said
    assert place.read_text() == "what a program left"
    place.unlink()
    assert run([*encode, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["encoded_now"] == 18
