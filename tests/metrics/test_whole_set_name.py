"""A group may be called like the whole set: the two are never taken for each other, in any form."""

import csv
import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.figures.whole_set import WHOLE, whole_name
from fairdesk.metrics.evaluation import evaluate_whole
from fairdesk.metrics.pairs_behind.shown_figures import curves_of
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.rates.live_threshold import LiveThreshold
from fairdesk.metrics.report.language import phrases, speaking_report
from fairdesk.metrics.report.result_tables import tables_of
from fairdesk.metrics.scores.score_files import read_scores


def scores_with(path, names, seed=0, people=6):
    """Write every two images of some people of each group; returns the arrays."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(people * len(names)), 2)
    group = np.array(names)[who % len(names)]
    one, two = np.triu_indices(len(who), 1)
    label = who[one] == who[two]
    arrays = {
        "score": np.where(label, 1.5, 0.0) + rng.normal(size=len(one)), "label": label.astype(np.int8),
        "subject1": who[one].astype(str), "subject2": who[two].astype(str), "group1": group[one], "group2": group[two],
        "fold": np.arange(len(one)) % 2,
    }  # fmt: skip
    np.savez(path, **arrays)
    return arrays


@pytest.mark.parametrize("name", ["all", "All", "overall", "Everyone", "total"])
def test_the_whole_set_has_a_row_and_a_curve_of_its_own(tmp_path, name):
    arrays = scores_with(tmp_path / "s.npz", [name, "B"])
    params = EvaluateParams(scores=tmp_path / "s.npz", by="group", at="fmr=0.1", bootstrap=0)
    found = evaluate_whole(read_scores(params.scores), params)
    rates = LiveThreshold(found, params).rates(1.0)
    impostors = arrays["label"] == 0
    mine = impostors & (arrays["group1"] == name) & (arrays["group2"] == name)
    for key, rows in ((WHOLE, impostors), (name, mine)):
        assert rates[key][0] == (arrays["score"][rows] >= 1.0).mean()
    curves = curves_of(found.scores, found.own)
    assert [curve.whole for curve in curves] == [True, False, False]
    assert [curve.shown for curve in curves] == ["whole set", *sorted([name, "B"])]
    assert curves[0].ni == impostors.sum() and next(one for one in curves if one.name == name).ni == mine.sum()
    for table in tables_of(found.result):
        if table.name in ("common", "own", "points", "folds"):
            first = list(dict.fromkeys(row[0].text for row in table.rows))
            assert first == ["whole set", *sorted([name, "B"])]
            assert "“whole set” is of all groups together" in table.note


def test_other_names_leave_it_as_it_is(tmp_path):
    assert whole_name(["A", "tall"]) == "all" and whole_name([]) == "all"
    assert whole_name(["ALL", "Whole set"]) == "(whole set)"
    with speaking_report("es"):
        assert whole_name(["A"]) == phrases("es")["all"]
        assert whole_name([phrases("es")["all"].upper()]) == phrases("es")["whole set"]


def test_the_report_and_its_files_tell_them_apart(capsys, tmp_path):
    scores_with(tmp_path / "s.npz", ["all", "B"])
    words = ["evaluate", "s.npz", "--by", "group", "--at", "fmr=0.1", "--bootstrap", "0", "--out", "o", "--json"]
    assert run([str(tmp_path / word) if word in ("s.npz", "o") else word for word in words]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n_impostor"] != found["groups"]["per_group"]["all"]["impostor"]
    rows = list(csv.DictReader((tmp_path / "o" / "tables" / "own.csv").read_text().splitlines()))
    assert [row["Group"] for row in rows] == ["whole set", "B", "all"]
    assert rows[0]["EER"] != rows[2]["EER"]
    assert "whole set & " in (tmp_path / "o" / "tables" / "own.tex").read_text()
    page = (tmp_path / "o" / "report.html").read_text()
    assert page.count(">whole set<") == 5 and "“whole set” is of all groups together" in page


def test_a_search_tells_them_apart(capsys, tmp_path):
    rng = np.random.default_rng(0)
    who = np.arange(12)
    np.savez(
        tmp_path / "s.npz", scores=rng.normal(size=(12, 9)), probe_subject=who.astype(str),
        gallery_subject=who[:9].astype(str), probe_group=np.where(who % 2, "all", "B"),
    )  # fmt: skip
    words = ["identify", str(tmp_path / "s.npz"), "--by", "group", "--bootstrap", "0", "--out", str(tmp_path / "o")]
    assert run([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n_mated"] == 9 and found["groups"]["all"]["n_mated"] == 4
    for name in ("cmc.csv", "fnir.csv"):
        rows = list(csv.DictReader((tmp_path / "o" / name).read_text().splitlines()))
        assert list(dict.fromkeys(row["group"] for row in rows)) == ["whole set", "B", "all"]
    whole = [
        float(row["pessimistic"]) for row in csv.DictReader((tmp_path / "o" / "cmc.csv").read_text().splitlines())
    ][:9]
    assert whole == found["cmc"]["pessimistic"] != found["groups"]["all"]["cmc"]["pessimistic"]


def test_cells_of_names_with_bars_are_not_merged(capsys, tmp_path):
    """ "A" and "B|C" beside "A|B" and "C": both were "A|B|C"."""
    arrays = scores_with(tmp_path / "s.npz", ["A", "B|C", "A|B", "C", "\\"])
    assert run(["evaluate", str(tmp_path / "s.npz"), "--by", "group", "--at", "eer", "--bootstrap", "0", "--json"]) == 0
    cells = json.loads(capsys.readouterr().out)["groups"]["fmr_matrix"]
    assert len(cells) == 25
    for key, first, second in (("A|B\\|C", "A", "B|C"), ("A\\|B|C", "A|B", "C"), ("\\\\|A", "\\", "A")):
        both = np.sort(np.stack([arrays["group1"], arrays["group2"]]), axis=0)
        mine = (both == np.sort([first, second])[:, None]).all(0) & (arrays["label"] == 0)
        assert cells[key]["impostor"] == mine.sum() > 0


def test_what_is_left_out_is_counted_by_groups_not_by_their_words(capsys, tmp_path):
    """A face of the group "A and B" is not one of A beside one of B, and the group "no group" is a group."""
    np.savez(
        tmp_path / "s.npz", score=[0.9, np.nan, np.nan, np.nan, np.nan, 0.1], label=[1, 0, 0, 0, 0, 0],
        group1=["A", "A", "A and B", "no group", "", "A"], group2=["A", "B", "A and B", "no group", "", "A"],
    )  # fmt: skip
    assert run(["evaluate", str(tmp_path / "s.npz"), "--by", "group", "--bootstrap", "0", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["left_out"]
    assert [(one["group"], one["impostor"]) for one in found] == [
        ("no group", 1),
        ("A and B", 1),
        ("A and B", 1),
        ("no group", 1),
    ]
