"""Columns of labels that are not called `label`: beside the subjects too they are read, and it is said."""

import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.errors import RequestError
from fairdesk.metrics.scores.label_columns import is_called_labels
from fairdesk.metrics.scores.score_columns import guess_score_columns, table_to_ask_about
from fairdesk.metrics.scores.score_files import read_scores

SUBJECTS = "\n0.9,{0},a,a\n0.1,{1},a,b\n0.8,{0},c,d\n"  # the third is genuine by the label alone


def table(path, head, text):
    path.write_text(head + text)
    return path


@pytest.mark.parametrize(
    "name",
    ["Decision", "ground_truth", "GroundTruth", "gt", "y_true", "truth", "actual", "is_match", "ismatch", "Match", "genuine",
     "same", "issame", "same_person", "same_identity", "is same person", "mated", "labels", "pair_label", "mismo", "misma_persona"],
)  # fmt: skip
def test_a_sole_column_of_labels_is_read_beside_the_subjects(tmp_path, name):
    path = table(tmp_path / "s.csv", f"score,{name},subject1,subject2", SUBJECTS.format("1", "0"))
    found = read_scores(path)
    assert found.label.tolist() == [True, False, True]
    assert len(found.told) == 1 and name in found.told[0] and "1 means the same person" in found.told[0]
    assert table_to_ask_about(path) is not None  # the window asks, with it chosen
    assert guess_score_columns(table_to_ask_about(path))["label"] == name
    assert not read_scores(path, columns={"label": name}).told


@pytest.mark.parametrize(
    "name",
    ["same_gender", "same_ethnicity", "match_score", "y_pred", "predicted_label", "truth_table", "label1", "gt_id", "decision_threshold",
     "target", "class", "score", "identity", "Notes", ""],
)  # fmt: skip
def test_names_of_other_things_are_no_labels(name):
    assert not is_called_labels(name)


def test_several_such_columns_beside_the_subjects_are_refused(tmp_path):
    path = table(tmp_path / "s.csv", "score,is_match,y_true,subject1,subject2", "\n0.9,1,1,a,a\n0.1,0,0,a,b\n")
    with pytest.raises(RequestError, match=r"is_match, y_true may.*--columns label=is_match"):
        read_scores(path)
    assert read_scores(path, columns={"label": "y_true"}).label.tolist() == [True, False]
    assert table_to_ask_about(path) is not None


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [("target", ("1", "0"), True), ("class", ("Asian", "Black"), False), ("match", ("accept", "reject"), True)],
)
def test_what_may_be_labels_is_passed_over_and_said(tmp_path, name, values, said):
    path = table(tmp_path / "s.csv", f"score,{name},subject1,subject2", SUBJECTS.format(*values))
    found = read_scores(path)
    assert found.label.tolist() == [True, False, False]
    assert ["not read: " + name in line and f"--columns label={name}" in line for line in found.told] == [True] * said


def test_a_table_of_two_files_a_decision_and_a_score_is_read(capsys, tmp_path):
    rows = "\n".join(f"a{k}.jpg,b{k}.jpg,{k % 2},{k % 2 + k / 100}" for k in range(40))
    path = table(tmp_path / "s.csv", "file_x,file_y,Decision,score\n", rows + "\n")
    found = read_scores(path, paths=True)
    assert found.path1[3] == "a3.jpg" and found.path2[3] == "b3.jpg" and found.label.sum() == 20
    assert run(["evaluate", str(path), "--bootstrap", "0", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["eer"] == 0 and "Decision" in said["warning"]
    assert run(["compare-scores", str(path), str(path), "--json"]) == 0
    assert "images" in json.loads(capsys.readouterr().out)["matched_by"]


def test_other_sides_are_no_images(tmp_path):
    path = table(tmp_path / "s.csv", "left,right,score,label", "\na,b,0.5,1\nc,d,0.4,0\n")
    assert read_scores(path, paths=True).path1 is None


def test_the_same_name_in_two_groups_is_two_subjects(tmp_path):
    head = "score,subject1,subject2,group1,group2"
    rows = "\n0.9,3,3,A,A\n0.1,3,3,A,B\n0.2,3,4,A,A\n0.8,5,5,A, a\n0.7,6,6,A,\n"
    found = read_scores(table(tmp_path / "s.csv", head, rows))
    assert found.label.tolist() == [True, False, False, True, True]
    assert len(found.told) == 1 and found.told[0].startswith("1 comparison is of the same name in two groups")
    found = read_scores(
        table(tmp_path / "s.csv", "score,label,subject1,subject2,group1,group2", "\n0.1,1,3,3,A,B\n0.2,0,3,4,A,A\n")
    )
    assert found.label.tolist() == [True, False] and not found.told


@pytest.mark.parametrize("same", [0, 39])
def test_how_many_such_there_are_is_told(tmp_path, same):
    rng = np.random.default_rng(0)
    rows = [f"{rng.random():.3f},{k},{k},A,{'B' if k < same else 'A'}" for k in range(60)]
    found = read_scores(table(tmp_path / "s.csv", "score,subject1,subject2,group1,group2\n", "\n".join(rows) + "\n"))
    assert int(found.label.sum()) == 60 - same
    told = [line.partition(" comparisons are of the same name in two groups")[0] for line in found.told]
    assert told == ["39"] * bool(same)
