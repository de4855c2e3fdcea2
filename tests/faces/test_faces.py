"""Detection and encoding against face_recognition itself, and on drawn faces."""

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image

from fairdesk.assets import asset
from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import JobFailed, RequestError, Stopped
from fairdesk.faces.alignment import TEMPLATE, face_chip, similarity_transform
from fairdesk.faces.detection import find_faces as detect
from fairdesk.faces.detectors import detect_faces
from fairdesk.faces.embedding import encode_faces as encode
from fairdesk.faces.encoders import DlibEncoder, ResNet50Encoder
from fairdesk.faces.encoders import encode as encode_of
from fairdesk.faces.params import DetectParams, EncodeParams
from fairdesk.images.pixels import read_pixels
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.rates.error_rates import equal_error_rate, sort_scores
from fairdesk.project.boxes import FaceBox, overlap


@pytest.fixture
def faces(project, drawn):
    import_folder(ImportParams(folder=drawn), QuietContext(project))
    return project


def _against_face_recognition(paths):
    import face_recognition

    for path in paths:
        image = read_pixels(path)
        assert np.array_equal(image, face_recognition.load_image_file(path))
        theirs = face_recognition.face_locations(image)
        ours = detect_faces(image, DetectParams(faces="all").key)
        assert sorted(face.css for face in ours) == sorted(theirs)
        if theirs:
            vectors = face_recognition.face_encodings(image, [face.css for face in ours])
            mine = encode_of(DlibEncoder(), [(image, face) for face in ours])
            assert np.abs(np.array(vectors) - mine).max() < 1e-4


def test_same_as_face_recognition_on_drawn_faces(drawn):
    _against_face_recognition(sorted(drawn.rglob("*.jpg"))[::5])


def test_same_as_face_recognition_on_photographs(photographs):
    _against_face_recognition(sorted((photographs / "lfw10").rglob("*.jpg"))[::25])


def test_the_shipped_detector_is_dlibs_own(tmp_path):
    """Byte for byte as the installed dlib saves it: unpacking its own takes it a fifth of a second each time."""
    import dlib

    dlib.get_frontal_face_detector().save(str(tmp_path / "own.svm"))
    assert (tmp_path / "own.svm").read_bytes() == asset("resources", "dlib_frontal_faces.svm").read_bytes()


def test_resume_and_stop(faces, monkeypatch):
    monkeypatch.setattr("fairdesk.jobs.pool.processes", lambda: 1)
    with pytest.raises(Stopped):
        detect(DetectParams(), QuietContext(faces, stop_after=1))
    seen = faces.db.value("SELECT count(*) FROM detection")
    assert 0 < seen < 24
    result = detect(DetectParams(), QuietContext(faces))
    assert result.faces + result.without_face == 24
    assert result.faces >= 22
    first = encode(EncodeParams(), QuietContext(faces))
    assert first.vectors == result.faces and first.dim == 128
    again = encode(EncodeParams(), QuietContext(faces))
    assert (again.encoded_now, again.per_second, again.vectors) == (0, None, first.vectors)
    assert again.per_second_why


def test_a_window_of_the_images_and_what_a_filter_leaves(faces):
    """As the script's --start and --n_images: a part now, the rest later."""
    seen = lambda: {row[0] for row in faces.db.rows("SELECT image_id FROM detection")}
    first = encode(EncodeParams(detector="whole", where=["ids=1-6"]), QuietContext(faces))
    assert first.vectors == 6 and seen() == set(range(1, 7))
    searched = detect(DetectParams(detector="whole", where=["group=tone 7", "ids=1-20"]), QuietContext(faces))
    assert seen() == {*range(1, 7), *range(13, 21)} and searched.faces == 14
    again = encode(EncodeParams(where=["ids=5-14"]), QuietContext(faces))
    assert again.vectors == 14 and again.encoded_now == 8
    assert encode(EncodeParams(), QuietContext(faces)).vectors == 24
    with pytest.raises(RequestError, match="No image of the project meets ids=99"):
        encode(EncodeParams(where=["ids=99"]), QuietContext(faces))
    with pytest.raises(ValueError, match="where"):
        EncodeParams(where=["nothing"])


def test_vectors_tell_drawn_identities_apart(faces):
    encode(EncodeParams(detector="hog"), QuietContext(faces))
    ids, vectors = faces.vectors.load(faces.vectors.find("dlib"))
    who = dict(faces.db.rows("SELECT face_id, identity_id FROM face_label"))
    names = np.array([who[int(i)] for i in ids])
    distance = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    upper = np.triu_indices(len(ids), 1)
    same = (names[:, None] == names[None])[upper]
    scores = sort_scores(-distance[upper][same], -distance[upper][~same])
    assert equal_error_rate(scores).eer < 0.05


