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
    group_removed, group_of_a_whole_person_removed, identity_removed, identity_changed, group_changed, hidden, excluded,
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


def test_a_name_of_several_groups_is_left_out_where_nobody_knows_which(capsys, filled):
    """Two people of one name, and a face of that name in no group: nobody can tell whose it is."""
    images = labelled_images(filled)
    name = images[0].identity
    edit_labels(filled, [one.id for one in images[20:25]], Edit(identity=name))
    before = told(capsys, "all-pairs", filled.folder, "--encoder", "made-up")
    edit_labels(filled, [images[0].id], Edit(group=""))
    found = told(capsys, "all-pairs", filled.folder, "--encoder", "made-up")
    assert found["corrections"]["reasons"] == {"a face is in no group, and several groups have its name": 4 + 5}
    assert found["n_genuine"] == before["n_genuine"] - 4 and found["n_impostor"] == before["n_impostor"] - 5


def test_faces_without_any_group_have_no_rates_of_a_group(capsys, filled):
    images = labelled_images(filled)
    edit_labels(filled, [one.id for one in images], Edit(group=""))
    found = told(capsys, "all-pairs", filled.folder, "--encoder", "made-up")
    assert found["n_genuine"] == 80 and found["per_group"] == {} == found["fmr_matrix"]
    assert "not_in_a_group" not in found
