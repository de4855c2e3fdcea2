"""Comparisons that are left out, or whose label is contradicted: each reason is counted by group, and each one is listed."""

import csv
import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.metrics.store import MarkKind, mark_comparisons
from fairdesk.project.images import labelled_images
from tests.metrics.test_corrections_everywhere import scores_of

# first, second, label, subjects, groups, score: what is wrong with each, and where it counts still
ROWS = [
    ("a1", "a2", 1, "p", "p", "A", "A", 0.9, None),
    ("a1", "a3", 0, "p", "q", "A", "A", 0.2, None),
    ("b1", "b2", 1, "r", "r", "B", "B", 0.8, None),
    ("b1", "b3", 0, "r", "s", "B", "B", 0.1, None),
    ("a1", "b1", 0, "p", "r", "A", "B", 0.15, None),  # an impostor pair of two groups is in their cell of the matrix
    ("a1", "a4", 1, "p", "p", "A", "A", np.nan, "no score"),
    ("a1", "a4", 0, "p", "q", "A", "A", np.nan, "no score"),
    ("b1", "b9", 0, "r", "s", "B", "B", np.nan, "no score"),
    ("a5", "a1", 0, "t", "p", "", "A", 0.3, "no group"),
    ("a5", "b1", 1, "t", "t", "", "", 0.35, "no group"),
    ("a2", "b4", 1, "p", "p", "A", "B", 0.7, "two groups"),
    ("a2", "b5", 1, "p", "z", "A", "B", 0.75, "two groups"),  # the weightier reason: this one takes it out of a rate
    ("a2", "a7", 1, "p", "q", "A", "A", 0.6, "two people"),
    ("b2", "b7", 0, "r", "r", "B", "B", 0.4, "one person"),
    ("a2", "b8", 0, "p", "p", "A", "B", 0.05, None),  # one name in two groups may be two people
]
NAMES = ("path1", "path2", "label", "subject1", "subject2", "group1", "group2", "score")


def arrays():
    return {name: np.array([row[place] for row in ROWS]) for place, name in enumerate(NAMES)}


def listed(folder):
    with (folder / "left-out.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def told(capsys, *words):
    assert run([*map(str, words), "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("ending", ["npz", "csv"])
def test_each_is_listed_with_its_sides_label_and_reason(capsys, tmp_path, ending):
    source = tmp_path / f"s.{ending}"
    if ending == "npz":
        np.savez(source, **arrays())
    else:
        with source.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(NAMES)
            writer.writerows(["" if cell != cell else cell for cell in row[:-1]] for row in ROWS)
    words = ["evaluate", source, "--by", "group", "--at", "eer", "--bootstrap", 0]
    found = told(capsys, *words, "--out", tmp_path / "report")
    counts = {(one["kind"], one["group"]): (one["genuine"], one["impostor"]) for one in found["left_out"]}
    assert counts == {
        ("no score", "A"): (1, 1), ("no score", "B"): (0, 1), ("no group", "no group"): (1, 1),
        ("two groups", "A and B"): (2, 0), ("two people", "A"): (1, 0), ("one person", "B"): (0, 1),
    }  # fmt: skip
    rows = listed(tmp_path / "report")
    expected = [(str(number), *row) for number, row in enumerate(ROWS, 1) if row[-1] is not None]
    assert len(rows) == len(expected) == sum(map(sum, counts.values()))
    reasons = {
        "no score": "no score", "no group": "a face has no group",
        "two groups": "a genuine pair of two groups", "two people": "labelled genuine, of two people",
        "one person": "labelled impostor, of one person",
    }  # fmt: skip
    for row, (number, one, two, label, _, _, group1, group2, score, kind) in zip(rows, expected, strict=True):
        assert (row["row"], row["first"], row["second"]) == (number, one, two)
        assert row["label"] == ("genuine" if label else "impostor") and row["reason"] == reasons[kind]
        assert (row["first_group"], row["second_group"]) == (group1, group2)
        assert row["score"] == ("" if score != score else repr(score))
        where = {"no score": "in no rate", "no group": "in no group's rates", "two groups": "in no group's rates"}
        assert row["counted"] == where.get(kind, "yes, as it is labelled")
    # the counts that were told before are those of the list
    assert (
        found["dropped"] == {"genuine": 1, "impostor": 2} and found["n_genuine"] + found["n_impostor"] == len(ROWS) - 3
    )
    across = found["groups"]["not_in_a_group"]
    assert across["genuine_across"] == 2 and across["genuine_unnamed"] + across["impostor_unnamed"] == 2
    assert found["left_out_file"] == "left-out.csv"
    with (tmp_path / "report" / "tables" / "left_out.csv").open(newline="") as file:
        table = list(csv.reader(file))
    assert table[1] == ["A", "no score", "1", "1", "in no rate"] and len(table) == 7
    page = (tmp_path / "report" / "report.html").read_text()
    assert "Each is listed in left-out.csv, beside the report." in page
    plain = told(capsys, *words)
    assert plain["left_out"] == found["left_out"] and "left_out_file" not in plain


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, "no score"),
        ({"measure": "cosine similarity"}, "no score"),
        ({"encoder": "dlib"}, "no score: an image has no face or no embedding"),
        (
            {"encoder": "dlib", "measure": "cosine similarity"},
            "no score: an image has no face or no embedding",
        ),
        ({"encoder": "dlib", "measure": "cosine similarity, normalised by group (z)"}, "no score"),
    ],
)
def test_why_there_is_no_score_is_said_only_where_it_is_known(capsys, tmp_path, more, reason):
    np.savez(tmp_path / "s.npz", **arrays(), **more)
    found = told(capsys, "evaluate", tmp_path / "s.npz", "--by", "group", "--at", "eer", "--bootstrap", 0)
    assert {one["reason"] for one in found["left_out"] if one["kind"] == "no score"} == {reason}


