"""Embeddings without a checksum: encoded again or trusted only where that is asked for; nothing of the others is touched or lost."""

import shlex

import numpy as np
import pytest

from fairdesk.cli.main import run
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import JobFailed, Stopped
from fairdesk.faces import embedding
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.params import EncodeParams
from fairdesk.jobs.context import QuietContext
from fairdesk.project.images import hide_images
from tests.conftest import plain_images


@pytest.fixture
def study(project, tmp_path):
    """Eight encoded faces of which three have a damaged checksum; returns project, recipe, file of vectors, originals."""
    files = sorted(plain_images(tmp_path / "in", 1, 2, 4, 40).rglob("*.png"))
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    recipe = project.vectors.find("dlib", "whole")
    sums = next((project.vectors.folder / recipe.hash).glob("*.sums"))
    data = bytearray(sums.read_bytes())
    data[8:32] = bytes(24)
    sums.write_bytes(data)
    return project, recipe, sums.with_suffix(".f32"), files


def overwrite(path):
    """Write other numbers over the second vector: nothing can tell."""
    data = np.fromfile(path, dtype="<f4")
    data[128:256] = 0.5
    data.tofile(path)


def test_they_stay_as_they_are_until_somebody_says_so(study):
    project, recipe, path, _ = study
    overwrite(path)
    before = project.vectors.load(recipe)[1].copy()
    encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    assert project.vectors.unchecked(recipe) == 3 and np.array_equal(project.vectors.load(recipe)[1], before)
    assert project.vectors.unchecked_faces(recipe).tolist() == [2, 3, 4]


def test_encoding_them_again_gives_their_true_numbers_and_checksums(study):
    project, recipe, path, _ = study
    true = project.vectors.load(recipe)[1].copy()
    overwrite(path)
    context = QuietContext(project)
    result = encode_faces(EncodeParams(detector="whole", unchecked="again"), context)
    assert (result.vectors, result.encoded_now) == (8, 3)
    assert any("3 embeddings without a checksum are computed again" in text for text in context.messages)
    faces, now = project.vectors.load(recipe)
    assert faces.tolist() == list(range(1, 9)) and project.vectors.unchecked(recipe) == 0
    np.testing.assert_allclose(now, true, atol=1e-6)
    assert encode_faces(EncodeParams(detector="whole", unchecked="again"), QuietContext(project)).encoded_now == 0


def test_what_cannot_be_encoded_again_is_kept_without_a_checksum(study):
    """An original that is gone, one that is damaged, an image that is not meant: their embeddings are all there is."""
    project, recipe, _, files = study
    before = project.vectors.load(recipe)[1].copy()
    files[1].unlink()
    files[2].write_bytes(b"")
    hide_images(project, [4])
    context = QuietContext(project)
    with pytest.raises(JobFailed, match=r"None of the 2 images.*the file is missing.*fairdesk relink PROJECT"):
        encode_faces(EncodeParams(detector="whole", unchecked="again"), context)
    assert project.vectors.count(recipe) == 8 and np.array_equal(project.vectors.load(recipe)[1], before)
    assert any("3 others stay as they are" in text for text in context.messages)
    assert project.vectors.unchecked_faces(recipe).tolist() == [2, 3, 4]  # nothing was made up for them
    files[1].write_bytes(files[0].read_bytes())  # another picture: its embedding stays the old one's
    assert encode_faces(EncodeParams(detector="whole", unchecked="again"), QuietContext(project)).encoded_now == 0


def test_where_all_originals_have_moved_nothing_is_encoded_again_and_that_is_a_failure(study, capsys):
    project, recipe, _, files = study
    before = project.vectors.load(recipe)[1].copy()
    files[0].parents[2].rename(files[0].parents[2].with_name("moved"))
    asked = ["encode", str(project.folder), "--detector", "whole"]
    assert run([*asked, "--unchecked", "again"]) == 1
    assert "None of the 3 images that were left to do could be read" in capsys.readouterr().err
    assert np.array_equal(project.vectors.load(recipe)[1], before) and project.vectors.unchecked(recipe) == 3
    assert run(asked) == 0 and run([*asked, "--unchecked", "trust"]) == 0  # these ask for no original


def test_only_images_that_are_meant_are_encoded_again(study):
    project, recipe, _, _ = study
    for name, new, left in (("id01", 0, 3), ("id00", 3, 0)):
        params = EncodeParams(detector="whole", unchecked="again", where=[f"identity={name}"])
        result = encode_faces(params, QuietContext(project))
        assert (result.vectors, result.encoded_now, project.vectors.unchecked(recipe)) == (8, new, left)


def test_trusting_them_makes_checksums_that_tell_from_then_on(study):
    project, recipe, _, _ = study
    before = project.vectors.load(recipe)[1].copy()
    encode_faces(EncodeParams(detector="whole", unchecked="trust"), QuietContext(project))
    assert project.vectors.unchecked(recipe) == 0 and np.array_equal(project.vectors.load(recipe)[1], before)
    path = next((project.vectors.folder / recipe.hash).glob("*.f32"))
    overwrite(path)
    assert project.vectors.lost(recipe) == 1


def test_a_file_of_checksums_that_is_gone_is_made_anew_only_where_that_is_asked(study):
    project, recipe, path, _ = study
    path.with_suffix(".sums").unlink()
    encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    assert not list(path.parent.glob("*.sums"))
    encode_faces(EncodeParams(detector="whole", unchecked="trust"), QuietContext(project))
    assert len(list(path.parent.glob("*.sums"))) == 1 and len(project.vectors.unchecked_faces(recipe)) == 0


def test_the_verb_says_what_to_do_and_that_does_it(study, tmp_path, capsys):
    project, recipe, _, _ = study
    project.set_setting("faces a second dlib", "0.1")
    assert run(["vectors", str(project.folder), "--out", str(tmp_path / "v.npz")]) == 0
    said = capsys.readouterr().out
    assert "3 embeddings have no checksum, or a damaged one." in said and "(about 30 s at the last rate)" in said
    command = said.partition("Encode these again (about 30 s at the last rate): ")[2].partition(". Or take")[0]
    assert run(shlex.split(command)[1:]) == 0
    capsys.readouterr()
    assert run(["vectors", str(project.folder), "--out", str(tmp_path / "v.npz")]) == 0
    assert "checksum" not in capsys.readouterr().out and project.vectors.unchecked(recipe) == 0


@pytest.mark.parametrize("batches", [0, 1])
def test_a_stop_loses_none_of_them(study, monkeypatch, batches):
    """Each stays until the new one is there."""
    project, recipe, _, _ = study
    before = project.vectors.load(recipe)[1].copy()
    plain = embedding.compute_each

    def stopped(*args, **kwargs):
        for number, found in enumerate(plain(*args, **kwargs)):
            if number == batches:
                break
            yield found
        raise Stopped

    monkeypatch.setattr(embedding, "compute_each", stopped)
    monkeypatch.setattr(embedding, "_at_once", lambda *_: 2)
    with pytest.raises(Stopped):
        encode_faces(EncodeParams(detector="whole", unchecked="again", batch_size=2), QuietContext(project))
    faces, now = project.vectors.load(recipe)
    assert faces.tolist() == list(range(1, 9))
    np.testing.assert_allclose(now, before, atol=1e-6)
    assert project.vectors.unchecked(recipe) == 3 - 2 * batches
