"""The precision that a trial decides: kept to where embeddings exist, told, and part of the recipe."""

import copy

import numpy as np
import pytest

from fairdesk.errors import RequestError
from fairdesk.faces import precision_trial
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.encoders import formats_of, make_encoder
from fairdesk.faces.params import EncodeParams
from fairdesk.faces.precision_trial import choose, try_formats
from fairdesk.jobs.context import QuietContext
from fairdesk.project.encoder_ref import EncoderRef


@pytest.mark.parametrize(
    ("rate", "noise", "taken"), [(130, 1e-4, "bf16"), (110, 1e-4, "float32"), (900, 0.2, "float32")]
)
def test_bf16_is_taken_where_it_is_faster_and_near(rate, noise, taken):
    rng = np.random.default_rng(4)
    exact = rng.normal(size=(9, 128)).astype(np.float32)
    trial = choose(
        {"float32": 100.0, "bf16": rate}, {"float32": exact, "bf16": exact + noise * rng.normal(size=exact.shape)}
    )
    assert trial.precision == taken
    assert (trial.likeness["bf16"] > precision_trial.NEAR) == (noise < 0.1)
    assert f"{rate:,} " in trial.text() or f"{rate:,};" in trial.text()


def test_of_several_formats_the_fastest_that_is_near_is_taken():
    exact = np.random.default_rng(4).normal(size=(9, 128)).astype(np.float32)
    made = {"float32": exact, "bf16": exact * 1.001, "fp16": exact * 0.999}
    assert choose({"float32": 100.0, "bf16": 300.0, "fp16": 400.0}, made).precision == "fp16"
    assert choose({"float32": 100.0, "bf16": 500.0, "fp16": 400.0}, made).precision == "bf16"
    made["fp16"] = np.full_like(exact, np.nan)  # it overflowed
    trial = choose({"float32": 100.0, "bf16": 300.0, "fp16": 400.0}, made)
    assert trial.precision == "bf16" and trial.likeness["fp16"] == 0


def test_dlib_is_tried_in_both_on_faces():
    import torch

    cores = torch.get_num_threads()
    trial = try_formats(EncodeParams(batch_size=8), "cpu")
    assert set(trial.faces_per_second) == {"float32", "bf16"} and min(trial.faces_per_second.values()) > 0
    assert 0.99 < trial.likeness["bf16"] < 1  # it was computed in two formats
    assert torch.get_num_threads() == cores


def test_auto_is_decided_once(filled, monkeypatch):
    tried = []
    plain = choose({"float32": 1.0, "bf16": 2.0}, {"float32": np.ones((1, 2)), "bf16": np.ones((1, 2))})
    monkeypatch.setattr(precision_trial, "try_formats", lambda params, device: (tried.append(params.encoder), plain)[1])
    context = QuietContext(filled)
    first = encode_faces(EncodeParams(detector="whole", precision="auto"), context)
    assert tried == ["dlib"] and plain.text() in context.messages
    recipe = filled.vectors.described(filled.vectors.choose("dlib", "whole").recipe)
    assert recipe.precision == "bf16" and recipe.hash == first.recipe
    again = encode_faces(EncodeParams(detector="whole", precision="auto"), context)
    assert tried == ["dlib"] and again.recipe == first.recipe and again.encoded_now == 0
    assert encode_faces(EncodeParams(detector="whole"), context).recipe != first.recipe  # float32 is of its own


def test_fp16_is_for_gpus():
    with pytest.raises(RequestError, match="fp16 needs a GPU: say --precision bf16"):
        make_encoder(EncodeParams(precision="fp16"), "cpu")
    assert formats_of(EncoderRef.parse("dlib"), "cpu") == ("float32", "bf16")
    assert formats_of(EncoderRef.parse("dlib"), "cuda") == ("float32", "bf16", "fp16")
    assert formats_of(EncoderRef.parse("deepface:ArcFace"), "cuda") == ("float32",)
    with pytest.raises(RequestError, match="in the format it was exported in"):
        make_encoder(EncodeParams(encoder="onnx:x.onnx", precision="fp16"), "cuda")


def test_a_network_computes_in_fp16(drawn):
    """On a processor here, for there is no GPU: the numbers are float16's, with the norms kept in float32."""
    import torch

    from fairdesk.faces.torch_network import TorchNetwork

    plain = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()
    )
    normed = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())  # fmt: skip
    faces = np.random.default_rng(1).normal(size=(2, 9, 9, 3)).astype(np.float32)
    for network in (plain.eval(), normed.eval()):
        exact = TorchNetwork(copy.deepcopy(network), "cpu", "float32").run(faces)
        short = TorchNetwork(copy.deepcopy(network), "cpu", "fp16").run(faces)
        assert short.dtype == np.float32 and 1e-6 < np.abs(exact - short).max() < 5e-3


def test_encoders_of_one_format_say_so():
    with pytest.raises(RequestError, match="dlib-reference is computed in float32 alone: leave --precision away"):
        make_encoder(EncodeParams(encoder="dlib-reference", precision="bf16"), "cpu")
    assert make_encoder(EncodeParams(encoder="dlib-reference", precision="auto"), "cpu").dim == 128
