"""What is said where embeddings are missing can be typed as it stands, and mends it."""

import re
import shlex

import pytest

from fairdesk.cli.main import run
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.leaks import check_leaks
from fairdesk.dataset.params import ImportParams
from fairdesk.dataset.prepare_params import LeaksParams
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project
from tests.conftest import add_faces, plain_images

NOWHERE = "0123456789abcdef"  # a recipe that is another project's


@pytest.fixture
def study(tmp_path):
    made = Project.create(tmp_path / "a study.fairdesk")  # a name that a shell would take for two words
    import_images(ImportParams(folder=plain_images(tmp_path / "photographs", 1, 1, 2)), QuietContext(made))
    made.keep_detector(
        "whole"
    )  # what encode searches with where none is named: these pictures hold no face to be found
    yield made
    made.close()


def refused(project, encoder, detector):
    with pytest.raises(RequestError) as told:
        project.vectors.choose(encoder, detector)
    text = str(told.value)
    assert str(project.folder) in text
    return text, re.search(r"fairdesk (encode .+)$", text)


@pytest.mark.parametrize(
    ("encoder", "detector"),
    [(None, "whole"), ("dlib", "whole"), ("dlib-reference", "whole"), (NOWHERE, "whole"), ("nobody", "whole"),
     (None, None), ("dlib", None)],
)  # fmt: skip
@pytest.mark.parametrize("has", [False, True])
def test_a_remedy_works_as_it_is_typed(study, encoder, detector, has):
    if has:
        add_faces(study, encoder="made-up", detector="hog")
        if encoder is None and detector is None:
            return  # there is something to choose
    text, verb = refused(study, encoder, detector)
    if has and encoder in (NOWHERE, "nobody"):  # nothing makes these; what there is can be said
        assert verb is None
        (known,) = re.findall(r"It has: ([0-9a-f]{16}|made-up)", text)
        assert study.vectors.choose(known).recipe.encoder == "made-up"
        return
    assert run(shlex.split(verb[1])) == 0
    made = study.vectors.choose(encoder if encoder not in (NOWHERE, "nobody") else None, detector)
    assert detector in (None, made.recipe.detector)


def test_a_recipe_of_other_faces_is_made_by_its_encoder(study):
    assert run(["encode", str(study.folder), "--detector", "whole"]) == 0
    recipe = study.vectors.choose().recipe.hash
    _, verb = refused(study, recipe, "hog-fast")
    assert verb[1].endswith("--encoder dlib --detector hog-fast") and run(shlex.split(verb[1])) == 0
    with_both = study.vectors.choose("dlib")
    for other in re.findall(r"--detector", with_both.told() or ""):  # and so does what is told beside a choice
        assert study.vectors.choose("dlib", with_both.other_detectors[0]) and other


def test_a_file_that_is_not_there_is_left_to_be_filled_in(study, tmp_path):
    assert refused(study, f"onnx:{tmp_path}/none.onnx", None)[1][1].endswith("--encoder onnx:FILE")
    (tmp_path / "some file.onnx").write_bytes(b"x")
    given = f"onnx:{tmp_path}/some file.onnx"
    assert refused(study, given, "whole")[1][1].endswith(f"--encoder '{given}' --detector whole")


def test_leaks_by_a_recipe_of_one_of_two_projects(study, tmp_path):
    """Another name of the weights makes another recipe, and so do other versions: the other project's like it is found."""
    other = Project.create(tmp_path / "other.fairdesk")
    import_images(ImportParams(folder=tmp_path / "photographs"), QuietContext(other))
    assert run(["encode", str(study.folder), "--detector", "whole"]) == 0
    recipe = study.vectors.choose().recipe.hash
    for a, b in ((study, other), (other, study)):
        params = LeaksParams(a=a.folder, b=b.folder, encoder=recipe)
        with pytest.raises(RequestError) as told:
            check_leaks(params, QuietContext())
        verb = re.search(r"fairdesk (encode .+)$", str(told.value))
        assert str(other.folder) in verb[1] and "--detector whole" in verb[1]
    assert run(shlex.split(verb[1])) == 0
    with other.db.transaction() as db:  # as if by other versions of libraries
        db.execute("UPDATE recipe SET hash = 'ffffffffffffffff'")
    (home,) = (other.folder / "vectors").iterdir()
    home.rename(home.with_name("f" * 16))
    for a, b in ((study, other), (other, study)):
        found = check_leaks(LeaksParams(a=a.folder, b=b.folder, encoder=recipe), QuietContext())
        assert found.faces == [2, 2] and found.recipe in (recipe, "f" * 16)
    other.close()
