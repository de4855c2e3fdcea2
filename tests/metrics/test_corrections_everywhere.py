"""What people correct in a project counts the same for every verb: two models, normalising, and every two faces."""

import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.metrics.scores import all_pairs
from fairdesk.metrics.scores.all_pairs import compare_all
from fairdesk.metrics.scores.score_files import read_scores
from fairdesk.metrics.store import MarkKind, mark_comparisons
from fairdesk.project.images import hide_images, labelled_images
from fairdesk.project.labels import Edit, edit_labels


def scores_of(project, path, seed=0, turned=False, more=()):
    """Write scores of every two images of a project, with all that a score file can say of them; returns its arrays."""
    images = labelled_images(project)
    rng = np.random.default_rng(seed)
    one, two = np.triu_indices(len(images), 1)
    if turned:  # another program's order, and its own order of the two images
        one, two = two[::-1].copy(), one[::-1].copy()
    who = np.array([f"{i.group}/{i.identity}" for i in images])
    label = who[one] == who[two]
    arrays = {"score": np.where(label, 2.0, 0.0) + rng.normal(size=len(one)), "label": label.astype(np.int8)}
    for side, rows in (("1", one), ("2", two)):
        arrays[f"path{side}"] = np.array([str(i.path) for i in images])[rows]
        arrays[f"subject{side}"] = np.array([i.identity for i in images])[rows]
        arrays[f"group{side}"] = np.array([i.group for i in images])[rows]
        arrays[f"gender{side}"] = np.array(["f" if i.id % 2 else "m" for i in images])[rows]
        arrays[f"age{side}"] = np.array([str(20 + i.id) for i in images])[rows]
    np.savez(path, **arrays, **dict(more))
    return arrays


def corrected_by_hand(project, arrays):
    """Correct a project, and the arrays as the corrections mean it; returns the arrays and how many changed sides."""
    images = labelled_images(project)
    moved, other = images[0], next(i for i in images if i.group == "g1")
    edit_labels(project, [moved.id], Edit(identity=other.identity, group="g1"))
    mark_comparisons(project, [(images[3].id, images[30].id)], MarkKind.EXCLUDED, "two people")
    mark_comparisons(project, [(images[9].id, images[5].id)], MarkKind.WRONG_LABEL, "a wrong label")
    made = {name: values.copy() for name, values in arrays.items()}
    for side in "12":
        mine = made[f"path{side}"] == str(moved.path)
        made[f"subject{side}"][mine], made[f"group{side}"][mine] = other.identity, "g1"
    label = (made["subject1"] == made["subject2"]) & (made["group1"] == made["group2"])
    changed = int((label != (made["label"] == 1)).sum())
    made["label"] = label.astype(np.int8)
    gone = [{str(images[3].path), str(images[30].path)}, {str(images[9].path), str(images[5].path)}]
    kept = np.array([{a, b} not in gone for a, b in zip(made["path1"], made["path2"], strict=True)])
    assert (~kept).sum() == 2
    return {name: values[kept] for name, values in made.items()}, changed


