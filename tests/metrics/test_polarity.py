"""Whether scores are distances: a file that says what they are is followed, and never contradicted in silence."""

import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.metrics.scores.polarity import holds_distances
from fairdesk.metrics.scores.score_files import read_scores
from tests.metrics.test_model_comparison import study


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("cosine similarity", False), ("negative euclidean distance", False), ("Euclidean distance", True),
        ("cosine distance", True), ("L2 distances", True), ("dissimilarity", True), ("score", None), ("", None), ("llr", None),
        ("negative euclidean distance, normalised by group (zscore)", False), ("negative score, normalised by group (threshold)", False),
        ("score, normalised by group (threshold)", None), ("negated distance", False), ("similarities", False),
        ("cosine similarity (1 - cosine distance)", False), ("1 - cosine distance", False), ("1/(1+distance)", False),
        ("1 / (1 + L2 distance)", False), ("inverse distance", False), ("distance-based similarity", False), ("-L2 distance", False),
        ("\u2212L2 distance", False), ("(negative) distance", False), ("Euclidean distance (negated)", False), ("1-distance", False),
        ("cosine similarity = 1 - cosine distance", False), ("cosine distance (1 - cosine similarity)", True), ("squared L2-distance", True),
        ("cosine_distance", True), ("distance between embeddings", True), ("Distance", True),
        ("1 - cosine similarity", None), ("negative cosine similarity", None), ("exp(-distance)", None), ("2 - distance", None),
        ("score from distance", None), ("similarity distance", None), ("distance (as similarity)", None),
    ],
)  # fmt: skip
def test_what_a_measure_says(measure, expected):
    assert holds_distances(measure) is expected


@pytest.fixture
def files(tmp_path):
    """The same scores as similarities and as distances; those that say what they are, and those that do not."""
    (one, two), about = study(people=12)
    for name, score, measure in (
        ("similar", one, "cosine similarity"), ("distant", -one, "cosine distance"), ("silent", -one, ""), ("other", two, ""),
    ):  # fmt: skip
        np.savez(tmp_path / f"{name}.npz", score=score, measure=np.array(measure), **about)
    return {name: str(tmp_path / f"{name}.npz") for name in ("similar", "distant", "silent", "other")}


def told(capsys, *words):
    assert run([*words, "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def refused(capsys, *words):
    assert run(list(words)) == 2
    return capsys.readouterr().err


def test_evaluate_follows_the_file(capsys, files, tmp_path):
    words = ["--by", "group", "--at", "fmr=0.05", "--bootstrap", "0"]
    right = told(capsys, "evaluate", files["similar"], *words)
    for name, more in (("distant", []), ("distant", ["--distance"]), ("silent", ["--distance"])):
        found = told(capsys, "evaluate", files[name], *words, *more)
        assert (
            found["eer"] == right["eer"]
            and found["groups"]["per_group"]["A"]["fmr"] == right["groups"]["per_group"]["A"]["fmr"]
        )
        assert found["groups"]["threshold"] == -right["groups"]["threshold"], name  # in the file's own sense
    assert told(capsys, "evaluate", files["silent"], *words)["eer"] > 0.5  # nothing says what they are
    said = refused(capsys, "evaluate", files["similar"], *words, "--distance")
    assert files["similar"] in said and "cosine similarity" in said and "Leave --distance out" in said
    run(["evaluate", files["distant"], *words, "--out", str(tmp_path / "report")])
    assert "distances: small means alike" in (tmp_path / "report" / "report.html").read_text()


def test_a_person_decides_where_the_file_is_doubtful(capsys, files, tmp_path):
    with np.load(files["distant"]) as held:
        np.savez(tmp_path / "doubtful.npz", **{**held, "measure": np.array("1 - cosine similarity")})
    words = ["--by", "group", "--at", "fmr=0.05", "--bootstrap", "0"]
    bare, asked = (
        told(capsys, "evaluate", str(tmp_path / "doubtful.npz"), *words, *more) for more in ([], ["--distance"])
    )
    assert bare["eer"] > 0.5 > asked["eer"] == told(capsys, "evaluate", files["similar"], *words)["eer"]


def test_two_models_follow_their_files(capsys, files):
    words = ["--at", "fmr=0.05", "--bootstrap", "40"]
    right = told(capsys, "compare-scores", files["similar"], files["other"], *words)
    assert right["distances_first"] is right["distances_second"] is False
    for first, more in (("distant", []), ("silent", ["--distance"])):
        found = told(capsys, "compare-scores", files[first], files["other"], *words, *more)
        assert found["differences"] == right["differences"] and found["distances_first"]
    turned = told(capsys, "compare-scores", files["other"], files["distant"], *words)
    assert turned["distances_second"] and not turned["distances_first"]
    assert [-row["difference"] for row in turned["differences"]] == [row["difference"] for row in right["differences"]]
    assert "--second-distance" in refused(
        capsys, "compare-scores", files["other"], files["similar"], "--second-distance"
    )
    assert "Leave --distance out" in refused(capsys, "compare-scores", files["similar"], files["other"], "--distance")


def test_normalising_follows_the_file(capsys, files, tmp_path):
    out = [str(tmp_path / f"{n}.npz") for n in range(3)]
    right = told(capsys, "normalise", files["similar"], "--out", out[0], "--fmr", ".05")
    for name, more, path in (("distant", [], out[1]), ("silent", ["--distance"], out[2])):
        found = told(capsys, "normalise", files[name], "--out", path, "--fmr", ".05", *more)
        assert found["after"] == right["after"] and found["rules"] == right["rules"]
    assert "--distance" in refused(capsys, "normalise", files["similar"], "--out", out[0], "--distance")
    measures = [read_scores(tmp_path / f"{n}.npz").measure.partition(",")[0] for n in range(3)]
    assert measures == [
        "cosine similarity",
        "negative cosine distance",
        "negative score",
    ]  # what is written is similarities
    assert told(capsys, "evaluate", out[1], "--by", "group", "--bootstrap", "0")["eer"] < 0.5
    assert "--distance" in refused(capsys, "evaluate", out[2], "--distance")


def test_those_learned_from_too(capsys, files, tmp_path):
    scores = read_scores(tmp_path / "distant.npz", paths=True)
    half = np.isin(scores.subject1, np.unique(scores.subject1)[::2]) & np.isin(
        scores.subject2, np.unique(scores.subject2)[::2]
    )
    rest = ~np.isin(scores.subject1, np.unique(scores.subject1)[::2]) & ~np.isin(
        scores.subject2, np.unique(scores.subject2)[::2]
    )
    from fairdesk.metrics.scores.score_files import write_scores

    write_scores(tmp_path / "learn.npz", scores.part(half))
    write_scores(tmp_path / "rest.npz", scores.part(rest))
    silent = scores.part(rest)
    silent.measure = ""
    write_scores(tmp_path / "bare.npz", silent)
    words = ["--learn-from", str(tmp_path / "learn.npz"), "--fmr", ".05", "--out", str(tmp_path / "n.npz")]
    one = told(capsys, "normalise", str(tmp_path / "rest.npz"), *words)
    two = told(capsys, "normalise", str(tmp_path / "bare.npz"), *words, "--distance")
    assert one["rules"] == two["rules"] and one["after"] == two["after"]