def test_images_without_a_face_are_listed(project, tmp_path):
    (tmp_path / "in").mkdir()
    Image.new("RGB", (80, 80), "grey").save(tmp_path / "in" / "wall.png")
    import_folder(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    result = detect(DetectParams(), QuietContext(project))
    assert (result.faces, result.without_face) == (0, 1)
    assert result.without_face_paths == [str(tmp_path / "in" / "wall.png")]
    assert detect(DetectParams(detector="whole"), QuietContext(project)).faces == 1


def test_an_original_that_vanished_is_reported_and_tried_again(faces, drawn, tmp_path):
    with faces.db.transaction() as connection:
        connection.execute("UPDATE image SET path = 'gone/' || path WHERE id = 1")
    result = detect(DetectParams(detector="whole"), QuietContext(faces))
    assert [item.why for item in result.unreadable] == ["the file is missing"]
    with faces.db.transaction() as connection:
        connection.execute("UPDATE image SET path = substr(path, 6) WHERE id = 1")
    assert detect(DetectParams(detector="whole"), QuietContext(faces)).faces == 24


def test_a_persons_label_survives_another_detector(faces):
    from fairdesk.project.faces import set_identity

    detect(DetectParams(), QuietContext(faces))
    face, image = faces.db.rows("SELECT id, image_id FROM face LIMIT 1")[0]
    set_identity(faces, [face], "somebody else")
    detect(DetectParams(faces="all"), QuietContext(faces))
    row = faces.db.rows(
        "SELECT label_source, (SELECT name FROM identity WHERE id = identity_id) FROM face"
        " WHERE image_id = ? AND detector = 'hog+all' AND place = 0", (image,),
    )[0]  # fmt: skip
    assert row == ("person", "somebody else")


@pytest.fixture
def weights(tmp_path):
    torch.manual_seed(0)
    path = tmp_path / "resnet.pth"
    torch.save(torchvision.models.resnet50(weights=None).state_dict(), path)
    return path


def test_resnet50_equals_torchvision(weights, drawn):
    image = read_pixels(next(drawn.rglob("*.jpg")))
    box = FaceBox(0, image.shape[1], image.shape[0], 0)
    ours = encode_of(ResNet50Encoder(EncodeParams(encoder="resnet50", weights=weights), "cpu"), [(image, box)])
    network = torchvision.models.resnet50(weights=None)
    network.load_state_dict(torch.load(weights, weights_only=True))
    network.fc = torch.nn.Identity()
    chip = Image.fromarray(image).resize((224, 224), Image.Resampling.BICUBIC)
    tensor = torch.from_numpy(np.asarray(chip).copy()).permute(2, 0, 1)[None] / 255
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    with torch.inference_mode():
        theirs = network.eval()((tensor - mean[:, None, None]) / std[:, None, None]).numpy()
    assert ours.shape == (1, 2048)
    assert np.abs(ours - theirs).max() < 1e-3


def test_resnet50_weights(faces, weights, tmp_path):
    with pytest.raises(JobFailed, match=r"The weights resnet50-0676ba61.pth are missing") as caught:
        encode(EncodeParams(encoder="resnet50"), QuietContext(faces))
    assert "--weights" in str(caught.value) and "--download" in str(caught.value)
    result = encode(EncodeParams(encoder="resnet50", weights=weights, detector="whole"), QuietContext(faces))
    assert (result.vectors, result.dim) == (24, 2048)
    torch.save({"a": torch.zeros(2)}, tmp_path / "other.pth")
    with pytest.raises(RequestError, match="does not hold ResNet-50 weights"):
        encode(EncodeParams(encoder="resnet50", weights=tmp_path / "other.pth"), QuietContext(faces))
    (tmp_path / "cut.pth").write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(RequestError, match="cannot be read as weights"):
        encode(EncodeParams(encoder="resnet50", weights=tmp_path / "cut.pth"), QuietContext(faces))


class Evil:
    def __reduce__(self):
        import os

        return os.mkdir, ("/tmp/fairdesk-must-not-exist",)


def test_hostile_weights_run_nothing(faces, tmp_path):
    import os

    torch.save(Evil(), tmp_path / "evil.pth")
    with pytest.raises(RequestError, match="never runs code"):
        encode(EncodeParams(encoder="resnet50", weights=tmp_path / "evil.pth"), QuietContext(faces))
    assert not os.path.exists("/tmp/fairdesk-must-not-exist")


def test_alignment_brings_landmarks_to_the_template():
    angle = 0.4
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = TEMPLATE @ turn.T * 1.7 + [30, 12]
    matrix = similarity_transform(moved, TEMPLATE)
    assert np.abs(moved @ matrix[:, :2].T + matrix[:, 2] - TEMPLATE).max() < 1e-9
    image = np.zeros((400, 400, 3), dtype=np.uint8)
    for x, y in moved.round().astype(int):
        image[y - 3 : y + 4, x - 3 : x + 4] = 255
    box = FaceBox(0, 400, 400, 0, landmarks=tuple(map(tuple, moved)))
    chip = np.asarray(face_chip(image, box, 112))[..., 0]
    assert all(chip[round(y), round(x)] > 200 for x, y in TEMPLATE)


def test_overlap():
    assert overlap(FaceBox(0, 10, 10, 0), FaceBox(0, 10, 10, 0)) == 1
    assert overlap(FaceBox(0, 10, 10, 0), FaceBox(20, 40, 40, 20)) == 0
    assert overlap(FaceBox(0, 10, 10, 0), FaceBox(0, 10, 5, 0)) == 0.5


def test_large_photographs_are_searched_scaled_down(drawn):
    image = read_pixels(next(drawn.rglob("*.jpg")))
    large = np.asarray(Image.fromarray(image).resize((1200, 1200), Image.Resampling.BICUBIC))
    box = detect_faces(large, DetectParams(max_side=300).key)[0]
    near = detect_faces(image, DetectParams().key)[0]
    assert overlap(FaceBox(*(v // 6 for v in box.css)), near) > 0.5


def test_most_drawn_faces_are_found():
    """Four tones, five people, two pictures each: HOG finds at least 95 %."""
    from fairdesk.images.drawn_faces import draw_face, draw_person

    found = 0
    for tone in (2, 5, 7, 9):
        for number in range(5):
            person = draw_person(np.random.default_rng([1, tone, number]), tone)
            for image in range(2):
                picture = draw_face(person, np.random.default_rng([1, tone, number, image]))
                found += bool(detect_faces(np.ascontiguousarray(picture), DetectParams().key))
    assert found >= 38


def test_ray_that_is_not_installed_is_told(faces, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(RequestError, match="needs the package ray"):
        encode(EncodeParams(engine="ray"), QuietContext(faces))


@pytest.mark.filterwarnings("ignore")
def test_the_ray_engine_gives_the_same_vectors(faces):
    pytest.importorskip("ray", reason="the extra `ray` is not installed")
    local = encode(EncodeParams(detector="hog"), QuietContext(faces))
    recipe = faces.vectors.find("dlib")
    ids, before = faces.vectors.load(recipe)
    with faces.db.transaction() as connection:
        connection.execute("DELETE FROM vector")
    remote = encode(EncodeParams(engine="ray", batch_size=4), QuietContext(faces))
    again, after = faces.vectors.load(recipe)
    assert remote.vectors == local.vectors
    assert np.array_equal(ids, again)
    assert np.array_equal(before, after)


def test_a_download_without_a_network_says_what_to_do(tmp_path, monkeypatch):
    from urllib.error import URLError

    import sklearn.datasets

    from fairdesk.dataset.params import FetchParams
    from fairdesk.dataset.public_sets import download_public_set as fetch

    def offline(**_options):
        raise URLError("no route to host")

    for name, function in (("olivetti", "fetch_olivetti_faces"), ("lfw", "fetch_lfw_people")):
        monkeypatch.setattr(sklearn.datasets, function, offline)
        with pytest.raises(JobFailed, match="import its folder"):
            fetch(FetchParams(source=name, out=tmp_path / name), QuietContext())


def test_a_public_set_becomes_identity_folders(tmp_path, monkeypatch):
    import sklearn.datasets

    from fairdesk.dataset.params import FetchParams
    from fairdesk.dataset.public_sets import download_public_set as fetch

    class Set:
        images = np.random.default_rng(0).random((6, 64, 64))
        target = np.array([0, 0, 0, 1, 1, 1])

    monkeypatch.setattr(sklearn.datasets, "fetch_olivetti_faces", lambda: Set)
    result = fetch(FetchParams(source="olivetti", out=tmp_path / "o"), QuietContext())
    assert result.images == 6
    assert len(list((tmp_path / "o" / "s02").iterdir())) == 3
