"""Labels that people set and comparisons that they leave out: what is counted follows, and undo brings it back."""

import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.pair_lists.job import make_pair_list
from fairdesk.metrics.pairs_behind.corrections import correct, read_known
from fairdesk.metrics.pairs_behind.pair_query import PairQuery, find_pairs
from fairdesk.metrics.pairs_behind.shown_pairs import read_pairs_of
from fairdesk.metrics.params import EvaluateParams, PairsParams, ScoreParams
from fairdesk.metrics.scores.pair_scores import score_pairs
from fairdesk.metrics.scores.score_files import read_scores
from fairdesk.metrics.store import MarkKind, comparison_marks, mark_comparisons, unmark_comparisons
from fairdesk.project.images import labelled_images
from fairdesk.project.labels import Edit, edit_labels


@pytest.fixture
def scored(filled, tmp_path):
    make_pair_list(PairsParams(genuine=60, impostor=200, out=tmp_path / "pairs.csv"), QuietContext(filled))
    score_pairs(
        ScoreParams(pairs=tmp_path / "pairs.csv", encoder="made-up", out=tmp_path / "s.npz"), QuietContext(filled)
    )
    return tmp_path / "s.npz"


def ids_of(project):
    return {str(one.path): one.id for one in labelled_images(project)}


def test_nothing_corrected_changes_nothing(filled, scored):
    before = read_scores(scored, paths=True)
    after, told = correct(read_scores(scored, paths=True), read_known(filled), needed=True)
    assert told.lines() == [] and (after.label == before.label).all() and len(after.score) == len(before.score)


def test_a_relabelled_image_changes_the_sides_of_its_comparisons(filled, scored):
    before = read_scores(scored, paths=True)
    ids = ids_of(filled)
    image = str(before.path1[np.flatnonzero(before.label)[0]])
    other = next(one for one in labelled_images(filled) if one.group == "g1" and one.identity != "id10")
    edit_labels(filled, [ids[image]], Edit(identity=other.identity, group=other.group))
    after, told = correct(read_scores(scored, paths=True), read_known(filled), needed=True)
    mine = (before.path1 == image) | (before.path2 == image)
    names = {str(one.path): (one.identity, one.group) for one in labelled_images(filled)}
    for row in range(len(before.score)):
        expected = names[before.path1[row]] == names[before.path2[row]] if mine[row] else before.label[row]
        assert after.label[row] == expected, row
    changed = int((after.label != before.label).sum())
    assert told.relabelled == changed > 0 and told.relabelled_images == 1
    row = int(np.flatnonzero(before.path1 == image)[0])
    assert (after.subject1[row], after.group1[row]) == (other.identity, "g1")
    filled.journal.undo()
    again, told = correct(read_scores(scored, paths=True), read_known(filled), needed=True)
    assert told.lines() == [] and (again.label == before.label).all()


def test_a_list_with_names_of_its_own_is_not_torn_apart(filled, scored):
    """Where the project never had the other image's name, it having no identity there says nothing of the comparison."""
    scores = read_scores(scored, paths=True)
    ids = ids_of(filled)
    row = int(np.flatnonzero(scores.label)[0])
    image = str(scores.path2[row])
    edit_labels(filled, [ids[str(scores.path1[row])]], Edit(identity="Somebody", group="g0"))
    edit_labels(filled, [ids[image]], Edit(identity=""))
    own = read_scores(scored, paths=True)
    for path, subject in ((own.path1, "subject1"), (own.path2, "subject2")):
        setattr(own, subject, np.where(path == image, "Q. Q.", getattr(own, subject)))
    after, told = correct(own, read_known(filled))
    assert len(after.score) == len(scores.score) and after.label[row] and not told.wrong_label


def test_a_face_whose_identity_was_removed_is_in_no_comparison(filled, scored):
    before = read_scores(scored, paths=True)
    ids = ids_of(filled)
    image = str(before.path1[np.flatnonzero(before.label)[0]])
    mine = (before.path1 == image) | (before.path2 == image)
    edit_labels(filled, [ids[image]], Edit(identity=""))
    for subjects in (True, False):
        scores = read_scores(scored, paths=True)
        if not subjects:
            scores.subject1 = scores.subject2 = None
        after, told = correct(scores, read_known(filled))
        assert (
            told.reasons == {"a face has no identity any more": int(mine.sum())} and told.wrong_label == mine.sum() > 1
        )
        assert (after.score == before.score[~mine]).all() and (after.label == before.label[~mine]).all()
    filled.journal.undo()
    again, told = correct(read_scores(scored, paths=True), read_known(filled))
    assert told.lines() == [] and len(again.score) == len(before.score)


