"""deepface by name: its dlib models (whose files face_recognition ships) for real, the others on small graphs."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.label_sources import label_faces as label
from fairdesk.dataset.params import ImportParams, LabelParams
from fairdesk.errors import JobFailed, RequestError
from fairdesk.faces.detection import find_faces as detect
from fairdesk.faces.embedding import encode_faces as encode
from fairdesk.faces.params import DetectParams, EncodeParams
from fairdesk.images.pixels import read_pixels
from fairdesk.jobs.context import QuietContext

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def dlib_files():
    spec = importlib.util.find_spec("face_recognition_models")
    return Path(spec.submodule_search_locations[0]) / "models"


@pytest.fixture
def faces(project, drawn, tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path / "deepface"))
    from deepface.modules import modeling

    from fairdesk.faces import deepface_models

    deepface_models._build.cache_clear()
    if hasattr(modeling, "cached_models"):
        for models in modeling.cached_models.values():
            models.clear()
    monkeypatch.setattr("fairdesk.jobs.pool.processes", lambda: 1)
    import_folder(ImportParams(folder=drawn), QuietContext(project))
    return project


def test_detector_and_encoder_by_name(faces, dlib_files):
    result = detect(DetectParams(detector="deepface:dlib", weights=dlib_files), QuietContext(faces))
    assert result.detector == "deepface:dlib" and result.faces >= 22
    found = encode(EncodeParams(encoder="deepface:Dlib", weights=dlib_files), QuietContext(faces))
    assert (found.vectors, found.dim) == (result.faces, 128)
    from deepface import DeepFace

    recipe = faces.vectors.find("deepface:Dlib")
    assert recipe.metric == "cosine"
    ids, vectors = faces.vectors.load(recipe)
    root, path, top, right, bottom, left = faces.db.rows(
        "SELECT root_id, path, top, right, bottom, left FROM face JOIN image ON image.id = image_id WHERE face.id = ?",
        (int(ids[0]),),
    )[0]
    crop = read_pixels(faces.roots()[root] / path)[top:bottom, left:right, ::-1]
    theirs = DeepFace.represent(
        np.ascontiguousarray(crop), model_name="Dlib", detector_backend="skip", enforce_detection=False, align=False
    )
    assert np.abs(np.array(theirs[0]["embedding"]) - vectors[0]).max() < 1e-5


def test_missing_weights_name_the_file_and_where_it_goes(faces, tmp_path):
    with pytest.raises(JobFailed) as caught:
        detect(DetectParams(detector="deepface:yunet"), QuietContext(faces))
    text = str(caught.value)
    assert "face_detection_yunet_2023mar.onnx" in text and str(tmp_path / "deepface") in text and "--download" in text
    with pytest.raises(JobFailed, match=r"arcface_weights\.onnx are missing"):
        encode(EncodeParams(encoder="deepface:ArcFace", detector="whole"), QuietContext(faces))


def test_unknown_names_list_the_known(faces):
    with pytest.raises(RequestError, match=r"no detector called 'eyes'\. It has: opencv, mtcnn"):
        detect(DetectParams(detector="deepface:eyes"), QuietContext(faces))
    with pytest.raises(RequestError, match="no encoder called 'Nobody'"):
        encode(EncodeParams(encoder="deepface:Nobody", detector="whole"), QuietContext(faces))
    with pytest.raises(ValueError, match="deepface:NAME"):
        DetectParams(detector="deepface:")


def graph(path, outputs, size=224):
    """A small ONNX graph: the mean colour, times a fixed matrix; softmax where there are classes."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = np.random.default_rng(1).normal(size=(3, outputs)).astype(np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["x", "axes"], ["m"], keepdims=0),
        helper.make_node("MatMul", ["m", "w"], ["z"]),
        helper.make_node("Softmax", ["z"], ["y"]) if outputs < 100 else helper.make_node("Identity", ["z"], ["y"]),
    ]
    made = helper.make_graph(
        nodes, "small", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", size, size, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", outputs])],
        [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(np.array([1, 2], dtype=np.int64), "axes")],
    )  # fmt: skip
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)


