"""By group, too, the rates of all comparisons at the common threshold are told, with their intervals, wherever groups' are."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from fairdesk.cli.main import run
from fairdesk.metrics.evaluation import evaluate, evaluate_whole
from fairdesk.metrics.rates.live_threshold import LiveThreshold
from fairdesk.metrics.report.language import phrases
from fairdesk.metrics.report.result_tables import tables_of
from tests.metrics.test_whole_rates import options, study


def grouped_study(seed=0, apart=2.0, groups=("A", "B")):
    """Return a study of people that are shared out to groups; some impostor comparisons are across groups."""
    scores = study(seed, apart)
    sides = [
        np.array([groups[int(name[1:]) % len(groups)] for name in side]) for side in (scores.subject1, scores.subject2)
    ]
    return replace(scores, group1=sides[0], group2=sides[1])


@pytest.mark.parametrize("at", ["threshold=1.3", "eer", "fmr=0.05", "fmr=1e-3", "threshold=99"])
def test_they_are_the_same_whatever_the_groups(at):
    alone = evaluate(grouped_study(), options(at=at))[0].at_threshold
    beside = evaluate(grouped_study(), options(at=at, by="group"))[0]
    assert beside.at_threshold.model_dump() == alone.model_dump()
    assert (beside.at_threshold.threshold, beside.at_threshold.rule) == (beside.groups.threshold, beside.groups.rule)


@pytest.mark.parametrize("source", ["within-group", "group:A"])
@pytest.mark.parametrize("at", ["fmr=0.05", "eer"])
def test_they_are_counted_at_the_threshold_of_part_of_them(source, at):
    scores = grouped_study()
    found = evaluate(grouped_study(), options(at=at, by="group", threshold_from=source))[0]
    row = found.at_threshold
    assert row.threshold == found.groups.threshold
    assert row.false_matches == int((scores.score[~scores.label] >= row.threshold).sum())
    assert row.fmr_ci[0] < row.fmr < row.fmr_ci[1]
    assert row.fnmr_ci[0] < row.fnmr < row.fnmr_ci[1]
    typed = evaluate(grouped_study(), options(at=f"threshold={row.threshold!r}", by="group"))[0].at_threshold
    assert row.false_matches == typed.false_matches
    assert row.fnmr_ci != typed.fnmr_ci  # the threshold is taken anew in each draw


def test_where_all_are_of_one_group_a_part_is_all():
    rows = [
        evaluate(study(), options(at="fmr=0.05", by="group", threshold_from=source))[0].at_threshold
        for source in ("all", "within-group", "group:all")
    ]
    for row in rows[1:]:
        assert row.fmr_ci is None and row.fmr_ci_why == rows[0].fmr_ci_why
        assert row.fnmr_ci == pytest.approx(rows[0].fnmr_ci, rel=1e-6)


def test_faces_without_a_group_are_not_within_one():
    """Pairs of two faces of no group set the threshold "of pairs within groups" before."""
    scores = grouped_study()
    nobody = scores.group1 == "B"
    scores.group1 = np.where(nobody, "", scores.group1)
    scores.group2 = np.where(scores.group2 == "B", "", scores.group2)
    threshold = evaluate(scores, options(at="fmr=0.05", by="group", threshold_from="within-group"))[0].groups.threshold
    within = ~scores.label & (scores.group1 == "A") & (scores.group2 == "A")
    allowed = int(0.05 * within.sum())
    assert int((scores.score[within] >= threshold).sum()) == allowed


def save(scores, path):
    """Write scores as an .npz file."""
    np.savez(
        path, score=scores.score, label=scores.label.astype(np.int8), subject1=scores.subject1,
        subject2=scores.subject2, group1=scores.group1, group2=scores.group2,
    )  # fmt: skip
    return path


def test_the_window_the_terminal_and_every_file_of_the_report_tell_them(tmp_path, capsys):
    scores = grouped_study()
    save(scores, tmp_path / "s.npz")
    words = ["evaluate", str(tmp_path / "s.npz"), "--by", "group", "--at", "threshold=1.3", "--bootstrap", "100"]
    assert run(words) == 0
    told = capsys.readouterr().out
    lines = [line for line in told.splitlines() if line.startswith("  all ")]
    impostors, genuine = int((~scores.label).sum()), int(scores.label.sum())
    assert len(lines) == 1 and f"({genuine:,} genuine, {impostors:,} impostor)" in lines[0]
    assert "At threshold" not in told
    assert run([*words, "--json", "--out", str(tmp_path / "r")]) == 0
    found = json.loads(capsys.readouterr().out)["at_threshold"]
    matches = int((scores.score[~scores.label] >= 1.3).sum())
    assert (found["false_matches"], found["fmr"]) == (matches, pytest.approx(matches / impostors))
    with (tmp_path / "r" / "tables" / "common.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["Group"] for row in rows] == ["all", "A", "B"]
    assert (rows[0]["False matches"], rows[0]["Impostor"]) == (str(matches), str(impostors))
    line = (tmp_path / "r" / "tables" / "common.csv").read_text().splitlines()[1]
    assert all(f"{100 * end:.3g} %" in line for end in (*found["fmr_ci"], *found["fnmr_ci"]))
    assert "all & 20 & " in (tmp_path / "r" / "tables" / "common.tex").read_text()
    page = (tmp_path / "r" / "report.html").read_text()
    assert page.index("Groups at one threshold") < page.index(">all<") < page.index(">A<")
    assert run([*words, "--language", "es", "--out", str(tmp_path / "es")]) == 0
    first = (tmp_path / "es" / "tables" / "common.csv").read_text().splitlines()[1]
    assert first.startswith(phrases("es")["all"] + ",")


def test_they_follow_the_line_that_is_dragged_and_have_their_pairs_behind_them():
    scores, params = grouped_study(), options(at="threshold=1.3", by="group")
    found = evaluate_whole(grouped_study(), params)
    moved = LiveThreshold(found, params).at(0.5)
    tables = {table.name: table for table in tables_of(moved, following=True)}
    row = tables["common"].rows[0]
    matches = int((scores.score[~scores.label] >= 0.5).sum())
    assert row[9].text == str(matches) and row[0].text == "all"
    assert (row[9].pairs.kind, row[9].pairs.first, row[9].pairs.second) == ("false match", "", "")


def test_comparisons_that_are_in_no_groups_row_are_told_beside_the_row_of_all():
    scores = grouped_study()
    across = int((scores.group1 != scores.group2).sum())
    assert across > 0
    said = f"The row “all” also holds {across:,} comparisons of two groups, or of faces without a group."
    found = evaluate(scores, options(at="threshold=1.3", by="group"))[0]
    assert said in found.text()
    assert said in next(table for table in tables_of(found) if table.name == "common").note
    within = evaluate(grouped_study(groups=("A",)), options(at="threshold=1.3", by="group"))[0]
    assert "also holds" not in within.text()