@pytest.mark.parametrize("grouped", [True, False])
def test_a_face_whose_group_was_removed_is_who_it_was(capsys, filled, scored, tmp_path, grouped):
    before = read_scores(scored, paths=True)
    row = int(np.flatnonzero(before.label)[0])
    image, group = str(before.path1[row]), before.group1[row]
    edit_labels(filled, [ids_of(filled)[image]], Edit(group=""))
    scores = read_scores(scored, paths=True)
    if not grouped:
        scores.group1 = scores.group2 = None
    after, told = correct(scores, read_known(filled))
    assert (after.label == before.label).all() and told.relabelled == 0 and told.relabelled_images == 1
    if not grouped:
        return
    assert (after.group1[before.path1 == image] == "").all() and (after.group2[before.path2 == image] == "").all()
    assert (after.group1[before.path1 != image] == before.group1[before.path1 != image]).all()
    words = ["evaluate", str(scored), "--by", "group", "--at", "fmr=0.1", "--bootstrap", "0", "--json"]
    counts = []
    for more in ([], ["--labels-of", str(filled.folder)]):
        assert run([*words, *more]) == 0
        found = json.loads(capsys.readouterr().out)
        counts.append((found["n_genuine"], found["groups"]["per_group"][group]["genuine"]))
        assert "one person" not in [one["kind"] for one in found["left_out"]]
    mine = (before.path1 == image) | (before.path2 == image)
    assert told.regrouped == mine.sum()
    mates = int((mine & before.label).sum())
    assert counts[1] == (counts[0][0], counts[0][1] - mates) and mates > 0


@pytest.mark.parametrize(("kind", "edit"), [("gender", Edit(gender="x")), ("age", Edit(age="77"))])
def test_gender_and_age_that_a_person_set_are_followed(filled, scored, kind, edit):
    """Set and then removed; of other images, and where the scores do not say it, nothing changes."""
    ids = ids_of(filled)

    def scores():
        made = read_scores(scored, paths=True)
        setattr(made, f"{kind}1", np.full(len(made.score), "30"))
        setattr(made, f"{kind}2", np.full(len(made.score), "40"))
        return made

    image = str(scores().path1[0])
    for what, value in ((edit, getattr(edit, kind)), (Edit(**{kind: ""}), "")):
        edit_labels(filled, [ids[image]], what)
        after, told = correct(scores(), read_known(filled))
        for side, old in (("1", "30"), ("2", "40")):
            expected = [value if path == image else old for path in getattr(after, f"path{side}")]
            assert getattr(after, f"{kind}{side}").tolist() == expected
        assert told.relabelled_images == 1 and told.relabelled == 0
        before = scores()
        moved = (before.path1 == image) & (value != "30") | (before.path2 == image) & (value != "40")
        assert told.regrouped == (int(moved.sum()) or None) and (kind == "gender") <= bool(told.regrouped)
    bare = read_scores(scored, paths=True)
    setattr(bare, f"{kind}1", None), setattr(bare, f"{kind}2", None)
    after, told = correct(bare, read_known(filled))
    assert told.lines() == [] and getattr(after, f"{kind}1") is None


