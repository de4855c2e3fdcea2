"""ONNX sets that differ in the scaling of their pixels alone: named apart everywhere, never mixed."""

import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.leaks import check_leaks
from fairdesk.dataset.params import ImportParams
from fairdesk.dataset.prepare_params import LeaksParams
from fairdesk.errors import RequestError
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.params import EncodeParams
from fairdesk.gui.remedies import values_in, verb_in
from fairdesk.gui.tabs.dataset import presenter
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project
from fairdesk.project.image_queries import Filter
from fairdesk.project.vector_choice import how_to_mend
from tests.conftest import plain_images
from tests.faces.test_onnx_encoders import graph_file


@pytest.fixture
def both(project, tmp_path):
    """Return a project with the vectors of one ONNX model twice: its usual scaling, then 0 to 1; and its name."""
    plain_images(tmp_path / "in", 2, 2, 2, side=64)
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    name = f"onnx:{graph_file(tmp_path / 'm.onnx', ['n', 3, 64, 64])}"
    for scaling in ("arcface", "unit"):
        result = encode_faces(EncodeParams(encoder=name, detector="whole", scaling=scaling), QuietContext(project))
    assert result.scaling == "unit" and "(scaling unit)" in result.text()
    return project, name


def test_titles_lists_and_json_tell_them_apart(both, tmp_path, capsys):
    project, name = both
    newest, usual = project.vectors.sets()
    assert newest.named == f"{usual.named} (scaling unit)" and "scaling" not in usual.named
    view = presenter.look(project, presenter.Wish(Filter()))
    line = presenter.headline(view, 0).split("  ·  ")
    assert f"8 {newest.named} embeddings (whole)" in line and f"8 {usual.named} embeddings (whole)" in line
    chosen = project.vectors.choose(name)
    assert chosen.about()["scaling"] == "unit" and "scaling unit" in chosen.named() and "scaling unit" in chosen.told()
    assert "scaling" not in project.vectors.choose(usual.recipe.hash).about()
    assert run(["vectors", str(project.folder), "--encoder", name, "--out", str(tmp_path / "v.npz"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scaling"] == "unit"
    told = how_to_mend(project.vectors, newest.recipe)
    assert values_in(told, verb_in(told))["scaling"] == "unit"
    differ = np.abs(project.vectors.load(newest.recipe)[1] - project.vectors.load(usual.recipe)[1]).max()
    assert differ > 0.1 and newest.recipe.hash != usual.recipe.hash


def test_a_comparison_of_two_projects_never_mixes_them(both, tmp_path):
    project, name = both
    other = Project.create(tmp_path / "other.fairdesk")
    plain_images(tmp_path / "more", 1, 2, 2, side=64)
    import_images(ImportParams(folder=tmp_path / "more"), QuietContext(other))
    encode_faces(EncodeParams(encoder=name, detector="whole", scaling="imagenet"), QuietContext(other))
    other.close()
    with pytest.raises(RequestError, match="made in different ways"):
        check_leaks(LeaksParams(a=project.folder, b=tmp_path / "other.fairdesk", encoder=name), QuietContext(project))


def test_a_name_is_taken_as_it_is_shown(both, tmp_path, capsys):
    project, name = both
    newest, usual = project.vectors.sets()
    project.vectors.make_newest(usual.recipe)
    verb = ["vectors", str(project.folder), "--out", str(tmp_path / "v.npz")]
    for asked in (newest.named, f"{name} (scaling unit)"):
        assert run([*verb, "--encoder", asked, "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["scaling"], told["recipe"]) == ("unit", newest.recipe.hash)
        assert project.vectors.choose(asked, "whole").recipe.hash == newest.recipe.hash
    assert run([*verb, "--encoder", "onnx:m.onnx (scaling imagenet)"]) != 0
    assert f"It has: {usual.named}, {newest.named}." in capsys.readouterr().err
    with pytest.raises(RequestError, match="no "):
        project.vectors.choose("dlib (scaling unit)")


def test_without_a_scaling_every_job_takes_that_of_the_newest_embeddings(both, tmp_path):
    project, name = both
    newest, usual = project.vectors.sets()
    encode = EncodeParams(encoder=name, detector="whole")
    assert encode_faces(encode, QuietContext(project)).scaling == "unit"
    project.vectors.make_newest(usual.recipe)  # “Use these embeddings”
    assert project.vectors.choose(name).recipe.hash == usual.recipe.hash
    again = encode_faces(encode, QuietContext(project))
    assert (again.recipe, again.encoded_now, again.scaling) == (usual.recipe.hash, 0, None)
    said = encode_faces(encode.model_copy(update={"scaling": "unit"}), QuietContext(project))
    assert (said.recipe, project.vectors.choose(name).recipe.hash) == (newest.recipe.hash,) * 2


def test_only_a_scaling_that_the_model_took_is_remembered(project, tmp_path):
    plain_images(tmp_path / "in", 1, 2, 2, side=64)
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    bytes_in = f"onnx:{graph_file(tmp_path / 'u.onnx', ['n', 3, 64, 64], kind='uint8')}"
    encode = EncodeParams(encoder=bytes_in, detector="whole")
    for _ in range(2):
        with pytest.raises(RequestError, match="leave --scaling away, or say bytes"):
            encode_faces(encode.model_copy(update={"scaling": "imagenet"}), QuietContext(project))
    assert encode_faces(encode, QuietContext(project)).scaling == "bytes"


def test_a_model_that_was_never_encoded_takes_the_usual_scaling_whatever_another_had(both, tmp_path):
    project, _name = both
    other = f"onnx:{graph_file(tmp_path / 'o.onnx', ['n', 3, 64, 64], outputs=('vector',))}"
    encode = EncodeParams(encoder=other, detector="whole")
    assert encode_faces(encode, QuietContext(project)).scaling is None  # unit was said for the first model only


def test_encode_takes_a_name_as_it_is_shown(both, tmp_path, capsys):
    project, name = both
    newest, usual = project.vectors.sets()
    project.vectors.make_newest(usual.recipe)
    verb = ["encode", str(project.folder), "--detector", "whole", "--json", "--encoder"]
    assert run([*verb, f"{name} (scaling unit)"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["scaling"], told["recipe"], told["encoded_now"]) == ("unit", newest.recipe.hash, 0)
    assert run([*verb, f"{name} (scaling unit)", "--scaling", "imagenet"]) != 0
    assert "is unit in the encoder's name" in capsys.readouterr().err
    assert run([*verb, f"{name} (scaling unit, mirrored)"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["scaling"], told["mirrored"], told["encoded_now"]) == ("unit", True, 8)
    odd = tmp_path / "m.onnx (mirrored)"
    odd.write_bytes((tmp_path / "m.onnx").read_bytes())  # a file of that very name is meant itself
    assert EncodeParams(encoder=f"onnx:{odd}").encoder == f"onnx:{odd}"
    assert not EncodeParams(encoder=f"onnx:{odd}").mirrored
    assert EncodeParams(encoder="dlib (bf16, mirrored)").model_dump(include={"encoder", "precision", "mirrored"}) == {
        "encoder": "dlib",
        "precision": "bf16",
        "mirrored": True,
    }
