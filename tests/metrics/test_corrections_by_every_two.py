"""Every kind of correction counts the same for a list of every two faces (`evaluate`) as for `all-pairs`."""

import json

import pytest

from fairdesk.cli import run
from fairdesk.metrics.store import MarkKind, mark_comparisons
from fairdesk.project.images import hide_images, labelled_images
from fairdesk.project.labels import Edit, edit_labels
from tests.metrics.test_corrections_everywhere import scores_of


def told(capsys, *words):
    assert run([*map(str, words), "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def counts(found, of):
    """Return what is counted in all, in each group, between groups, and in no group."""
    groups = {name: (row["genuine"], row["impostor"]) for name, row in of["per_group"].items()}
    return found["n_genuine"], found["n_impostor"], groups, of["fmr_matrix"]["g0|g1"]["impostor"], of["not_in_a_group"]


def group_removed(project, images):
    edit_labels(project, [images[0].id, images[21].id], Edit(group=""))


def group_of_a_whole_person_removed(project, images):
    edit_labels(project, [one.id for one in images[:5]], Edit(group=""))


def identity_removed(project, images):
    edit_labels(project, [images[0].id, images[7].id], Edit(identity=""))


def identity_changed(project, images):
    edit_labels(project, [images[0].id], Edit(identity=images[5].identity, group=images[5].group))


def group_changed(project, images):
    edit_labels(project, [images[0].id], Edit(identity=images[20].identity, group=images[20].group))


def group_of_a_whole_person_changed(project, images):
    edit_labels(project, [one.id for one in images[:5]], Edit(group=images[20].group))


def hidden(project, images):
    hide_images(project, [images[0].id, images[30].id])


def excluded(project, images):
    pairs = [(images[1].id, images[0].id), (images[0].id, images[7].id)]
    mark_comparisons(project, pairs, MarkKind.EXCLUDED, "two people")


def wrong_label(project, images):
    mark_comparisons(project, [(images[0].id, images[39].id)], MarkKind.WRONG_LABEL, "a wrong label")


def all_at_once(project, images):
    hide_images(project, [images[3].id])
    edit_labels(project, [images[0].id], Edit(group=""))
    edit_labels(project, [images[12].id], Edit(identity=""))
    mark_comparisons(project, [(images[0].id, images[1].id), (images[3].id, images[9].id)], MarkKind.EXCLUDED, "twice")


KINDS = (
    group_removed, group_of_a_whole_person_removed, identity_removed, identity_changed, group_changed,
    group_of_a_whole_person_changed, hidden, excluded,
    wrong_label, all_at_once,
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_counts_the_same(capsys, filled, tmp_path, kind):
    scores_of(filled, tmp_path / "s.npz")
    words = ["evaluate", tmp_path / "s.npz", "--by", "group", "--at", "fmr=0.1", "--bootstrap", 0]
    words += ["--labels-of", filled.folder]
    everyone = ["all-pairs", filled.folder, "--encoder", "made-up", "--at", "0.1"]
    before, plain = told(capsys, *words), told(capsys, *everyone)
    assert counts(plain, plain) == counts(before, before["groups"])
    kind(filled, labelled_images(filled))
    found, every = told(capsys, *words), told(capsys, *everyone)
    assert counts(every, every) == counts(found, found["groups"]) != counts(plain, plain)
    run(list(map(str, everyone)))
    said = capsys.readouterr().out
    unnamed = found["groups"]["not_in_a_group"]
    assert ("pairs have a face without a group" in said) == bool(unnamed["genuine_unnamed"])
    if kind is hidden:
        assert "2 faces are of hidden images" in said and found["corrections"]["reasons"] == {"an image is hidden": 77}
    other = told(capsys, "compare-scores", tmp_path / "s.npz", *words[1:2], *words[4:])
    assert other["comparisons"] == found["n_genuine"] + found["n_impostor"]
    assert other["corrections"] == found["corrections"]
    made = told(capsys, "normalise", *words[1:2], "--out", tmp_path / "n.npz", "--fmr", 0.1, *words[-2:])
    assert made["corrections"] == found["corrections"]


def test_a_face_whose_group_alone_was_changed_is_still_who_it_was(capsys, filled, tmp_path):
    """The list says that its comparisons are genuine; without a list nobody can tell, and they are left out."""
    scores_of(filled, tmp_path / "s.npz")
    words = ["evaluate", tmp_path / "s.npz", "--by", "group", "--at", "fmr=0.1", "--bootstrap", 0, "--labels-of"]
    everyone = ["all-pairs", filled.folder, "--encoder", "made-up", "--at", "0.1"]
    before, plain = told(capsys, *words, filled.folder), told(capsys, *everyone)
    images = labelled_images(filled)
    edit_labels(filled, [images[0].id, images[1].id], Edit(group=images[20].group))
    found, every = told(capsys, *words, filled.folder), told(capsys, *everyone)
    assert (found["n_genuine"], found["n_impostor"]) == (before["n_genuine"], before["n_impostor"])
    rates = found["groups"]["per_group"]
    # of ten pairs of five faces one is of the two that were moved, three of the others, and six are of two groups
    assert [rates[g]["genuine"] - before["groups"]["per_group"][g]["genuine"] for g in ("g0", "g1")] == [-7, 1]
    assert (every["n_genuine"], every["n_impostor"]) == (plain["n_genuine"] - 6, plain["n_impostor"])
    assert every["corrections"]["reasons"] == {"a person set a face's group, and another group has its name": 6}


def test_namesakes_of_two_groups_are_two_people_whatever_was_corrected(capsys, filled, tmp_path):
    """Both groups have a person of that name anyway: a face that goes from one to the other is the other's."""
    first, other = labelled_images(filled)[0], labelled_images(filled)[20]
    with filled.db.transaction() as connection:  # as an import would have named them
        connection.execute("UPDATE identity SET name = ? WHERE id = ?", (first.identity, other.identity_id))
    scores_of(filled, tmp_path / "s.npz")
    words = ["evaluate", tmp_path / "s.npz", "--by", "group", "--at", "fmr=0.1", "--bootstrap", 0, "--labels-of"]
    before = told(capsys, *words, filled.folder)
    edit_labels(filled, [first.id], Edit(group=other.group))
    found = told(capsys, *words, filled.folder)
    assert found["n_genuine"] == before["n_genuine"] - 4 + 5  # four mates less, five more
    every = told(capsys, "all-pairs", filled.folder, "--encoder", "made-up")
    assert (every["n_genuine"], every["n_impostor"]) == (found["n_genuine"], found["n_impostor"])


def test_a_name_of_several_groups_is_left_out_where_nobody_knows_which(capsys, filled):
    """Two people of one name, and a face of that name in no group: nobody can tell whose it is."""
    images = labelled_images(filled)
    name = images[0].identity
    edit_labels(filled, [one.id for one in images[20:25]], Edit(identity=name))
    before = told(capsys, "all-pairs", filled.folder, "--encoder", "made-up")
    edit_labels(filled, [images[0].id], Edit(group=""))
    found = told(capsys, "all-pairs", filled.folder, "--encoder", "made-up")
    named = "a person set a face's group, and another group has its name"  # the five were named by hand
    assert before["corrections"]["reasons"] == {named: 25}
    assert found["corrections"]["reasons"] == {
        named: 20, "a face is in no group, and several groups have its name": 4 + 5,
    }  # fmt: skip
    assert found["n_genuine"] == before["n_genuine"] - 4 and found["n_impostor"] == before["n_impostor"]


def test_faces_without_any_group_have_no_rates_of_a_group(capsys, filled):
    images = labelled_images(filled)
    edit_labels(filled, [one.id for one in images], Edit(group=""))
    found = told(capsys, "all-pairs", filled.folder, "--encoder", "made-up")
    assert found["n_genuine"] == 80 and found["per_group"] == {} == found["fmr_matrix"]
    assert "not_in_a_group" not in found