def told(capsys, *words):
    assert run([*map(str, words), "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


CORRECTED = {"excluded": 1, "wrong_label": 1, "relabelled_images": 1, "reasons": {"two people": 1, "a wrong label": 1}}


@pytest.mark.parametrize("lacking", [(), ("subject1", "subject2"), ("path1", "path2")])
def test_two_models_follow_what_people_said(capsys, filled, tmp_path, lacking):
    """The second file lacks subjects, or names no images and is matched by its rows."""
    one = scores_of(filled, tmp_path / "one.npz", 1)
    two = scores_of(filled, tmp_path / "two.npz", 2, turned="path1" not in lacking)
    np.savez(tmp_path / "two.npz", **{name: values for name, values in two.items() if name not in lacking})
    words = ["compare-scores", tmp_path / "one.npz", tmp_path / "two.npz", "--at", "fmr=0.05", "--bootstrap", 40]
    before = told(capsys, *words)
    assert "corrections" not in before
    by_hand, changed = corrected_by_hand(filled, one)
    other, _ = (by_hand, 0) if "path1" in lacking else (two, 0)
    np.savez(tmp_path / "hand.npz", **by_hand)
    if "path1" in lacking:
        kept = np.isin(one["score"], by_hand["score"])
        other = by_hand | {"score": two["score"][kept]}
    else:
        wanted = {
            frozenset(pair): label
            for *pair, label in zip(by_hand["path1"], by_hand["path2"], by_hand["label"], strict=True)
        }
        label = [wanted.get(frozenset(pair), -1) for pair in zip(two["path1"], two["path2"], strict=True)]
        kept = np.array(label) >= 0
        other = {name: values[kept] for name, values in two.items() if not name.startswith(("subject", "group"))}
        other["label"] = np.array(label)[kept]
    np.savez(tmp_path / "other.npz", **other)
    found = told(capsys, *words, "--labels-of", filled.folder)
    assert {name: found["corrections"][name] for name in CORRECTED} == CORRECTED
    assert found["corrections"]["relabelled"] == changed > 0
    assert found["comparisons"] == len(by_hand["score"]) and found["only_in_first"] == found["only_in_second"] == 0
    right = told(capsys, *words[:1], tmp_path / "hand.npz", tmp_path / "other.npz", *words[3:])
    assert found["differences"] == right["differences"] != before["differences"]
    run([*map(str, words), "--labels-of", str(filled.folder)])
    said = capsys.readouterr().out
    assert "2 comparisons are left out: two people (1); a wrong label (1)" in said
    filled.journal.undo(), filled.journal.undo(), filled.journal.undo()
    again = told(capsys, *words, "--labels-of", filled.folder)
    assert again["differences"] == before["differences"] and again["corrections"]["reasons"] == {}


def test_two_models_of_elsewhere_are_refused(capsys, filled, tmp_path):
    strange = scores_of(filled, tmp_path / "one.npz")
    for side in "12":
        strange[f"path{side}"] = np.char.add("x", strange[f"path{side}"])
    np.savez(tmp_path / "x.npz", **strange)
    words = ["compare-scores", tmp_path / "x.npz", tmp_path / "x.npz", "--bootstrap", 0, "--labels-of", filled.folder]
    assert run(list(map(str, words))) == 2 and "None of the images" in capsys.readouterr().err
    nameless = {name: values for name, values in strange.items() if not name.startswith("path")}
    np.savez(tmp_path / "x.npz", **nameless)
    assert run(list(map(str, words))) == 2 and "path1, path2" in capsys.readouterr().err


ABOUT = {
    "encoder": "made-up", "detector": "hog", "recipe": "0123456789abcdef", "faces": "40", "pair_list": "pairs.csv",
    "pair_list_sha256": "a" * 64, "weights_sha256": "b" * 64,
}  # fmt: skip


@pytest.mark.parametrize("ending", [".npz", ".csv", ".parquet"])
def test_normalising_keeps_all_that_scores_know(capsys, filled, tmp_path, ending):
    more = {"fold": np.arange(780) % 10, "measure": "cosine similarity"} | ABOUT
    arrays = scores_of(filled, tmp_path / "s.npz", more=more)
    out = tmp_path / f"n{ending}"
    told(capsys, "normalise", tmp_path / "s.npz", "--out", out, "--fmr", "0.1")
    before, after = read_scores(tmp_path / "s.npz", paths=True), read_scores(out, paths=True)
    at = {pair: row for row, pair in enumerate(zip(arrays["path1"], arrays["path2"], strict=True))}
    rows = [at[pair] for pair in zip(after.path1, after.path2, strict=True)]
    assert 0 < len(rows) < 780 and rows == sorted(rows)
    names = [f"{name}{side}" for name in ("subject", "group", "gender", "age", "path") for side in "12"]
    for name in [*names, "label", "fold"]:
        assert getattr(after, name).tolist() == getattr(before, name)[rows].tolist(), name
    assert after.about == before.about and set(after.about) == set(ABOUT)
    assert after.measure == "cosine similarity, normalised by group (threshold)"
    # so that the result can be grouped by what it was not normalised by, and its pairs be corrected
    assert run(["evaluate", str(out), "--by", "gender+age", "--bootstrap", "0"]) == 0
    assert run(["evaluate", str(out), "--labels-of", str(filled.folder), "--bootstrap", "0"]) == 0


def test_normalising_follows_what_people_said(capsys, filled, tmp_path):
    arrays = scores_of(filled, tmp_path / "s.npz")
    words = ["--fmr", "0.1", "--seed", 3]
    before = told(capsys, "normalise", tmp_path / "s.npz", "--out", tmp_path / "n.npz", *words)
    by_hand, changed = corrected_by_hand(filled, arrays)
    np.savez(tmp_path / "hand.npz", **by_hand)
    found = told(
        capsys, "normalise", tmp_path / "s.npz", "--out", tmp_path / "n.npz", *words, "--labels-of", filled.folder
    )
    right = told(capsys, "normalise", tmp_path / "hand.npz", "--out", tmp_path / "h.npz", *words)
    assert {name: found["corrections"][name] for name in CORRECTED} == CORRECTED
    assert found["corrections"]["relabelled"] == changed and "two people (1)" in found["summary"]
    for name in ("rules", "before", "after", "comparisons"):
        assert found[name] == right[name], name
    assert found["rules"] != before["rules"]
    one, two = (read_scores(tmp_path / name, paths=True) for name in ("n.npz", "h.npz"))
    for name in ("score", "label", "subject1", "group2", "path1", "gender1"):
        assert getattr(one, name).tolist() == getattr(two, name).tolist()


def test_other_peoples_scores_follow_too(capsys, filled, tmp_path):
    """What is learned on a part of the project, and applied to scores of the rest."""
    arrays = scores_of(filled, tmp_path / "all.npz")
    groups = {name: sorted(set(arrays["subject1"][arrays["group1"] == name])) for name in ("g0", "g1")}
    mine = np.isin(arrays["subject1"], groups["g0"][:2] + groups["g1"][:2])
    other = np.isin(arrays["subject2"], groups["g0"][:2] + groups["g1"][:2])
    np.savez(tmp_path / "learn.npz", **{name: values[mine & other] for name, values in arrays.items()})
    np.savez(tmp_path / "s.npz", **{name: values[~mine & ~other] for name, values in arrays.items()})
    rows = np.flatnonzero(mine & other & (arrays["label"] == 0) & (arrays["group1"] == arrays["group2"]))
    best = rows[np.argmax(arrays["score"][rows])]
    ids = {str(i.path): i.id for i in labelled_images(filled)}
    mark_comparisons(filled, [tuple(ids[arrays[f"path{s}"][best]] for s in "12")], MarkKind.EXCLUDED, "twice")
    words = [
        "normalise",
        tmp_path / "s.npz",
        "--out",
        tmp_path / "n.npz",
        "--learn-from",
        tmp_path / "learn.npz",
        "--fmr",
        ".1",
    ]
    found = told(capsys, *words, "--labels-of", filled.folder)
    assert found["corrections"]["excluded"] == 0 and found["learned_corrections"]["reasons"] == {"twice": 1}
    group = str(arrays["group1"][best])
    assert found["rules"][group]["impostors"] == told(capsys, *words)["rules"][group]["impostors"] - 1


@pytest.mark.parametrize("rows", [7, 512])
def test_every_two_without_some(monkeypatch, rows):
    """Against every pair one by one: genuine and impostor ones, within groups and between, in any order."""
    monkeypatch.setattr(all_pairs, "_ROWS", rows)
    rng = np.random.default_rng(5)
    who, vectors = np.repeat(np.arange(20), 4), rng.normal(size=(80, 16)).astype(np.float32)
    group = (who % 3).astype(np.int64)
    pairs = np.array([(5, 4), (0, 3), (2, 70), (9, 13), (79, 1), (78, 79), (10, 22)])
    found = compare_all(vectors, who, group, 3, "euclidean", without=pairs)
    a, b = np.triu_indices(80, 1)
    gone = {tuple(sorted(pair)) for pair in pairs.tolist()}
    kept = np.array([pair not in gone for pair in zip(a.tolist(), b.tolist(), strict=True)])
    a, b = a[kept], b[kept]
    score, same = -np.sqrt(((vectors[a].astype(float) - vectors[b]) ** 2).sum(1)), who[a] == who[b]
    assert found.genuine == pytest.approx(np.sort(score[same]), abs=2e-5) and found.impostors == int((~same).sum())
    cells = np.minimum(group[a], group[b]) * 3 + np.maximum(group[a], group[b])
    assert found.impostors_of.tolist() == np.bincount(cells[~same], minlength=9).tolist()
    assert found.tail[-50:] == pytest.approx(np.sort(score[~same])[-50:], abs=2e-5)
    assert np.bincount(found.genuine_cell, minlength=9).tolist() == np.bincount(cells[same], minlength=9).tolist()


def test_the_verb_of_every_two_counts_what_was_left_out(capsys, filled):
    before = told(capsys, "all-pairs", filled.folder, "--encoder", "made-up")
    assert before["corrections"] == {
        "excluded": 0,
        "wrong_label": 0,
        "relabelled_images": 0,
        "relabelled": 0,
        "reasons": {},
    }
    images = [one.id for one in labelled_images(filled)]  # 2 groups x 4 people x 5 images
    mark_comparisons(filled, [(images[1], images[0]), (images[0], images[7])], MarkKind.EXCLUDED, "two people")
    mark_comparisons(filled, [(images[0], images[39])], MarkKind.WRONG_LABEL, "a wrong label")
    found = told(capsys, "all-pairs", filled.folder, "--encoder", "made-up")
    assert found["n_genuine"] == before["n_genuine"] - 1 and found["n_impostor"] == before["n_impostor"] - 2
    assert found["per_group"]["g0"]["genuine"] == 39 and found["per_group"]["g0"]["impostor"] == 149
    assert found["fmr_matrix"]["g0|g1"]["impostor"] == 399
    assert found["corrections"]["reasons"] == {"two people": 2, "a wrong label": 1}
    run(["all-pairs", str(filled.folder), "--encoder", "made-up"])
    assert "3 comparisons are left out" in capsys.readouterr().out
    edit_labels(filled, images[:1], Edit(identity="Somebody", group="g0"))  # a label counts as it is in the project now
    assert told(capsys, "all-pairs", filled.folder, "--encoder", "made-up")["n_genuine"] == 80 - 4


def test_a_pair_the_other_way_round_keeps_its_sides(capsys, tmp_path):
    """The second file alone names groups and subjects, and lists every second pair the other way round."""
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(24), 3)
    one, two = np.triu_indices(len(who), 1)
    group, path = np.where(who % 2, "B", "A"), np.array([f"{w}/{n}.jpg" for n, w in enumerate(who)])
    same = who[one] == who[two]
    columns = lambda a, b: {
        "subject1": who[a].astype(str), "subject2": who[b].astype(str), "group1": group[a], "group2": group[b],
        "path1": path[a], "path2": path[b],
    }  # fmt: skip
    first = {"score": 2 * same + rng.normal(size=len(one)), "label": same.astype(int), **columns(one, two)}
    turn = np.arange(len(one)) % 2 == 1
    a, b = np.where(turn, two, one), np.where(turn, one, two)
    second = {"score": 2 * same + rng.normal(size=len(one)), "label": same.astype(int), **columns(a, b)}
    bare = {name: values for name, values in first.items() if not name.startswith(("subject", "group"))}
    straight = second | columns(one, two)
    found = []
    for number, (left, right) in enumerate([(first, straight), (first, second), (bare, second)]):
        for name, arrays in (("one", left), ("two", right)):
            np.savez(tmp_path / f"{name}.npz", **arrays)
        files = [tmp_path / "one.npz", tmp_path / "two.npz"]
        found.append(told(capsys, "compare-scores", *files, "--at", "fmr=0.05", "--bootstrap", 60))
        assert found[-1]["cautions"] == found[0]["cautions"], number
        assert found[-1]["differences"] == found[0]["differences"], number
    from fairdesk.metrics.scores.score_matching import match_comparisons

    sets = [read_scores(path, paths=True) for path in files]
    matched = match_comparisons(*sets, tuple(files))
    for name, values in columns(one, two).items():
        assert getattr(matched.first, name).tolist() == values.tolist() == getattr(matched.second, name).tolist(), name


def test_two_labels_of_a_pair_that_is_left_out_are_no_matter(capsys, filled, tmp_path):
    """Those of another pair are: the refusal names its row."""
    one = scores_of(filled, tmp_path / "one.npz", 1)
    two = scores_of(filled, tmp_path / "two.npz", 2)
    two["label"] = two["label"].copy()
    two["label"][[4, 70]] ^= 1
    np.savez(tmp_path / "two.npz", **two)
    words = [
        "compare-scores",
        tmp_path / "one.npz",
        tmp_path / "two.npz",
        "--bootstrap",
        0,
        "--labels-of",
        filled.folder,
    ]
    ids = {str(i.path): i.id for i in labelled_images(filled)}
    pairs = [(ids[one["path1"][row]], ids[one["path2"][row]]) for row in (4, 70)]
    mark_comparisons(filled, pairs[:1], MarkKind.WRONG_LABEL, "which of them?")
    assert run(list(map(str, words))) == 2 and "for example comparison 71" in capsys.readouterr().err
    mark_comparisons(filled, pairs[1:], MarkKind.EXCLUDED, "blurred")
    found = told(capsys, *words)
    assert found["comparisons"] == len(one["score"]) - 2 and found["unscored"] == 0
    assert found["corrections"]["reasons"] == {"which of them?": 1, "blurred": 1}


def test_rows_that_repeat_a_comparison_are_counted_apart(capsys, filled, tmp_path):
    """Also turned; one of them is only in the second file. The first row of each counts."""
    arrays = scores_of(filled, tmp_path / "one.npz", 1)
    two = scores_of(filled, tmp_path / "two.npz", 2)
    again = {name: np.concatenate([values, values[[0, 5, 5]]]) for name, values in two.items()}
    again["path1"][-1], again["path2"][-1] = again["path2"][-1], again["path1"][-1]
    again["score"][-3:] = 9.0
    np.savez(tmp_path / "again.npz", **again)
    np.savez(tmp_path / "short.npz", **{name: values[1:] for name, values in arrays.items()})
    words = ["compare-scores", tmp_path / "short.npz", tmp_path / "again.npz", "--bootstrap", 0]
    found = told(capsys, *words)
    assert (found["only_in_first"], found["only_in_second"]) == (0, 1)
    assert (found["repeated_first"], found["repeated_second"]) == (0, 3)
    once = told(capsys, *words[:2], tmp_path / "two.npz", *words[3:])
    assert "repeated_second" not in once and once["only_in_second"] == 1
    assert found["differences"] == once["differences"]
    assert run(list(map(str, words))) == 0
    assert "3 rows of again repeat an earlier comparison; the first one counts." in capsys.readouterr().out


def test_labels_may_differ_where_nothing_is_compared(capsys, filled, tmp_path):
    """Rows of files without images, or without a score: the labels of what is left out do not matter, the others do."""
    one, two = scores_of(filled, tmp_path / "one.npz", 1), scores_of(filled, tmp_path / "two.npz", 2)
    bare = {name: values.copy() for name, values in two.items() if name in ("score", "label")}
    row = int(np.flatnonzero(one["label"] == 0)[3])
    bare["label"][row] = 1
    np.savez(tmp_path / "bare.npz", **bare)
    words = ["compare-scores", tmp_path / "one.npz", tmp_path / "bare.npz", "--at", "fmr=0.05", "--bootstrap", 0]
    assert run(list(map(str, words))) == 2
    said = capsys.readouterr().err
    assert "not scores of the same list" in said and f"comparison {row + 1}" in said
    ids = {str(image.path): image.id for image in labelled_images(filled)}
    mark_comparisons(filled, [tuple(ids[one[f"path{side}"][row]] for side in "12")], MarkKind.WRONG_LABEL, "wrong")
    found = told(capsys, *words, "--labels-of", filled.folder)
    assert found["comparisons"] == 779 and found["corrections"]["reasons"] == {"wrong": 1}
    bare["score"][row] = np.nan
    np.savez(tmp_path / "bare.npz", **bare)
    found = told(capsys, *words)
    assert found["comparisons"] == 779 and found["unscored"] == 1
    named = two | {"label": bare["label"], "score": bare["score"]}
    np.savez(tmp_path / "bare.npz", **named)  # the same by the images
    assert told(capsys, *words)["comparisons"] == 779
    bare["score"][row], bare["label"][row + 1] = 0.5, 1 - bare["label"][row + 1]
    np.savez(tmp_path / "bare.npz", **bare)
    assert run(list(map(str, [*words, "--labels-of", filled.folder]))) == 2
    assert f"comparison {row + 2}" in capsys.readouterr().err


def test_a_report_names_the_project_of_its_corrections(capsys, filled, tmp_path):
    """By its folder's name, not its place, and by a digest that is another once people say more."""
    arrays = scores_of(filled, tmp_path / "s.npz")
    corrected_by_hand(filled, arrays)
    words = ["evaluate", tmp_path / "s.npz", "--bootstrap", 0, "--labels-of", filled.folder]
    found = told(capsys, *words, "--out", tmp_path / "r")["corrections"]
    page = (tmp_path / "r" / "report.html").read_text()
    assert found["project"] == filled.folder.name and found["project"] in page and found["project_sha256"] in page
    assert str(filled.folder.parent) not in page
    assert json.loads((tmp_path / "r" / "evaluation.json").read_text())["corrections"]["project"] == filled.folder.name
    assert told(capsys, *words)["corrections"]["project_sha256"] == found["project_sha256"]
    hide_images(filled, [labelled_images(filled)[-1].id])
    assert told(capsys, *words)["corrections"]["project_sha256"] != found["project_sha256"]
