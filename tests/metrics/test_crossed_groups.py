"""Groups of gender, age and several together: figures are those of the same comparisons grouped by hand."""

import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.pair_lists.job import make_pair_list
from fairdesk.metrics.params import PairsParams, ScoreParams
from fairdesk.metrics.scores.grouped_scores import age_band
from fairdesk.metrics.scores.pair_scores import score_pairs, similarities
from fairdesk.metrics.scores.score_files import read_scores
from fairdesk.project.images import labelled_images
from fairdesk.project.labels import Edit, edit_labels


@pytest.fixture
def scored(filled, tmp_path):
    images = labelled_images(filled)
    for number, gender in enumerate(("female", "male")):
        edit_labels(filled, [one.id for one in images if one.identity_id % 2 == number], Edit(gender=gender))
    edit_labels(filled, [one.id for one in images[: len(images) // 2]], Edit(age="34"))
    make_pair_list(PairsParams(genuine=60, impostor=300, out=tmp_path / "pairs.csv"), QuietContext(filled))
    score_pairs(
        ScoreParams(pairs=tmp_path / "pairs.csv", encoder="made-up", out=tmp_path / "s.npz"), QuietContext(filled)
    )
    return tmp_path / "s.npz"


def evaluated(capsys, path, *options):
    assert run(["evaluate", str(path), "--at", "fmr=0.1", "--json", *options]) == 0
    return json.loads(capsys.readouterr().out)["groups"]


def test_scores_name_gender_and_age(filled, scored):
    scores = read_scores(scored, paths=True)
    genders = {str(one.path): ("female", "male")[one.identity_id % 2] for one in labelled_images(filled)}
    assert scores.gender1.tolist() == [genders[path] for path in scores.path1]
    assert set(scores.age2.tolist()) == {"", "34"}


def test_crossed_groups_are_those_of_hand(capsys, scored):
    found = evaluated(capsys, scored, "--by", "group+gender")
    assert set(found["per_group"]) == {f"{g} · {s}" for g in ("g0", "g1") for s in ("female", "male")}
    scores = read_scores(scored)
    for name, row in found["per_group"].items():
        group, gender = name.split(" · ")
        mine = (
            (scores.group1 == group)
            & (scores.group2 == group)
            & (scores.gender1 == gender)
            & (scores.gender2 == gender)
        )
        impostor = mine & ~scores.label
        assert row["genuine"] == int((mine & scores.label).sum()) and row["impostor"] == int(impostor.sum())
        assert row["false_matches"] == int((scores.score[impostor] >= found["threshold"]).sum())
    plain = evaluated(capsys, scored, "--by", "group")
    assert plain["threshold"] == found["threshold"] and set(plain["per_group"]) == {"g0", "g1"}


def test_a_face_without_an_age_has_no_group(capsys, scored):
    found = evaluated(capsys, scored, "--by", "age")
    assert set(found["per_group"]) == {"30–39"} and found["not_in_a_group"]["impostor_unnamed"] > 0
    assert [age_band(text) for text in ("7", "30", "39", "20-29", "")] == ["0–9", "30–39", "30–39", "20-29", ""]
    assert [age_band(text) for text in (" 34.0", "29,9", "nan", "-1", "adult", "0")] == [
        "30–39",
        "20–29",
        "",
        "-1",
        "adult",
        "0–9",
    ]


def test_what_scores_do_not_name_is_refused(capsys, tmp_path):
    np.savez(tmp_path / "s.npz", score=[0.1, 0.9], label=[0, 1], group1=["A", "A"], group2=["A", "A"])
    assert run(["evaluate", str(tmp_path / "s.npz"), "--by", "group+gender"]) == 2
    assert "gender1" in capsys.readouterr().err


def test_several_models_at_once_and_another_measure(filled, scored, tmp_path):
    from tests.conftest import add_faces

    add_faces(filled, dim=5, seed=3, encoder="other", weights="cd" * 32)
    params = ScoreParams(
        pairs=tmp_path / "pairs.csv",
        encoder="made-up",
        also=["other", "made-up"],
        metric="cosine",
        out=tmp_path / "m.csv",
    )
    result = score_pairs(params, QuietContext(filled))
    assert [one.encoder for one in result.others] == ["other"] and result.others[0].out == str(tmp_path / "m-other.csv")
    one, other = read_scores(tmp_path / "m.csv", paths=True), read_scores(tmp_path / "m-other.csv", paths=True)
    assert one.measure == other.measure == "cosine similarity" and other.about["encoder"] == "other"
    assert other.about["weights_sha256"] == "cd" * 32 and "weights_sha256" not in one.about
    assert (one.path1 == other.path1).all() and (one.score != other.score).any()
    images, vectors = filled.vectors.of_images(filled.vectors.choose("other", None).recipe)
    place = {str(image.path): images.tolist().index(image.id) for image in labelled_images(filled)}
    rows = [[place[path] for path in column] for column in (other.path1, other.path2)]
    assert other.score == pytest.approx(similarities(vectors[rows[0]], vectors[rows[1]], "cosine"))
