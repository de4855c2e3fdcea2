"""Columns of labels whose name says that 1 is two different people: never read for their opposite in silence."""

import csv
import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.errors import RequestError
from fairdesk.metrics.pair_lists.difference_columns import difference_column
from fairdesk.metrics.pair_lists.reading import read_list
from fairdesk.metrics.scores.score_files import read_scores
from tests.metrics.test_model_comparison import study


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("different", True), ("Different", True), ("is_different", True), ("isDifferent", True), ("different person", True),
        ("different-people", True), ("diff", True), ("impostor", True), ("Imposter", True), ("is_impostor", True),
        ("impostor_pair", True), ("mismatch", True), ("MisMatched", True), ("nonmatch", True), ("non-match", True),
        ("non_mated", True), ("not_same", True), ("not the same person", True), ("no_match", True), ("unmatched", True),
        ("negative", True), ("distinto", True), ("es_impostor", True), ("distintas personas", True), ("no_misma_persona", True),
        ("label", False), ("same", False), ("is_same", False), ("match", False), ("genuine", False), ("mated", False),
        ("not_different", False), ("not_impostor", False), ("same_or_different", False), ("genuine/impostor", False),
        ("difference", False), ("match_mismatch", False), ("decision", False), ("notes", False), ("nonsense", False), ("", False),
    ],
)  # fmt: skip
def test_which_names_say_so(name, expected):
    assert (difference_column(name) is not None) is expected


@pytest.mark.parametrize(
    ("values", "turned"),
    [
        (("1", "0"), True), (("1.0", "-1"), True), (("True", "False"), True), (("yes", "no"), True), (("Y", "N"), True),
        (("impostor", "genuine"), False), (("mismatch", "match"), False), (("different person", "same person"), False),
        (("non-mated", "mated"), False), (("diff", "same"), False),
    ],
)  # fmt: skip
def test_numbers_are_read_as_the_name_says_and_words_as_ever(tmp_path, values, turned):
    apart, same = values
    path = tmp_path / "s.csv"
    path.write_text(f"score,is_impostor\n0.9,{same}\n0.1,{apart}\n0.8,{same}\n")
    found = read_scores(path, columns={"label": "is_impostor"})
    assert found.label.tolist() == [True, False, True]
    assert [("1 means two different people" in line, "is_impostor" in line) for line in found.told] == [
        (True, True)
    ] * turned
    listed = tmp_path / "pairs.csv"
    listed.write_text(f"path1,path2,not_same\na.jpg,b.jpg,{same}\na.jpg,c.jpg,{apart}\n")
    pairs = read_list(listed, {"path1": "path1", "path2": "path2", "label": "not_same"})
    assert [pair.label for pair in pairs.pairs] == [1, 0]
    assert any("1 means two different people" in note for note in pairs.notes) is turned


@pytest.mark.parametrize("word", ["positive", "neg", "2", "maybe"])
def test_a_word_that_may_mean_either_is_refused_with_the_line(tmp_path, word):
    path = tmp_path / "s.csv"
    path.write_text(f"score,mismatch\n0.9,0\n0.1,{word}\n")
    with pytest.raises(RequestError, match=f"line 3: the label '{word}' is not known.*called mismatch, 1 means two"):
        read_scores(path, columns={"label": "mismatch"})


def test_a_table_without_another_column_of_labels_takes_it(tmp_path):
    path = tmp_path / "s.csv"
    for head, taken in (
        ("score,different", True),
        ("score,impostor,mismatch", False),
        ("score,different,subject1", True),
    ):
        more = head.count(",") - 1
        path.write_text(f"{head}\n0.9,0{',0' * more}\n0.1,1{',1' * more}\n")
        if taken:
            assert read_scores(path).label.tolist() == [True, False]
        else:
            with pytest.raises(RequestError, match="must name the columns score and label"):
                read_scores(path)
    path.write_text("score,different,label,subject1,subject2\n0.9,1,1,a,a\n0.1,1,0,a,b\n")
    assert read_scores(path).label.tolist() == [True, False] and not read_scores(path).told
    path.write_text("score,different,subject1,subject2\n0.9,0,a,b\n0.1,1,a,b\n")  # beside the subjects too
    assert read_scores(path).label.tolist() == [True, False]
    assert [("1 means two different people" in line, "different" in line) for line in read_scores(path).told] == [
        (True, True)
    ]


def test_every_verb_reads_it_rightly_and_says_so(capsys, tmp_path):
    (one, two), about = study(people=12)
    label = np.asarray(about["label"]).astype(int)
    for name, score in (("one", one), ("two", two)):
        columns = {"score": score} | about
        for file, labels in ((name, {"label": label}), (f"{name}-turned", {"different": 1 - label})):
            rows = {key: value for key, value in columns.items() if key != "label"} | labels
            with (tmp_path / f"{file}.csv").open("w", newline="") as out:
                writer = csv.writer(out)
                writer.writerow(rows)
                writer.writerows(zip(*(np.asarray(value).tolist() for value in rows.values()), strict=True))

    def told(*words):
        assert run([*words, "--json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    files = [str(tmp_path / f"{name}.csv") for name in ("one", "two")]
    turned = [str(tmp_path / f"{name}-turned.csv") for name in ("one", "two")]
    named, at = ["--columns", "label=different"], ["--at", "fmr=0.05", "--bootstrap", "0"]
    right, found = (
        told("evaluate", files[0], "--by", "group", *at),
        told("evaluate", turned[0], "--by", "group", *at, *named),
    )
    assert found["eer"] == right["eer"] and found["groups"] == right["groups"]
    assert (
        "1 means two different people" in found["warning"]
        and "different" in found["warning"]
        and not right.get("warning")
    )
    both = told("compare-scores", *turned, *at, *named)
    assert both["differences"] == told("compare-scores", *files, *at)["differences"]
    assert sum("1 means two different people" in line for line in both["cautions"]) == 2
    words = ["--fmr", "0.05", "--out", str(tmp_path / "n.npz")]
    moved = told("normalise", turned[0], *words, *named)
    assert moved["after"] == told("normalise", files[0], *words)["after"]
    assert run(["normalise", turned[0], *words, *named]) == 0
    assert "1 means two different people" in capsys.readouterr().out


def test_labels_the_other_way_round_are_named_beside_distances(capsys, tmp_path):
    (one, _), about = study(people=12)
    label = 1 - np.asarray(about["label"]).astype(int)
    for more in ([], ["--distance"]):
        np.savez(tmp_path / "s.npz", score=-one if more else one, **about | {"label": label})
        assert run(["evaluate", str(tmp_path / "s.npz"), "--bootstrap", "0", *more, "--json"]) == 0
        said = json.loads(capsys.readouterr().out)["warning"]
        assert "above 0.5" in said and "the labels may be the other way round (1 for different people)" in said
