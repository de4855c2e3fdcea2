"""Whatever is corrected, undone and done again, under whatever file: the figures in the window are those of the verb."""

import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.pair_lists.job import make_pair_list
from fairdesk.metrics.pairs_behind.corrections import read_known_of
from fairdesk.metrics.params import PairsParams, ScoreParams
from fairdesk.metrics.scores.pair_scores import score_pairs
from fairdesk.metrics.scores.score_files import read_scores, write_scores
from fairdesk.metrics.store import MarkKind, mark_comparisons, unmark_comparisons
from fairdesk.project.images import hide_images
from fairdesk.project.labels import Edit, edit_labels

PLAIN = (
    "eer",
    "auc",
    "d_prime",
    "n_genuine",
    "n_impostor",
    "dropped",
    "groups",
    "left_out",
    "corrections",
    "tar_at_far",
)


@pytest.fixture
def made(window, hand, qtbot, filled, tmp_path):
    """Scores of two seeds, one as distances, and one that names no images."""
    for seed in (1, 2):
        make_pair_list(
            PairsParams(genuine=60, impostor=150, seed=seed, out=tmp_path / f"l{seed}.csv"), QuietContext(filled)
        )
        score_pairs(
            ScoreParams(pairs=tmp_path / f"l{seed}.csv", encoder="made-up", out=tmp_path / f"s{seed}.npz"),
            QuietContext(filled),
        )
    scores = read_scores(tmp_path / "s2.npz", paths=True)
    scores.negate()
    scores.measure = "euclidean distance"
    write_scores(tmp_path / "s2.npz", scores)
    scores.path1 = scores.path2 = None
    write_scores(tmp_path / "bare.npz", scores)
    filled.close()
    window.show_tab("metrics")
    assert window.session.open(filled.folder)
    hand.settle()
    return tmp_path


def settled(tab, hand, qtbot):
    hand.settle()
    qtbot.waitUntil(lambda: not tab._drawing, timeout=60_000)
    hand.settle()


def by_the_verb(tab, window, capsys):
    params = tab.shown.params
    words = ["evaluate", params.scores, "--by", params.by, "--at", params.at, "--threshold-from", params.threshold_from]
    if tab.shown.follows:
        words += ["--labels-of", window.session.project.folder]
    capsys.readouterr()
    assert run([*map(str, words), "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def same(left, right, where):
    if isinstance(left, dict):
        assert isinstance(right, dict) and set(left) == set(right), (where, set(left) ^ set(right))
        for key in left:
            same(left[key], right[key], f"{where}.{key}")
    elif isinstance(left, list):
        assert isinstance(right, list) and len(left) == len(right), where
        for place, (one, two) in enumerate(zip(left, right, strict=True)):
            same(one, two, f"{where}[{place}]")
    elif isinstance(left, float) and isinstance(right, (int, float)):
        assert left == pytest.approx(right, rel=1e-12, abs=1e-15), where
    else:
        assert left == right, where


def one_edit(rng, known, scores):
    """Return what a person does next, as an edit of the project."""
    images = sorted(known.images.values())
    some = [int(one) for one in rng.choice(images, rng.integers(1, 4), replace=False)]
    rows = rng.choice(len(scores.label), 3, replace=False)
    pairs = [(known.images[str(scores.path1[row])], known.images[str(scores.path2[row])]) for row in rows]
    names = [*sorted({name for name, _ in known.labels.values()}), "somebody new"]
    return [
        lambda p: mark_comparisons(p, pairs, MarkKind.EXCLUDED, "blurred"),
        lambda p: mark_comparisons(p, pairs, MarkKind.WRONG_LABEL, "the label is wrong"),
        lambda p: unmark_comparisons(p, pairs),
        lambda p: edit_labels(p, some, Edit(identity=str(rng.choice(names)))),
        lambda p: edit_labels(p, some, Edit(group=str(rng.choice(["g0", "g1", "g2"])))),
        lambda p: edit_labels(p, some, Edit(identity="")),
        lambda p: edit_labels(p, some, Edit(gender=str(rng.choice(["female", "male"])))),
        lambda p: hide_images(p, some, hide=bool(rng.integers(2))),
    ][rng.integers(8)]


@pytest.mark.parametrize("seed", range(3))
def test_figures_are_those_of_the_verb_after_any_sequence(made, window, hand, qtbot, capsys, seed):
    rng = np.random.default_rng(seed)
    tab, project = window.metrics, window.session.project
    scores = read_scores(made / "s1.npz", paths=True)
    tab.open_file(made / "s1.npz")
    settled(tab, hand, qtbot)
    for step in range(10):
        way = rng.integers(5)
        if way == 0:
            window.session.undo()
        elif way == 1:
            window.session.redo()
        else:
            window.session.edit(one_edit(rng, read_known_of(project.folder), scores))
        window.show_tab("metrics")
        if step % 3 == 2:
            tab.open_file(made / str(rng.choice(["s1.npz", "s2.npz", "bare.npz"])))
        if step % 4 == 3:
            tab.at.setCurrentIndex(int(rng.integers(4)))
        settled(tab, hand, qtbot)
        shown, fresh = tab.shown.result.json_values(), by_the_verb(tab, window, capsys)
        said = {name: value for name, value in fresh.get("corrections", {}).items() if not name.startswith("project")}
        if shown.get("corrections") is None and not any(said.values()):
            fresh.pop("corrections", None)  # the window has none where nothing was corrected
        for key in PLAIN:
            if key in shown or fresh.get(key):
                same(shown.get(key), fresh.get(key), f"step {step} of {tab.shown.path.name}: {key}")
        assert f"{shown['n_genuine']:,} genuine" in tab.headline.text()


def test_a_group_that_nobody_is_in_any_more_sets_no_threshold(made, window, hand, qtbot):
    """The error is told, and the figures are shown at the threshold of all pairs."""
    tab, project = window.metrics, window.session.project
    tab.open_file(made / "s1.npz")
    settled(tab, hand, qtbot)
    tab.source.setCurrentIndex(tab.source.findData("group:g1"))
    settled(tab, hand, qtbot)
    assert tab.shown.params.threshold_from == "group:g1"
    images = [number for number, (_, group) in read_known_of(project.folder).labels.items() if group == "g1"]
    window.session.edit(lambda p: edit_labels(p, images, Edit(group="g0")))
    settled(tab, hand, qtbot)
    assert tab.shown is not None and tab.shown.params.threshold_from == "all" and tab.source.currentData() == "all"
    assert list(tab.shown.result.groups.per_group) == ["g0"]
    assert any("There is no group" in notice.text for notice in window.toasts.history)