def test_predictions_stand_beside_labels(faces, tmp_path):
    folder = tmp_path / "weights"
    folder.mkdir()
    graph(folder / "race_model_single_batch.onnx", 6)
    graph(folder / "gender_model_weights.onnx", 2)
    params = LabelParams(backend="deepface", actions="race,gender", detector="whole", weights=folder)
    before = faces.db.rows("SELECT id, identity_id, group_id, label_source FROM image")
    result = label(params, QuietContext(faces))
    assert sum(result.predicted["race"].values()) == 24
    assert {group: sum(values.values()) for group, values in result.agreement["race"].items()} == {
        "tone 5": 12,
        "tone 7": 12,
    }
    assert faces.db.rows("SELECT id, identity_id, group_id, label_source FROM image") == before  # labels stay
    assert all(0 < c <= 1 for (c,) in faces.db.rows("SELECT confidence FROM prediction"))
    again = label(params, QuietContext(faces))
    assert again.predicted == result.predicted
    from deepface import DeepFace

    face, root, path = faces.db.rows(
        "SELECT face.id, root_id, path FROM face JOIN image ON image.id = image_id LIMIT 1"
    )[0]
    image = np.ascontiguousarray(read_pixels(faces.roots()[root] / path)[..., ::-1])
    theirs = DeepFace.analyze(
        image, actions=["race"], detector_backend="skip", enforce_detection=False, align=False, silent=True
    )
    ours = faces.db.value("SELECT value FROM prediction WHERE face_id = ? AND kind = 'race'", (face,))
    assert ours == theirs[0]["dominant_race"]


def test_an_image_without_a_face_gets_no_answer(project, tmp_path, monkeypatch):
    from PIL import Image

    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path / "deepface"))
    (tmp_path / "in").mkdir()
    Image.new("RGB", (80, 80), "grey").save(tmp_path / "in" / "wall.png")
    import_folder(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    result = label(LabelParams(backend="deepface", detector="hog"), QuietContext(project))
    assert (result.faces, result.without_face, result.predicted) == (0, 1, {})


def test_labels_from_a_csv_on_a_project(filled, tmp_path):
    (tmp_path / "l.csv").write_text("path,identity,group\ng0/id00/000.png,Ann,north\nnowhere.png,Bo,\n")
    context = QuietContext(filled)
    result = label(LabelParams(csv=tmp_path / "l.csv"), context)
    assert result.labelled == 1 and result.unmatched == ["nowhere.png"]
    from fairdesk.project.images import labelled_images

    assert (labelled_images(filled)[0].identity, labelled_images(filled)[0].group) == ("Ann", "north")
    filled.journal.undo()
    assert labelled_images(filled)[0].identity == "id00"
    with pytest.raises(ValueError, match="either a backend or a csv"):
        LabelParams()


class Graph:
    """An encoder as deepface has them: its forward takes a batch, or does not, or takes it in name only."""

    input_shape, output_shape, model_name = (8, 8), 4, "Facenet"

    def __init__(self, kind):
        self.kind, self.sizes = kind, []

    def forward(self, batch):
        self.sizes.append(len(batch))
        if self.kind == "fixed" and len(batch) > 1:
            raise ValueError("Got invalid dimensions for input: index: 0 Got: 3 Expected: 1")
        sums = batch[:, :2, :2].sum(axis=(1, 3)).repeat(2, axis=1)
        if self.kind == "in name only":
            sums[1:] = sums[0]
        return sums[0].tolist() if len(batch) == 1 else sums.tolist()


@pytest.mark.parametrize(("kind", "together"), [("free", True), ("fixed", False), ("in name only", False)])
def test_faces_go_in_together_where_that_gives_the_same(faces, monkeypatch, kind, together):
    from deepface.modules import modeling

    from fairdesk.faces import deepface_models

    deepface_models.prepare(None, download=False)
    graph = Graph(kind)
    monkeypatch.setattr(modeling, "build_model", lambda task, model_name: graph)
    deepface_models._takes_batches.cache_clear()
    rng = np.random.default_rng(2)
    crops = [rng.integers(0, 256, (side, side + 3, 3), dtype=np.uint8) for side in (9, 20, 31, 8, 50)]
    alone = np.array([deepface_models.represent([one], "Facenet")[0] for one in crops])
    graph.sizes.clear()
    assert np.array_equal(deepface_models.represent(crops, "Facenet"), alone)
    assert (graph.sizes[-1] == 5) is together
    assert deepface_models.represent([], "Facenet").size == 0
    deepface_models._takes_batches.cache_clear()
    deepface_models._build.cache_clear()
