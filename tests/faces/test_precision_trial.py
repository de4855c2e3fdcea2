"""The precision that a trial decides: kept to where embeddings exist, told, and part of the recipe."""

import numpy as np
import pytest

from fairdesk.errors import RequestError
from fairdesk.faces import precision_trial
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.encoders import make_encoder
from fairdesk.faces.params import EncodeParams
from fairdesk.faces.precision_trial import choose, try_formats
from fairdesk.jobs.context import QuietContext


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
    assert (trial.likeness > precision_trial.NEAR) == (noise < 0.1)
    assert f"{rate:,} " in trial.text() or f"{rate:,};" in trial.text()


def test_dlib_is_tried_in_both_on_faces():
    import torch

    cores = torch.get_num_threads()
    trial = try_formats(EncodeParams(batch_size=8), "cpu")
    assert set(trial.faces_per_second) == {"float32", "bf16"} and min(trial.faces_per_second.values()) > 0
    assert 0.99 < trial.likeness < 1  # it was computed in two formats
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


def test_encoders_of_one_format_say_so():
    with pytest.raises(RequestError, match="dlib-reference is computed in float32 alone: leave --precision away"):
        make_encoder(EncodeParams(encoder="dlib-reference", precision="bf16"), "cpu")
    assert make_encoder(EncodeParams(encoder="dlib-reference", precision="auto"), "cpu").dim == 128
