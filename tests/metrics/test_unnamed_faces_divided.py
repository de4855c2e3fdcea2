"""Faces without a name are no person together: normalising leaves them out, but for the pair that says whose they are."""

import json

import numpy as np

from fairdesk.cli.main import run
from fairdesk.metrics.scores.group_normalisation import divide_people
from fairdesk.metrics.scores.score_set import ScoreSet


def comparisons(rows):
    """Return comparisons of (genuine, subject1, subject2), all of one group."""
    label, one, two = (np.array(column) for column in zip(*rows, strict=True))
    group = np.full(len(rows), "A")
    return ScoreSet(score=np.zeros(len(rows)), label=label, subject1=one, subject2=two, group1=group, group2=group)


def test_by_hand():
    rows = [
        (True, "p", "p"), (True, "q", "q"), (False, "p", "q"), (True, "p", ""), (True, "", "q"), (False, "p", ""),
        (False, "", "q"), (False, "", ""), (True, "", ""),
    ]  # fmt: skip
    seen = set()
    for seed in range(20):
        found = divide_people(comparisons(rows), 0.5, seed)
        learned, applied = np.flatnonzero(found.learned).tolist(), np.flatnonzero(found.applied).tolist()
        assert (learned, applied) in (([0, 3], [1, 4]), ([1, 4], [0, 3]))
        assert (found.between, found.unnamed) == (1, 4)
        seen.add(learned[0])
    assert seen == {0, 1}


def test_names_that_are_all_there_are_divided_as_before():
    rng = np.random.default_rng(0)
    names = np.array([f"p{k}" for k in range(9)])
    rows = [(bool(a == b), names[a], names[b]) for a, b in rng.integers(0, 9, (200, 2))]
    found = divide_people(comparisons(rows), 0.5, 3)
    people = np.unique(np.concatenate([np.array(column) for column in list(zip(*rows, strict=True))[1:]]))
    chosen = set(people[np.random.default_rng([3, 17]).permutation(np.arange(len(people)))[: round(0.5 * len(people))]])
    assert found.learned.tolist() == [one in chosen and two in chosen for _, one, two in rows]
    assert found.applied.tolist() == [one not in chosen and two not in chosen for _, one, two in rows]
    assert found.unnamed == 0


def test_the_verb_tells_how_many_and_refuses_where_nobody_is_named(tmp_path, capsys):
    rng = np.random.default_rng(1)
    people, rows = np.array([f"p{k}" for k in range(20)]), []
    for _ in range(4000):
        a, b = rng.integers(0, 20, 2)
        rows.append((bool(a == b), people[a] if rng.random() > 0.02 else "", people[b], "AB"[a % 2], "AB"[b % 2]))
    label, one, two, g1, g2 = (np.array(column) for column in zip(*rows, strict=True))
    arrays = {"score": rng.normal(size=4000) + 2 * label, "label": label, "group1": g1, "group2": g2}
    np.savez(tmp_path / "s.npz", **arrays, subject1=one, subject2=two)
    words = ["--out", str(tmp_path / "out.npz"), "--fmr", "0.1", "--json"]
    assert run(["normalise", str(tmp_path / "s.npz"), *words]) == 0
    told = capsys.readouterr()
    out = json.loads(told.out)
    assert out["unnamed"] == int(((one == "") & ~label).sum()) > 0
    assert f"{out['unnamed']} comparisons of a face without a name are left out" in out["summary"]
    kept = np.load(tmp_path / "out.npz")
    assert ((kept["subject1"] != "") | kept["label"]).all()
    np.savez(tmp_path / "s.npz", **arrays, subject1=np.full(4000, ""), subject2=np.full(4000, ""))
    assert run(["normalise", str(tmp_path / "s.npz"), *words]) == 2
    assert "do not name subjects" in capsys.readouterr().err
