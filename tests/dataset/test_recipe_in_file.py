"""What an .npz of embeddings says of them is whole, and reading it again mixes nothing."""

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from fairdesk.cli.main import run
from fairdesk.dataset.encodings_import import load_encodings
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams, LoadEncodingsParams, VectorsParams
from fairdesk.dataset.vector_export import export_vectors
from fairdesk.errors import RequestError
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.params import EncodeParams
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project
from fairdesk.project.recipes import Recipe
from tests.conftest import plain_images


@pytest.fixture
def written(project, tmp_path):
    """A project, another of the same images, and the file of the first one's embeddings."""
    plain_images(tmp_path / "in", 1, 2, 3, 40)
    other = Project.create(tmp_path / "other.fairdesk")
    for one in (project, other):
        import_images(ImportParams(folder=tmp_path / "in"), QuietContext(one))
    encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    export_vectors(VectorsParams(out=tmp_path / "v.npz"), QuietContext(project))
    yield project, other, tmp_path / "v.npz"
    other.close()


def read(project, path, **options):
    return load_encodings(LoadEncodingsParams(file=path, **options), QuietContext(project))


def rewritten(path, out, **changes):
    with np.load(path) as data:
        said = json.loads(str(data["recipe_json"]))
        arrays = dict(data)
    arrays["recipe_json"] = np.array(json.dumps(said | changes.pop("said", {})))
    np.savez(out, **(arrays | changes))
    return out


def test_the_file_says_all_that_decides_the_numbers(written):
    project, _, path = written
    recipe = project.vectors.described(project.vectors.find("dlib", "whole"))
    with np.load(path) as data:
        said = json.loads(str(data["recipe_json"]))
        assert (str(data["encoder"]), str(data["recipe"])) == ("dlib", recipe.hash)
    assert {name: said[name] for name in asdict(recipe)} == asdict(recipe)
    assert (
        said["weights"] == "dlib_face_recognition_resnet_model_v1"
        and said["precision"] == "float32"
        and said["code"]
        and said["fairdesk"]
    )
    assert said["recipe"] == recipe.hash and said["scaling"] == "" and said["mirrored"] is False


def test_what_is_read_again_is_what_was_written_and_goes_on_as_that(written):
    project, other, path = written
    read(other, path)
    assert [one.recipe.hash for one in other.vectors.sets()] == [one.recipe.hash for one in project.vectors.sets()]
    a, b = (one.vectors.load(one.vectors.find("dlib", "whole"))[1] for one in (project, other))
    assert np.array_equal(a, b)
    assert encode_faces(EncodeParams(detector="whole"), QuietContext(other)).encoded_now == 0  # they are its own


@pytest.mark.parametrize(
    "change",
    [{"precision": "bf16"}, {"weights": "0" * 64}, {"versions": {"onnxruntime": "0.1"}}, {"alignment": "otherwise"}],
)
def test_embeddings_made_otherwise_are_of_a_recipe_of_their_own(written, tmp_path, change):
    project, _, path = written
    recipe = project.vectors.described(project.vectors.find("dlib", "whole"))
    unlike = replace(recipe, **change)
    again = rewritten(
        path, tmp_path / "w.npz", said=change | {"recipe": unlike.hash}, vectors=np.ones((6, 128), np.float32)
    )
    before = project.vectors.load(project.vectors.find("dlib", "whole"))[1]
    assert read(project, again).recipe == unlike.hash != recipe.hash
    sets = {one.recipe.hash: one.recipe for one in project.vectors.sets()}
    assert np.array_equal(project.vectors.load(sets[recipe.hash])[1], before) and len(sets) == 2


@pytest.mark.parametrize(
    "said", [{"weights": "0" * 64}, {"dim": "x"}, {"versions": 3}, {"metric": "odd", "recipe": "x"}, {"recipe": None}]
)
def test_a_recipe_that_is_not_that_of_its_hash_is_refused(written, tmp_path, said):
    _, other, path = written
    with pytest.raises(RequestError, match=r"recipe_json\) is damaged"):
        read(other, rewritten(path, tmp_path / "w.npz", said=said))
    assert other.vectors.sets() == []


def test_vectors_of_another_dimension_than_is_said_are_refused(written, tmp_path):
    _, other, path = written
    with pytest.raises(RequestError, match="says embeddings of dimension 128, and holds some of 64"):
        read(other, rewritten(path, tmp_path / "w.npz", vectors=np.ones((6, 64), np.float32)))


def test_faces_of_another_detector_or_box_are_not_taken_for_its_own(written, tmp_path):
    _, other, path = written
    result = read(other, path, detector="hog+all")
    assert result.encoder == "given:v.npz" and result.detector == "hog+all"
    with np.load(path) as data:
        boxes = data["boxes"].copy()
    read(other, path)
    boxes[0] += [1, 0, 0, 1]
    third = read(other, rewritten(path, tmp_path / "w.npz", boxes=boxes))
    assert len(third.left_out) == 1 and third.left_out[0].why == "no face of whole lies in that box"


