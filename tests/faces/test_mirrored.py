"""The flip test is the mean with the mirrored picture's vector, and a recipe of its own."""

import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.faces.encoders import make_encoder
from fairdesk.faces.params import EncodeParams
from fairdesk.faces.results import EncodeResult
from fairdesk.gui.tabs.dataset import presenter
from fairdesk.project.image_queries import Filter
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


def test_every_verb_names_precision_and_mirrored(filled, tmp_path, capsys):
    """In words, and in the JSON as fields of their own."""
    rng = np.random.default_rng(3)
    faces = [face for (face,) in filled.db.rows("SELECT id FROM face WHERE detector = 'whole'")]
    recipe = Recipe("dlib", "whole", f"five points, {MIRRORED}", 4, "euclidean", "w", precision="bf16")
    stored = filled.vectors.register(recipe)
    filled.vectors.append(stored, faces, rng.normal(size=(len(faces), 4)).astype(np.float32), {})
    filled.vectors.make_newest(stored)
    home = str(filled.folder)
    assert run(["pairs", home, "--genuine", "9", "--impostor", "9", "--out", str(tmp_path / "p.csv")]) == 0
    verbs = [
        ["vectors", home, "--out", str(tmp_path / "v.npz")],
        ["cluster", home, "--method", "kmeans", "--n-clusters", "3"],
        ["map", home, "--method", "pca"],
        ["suggestions", home],
        ["eps", home],
        ["duplicates", home, "--encoder", "dlib"],
        ["all-pairs", home, "--out", str(tmp_path / "all")],
        ["score", home, "--encoder", "dlib", "--pairs", str(tmp_path / "p.csv"), "--out", str(tmp_path / "s.npz")],
    ]
    for words in verbs:
        assert run(words) == 0
        assert "dlib (bf16, mirrored)" in (capsys.readouterr().out), words
        assert run([*words, "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert words[0] == "suggestions" or (said["precision"], said["mirrored"]) == ("bf16", True), words
    view = presenter.look(filled, presenter.Wish(Filter()))
    assert "40 dlib (bf16, mirrored) embeddings (whole)" in presenter.headline(view, 0)


def test_encode_names_what_it_made(filled):
    result = EncodeResult(
        encoder="dlib", detector="hog", recipe="0" * 16, mirrored=True, precision="bf16", vectors=1, dim=128, encoded_now=0,
        per_second=None, failed=[],
    )  # fmt: skip
    assert "encoder dlib (bf16, mirrored), detector hog" in result.text()
