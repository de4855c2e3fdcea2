"""dlib's network in PyTorch against dlib itself, and its file."""

import numpy as np
import pytest

from fairdesk.errors import JobFailed
from fairdesk.faces import dlib_models
from fairdesk.faces.dlib_file import DlibFormatError, read_layers
from fairdesk.faces.dlib_network import load_network
from fairdesk.faces.encoders import DlibEncoder, DlibReference
from fairdesk.faces.torch_network import TorchNetwork
from fairdesk.images.pixels import read_pixels
from fairdesk.project.boxes import FaceBox


@pytest.fixture(scope="module")
def weights():
    return dlib_models.recogniser_file().read_bytes()


def test_the_same_numbers_as_dlib(drawn):
    """Faces, and pictures of nothing: edges, noise, one colour. Also in batches, in any order."""
    noise = np.random.default_rng(0).integers(0, 256, (150, 150, 3), dtype=np.uint8)
    ramp = np.tile(np.linspace(0, 255, 150).astype(np.uint8)[:, None], (150, 1, 3))
    chips = [noise, ramp, np.zeros_like(noise), np.full_like(noise, 255)]
    for path in sorted(drawn.rglob("*.jpg"))[::6]:
        image = read_pixels(path)
        chips.append(DlibEncoder.aligner(image, FaceBox(0, image.shape[1], image.shape[0], 0)))
    theirs = DlibReference().compute(chips)
    ours = DlibEncoder().compute(chips)
    assert ours.shape == (len(chips), 128) and np.abs(ours - theirs).max() < 1e-4
    alone = np.concatenate([DlibEncoder().compute([chip]) for chip in reversed(chips)])
    assert np.abs(alone[::-1] - theirs).max() < 1e-4
    torch_network = load_network(dlib_models.recogniser_file())
    by_torch = TorchNetwork(torch_network, "cpu", "float32").run(np.stack(chips))
    assert np.abs(by_torch - theirs).max() < 1e-4
    low = DlibEncoder("cpu", "bf16").compute(chips[4:])
    after = TorchNetwork(load_network(dlib_models.recogniser_file()), "cpu", "float32").run(np.stack(chips))
    assert np.array_equal(after, by_torch)  # another precision leaves no trace
    assert 1e-5 < np.abs(low - theirs[4:]).max() < 0.01


def test_an_aligned_face_is_what_face_recognition_encodes(drawn):
    """Landmarks and cut-out too: from the picture and the box to the vector."""
    import face_recognition

    for path in sorted(drawn.rglob("*.jpg"))[1::9]:
        image = read_pixels(path)
        box = FaceBox(10, image.shape[1] - 12, image.shape[0] - 8, 14)
        theirs = face_recognition.face_encodings(image, [box.css])[0]
        assert np.abs(DlibEncoder().compute([DlibEncoder.aligner(image, box)])[0] - theirs).max() < 1e-4


def test_recipes_say_what_is_the_same():
    """Vectors of before stay valid in float32; in bf16 they are others."""
    plain, low = DlibEncoder().recipe("hog"), DlibEncoder("cpu", "bf16").recipe("hog")
    before = {"dlib": dlib_models.version()}
    assert (plain.encoder, plain.versions, plain.precision) == ("dlib", before, "float32")
    assert plain.hash != low.hash and low.precision == "bf16"
    assert DlibReference().recipe("hog").hash != plain.hash
    assert "agrees with dlib" in plain.code and "agrees" not in low.code


@pytest.mark.parametrize("cut", [0, 1, 30, 5000, -1])
def test_a_file_that_ends_too_early_is_refused(weights, tmp_path, cut):
    (tmp_path / "w.dat").write_bytes(weights[:cut])
    with pytest.raises(DlibFormatError):
        read_layers(tmp_path / "w.dat")
    with pytest.raises(JobFailed, match="is not dlib's face recognition network"):
        load_network(tmp_path / "w.dat")


@pytest.mark.parametrize(
    "change", [(b"con_", b"bon_"), (b"fc_2", b"fc_9"), (b"loss_metric_2", b"loss_binary_2"), (b"affine_", b"affinf_")]
)
def test_another_network_is_refused(weights, tmp_path, change):
    assert change[0] in weights
    (tmp_path / "w.dat").write_bytes(weights.replace(*change))
    with pytest.raises(DlibFormatError):
        read_layers(tmp_path / "w.dat")


def test_more_than_the_network_is_refused(weights, tmp_path):
    (tmp_path / "w.dat").write_bytes(weights + b"\x01")
    with pytest.raises(DlibFormatError, match="more in the file"):
        read_layers(tmp_path / "w.dat")


def test_an_array_that_claims_to_be_huge_asks_for_no_memory(weights, tmp_path):
    """The first array's first size becomes 2^56."""
    place = weights.index(b"con_") + 5
    assert weights[place : place + 2] == b"\x01\x02"  # version 2 of an array
    (tmp_path / "w.dat").write_bytes(weights[: place + 2] + b"\x08" + b"\xff" * 7 + b"\x00" + weights[place + 5 :])
    with pytest.raises(DlibFormatError, match="shape"):
        read_layers(tmp_path / "w.dat")