def test_a_file_without_a_recipe_is_read_as_before_and_one_is_kept_in_a_copy(written, tmp_path):
    _, other, path = written
    export_vectors(VectorsParams(from_file=path, out=tmp_path / "copy.npz"), QuietContext())
    assert read(other, tmp_path / "copy.npz").encoder == "dlib"
    export_vectors(VectorsParams(from_file=path, out=tmp_path / "copy.json"), QuietContext())
    assert read(other, tmp_path / "copy.json", detector="whole").encoder == "given:copy.json"
    assert Recipe("given:x", "whole", "as in the file", 2, "cosine", "0").scaling == ""


def _turned(folder):
    """Give each picture the content of the next one: the sizes, and so the boxes, stay."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    held = [path.read_bytes() for path in files]
    for path, content in zip(files, held[1:] + held[:1], strict=True):
        path.write_bytes(content)
    return files


def _third(tmp_path):
    third = Project.create(tmp_path / "third.fairdesk")
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(third))
    return third


def test_the_file_says_which_photograph_each_embedding_is_of(written):
    _, _, path = written
    with np.load(path) as data:
        held = [hashlib.sha256(Path(one).read_bytes()).hexdigest() for one in data["paths"]]
        assert [one.decode() for one in data["sha256"]] == held and len(set(held)) == len(held) == 6


@pytest.mark.parametrize("copied", [False, True])
def test_embeddings_of_other_photographs_are_refused_though_their_boxes_fit(written, tmp_path, copied):
    _, _, path = written
    if copied:
        export_vectors(VectorsParams(from_file=path, out=tmp_path / "copy.npz"), QuietContext())
        path = tmp_path / "copy.npz"
    _turned(tmp_path / "in")
    third = _third(tmp_path)
    with pytest.raises(RequestError, match="its embedding was made of another file than the one imported"):
        read(third, path, detector="whole")
    assert third.vectors.sets() == []
    third.close()


def test_only_those_of_other_photographs_are_left_out_each_with_the_reason(written, tmp_path):
    _, _, path = written
    files = sorted(one for one in (tmp_path / "in").rglob("*") if one.is_file())
    a, b = files[0].read_bytes(), files[1].read_bytes()
    files[0].write_bytes(b), files[1].write_bytes(a)
    third = _third(tmp_path)
    result = read(third, path)
    assert (result.encoder, result.vectors) == ("dlib", 4)
    assert {one.path for one in result.left_out} == {str(files[0]), str(files[1])}
    assert {one.why for one in result.left_out} == {"its embedding was made of another file than the one imported"}
    third.close()


@pytest.mark.parametrize("sums", [None, "", "half"])
def test_a_file_that_names_no_photographs_is_not_taken_for_an_encoders_own(written, tmp_path, sums):
    _, other, path = written
    with np.load(path) as data:
        arrays = dict(data)
    kept = arrays.pop("sha256")
    if sums is not None:
        arrays["sha256"] = np.array([""] * 6) if not sums else np.where(np.arange(6) < 3, kept, b"")
    np.savez(tmp_path / "old.npz", **arrays)
    context = QuietContext(other)
    said = []
    context.message = said.append
    result = load_encodings(LoadEncodingsParams(file=tmp_path / "old.npz"), context)
    assert (result.encoder, result.detector, result.vectors) == ("given:old.npz", "whole", 6)
    assert "are not taken for those of dlib" in said[0]
    assert encode_faces(EncodeParams(detector="whole"), QuietContext(other)).encoded_now == 6


@pytest.mark.parametrize("written_as", [str.upper, lambda sha: f" {sha}\n"])
def test_sums_are_read_however_they_are_written(written, tmp_path, written_as):
    _, other, path = written
    with np.load(path) as data:
        sums = [written_as(one.decode()) for one in data["sha256"].tolist()]
    result = read(other, rewritten(path, tmp_path / "w.npz", sha256=np.array(sums)))
    assert (result.vectors, result.left_out, result.encoder) == (6, [], "dlib")


@pytest.mark.parametrize("lacking", [1, 3, 6])
def test_embeddings_that_name_no_photograph_are_counted_and_the_way_out_is_no_circle(
    written, tmp_path, lacking, capsys
):
    _, other, path = written
    with np.load(path) as data:
        sums = ["" if row < lacking else one.decode() for row, one in enumerate(data["sha256"].tolist())]
    made = rewritten(path, tmp_path / "w.npz", sha256=np.array(sums))
    assert run(["load-encodings", str(other.folder), str(made)]) == 0
    said = capsys.readouterr().err
    assert f"{lacking} of its 6 embeddings" in said and "kept apart" in said
    assert "fairdesk vectors THAT-PROJECT --out FILE.npz" in said
    assert f"fairdesk vectors {other.folder}" not in said  # it has nothing else to write than this file
