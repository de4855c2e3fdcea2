"""What could mean two things, or can never fit, is refused with the reason that holds and a remedy that helps."""

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.errors import RequestError
from fairdesk.metrics.pair_lists.lfw import text_of
from fairdesk.metrics.pair_lists.pairs import Pair
from fairdesk.metrics.scores.score_files import read_scores, write_scores
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.metrics.scores.score_tables import parse_score_columns

ONE = {"score": [0.9, 0.1, 0.4], "label": [1, 0, 0]}


@pytest.mark.parametrize(
    "arrays",
    [
        ONE | {"genuine": [0.8], "impostor": [0.1, 0.4]},
        ONE | {"genuine_scores": [0.9], "imposter_scores": [0.1]},
        {"genuine": [0.9], "impostor": [0.1], "genuine_scores": [0.9], "imposter_scores": [0.2]},
        ONE | {"genuine": [0.9], "impostor": [0.1, 0.4], "genuine_scores": [0.9, 0.9], "imposter_scores": [0.1, 0.4]},
        ONE | {"genuine": ["0.9"], "impostor": [0.1, 0.4]},
    ],
)
def test_two_sets_of_scores_in_one_file_are_refused(tmp_path, arrays):
    np.savez(tmp_path / "s.npz", **arrays)
    with pytest.raises(RequestError, match=r"holds two sets of scores.*Leave one of them out"):
        read_scores(tmp_path / "s.npz")


@pytest.mark.parametrize(
    "arrays",
    [
        ONE | {"genuine": [0.9], "impostor": [0.4, 0.1]},
        ONE | {"genuine": np.array([0.9], np.float32), "impostor": np.array([0.1, 0.4], np.float32)},
        {"score": [0.9, np.nan, 0.4], "label": [1, 0, 0], "genuine_scores": [0.9], "imposter_scores": [np.nan, 0.4]},
        ONE | {"genuine": [0.8]},
    ],
)
def test_the_same_scores_told_apart_in_two_ways_are_one_set(tmp_path, arrays):
    np.savez(tmp_path / "s.npz", **arrays)
    assert np.array_equal(read_scores(tmp_path / "s.npz").score, arrays["score"], equal_nan=True)
    made = ScoreSet(score=np.array([np.nan, 0.2, 0.7]), label=np.array([True, False, True]))
    write_scores(tmp_path / "w.npz", made)
    assert np.array_equal(read_scores(tmp_path / "w.npz").score, made.score, equal_nan=True)


@pytest.mark.parametrize(
    "text", ["score=score2,score=score", "score=a,label=l,label=m", "group1=a,score=s, group1 = b"]
)
def test_two_columns_for_one_field_are_refused(text):
    with pytest.raises(ValueError, match=r"names two columns for .*Give one"):
        parse_score_columns(text)
    assert parse_score_columns("score=a,score=a,label=l") == {"score": "a", "label": "l"}


def pairs(counts):
    made = []
    for fold, (genuine, impostor) in enumerate(counts):
        made += [Pair(f"a/a_{n}.jpg", f"a/a_{n + 1}.jpg", True, fold=fold) for n in range(genuine)]
        made += [Pair(f"a/a_{n}.jpg", f"b/b_{n}.jpg", False, fold=fold) for n in range(impostor)]
    return made


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([(15, 15)] * 2 + [(14, 14)] * 5, "100 of each kind do not divide by 7 folds. Ask for 105 of each"),
        ([(1, 1), (1, 1), (1, 0), (0, 1)], "3 of each kind do not divide by 4 folds. Ask for 4 of each"),
        ([(10, 9)] * 2, "20 genuine and 18 impostor pairs for 2 fold"),
        ([(5, 4), (5, 6)], "folds of this list hold different numbers"),
        ([(4, 4), (6, 6)], "folds of this list hold different numbers"),
    ],
)
def test_a_list_that_is_no_lfw_says_what_is_uneven(counts, said):
    with pytest.raises(RequestError) as told:
        text_of(pairs(counts), "lfw")
    assert said in str(told.value) and "--format csv" in str(told.value)
    assert ("equal numbers" in str(told.value)) == ("genuine and" in said)


@pytest.mark.parametrize("verb", ["evaluate", "normalise", "compare-scores"])
def test_labels_of_a_folder_that_is_not_there_look_for_a_path_not_for_a_new_project(tmp_path, capsys, verb):
    np.savez(tmp_path / "s.npz", score=[0.1, 0.9], label=[0, 1], group1=["A", "A"], group2=["A", "A"],
             path1=["a.jpg", "b.jpg"], path2=["c.jpg", "d.jpg"])  # fmt: skip
    scores = [str(tmp_path / "s.npz")] * (2 if verb == "compare-scores" else 1)
    more = ["--out", str(tmp_path / "n.npz")] if verb == "normalise" else []
    (tmp_path / "plain").mkdir()
    for name, said in (("gone", "There is no folder"), ("plain", "is not a FairDesk project")):
        assert run([verb, *scores, *more, "--labels-of", str(tmp_path / name)]) == 2
        told = capsys.readouterr().err
        assert said in told and "--labels-of takes the folder" in told and "fairdesk new" not in told


def test_a_project_that_is_not_there_is_named_whole(tmp_path, capsys):
    assert run(["history", str(tmp_path / "there" / "p")]) == 2
    told = capsys.readouterr().err
    assert "look at the path" in told and f"fairdesk new {tmp_path / 'there' / 'p'}" in told