def test_scores_that_normalising_lost_are_not_said_to_lack_a_face(capsys, filled, tmp_path):
    made = scores_of(filled, tmp_path / "s.npz")
    made["group1"] = np.where(made["path1"] == made["path1"][0], "", made["group1"])
    made["group2"] = np.where(made["path2"] == made["path1"][0], "", made["group2"])
    np.savez(tmp_path / "s.npz", **made, encoder="dlib", measure="cosine similarity")
    for seed in range(9):  # until the face is among the people who were not learned from
        words = ["normalise", tmp_path / "s.npz", "--out", tmp_path / "n.csv", "--fmr", "0.1", "--seed", seed]
        found = told(capsys, *words)
        if found["without_a_rule"]:
            break
    lost = found["without_a_rule"]
    assert lost > 1 and f"{lost} comparisons have no score any more: a face has no group" in found["summary"]
    after = told(capsys, "evaluate", tmp_path / "n.csv", "--by", "group", "--at", "eer", "--bootstrap", 0)
    kinds = {
        (one["reason"], one["genuine"] + one["impostor"]) for one in after["left_out"] if one["kind"] == "no score"
    }
    assert {reason for reason, _ in kinds} == {"no score"} and sum(n for _, n in kinds) == lost


def test_by_gender_the_groups_are_those_of_gender(capsys, tmp_path):
    made = arrays() | {"gender1": np.array(["f"] * len(ROWS)), "gender2": np.array(["f"] * len(ROWS))}
    made["gender2"][0], made["gender1"][3] = "m", ""  # a genuine pair of two genders; a face without one
    np.savez(tmp_path / "s.npz", **made)
    found = told(capsys, "evaluate", tmp_path / "s.npz", "--by", "gender", "--bootstrap", 0, "--out", tmp_path / "r")
    counts = {(one["kind"], one["group"]): one["genuine"] + one["impostor"] for one in found["left_out"]}
    assert counts == {
        ("no score", "f"): 3, ("no group", "no group"): 1, ("two groups", "f and m"): 1, ("two people", "f"): 2, ("one person", "f"): 1,
    }  # fmt: skip
    assert [row["first_group"] for row in listed(tmp_path / "r")][:2] == ["f", ""]
    alone = told(capsys, "evaluate", tmp_path / "s.npz", "--bootstrap", 0)["left_out"]  # not by group
    assert {(one["kind"], one["group"]): one["genuine"] + one["impostor"] for one in alone} == {
        ("no score", ""): 3, ("two people", ""): 2, ("one person", ""): 1,
    }  # fmt: skip


