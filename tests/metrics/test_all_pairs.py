"""All comparisons block by block against every pair one by one."""

import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.metrics.rates.error_rates import sort_scores, threshold_at_fmr
from fairdesk.metrics.results import TarPoint
from fairdesk.metrics.scores import all_pairs
from fairdesk.metrics.scores.all_pairs import compare_all, tar_points
from fairdesk.metrics.scores.all_pairs_results import AllPairsResult, GroupCounts


def vectors_of(people, images, dim=24, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(people, dim))
    who = np.repeat(np.arange(people), images)
    return (centres[who] + 0.9 * rng.normal(size=(len(who), dim))).astype(np.float32), who.astype(np.int64)


def one_by_one(vectors, who, metric):
    a, b = np.triu_indices(len(vectors), 1)
    v = vectors.astype(np.float64)
    if metric == "cosine":
        v /= np.linalg.norm(v, axis=1, keepdims=True)
        score = (v[a] * v[b]).sum(1)
    else:
        score = -np.sqrt(((v[a] - v[b]) ** 2).sum(1))
    return a, b, score, who[a] == who[b]


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("rows", [7, 512])
def test_every_count_is_that_of_the_pairs_one_by_one(monkeypatch, metric, rows):
    monkeypatch.setattr(all_pairs, "_ROWS", rows)
    monkeypatch.setattr(all_pairs, "_PART", 100)
    vectors, who = vectors_of(60, 5)
    group = (who % 3).astype(np.int64)
    shuffled = np.random.default_rng(1).permutation(len(who))
    found = compare_all(vectors[shuffled], who[shuffled], group[shuffled], 3, metric)
    a, b, score, same = one_by_one(vectors, who, metric)
    assert found.genuine == pytest.approx(np.sort(score[same]), abs=2e-5)
    assert found.impostors == int((~same).sum())
    for target, (threshold, matches, misses) in tar_points(found).items():
        point = threshold_at_fmr(sort_scores(score[same], score[~same]), target)
        assert (matches, misses) == (point.false_matches, point.false_non_matches), target
        assert threshold == pytest.approx(point.threshold, abs=2e-5)
    threshold, matches, _ = tar_points(found)["0.01"]
    cells = np.bincount(found.tail_cell[len(found.tail) - matches :], minlength=9)
    low, high = np.minimum(group[a], group[b]), np.maximum(group[a], group[b])
    wrong = ~same & (score >= threshold - 1e-6)
    assert cells.tolist() == np.bincount((low * 3 + high)[wrong], minlength=9).tolist()
    assert found.impostors_of.tolist() == np.bincount((low * 3 + high)[~same], minlength=9).tolist()
    assert found.counts.sum() == found.impostors
    for edge in (500, 2000, 3000):
        assert abs(found.counts[:edge].sum() - (score[~same] < found.edges[edge]).sum()) <= 2


def test_two_hundred_groups_have_each_their_own_cell():
    vectors, who = vectors_of(400, 2)
    group = who % 200
    found = compare_all(vectors, who, group, 200, "cosine")
    a, b, _, same = one_by_one(vectors, who, "cosine")
    cell = np.minimum(group[a], group[b]) * 200 + np.maximum(group[a], group[b])
    assert found.impostors_of.tolist() == np.bincount(cell[~same], minlength=40_000).tolist()
    assert found.tail_cell.min() >= 0 and found.tail_cell.max() > np.iinfo(np.int16).max
    assert (np.bincount(found.tail_cell, minlength=40_000) <= found.impostors_of).all()


def test_a_wrong_guess_of_the_tail_costs_a_pass_and_no_count(monkeypatch):
    vectors, who = vectors_of(40, 4)
    group = np.zeros(len(who), dtype=np.int64)
    right = tar_points(compare_all(vectors, who, group, 1, "cosine"))
    monkeypatch.setattr(all_pairs, "_cut", lambda *_: 0.99)
    assert tar_points(compare_all(vectors, who, group, 1, "cosine")) == right
    monkeypatch.setattr(all_pairs, "_cut", lambda *_: -np.inf)
    assert tar_points(compare_all(vectors, who, group, 1, "cosine")) == right


def test_one_name_in_two_groups_is_two_people():
    vectors, who = vectors_of(10, 4)
    group = np.tile([0, 0, 1, 1], 10).astype(np.int64)
    found = compare_all(vectors, who, group, 2, "cosine")
    assert len(found.genuine) == 10 * 2 and found.impostors == 40 * 39 // 2 - 20


def test_the_verb_counts_a_project(capsys, filled, tmp_path):
    assert (
        run(
            [
                "all-pairs",
                str(filled.folder),
                "--encoder",
                "made-up",
                "--at",
                "0.1",
                "--out",
                str(tmp_path / "o"),
                "--json",
            ]
        )
        == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert found["n_genuine"] == 8 * 10 and found["n_impostor"] == 40 * 39 // 2 - 80 and found["subjects"] == 8
    assert found["encoder"] == "made-up" and found["faces"] == 40
    assert sum(row["genuine"] for row in found["per_group"].values()) == 80
    cells = found["fmr_matrix"]
    total = cells["g0|g0"]["false_matches"] + cells["g1|g1"]["false_matches"] + cells["g0|g1"]["false_matches"]
    assert total == found["tar_at_far"]["0.1"]["false_matches"] <= 70
    rows = (tmp_path / "o" / "histogram.csv").read_text().splitlines()[1:]
    assert sum(int(row.split(",")[2]) for row in rows) == found["n_impostor"]
    assert sum(int(row.split(",")[3]) for row in rows) == 80
    assert (tmp_path / "o" / "all-pairs.json").exists()


def test_a_rate_of_no_comparison_says_why_it_is_undefined():
    row = GroupCounts(
        genuine=0, impostor=0, false_matches=0, false_non_matches=0, fmr=None, fmr_why="no impostor pairs within this group",
        fnmr=None, fnmr_why="no genuine pairs in this group",
    )  # fmt: skip
    point = TarPoint(
        tar=None, tar_why="no genuine comparisons", fmr=0.0, threshold=0.5, false_matches=0, resolvable=True
    )
    said = AllPairsResult(
        n_genuine=0, n_impostor=1, subjects=2, without_identity=0, measure="cosine similarity", tar_at_far={"0.1": point},
        at="0.1", threshold=0.5, per_group={"A": row}, fmr_matrix={},
    ).text()  # fmt: skip
    assert "A: FMR undefined: no impostor pairs within this group (0 of 0), FNMR undefined: no genuine pairs" in said
    assert "TAR at FAR     10 %: undefined: no genuine comparisons" in said
