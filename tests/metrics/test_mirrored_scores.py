"""The flip test and the precision of embeddings are part of what every result says it rests on."""

import csv
import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.metrics.scores.score_files import read_scores
from fairdesk.metrics.store import score_sets
from fairdesk.project.recipes import MIRRORED, Recipe


@pytest.fixture
def twice(filled):
    """The same faces with other embeddings of the same encoder: mirrored, in bf16."""
    faces = [face for (face,) in filled.db.rows("SELECT id FROM face WHERE detector = 'whole' ORDER BY id")]
    rng = np.random.default_rng(3)
    for recipe in (
        Recipe("dlib", "whole", "five points", 4, "euclidean", "w"),
        Recipe("dlib", "whole", f"five points, {MIRRORED}", 4, "euclidean", "w", precision="bf16"),
    ):
        stored = filled.vectors.register(recipe)
        filled.vectors.append(stored, faces, rng.normal(size=(len(faces), 4)).astype(np.float32), {})
        filled.vectors.make_newest(stored)
    return filled


def told(capsys, *words):
    assert run([*map(str, words), "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def test_files_and_results_name_the_flip_test(capsys, twice, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "fairdesk.metrics.scores.pair_scores.EncoderRef.parse", lambda _text: (_ for _ in ()).throw(ValueError)
    )
    folder = twice.folder
    told(capsys, "pairs", folder, "--genuine", 60, "--impostor", 300, "--within-group", "--out", tmp_path / "p.csv")
    sets = twice.vectors.sets()
    plain = next(one.recipe.hash for one in sets if one.recipe.encoder == "dlib" and not one.mirrored)
    words = ["score", folder, "--pairs", tmp_path / "p.csv"]
    found = told(capsys, *words, "--encoder", "dlib")
    other = told(capsys, *words, "--encoder", plain)
    assert found["mirrored"] is True and found["precision"] == "bf16"
    assert "mirrored" not in other and "precision" not in other
    assert found["out"] != other["out"] and "mirrored" in found["out"] and "mirrored" not in other["out"]
    sources = {scores.path: scores for scores in score_sets(twice)}
    assert sources[found["out"]].encoder == "dlib (bf16, mirrored)" and sources[other["out"]].encoder == "dlib"
    run(["score", str(folder), "--pairs", str(tmp_path / "p.csv"), "--encoder", "dlib"])
    assert "Encoder dlib (bf16, mirrored), detector whole" in capsys.readouterr().out
    for ending in (".npz", ".csv", ".parquet"):
        made = told(capsys, *words, "--encoder", "dlib", "--out", tmp_path / f"s{ending}")
        about = read_scores(tmp_path / f"s{ending}").about
        assert about["mirrored"] is True and about["precision"] == "bf16" and about["recipe"] == made["recipe"], ending
        told(capsys, *words, "--encoder", plain, "--out", tmp_path / f"t{ending}")
        assert not {"mirrored", "precision"} & set(read_scores(tmp_path / f"t{ending}").about)
    evaluated = told(capsys, "evaluate", tmp_path / "s.csv", "--bootstrap", 0, "--out", tmp_path / "report")
    assert evaluated["mirrored"] is True and evaluated["precision"] == "bf16"
    assert "dlib (bf16, mirrored)" in (tmp_path / "report" / "report.html").read_text()
    assert json.loads((tmp_path / "report" / "evaluation.json").read_text())["about"]["mirrored"] is True
    both = told(capsys, "compare-scores", tmp_path / "t.npz", tmp_path / "s.npz", "--bootstrap", 0)
    assert (both["encoder_first"], both["encoder_second"]) == ("dlib", "dlib (bf16, mirrored)")
    run(["compare-scores", str(tmp_path / "t.npz"), str(tmp_path / "s.npz"), "--bootstrap", "0"])
    assert "t (dlib) against s (dlib (bf16, mirrored))." in capsys.readouterr().out
    normalised = told(capsys, "normalise", tmp_path / "s.npz", "--out", tmp_path / "n.csv", "--fmr", ".1")
    assert normalised["mirrored"] is True and read_scores(tmp_path / "n.csv").about["mirrored"] is True
    with (tmp_path / "n.csv").open(newline="") as file:
        assert {row["mirrored"] for row in csv.DictReader(file)} == {"True"}
    assert told(capsys, "all-pairs", folder, "--encoder", "dlib")["mirrored"] is True
    refused = ["normalise", tmp_path / "s.npz", "--out", tmp_path / "n.npz", "--learn-from", tmp_path / "t.npz"]
    assert run(list(map(str, refused))) == 2
    assert "dlib (bf16, mirrored)" in capsys.readouterr().err