def test_what_people_left_out_is_listed_with_what_they_said(capsys, filled, tmp_path):
    made = scores_of(filled, tmp_path / "s.npz")
    images = labelled_images(filled)
    mark_comparisons(filled, [(images[0].id, images[1].id)], MarkKind.EXCLUDED, "=two people")
    mark_comparisons(
        filled, [(images[2].id, images[39].id)], MarkKind.WRONG_LABEL, "no group"
    )  # a code, said by a person
    words = ["evaluate", tmp_path / "s.npz", "--by", "group", "--bootstrap", 0, "--out", tmp_path / "r"]
    found = told(capsys, *words, "--labels-of", filled.folder)
    counts = [(one["kind"], one["reason"], one["group"], one["genuine"], one["impostor"]) for one in found["left_out"]]
    assert counts == [("said", "=two people", "g0", 1, 0), ("said", "no group", "g0 and g1", 0, 1)]
    rows = listed(tmp_path / "r")
    assert [row["reason"] for row in rows] == ["'=two people", "no group"] and rows[0]["counted"] == "in no rate"
    assert rows[0]["first"] == str(images[0].path) and float(rows[0]["score"]) == made["score"][0]
    assert (
        told(capsys, *words)["left_out"] == []
    )  # nobody asked for the project: nothing is left out, and the list goes
    assert not (tmp_path / "r" / "left-out.csv").exists()


def test_the_list_is_written_in_the_reports_language_and_the_same_again(capsys, tmp_path):
    np.savez(tmp_path / "s.npz", **arrays())
    words = ["evaluate", tmp_path / "s.npz", "--by", "group", "--bootstrap", 0, "--language", "es", "--out"]
    for name in ("one", "two"):
        told(capsys, *words, tmp_path / name)
    assert (tmp_path / "one" / "left-out.csv").read_bytes() == (tmp_path / "two" / "left-out.csv").read_bytes()
    assert {row["label"] for row in listed(tmp_path / "one")} == {"genuina", "impostora"}
    assert "una cara no tiene grupo" in {row["reason"] for row in listed(tmp_path / "one")}
    assert "Each is listed" not in (tmp_path / "one" / "report.html").read_text()


def test_distances_and_bare_scores(capsys, tmp_path):
    """The list has scores in the file's own sense; scores without sides are told by their place."""
    made = arrays() | {"score": -arrays()["score"], "measure": "cosine distance"}
    np.savez(tmp_path / "s.npz", **made)
    told(capsys, "evaluate", tmp_path / "s.npz", "--by", "group", "--bootstrap", 0, "--out", tmp_path / "r")
    assert next(row for row in listed(tmp_path / "r") if row["row"] == "9")["score"] == "-0.3"
    np.savez(tmp_path / "b.npz", genuine=[0.9, np.nan, 0.8], impostor=[np.nan, 0.1])
    found = told(capsys, "evaluate", tmp_path / "b.npz", "--bootstrap", 0, "--out", tmp_path / "b")
    assert [(one["kind"], one["genuine"], one["impostor"]) for one in found["left_out"]] == [("no score", 1, 1)]
    assert [(row["row"], row["first"], row["label"]) for row in listed(tmp_path / "b")] == [
        ("2", "", "genuine"),
        ("1", "", "impostor"),
    ]
    assert {row["file"] for row in listed(tmp_path / "b")} == {"b.npz"}


def test_rows_of_two_files_are_named_by_their_own(capsys, tmp_path):
    (tmp_path / "mates.txt").write_text("0.9\nnan\n0.8\n")
    (tmp_path / "others.txt").write_text("0.1\n0.2\nNA\n0.3\nnan\n")
    words = ["evaluate", tmp_path / "mates.txt", "--impostor", tmp_path / "others.txt", "--bootstrap", 0]
    told(capsys, *words, "--language", "es", "--out", tmp_path / "o")
    rows = [(row["file"], row["row"], row["label"]) for row in listed(tmp_path / "o")]
    assert rows == [
        ("mates.txt", "2", "genuina"), ("others.txt", "3", "impostora"), ("others.txt", "5", "impostora"),
    ]  # fmt: skip