def test_what_is_left_out_is_counted_with_its_reason(capsys, filled, scored):
    scores = read_scores(scored, paths=True)
    ids = ids_of(filled)
    pairs = [(ids[str(scores.path1[row])], ids[str(scores.path2[row])]) for row in (0, 5, 70)]
    mark_comparisons(filled, pairs[:2], MarkKind.EXCLUDED, "two people")
    mark_comparisons(filled, [pairs[2][::-1]], MarkKind.WRONG_LABEL, "label")
    with pytest.raises(RequestError, match="Give a reason"):
        mark_comparisons(filled, pairs, MarkKind.EXCLUDED, "  ")
    assert run(["evaluate", str(scored), "--labels-of", str(filled.folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    told = found["corrections"]
    assert told.pop("project") == filled.folder.name and len(told.pop("project_sha256")) == 64
    assert told == {
        "excluded": 2, "wrong_label": 1, "relabelled_images": 0, "relabelled": 0, "reasons": {"two people": 2, "label": 1},
    }  # fmt: skip
    assert found["n_genuine"] + found["n_impostor"] == len(scores.score) - 3
    kept = np.ones(len(scores.score), dtype=bool)
    kept[[0, 5, 70]] = False
    assert found["n_genuine"] == int(scores.label[kept].sum())
    filled.journal.undo()
    assert len(comparison_marks(filled)) == 2
    filled.journal.redo()
    assert unmark_comparisons(filled, pairs) == 3 and not comparison_marks(filled)


def test_scores_of_elsewhere_are_refused(capsys, filled, tmp_path):
    np.savez(tmp_path / "s.npz", score=[0.1, 0.9], label=[0, 1], path1=["x/1.jpg"] * 2, path2=["x/2.jpg"] * 2)
    assert run(["evaluate", str(tmp_path / "s.npz"), "--labels-of", str(filled.folder)]) == 2
    assert "x/1.jpg" in capsys.readouterr().err
    np.savez(tmp_path / "s.npz", genuine=[0.9], impostor=[0.1])
    assert run(["evaluate", str(tmp_path / "s.npz"), "--labels-of", str(filled.folder)]) == 2
    assert "path1" in capsys.readouterr().err


def test_a_purged_image_takes_its_marks_along(filled, scored):
    from fairdesk.dataset.purge import purge

    scores = read_scores(scored, paths=True)
    ids = ids_of(filled)
    pair = ids[str(scores.path1[0])], ids[str(scores.path2[0])]
    mark_comparisons(filled, [pair], MarkKind.EXCLUDED, "blurred")
    person = next(one.identity for one in labelled_images(filled) if one.id == pair[0])
    purge(filled, [pair[0]], [person])
    assert not comparison_marks(filled)


def test_the_worst_come_first(filled, scored):
    scores = read_scores(scored, paths=True)
    accepted = scores.score >= np.median(scores.score)
    for kind, genuine in (("false match", False), ("false non-match", True), ("impostor", False), ("genuine", True)):
        rows = find_pairs(scores, PairQuery(kind), accepted)
        assert (scores.label[rows] == genuine).all()
        wrong = (
            accepted
            if kind == "false match"
            else ~accepted
            if kind == "false non-match"
            else np.ones(len(accepted), bool)
        )
        assert len(rows) == int((wrong & (scores.label == genuine)).sum())
        ordered = scores.score[rows] if genuine else -scores.score[rows]
        assert (np.diff(ordered) >= 0).all()
    between = find_pairs(scores, PairQuery("impostor", "g1", "g0"), accepted)
    assert len(between) and {(scores.group1[r], scores.group2[r]) for r in between} <= {("g0", "g1"), ("g1", "g0")}
    near = find_pairs(scores, PairQuery("impostor", near=-1.0), accepted)
    assert (np.diff(np.abs(scores.score[near] + 1.0)) >= 0).all()


def number(pair):
    return float(pair.score.replace("\u2212", "-"))  # the window's minus


def test_pairs_are_shown_with_scores_as_the_file_has_them(filled, scored):
    plain = EvaluateParams(scores=scored, labels_of=filled.folder)
    scores = read_scores(scored, paths=True)
    threshold = float(np.median(scores.score[~scores.label]))
    shown = read_pairs_of(plain, PairQuery("false match"), threshold)
    wrong = int(((scores.score >= threshold) & ~scores.label).sum())
    assert shown.text.startswith(f"False matches: {wrong:,}") and len(shown.pairs) == min(wrong, 200)
    assert all(number(pair) >= threshold - 1e-3 for pair in shown.pairs) and shown.pairs[0].images is not None
    assert "impostor" in shown.pairs[0].labels and "g0" in shown.pairs[0].labels + shown.pairs[1].labels
    np.savez(scored.with_name("d.npz"), score=-scores.score, label=scores.label, path1=scores.path1, path2=scores.path2)
    turned = read_pairs_of(
        EvaluateParams(scores=scored.with_name("d.npz"), distance=True), PairQuery("false match"), -threshold
    )
    assert [pair.key for pair in turned.pairs] == [pair.key for pair in shown.pairs]
    assert number(turned.pairs[0]) == -number(shown.pairs[0])
    np.savez(scored.with_name("n.npz"), score=[0.1, 0.2], label=[0, 1])
    with pytest.raises(RequestError, match="path1"):
        read_pairs_of(EvaluateParams(scores=scored.with_name("n.npz")), PairQuery("genuine"), 0.0)


@pytest.mark.parametrize("query", [PairQuery("false match"), PairQuery("impostor"), PairQuery("genuine")])
def test_pairs_that_are_left_out_are_listed_but_counted_apart(filled, scored, query):
    params = EvaluateParams(scores=scored, labels_of=filled.folder)
    scores = read_scores(scored, paths=True)
    threshold = float(np.median(scores.score[~scores.label]))
    before = read_pairs_of(params, query, threshold)
    count = int(before.text.split(":")[1].split(",")[0])
    other = PairQuery("impostor" if query.kind == "genuine" else "genuine")
    elsewhere = read_pairs_of(params, other, threshold).text
    for n, said in ((1, "1 that is left out"), (3, "3 that are left out")):
        mark_comparisons(filled, [pair.images for pair in before.pairs[:n]], MarkKind.EXCLUDED, "blurred")
        shown = read_pairs_of(params, query, threshold)
        gone = {tuple(sorted(pair.images)) for pair in before.pairs[:n]}
        out = sum(tuple(sorted(pair.images)) in gone for pair in shown.pairs)
        assert out == sum(bool(pair.mark) for pair in shown.pairs)
        assert f": {count - out:,}, the worst first. Beside them {said}." in shown.text.replace(
            f"{out} that", f"{n} that"
        )
        assert len(shown.pairs) == len(before.pairs)
        counted = correct(read_scores(scored, paths=True), read_known(filled))[0]
        wrong = counted.label == (query.kind == "genuine")
        wrong &= (counted.score >= threshold) | (query.kind != "false match")
        assert int(wrong.sum()) == count - out
        assert read_pairs_of(params, other, threshold).text == elsewhere


@pytest.mark.parametrize(
    ("names", "said"), [(("100", "101"), "templates, by number"), (("a.jpg", "b.jpg"), "not in the project")]
)
def test_pairs_without_images_of_the_project_say_why(tmp_path, names, said):
    np.savez(
        tmp_path / "s.npz", score=np.array([0.9, 0.2]), label=np.array([1, 0]),
        path1=np.array([names[0]] * 2), path2=np.array([names[1]] * 2),
    )  # fmt: skip
    assert said in read_pairs_of(EvaluateParams(scores=tmp_path / "s.npz"), PairQuery("impostor"), 0.5).text


@pytest.mark.parametrize("moved", [1, 3])
def test_images_that_are_not_in_the_project_are_counted(capsys, filled, scored, tmp_path, moved):
    arrays = dict(np.load(scored))
    strange = [str(one.path) for one in labelled_images(filled)[:moved]]
    sides = [np.array([f"x{path}" if path in strange else path for path in arrays[f"path{k}"]]) for k in "12"]
    np.savez(tmp_path / "moved.npz", **arrays | {"path1": sides[0], "path2": sides[1]})
    named = {path for side in sides for path in side.tolist() if path.startswith("x")}
    rows = sum(one.startswith("x") or two.startswith("x") for one, two in zip(*sides, strict=True))
    words = ["evaluate", str(tmp_path / "moved.npz"), "--bootstrap", "0", "--labels-of", str(filled.folder)]
    assert run([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["corrections"]
    assert (found["images_elsewhere"], found["comparisons_elsewhere"]) == (len(named), rows) and rows > 0
    assert run([*words, "--out", str(tmp_path / "report")]) == 0
    said = f"of the scores {'is' if len(named) == 1 else 'are'} not in the project"
    assert said in capsys.readouterr().out and said in (tmp_path / "report" / "report.html").read_text()
    assert run([*words[:1], str(scored), *words[2:], "--json"]) == 0
    assert "images_elsewhere" not in json.loads(capsys.readouterr().out)["corrections"]


def test_a_name_that_went_to_a_namesake_is_told_where_the_scores_name_no_subjects(filled, scored):
    """Whether one name in two groups is one person, scores with subjects say themselves; the others keep their word, and it is told."""
    before = read_scores(scored, paths=True)
    row = int(np.flatnonzero(before.label & (before.group1 == "g0"))[0])
    image = str(before.path1[row])
    edit_labels(filled, [ids_of(filled)[image]], Edit(group="g1"))
    identity = str(before.subject1[row])
    assert ("g1", identity) not in {
        (one.group, one.identity) for one in labelled_images(filled) if str(one.path) != image
    }
    named, told = correct(read_scores(scored, paths=True), read_known(filled), needed=True)
    assert told.word_kept is None and not any("stay" in line for line in told.lines())
    bare = read_scores(scored, paths=True)
    bare.subject1 = bare.subject2 = None
    after, told = correct(bare, read_known(filled), needed=True)
    expected = sum(
        (one == image) != (two == image) and subject == identity == other
        for one, two, subject, other in zip(before.path1, before.path2, before.subject1, before.subject2, strict=True)
    )
    assert told.word_kept == expected > 0
    assert (after.label == named.label).all() and after.label[row]
    assert any("the scores name no subjects" in line for line in told.lines())


def test_a_face_whose_group_alone_changed_is_counted_with_its_comparisons(filled, scored):
    """No comparison changes its side, and yet the figures of two groups change: that is said."""
    before = read_scores(scored, paths=True)
    image, group = str(before.path1[0]), str(before.group1[0])
    edit_labels(filled, [ids_of(filled)[image]], Edit(group="elsewhere"))
    after, told = correct(read_scores(scored, paths=True), read_known(filled))
    mine = (before.path1 == image) | (before.path2 == image)
    assert told.relabelled == 0 and told.regrouped == mine.sum() > 0
    n = int(mine.sum())
    assert any(f"of a face in {n} comparison" in line for line in told.lines())
    assert int(((before.group1 == group) & (after.group1 != group)).sum()) <= n
    edit_labels(filled, [ids_of(filled)[image]], Edit(group=group))  # a person says what the scores say
    again = correct(read_scores(scored, paths=True), read_known(filled))[1]
    assert again.regrouped is None and not any("of a face in" in line for line in again.lines())
