"""The flip test is the mean with the mirrored picture's vector, and a recipe of its own."""

import numpy as np
import pytest

from fairdesk.faces.encoders import make_encoder
from fairdesk.faces.params import EncodeParams
from fairdesk.project.recipes import MIRRORED, Recipe


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


def test_what_kind_they_are_is_said(filled):
    """Embeddings of one encoder that differ in precision, or in that mirrored faces count, are told apart by words."""
    faces = [face for (face,) in filled.db.rows("SELECT id FROM face WHERE detector = 'whole'")]
    kinds = {
        "": Recipe("dlib", "whole", "five points", 4, "euclidean", "w"),
        "bf16": Recipe("dlib", "whole", "five points", 4, "euclidean", "w", precision="bf16"),
        "bf16, mirrored": Recipe("dlib", "whole", f"five points, {MIRRORED}", 4, "euclidean", "w", precision="bf16"),
    }
    for recipe in kinds.values():
        stored = filled.vectors.register(recipe)
        filled.vectors.append(stored, faces, np.ones((len(faces), 4), dtype=np.float32), {})
        filled.vectors.make_newest(stored)
    choice = filled.vectors.choose("dlib", "whole")
    assert choice.named() == "dlib (bf16, mirrored), faces of whole"
    told = choice.told()
    assert f"{kinds[''].hash} (float32, 40 faces)" in told and f"{kinds['bf16'].hash} (bf16, 40 faces)" in told
    assert "These are the dlib (bf16, mirrored) embeddings" in told
    assert filled.vectors.choose(kinds[""].hash).named() == "dlib, faces of whole"
