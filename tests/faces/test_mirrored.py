"""The flip test is the mean with the mirrored picture's vector, and a recipe of its own."""

import numpy as np
import pytest

from fairdesk.faces.encoders import make_encoder
from fairdesk.faces.params import EncodeParams


@pytest.fixture(scope="module")
def chips():
    rng = np.random.default_rng(0)
    return [rng.integers(0, 255, (150, 150, 3), dtype=np.uint8) for _ in range(3)]


def test_it_is_the_mean_with_the_mirrored_face(chips):
    plain, twice = (make_encoder(EncodeParams(encoder="dlib", mirrored=on), "cpu") for on in (False, True))
    turned = [np.fliplr(chip).copy() for chip in chips]
    expected = (plain.compute(chips) + plain.compute(turned)) / 2
    assert twice.compute(chips) == pytest.approx(expected, abs=1e-6)
    assert twice.compute(turned) == pytest.approx(expected, abs=1e-6)  # either way round
    assert not np.allclose(plain.compute(chips), expected, atol=1e-3)


def test_its_vectors_are_of_another_recipe():
    plain, twice = (
        make_encoder(EncodeParams(encoder="dlib", mirrored=on), "cpu").recipe("hog") for on in (False, True)
    )
    assert plain.hash != twice.hash and plain.encoder == twice.encoder and "mirrored" in twice.alignment
