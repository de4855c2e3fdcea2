"""Comparisons that a score file lists twice count, and are told: in the text, the JSON, the report and the list."""

import csv
import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.metrics.pairs_behind.listed_twice import find_listed_twice
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.metrics.store import MarkKind, mark_comparisons
from fairdesk.project.images import labelled_images
from tests.metrics.test_corrections_everywhere import scores_of

# first, second, label, group, score, what it repeats
ROWS = [
    ("a", "b", 1, "A", 0.9, None), ("a", "c", 0, "A", 0.2, None), ("b", "c", 0, "A", 0.1, None),
    ("b", "a", 1, "A", 0.9, "listed before"), ("a", "b", 1, "A", 0.8, "listed before"),
    ("c", "b", 1, "A", 0.1, "listed before with the other label"), ("c", "c", 1, "A", 1.0, "an image with itself"),
    ("a", "c", 0, "A", np.nan, "no score"), ("x", "y", 0, "B", 0.3, None), ("x", "y", 0, "B", 0.3, "listed before"),
    ("a", "b", 0, "B", 0.2, None),  # other images: the same names in another group
    ("x", "z", 1, "B", np.nan, "no score"), ("x", "z", 1, "B", 0.7, None),  # the one before has no score
]  # fmt: skip
NAMES = ("path1", "path2", "label", "group1", "score")


def told(capsys, *words):
    assert run([*map(str, words), "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


@pytest.fixture(params=["npz", "csv", "parquet"])
def file(request, tmp_path):
    arrays = {name: np.array([row[place] for row in ROWS]) for place, name in enumerate(NAMES)}
    arrays["group2"] = arrays["group1"]
    path = tmp_path / f"s.{request.param}"
    if request.param == "npz":
        np.savez(path, **arrays)
    elif request.param == "csv":
        rows = zip(*(values.tolist() for values in arrays.values()), strict=True)
        with path.open("w", newline="") as out:
            csv.writer(out).writerows([list(arrays), *rows])
    else:
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.table({name: values.tolist() for name, values in arrays.items()}), path)
    return path


def test_each_is_counted_listed_and_told(capsys, tmp_path, file):
    words = ["evaluate", file, "--by", "group", "--at", "eer", "--bootstrap", 0, "--out", tmp_path / "o"]
    found = told(capsys, *words)
    assert found["repeats"] == {"again": 3, "other_label": 1, "itself": 1}
    assert found["n_genuine"] + found["n_impostor"] == len(ROWS) - 2  # nothing is dropped but what has no score
    rows = list(csv.DictReader((tmp_path / "o" / "left-out.csv").read_text().splitlines()))
    expected = [(str(number), row[-1]) for number, row in enumerate(ROWS, 1) if row[-1]]
    assert [(row["row"], row["reason"]) for row in rows] == expected
    assert {row["counted"] for row in rows if row["reason"] == "listed before"} == {"yes, each time"}
    counts = {(one["kind"], one["group"]): (one["genuine"], one["impostor"]) for one in found["left_out"]}
    assert counts == {
        ("again", "A"): (2, 0), ("again", "B"): (0, 1), ("other label", "A"): (1, 0), ("itself", "A"): (1, 0),
        ("no score", "A"): (0, 1), ("no score", "B"): (1, 0),
    }  # fmt: skip
    page = (tmp_path / "o" / "report.html").read_text()
    said = capsys.readouterr()
    run(list(map(str, words)))
    said = capsys.readouterr()
    for line in (
        "1 comparison is listed a second time with the other label: one of the two is wrong.",
        "3 comparisons are listed a second time, and count each time.",
        "1 comparison is of an image with itself.",
    ):
        assert line in said.out + said.err and line in page and line in found["warning"]


def test_without_repeats_and_without_images_nothing_is_said(capsys, tmp_path):
    arrays = {name: np.array([row[place] for row in ROWS]) for place, name in enumerate(NAMES)}
    arrays["group2"] = arrays["group1"]
    good = np.array([row[-1] is None for row in ROWS])
    np.savez(tmp_path / "one.npz", **{name: values[good] for name, values in arrays.items()})
    np.savez(tmp_path / "two.npz", **{name: values for name, values in arrays.items() if name != "path1"})
    np.savez(tmp_path / "three.npz", **arrays | {"path1": np.arange(len(ROWS)) / 2})  # no texts: as if there were none
    for name in ("one.npz", "two.npz", "three.npz"):
        assert "repeats" not in told(capsys, "evaluate", tmp_path / name, "--bootstrap", 0), name


def test_against_each_pair_one_by_one():
    rng = np.random.default_rng(3)
    n = 600
    names, groups = np.array(["", "a", "b", "c", "d", "e", "f"]), np.array(["", "A", "B"])
    scores = ScoreSet(
        score=rng.normal(size=n), label=rng.random(n) < 0.5, path1=names[rng.integers(0, 7, n)],
        path2=names[rng.integers(0, 7, n)], group1=groups[rng.integers(0, 3, n)], group2=groups[rng.integers(0, 3, n)],
    )  # fmt: skip
    counted = rng.random(n) < 0.8
    found = find_listed_twice(scores, counted)
    first, expected = {}, {"again": [], "otherwise": [], "itself": []}
    for row in np.flatnonzero(counted).tolist():
        one, two = (
            (str(path[row]), str(group[row]))
            for path, group in ((scores.path1, scores.group1), (scores.path2, scores.group2))
        )
        if not one[0] or not two[0]:
            continue
        if one == two:
            expected["itself"].append(row)
        before = first.setdefault(frozenset((one, two)), row)
        if before != row:
            expected["again" if scores.label[before] == scores.label[row] else "otherwise"].append(row)
    for name, rows in expected.items():
        assert len(rows) > 20 and np.flatnonzero(getattr(found, name)).tolist() == rows


def test_what_a_person_left_out_repeats_nothing(capsys, filled, tmp_path):
    arrays = scores_of(filled, tmp_path / "s.npz")
    twice = {name: np.append(values, values[[0, 5, 5]]) for name, values in arrays.items()}
    twice["label"][-1] = 1 - twice["label"][-1]
    np.savez(tmp_path / "s.npz", **twice)
    words = ["evaluate", tmp_path / "s.npz", "--bootstrap", 0, "--labels-of", filled.folder]
    assert told(capsys, *words)["repeats"] == {"again": 2, "other_label": 1, "itself": 0}
    ids = {str(one.path): one.id for one in labelled_images(filled)}
    mark_comparisons(
        filled, [tuple(ids[twice[f"path{side}"][5]] for side in "12")], MarkKind.EXCLUDED, "a contradiction"
    )
    assert told(capsys, *words)["repeats"] == {"again": 1, "other_label": 0, "itself": 0}
